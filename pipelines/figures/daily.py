"""Daily sums of the tickets that a question is about: stored ones, or counted now where only the rows of tickets can answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from sqlalchemy import Connection

from models.metrics.cell_figures import CellSeries, day_of
from models.metrics.cells import COUNTS, NO_DIMENSION, Cells, cells_of, count_place
from models.metrics.figures import FigurePeriod
from pipelines.figures.groups import cells_for
from pipelines.figures.query import FigureQuery
from pipelines.handling.cells import cell_tickets, read_handled
from store.handling import read_active_tickets
from store.handling_cells import rank_values, read_cells
from store.service_levels import count_overdue_by_day


@dataclass(frozen=True, slots=True)
class DailySums:
    """The sums of all tickets of a question by day, and those of its largest groups, by value as text ("" without one).

    `from_cells`: whether they are stored sums; else they were counted from the rows of the tickets.
    """

    everything: CellSeries
    groups: Mapping[str, CellSeries]
    from_cells: bool = True


def read_daily_sums(
    connection: Connection, query: FigureQuery, days_before: int = 0, *, by: str | None = None, limit: int = 0
) -> DailySums:
    """Read the sums of the days of the query's period, and of some days before it.

    Open promises that are due are counted as missed on the day on which they were due, as in `kpis sla`.

    Parameters
    ----------
    query: of whole days in UTC; its own dimension is not used.
    by: a dimension, of whose values the `limit` with most created tickets get sums of their own.
    """
    period = replace(query.period, start=query.period.start - timedelta(days=days_before))
    asked = replace(query, period=period, by=None)
    every = cells_for(connection, asked)
    grouped = cells_for(connection, replace(asked, by=by)) if by else every
    if every is None or grouped is None:
        sums = _counted(connection, asked, by, limit)
    else:
        found = read_cells(connection, every)
        chosen = rank_values(connection, grouped, limit) if by else []
        groups = read_cells(connection, grouped, chosen) if chosen else {}
        sums = DailySums(next(iter(found.values()), _nothing()), groups)
    return _with_overdue(connection, asked, by, sums)


def _nothing() -> CellSeries:
    none = np.empty(0, dtype=np.int64)
    return CellSeries(0, none, np.empty((0, len(COUNTS)), dtype=np.int64), none, none, none)


def _counted(connection: Connection, query: FigureQuery, by: str | None, limit: int) -> DailySums:
    """Count the sums from the rows of the tickets."""
    period = query.period
    ids = read_active_tickets(connection, period.start, period.end, query.filters, query.scope)
    groupings = [(NO_DIMENSION, NO_DIMENSION), *([(by, NO_DIMENSION)] if by else [])]
    made = [_series(cells, period) for cells in cells_of(cell_tickets(read_handled(connection, ids)), groupings)]
    every = next(iter(made[0].values()), _nothing()) if made else _nothing()
    groups = made[1] if by and made else {}
    created = {name: int(one.counts[:, COUNTS.index("created")].sum()) for name, one in groups.items()}
    largest = sorted(created, key=lambda name: (-created[name], name))[:limit]
    return DailySums(every, {name: groups[name] for name in largest}, from_cells=False)


def _series(cells: Cells, period: FigurePeriod) -> dict[str, CellSeries]:
    """Return the cells of each value on the days of a period, with the backlog before them."""
    first, last = day_of(period.start), day_of(period.end)
    opened, closed = COUNTS.index("opened"), COUNTS.index("closed")
    found = {}
    for at, (value, _) in enumerate(cells.groups):
        own = cells.group == at
        before, inside = own & (cells.day < first), own & (cells.day >= first) & (cells.day < last)
        chosen = inside[cells.cell]
        opening = int((cells.counts[before, opened] - cells.counts[before, closed]).sum())
        found[value] = CellSeries(
            opening, cells.day[inside], cells.counts[inside], cells.day[cells.cell[chosen]],
            cells.entries[chosen], cells.numbers[chosen],
        )  # fmt: skip
    return found


def _with_overdue(connection: Connection, query: FigureQuery, by: str | None, sums: DailySums) -> DailySums:
    period = query.period
    until = min(period.end, period.known_until)
    rows = count_overdue_by_day(connection, period.start, until, query.filters, by, query.scope)
    if not rows:
        return sums
    of_group: dict[str, list[tuple[int, int, int]]] = {}
    every: list[tuple[int, int, int]] = []
    for row in rows:
        place = count_place(row["target"], kept=False)
        if place is not None:
            value = row.get("group")
            every.append((row["day"], place, row["missed"]))
            of_group.setdefault("" if value is None else str(value), []).append(every[-1])
    groups = {name: _added(one, of_group.get(name, ())) for name, one in sums.groups.items()}
    return replace(sums, everything=_added(sums.everything, every), groups=groups)


def _added(cells: CellSeries, more: Sequence[tuple[int, int, int]]) -> CellSeries:
    """Return cells with some counts more: the day, the place in `COUNTS` and the number of each."""
    if not more:
        return cells
    days, places, numbers = (np.array(column, dtype=np.int64) for column in zip(*more, strict=True))
    day = np.union1d(cells.day, days)
    counts = np.zeros((len(day), len(COUNTS)), dtype=np.int64)
    counts[np.searchsorted(day, cells.day)] = cells.counts
    np.add.at(counts, (np.searchsorted(day, days), places), numbers)
    return replace(cells, day=day, counts=counts)
