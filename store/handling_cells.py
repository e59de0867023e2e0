"""Cells of handling: sums by day and group that a refresh changes and pages of figures read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any

import numpy as np
from sqlalchemy import Connection, Select, and_, bindparam, delete, func, insert, select

from models.arrays import Ints, Mask
from models.metrics.cell_figures import CellSeries
from models.metrics.cells import COUNTS, GROUPINGS, NO_DIMENSION, Cells
from models.metrics.histogram import GROWTH, pack, unpack
from store.cursors import read_cursor, write_cursor
from store.records import chunks
from store.schema import cursors, handling_cells, handling_groups
from store.upsert import insert_new, upsert

SYSTEM, SITE = "refresh", "cells"
"""How the fingerprint of the cells is named among the cursors."""

FINGERPRINT = blake2b(repr((GROUPINGS, COUNTS, GROWTH)).encode(), digest_size=8).hexdigest()
"""What the cells are: those of another fingerprint are counted anew."""

_WRITTEN = 20_000
"""Rows of a statement."""

_COUNTED = [handling_cells.c[name] for name in COUNTS]
_KEY = (handling_cells.c.group_id, handling_cells.c.day)


def are_cells_counted(connection: Connection) -> bool:
    """Return whether the cells are those of the rows of handling."""
    return read_cursor(connection, SYSTEM, SITE) == FINGERPRINT


def forget_cells(connection: Connection) -> None:
    """Delete all cells: the next refresh counts them anew."""
    connection.execute(delete(cursors).where(cursors.c.system == SYSTEM, cursors.c.site == SITE))
    connection.execute(delete(handling_cells))
    connection.execute(delete(handling_groups))


def write_counted(connection: Connection, at: datetime) -> None:
    """Store that the cells are counted; `at` is the wall clock."""
    write_cursor(connection, SYSTEM, SITE, FINGERPRINT, at)


def insert_cells(connection: Connection, cells: Cells) -> int:
    """Insert the cells of a pair of dimensions that has none yet; return their number."""
    stacked = _stacked(connection, [cells])
    for rows in _batches(stacked):
        connection.execute(insert(handling_cells), rows)
    return len(stacked.day)


def change_cells(connection: Connection, changes: Sequence[Cells]) -> int:
    """Add changes to the stored cells, and delete those that become zero; return how many cells were changed."""
    changed = _stacked(connection, [one for one in changes if len(one.day)])
    if not len(changed.day):
        return 0
    sums = _added(changed, _read_stored(connection, changed))
    filled: Mask = (sums.counts != 0).any(axis=1)
    filled[sums.cell] = True
    for rows in _batches(sums.where(filled)):
        upsert(connection, handling_cells, rows, ["group_id", "day"])
    empty = [{"group": int(sums.group[at]), "at": int(sums.day[at])} for at in np.flatnonzero(~filled)]
    if empty:
        gone = delete(handling_cells).where(_KEY[0] == bindparam("group"), _KEY[1] == bindparam("at"))
        connection.execute(gone, empty)
    return len(changed.day)


@dataclass(frozen=True, slots=True)
class _Stacked:
    """Cells of several pairs of dimensions: ids of groups, days and counts by cell, and entries of histograms with their cell."""

    group: Ints
    day: Ints
    counts: Ints
    cell: Ints
    entries: Ints
    numbers: Ints

    def where(self, chosen: Any) -> _Stacked:
        kept = chosen[self.cell]
        place = np.cumsum(chosen) - 1
        return _Stacked(
            self.group[chosen], self.day[chosen], self.counts[chosen],
            place[self.cell[kept]], self.entries[kept], self.numbers[kept],
        )  # fmt: skip


def _stacked(connection: Connection, parts: Sequence[Cells]) -> _Stacked:
    """Return cells as one, and insert the groups that are new."""
    groups, days, counts, cells, entries, numbers = [], [], [], [], [], []
    named: list[dict[str, Any]] = []
    offset = 0
    for part in parts:
        rows = [_group_row(part.dimension, part.filter_dimension, *values) for values in part.groups]
        named += rows
        groups.append(np.array([row["id"] for row in rows], dtype=np.int64)[part.group])
        days.append(part.day)
        counts.append(part.counts)
        cells.append(part.cell + offset)
        entries.append(part.entries)
        numbers.append(part.numbers)
        offset += len(part.day)
    if not parts:
        nothing = np.empty(0, dtype=np.int64)
        return _Stacked(nothing, nothing, np.empty((0, len(COUNTS)), dtype=np.int64), nothing, nothing, nothing)
    insert_new(connection, handling_groups, named)
    return _Stacked(*(np.concatenate(column) for column in (groups, days, counts, cells, entries, numbers)))


def _group_row(dimension: str, filter_dimension: str, value: str, filter_value: str) -> dict[str, Any]:
    name = f"{dimension}\x1f{filter_dimension}\x1f{value}\x1f{filter_value}"
    # A digest needs no look-up. Of a million groups, two have the same with a probability below 1e-7.
    number = int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) >> 1
    return {
        "id": number, "dimension": dimension, "value": value, "filter_dimension": filter_dimension,
        "filter_value": filter_value,
    }  # fmt: skip


def _read_stored(connection: Connection, changed: _Stacked) -> _Stacked:
    """Read what is stored of the changed cells, with positions among them."""
    places = {key: at for at, key in enumerate(zip(changed.group.tolist(), changed.day.tolist(), strict=True))}
    at: list[int] = []
    counted: list[Sequence[int]] = []
    packed: list[bytes | None] = []
    # SQLite does not use an index for a list of pairs, but it does for a list of groups and one day.
    for day in np.unique(changed.day).tolist():
        for part in chunks(changed.group[changed.day == day].tolist()):
            query = select(*_KEY, handling_cells.c.durations, *_COUNTED).where(_KEY[0].in_(part), _KEY[1] == day)
            for row in connection.execute(query):
                at.append(places[row[0], row[1]])
                packed.append(row[2])
                counted.append(row[3:])
    place, entries, numbers = unpack(packed)
    order = np.array(at, dtype=np.int64)
    counts = np.zeros_like(changed.counts)
    if at:
        counts[order] = np.array(counted, dtype=np.int64)
    return _Stacked(changed.group, changed.day, counts, order[place], entries, numbers)


def _added(one: _Stacked, other: _Stacked) -> _Stacked:
    """Return the sums of the same cells."""
    keys = np.concatenate(((one.cell << 32) + one.entries, (other.cell << 32) + other.entries))
    unique, position = np.unique(keys, return_inverse=True)
    numbers = np.bincount(position, np.concatenate((one.numbers, other.numbers)), len(unique)).astype(np.int64)
    unique, numbers = unique[numbers != 0], numbers[numbers != 0]
    return _Stacked(one.group, one.day, one.counts + other.counts, unique >> 32, unique & 0xFFFFFFFF, numbers)


def _batches(cells: _Stacked) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of cells; their histograms' entries are ascending by cell."""
    ends = np.searchsorted(cells.cell, np.arange(len(cells.day) + 1))
    for first in range(0, len(cells.day), _WRITTEN):
        rows = []
        for at in range(first, min(first + _WRITTEN, len(cells.day))):
            begin, end = ends[at], ends[at + 1]
            row: dict[str, Any] = dict(zip(COUNTS, cells.counts[at].tolist(), strict=True))
            row["group_id"], row["day"] = int(cells.group[at]), int(cells.day[at])
            row["durations"] = pack(cells.entries[begin:end], cells.numbers[begin:end]) or None
            rows.append(row)
        yield rows


