"""Launch plans and changes as they were at a time: of each, the revision with the greatest (time, id)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache
from typing import Any, Literal

from sqlalchemy import Connection, Row, Select, bindparam, select

from models.change import Change
from models.launch import Launch, PlannedLift
from models.segment import Segment
from store.schema import changes, launches

PlanKind = Literal["launch", "change"]


_KNOWN = select(launches).where(launches.c.time < bindparam("known_by"))
"""Each epoch executes it."""


def read_launches(connection: Connection, known_by: datetime | None = None) -> list[Launch]:
    """Read all launches as planned at `known_by` (default: now) and not cancelled by then, ordered by start."""
    query, given = (select(launches), {}) if known_by is None else (_KNOWN, {"known_by": known_by})
    rows = connection.execute(query, given)
    found = [launch_of(row) for row in _newest(rows) if not row.cancelled]
    return sorted(found, key=lambda launch: (launch.start, launch.launch_id))


@cache
def _changes_query(known_by: bool, start: bool) -> Select[Any]:  # noqa: FBT001 (which of the two bounds there are)
    """Make the query once: the miner executes it for each open spike in each epoch."""
    query = select(changes)
    if known_by:
        query = query.where(changes.c.time < bindparam("known_by"))
    return query.where(changes.c.time >= bindparam("start")) if start else query


def read_changes(
    connection: Connection,
    start: datetime | None = None,
    known_by: datetime | None = None,
    *,
    about: Collection[int] | None = None,
) -> list[Change]:
    """Read the changes with a time in [start, known_by), ordered by time.

    `about` leaves out those that concern other themes; without a theme in it, those that concern themes at all. None: all changes.
    """
    given = {"known_by": known_by, "start": start}
    query = _changes_query(known_by is not None, start is not None)
    rows = connection.execute(query, {name: value for name, value in given.items() if value is not None})
    found = [
        Change(
            row.subject, row.kind, row.title, Segment.of(row.scope), row.time, row.url, themes=tuple(row.themes or ())
        )
        for row in _newest(rows)
    ]  # fmt: skip
    if about is not None:
        found = [one for one in found if one.concerns(about)]
    return sorted(found, key=lambda change: (change.time, change.change_id))


def newest_revision(connection: Connection, kind: PlanKind, subject: str, source: str | None) -> Row[Any] | None:
    """Read the newest revision of a launch or a change, from any source where `source` is None; None where there is none."""
    table = launches if kind == "launch" else changes
    query = select(table).where(table.c.subject == subject)
    if source is not None:
        query = query.where(table.c.source == source)
    return max(connection.execute(query), key=lambda row: (row.time, row.id), default=None)


def _newest(rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    best: dict[tuple[str, str], Row[Any]] = {}
    for row in rows:
        known = best.get((row.source, row.subject))
        if known is None or (row.time, row.id) > (known.time, known.id):
            best[row.source, row.subject] = row
    return list(best.values())


def launch_of(row: Row[Any]) -> Launch:
    """Make a launch of a row of `launches`."""
    import numpy as np

    vectors = np.frombuffer(row.abouts or b"", dtype="<f2").astype(np.float32)
    vectors = vectors.reshape(len(row.expected), -1) if row.expected and vectors.size else vectors
    lifts = tuple(
        PlannedLift(
            lift=float(one["lift"]),
            theme_id=one.get("theme"),
            # A vector of zeros is that of a text in a language that the model does not read.
            about=vectors[at] if one.get("about") and vectors.size and vectors[at].any() else None,
            everything=bool(one.get("all")),
            like=one.get("like"),
        )
        for at, one in enumerate(row.expected)
    )
    return Launch(
        row.subject,
        row.kind,
        row.title,
        row.start,
        row.end,
        Segment.of(row.scope),
        row.tolerance,
        lifts,
        tuple({name: value for name, value in one.items() if value not in (None, False)} for one in row.expected),
    )