@dataclass(frozen=True, slots=True)
class CellQuery:
    """Which cells are read.

    Parameters
    ----------
    start, end: days since 1970, [start, end).
    by: the dimension to group by; None: all tickets of the filter are one group.
    filtered: a dimension and its value, as text, "" for tickets without one; None: all tickets.
    """

    start: int
    end: int
    by: str | None = None
    filtered: tuple[str, str] | None = None

    @property
    def pair(self) -> tuple[str, str]:
        """Return the dimensions whose cells are read, first the one that is grouped by."""
        by, other = self.by or NO_DIMENSION, self.filtered[0] if self.filtered else NO_DIMENSION
        return (other, NO_DIMENSION) if by in (NO_DIMENSION, other) else (by, other)

    @property
    def is_kept(self) -> bool:
        """Return whether there are cells of this pair of dimensions; where there are none, figures are counted from the rows."""
        first, second = self.pair
        return (first, second) in GROUPINGS or (second, first) in GROUPINGS


def _chosen(query: CellQuery) -> tuple[Any, list[Any]]:
    """Return the column of the value that is grouped by, and the conditions on groups."""
    group = handling_groups.c
    first, second = query.pair
    if (first, second) in GROUPINGS:
        ours, value, theirs, other = group.dimension, group.value, group.filter_dimension, group.filter_value
    elif (second, first) in GROUPINGS:
        ours, value, theirs, other = group.filter_dimension, group.filter_value, group.dimension, group.value
    else:
        raise ValueError(f"received the dimensions {first} and {second}; valid is a pair of which there are cells")
    conditions = [ours == first, theirs == second]
    if query.filtered:
        conditions.append((other if second else value) == query.filtered[1])
    return value, conditions


def rank_values(connection: Connection, query: CellQuery, limit: int) -> list[str]:
    """Return the values of the dimension with the most created tickets in the days, the largest first."""
    value, conditions = _chosen(query)
    total = func.sum(handling_cells.c.created)
    found = _joined(select(value), query).where(*conditions).group_by(value).order_by(total.desc(), value).limit(limit)
    return list(connection.execute(found).scalars())


def _joined(chosen: Select[Any], query: CellQuery) -> Select[Any]:
    days = and_(handling_cells.c.day >= query.start, handling_cells.c.day < query.end)
    return chosen.join_from(
        handling_groups, handling_cells, and_(handling_cells.c.group_id == handling_groups.c.id, days)
    )


def read_cells(
    connection: Connection, query: CellQuery, chosen: Collection[str] | None = None
) -> dict[str, CellSeries]:
    """Read the cells of the days, and the backlog before them, by value of the dimension ("" without one); of `chosen` if given."""
    value, conditions = _chosen(query)
    rows: dict[str, list[Any]] = {}
    opening: dict[str, int] = {}
    change = func.sum(handling_cells.c.opened - handling_cells.c.closed)
    for part in [None] if chosen is None else chunks(sorted(chosen)):
        where = conditions if part is None else [*conditions, value.in_(part)]
        cells = _joined(select(value, handling_cells.c.day, handling_cells.c.durations, *_COUNTED), query)
        for row in connection.execute(cells.where(*where).order_by(value, handling_cells.c.day)):
            rows.setdefault(row[0], []).append(row)
        before = CellQuery(0, query.start)
        backlog = _joined(select(value, change), before).where(*where).group_by(value)
        opening.update({row[0]: int(row[1]) for row in connection.execute(backlog)})
    return {name: _series(rows.get(name, []), opening.get(name, 0)) for name in sorted(rows.keys() | opening.keys())}


def _series(rows: Sequence[Any], opening: int) -> CellSeries:
    place, entries, numbers = unpack([row[2] for row in rows])
    day = np.array([row[1] for row in rows], dtype=np.int64)
    counts = np.array([row[3:] for row in rows], dtype=np.int64).reshape(len(rows), len(COUNTS))
    return CellSeries(opening, day, counts, day[place], entries, numbers)
