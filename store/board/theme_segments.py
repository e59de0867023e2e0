"""Where the tickets of a theme come from: volumes by value of each dimension, and what share is usual."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, and_, case, func, select

from models.access import AccessScope
from models.bucket import BUCKETS_PER_DAY
from models.event import DIMENSIONS
from models.segment import Segment
from models.theme import ALL_TICKETS
from store.board.figure_cache import FigureCache
from store.board.now import Now
from store.records import chunks
from store.schema import assignments, counts, segments, tickets
from store.scoped import assigned_since, in_scope

WEEK_DAYS = 7
USUAL_DAYS = 28
"""Days before the last week in which a theme's own shares are usual."""

LEAST_USUAL = 20
"""Tickets that a theme needs in those days; a younger one is compared with all tickets of the last week."""

VALUES = 5
"""Values of a dimension that are shown: those with the most tickets in the last week."""

SCOPED_TICKETS = 20_000
"""Newest tickets of a scope that are counted, for lack of counts."""

_Volumes = Mapping[tuple[str, str], tuple[int, int, int]]
"""Tickets of the last day, the last week, and the usual days before it, by dimension and value; by ("", "") of all."""


@dataclass(frozen=True, slots=True)
class SegmentVolume:
    """Tickets with one value: of the last 24 hours and the last 7 days, and their share of the latter (0 to 1).

    `usual` is the share that is usual, None where none is known; `of_all`: that of all tickets, for the theme is too young.
    """

    value: str
    day: int
    week: int
    share: float
    usual: float | None
    of_all: bool


@dataclass(frozen=True, slots=True)
class DimensionVolumes:
    """The values of a dimension with the most tickets; `others` counts further values, `without` the week's tickets that have none."""

    dimension: str
    rows: tuple[SegmentVolume, ...]
    others: int
    without: int

    @property
    def change(self) -> float:
        """The greatest distance of a share from the usual one."""
        return max((abs(row.share - row.usual) for row in self.rows if row.usual is not None), default=0.0)


def theme_segments(
    connection: Connection, now: Now | None, theme_id: int, scope: AccessScope
) -> tuple[DimensionVolumes, ...]:
    """Read where a theme's tickets of the last week come from, the dimensions first whose shares changed most.

    Within a limited scope the tickets of the scope are counted, and only their own usual shares are known.
    """
    if now is None:
        return ()
    kept = FigureCache(connection, now, "themes")
    if not scope.is_everything:
        key = ("segments", scope, theme_id)
        return _tables(kept.get(key, lambda: _from_tickets(connection, now, theme_id, scope)), {})
    own = kept.get(("segments", theme_id), lambda: _from_counts(connection, now, theme_id, USUAL_DAYS))
    if own.get(("", ""), (0, 0, 0))[2] >= LEAST_USUAL:
        return _tables(own, {})
    everything = kept.get(("segments", ALL_TICKETS), lambda: _from_counts(connection, now, ALL_TICKETS, 0))
    return _tables(own, everything)


def _tables(own: _Volumes, everything: _Volumes) -> tuple[DimensionVolumes, ...]:
    by_dimension: defaultdict[str, list[str]] = defaultdict(list)
    for dimension, value in own:
        if dimension:
            by_dimension[dimension].append(value)
    _, week, before = own.get(("", ""), (0, 0, 0))
    if not week:
        return ()
    found = []
    for dimension, values in by_dimension.items():
        current = sorted(
            (value for value in values if own[dimension, value][1]), key=lambda v: (-own[dimension, v][1], v)
        )
        if current:
            rows = tuple(_row(own, everything, dimension, value, before) for value in current[:VALUES])
            without = week - sum(own[dimension, value][1] for value in current)
            found.append(DimensionVolumes(dimension, rows, max(0, len(current) - VALUES), max(0, without)))
    return tuple(sorted(found, key=lambda one: (-one.change, DIMENSIONS.index(one.dimension))))


def _row(own: _Volumes, everything: _Volumes, dimension: str, value: str, before: int) -> SegmentVolume:
    day, week, earlier = own[dimension, value]
    share = week / own["", ""][1]
    if before >= LEAST_USUAL:
        return SegmentVolume(value, day, week, share, earlier / before, of_all=False)
    of_all = everything.get(("", ""), (0, 0, 0))[1]
    usual = everything.get((dimension, value), (0, 0, 0))[1] / of_all if of_all else None
    return SegmentVolume(value, day, week, share, usual, of_all=usual is not None)


def _from_counts(connection: Connection, now: Now, theme_id: int, usual_days: int) -> _Volumes:
    names = {now.segment_id: ("", ""), **_single_values(connection)}
    day, week = now.bucket - BUCKETS_PER_DAY, now.bucket - WEEK_DAYS * BUCKETS_PER_DAY
    n = counts.c.n
    found: dict[tuple[str, str], tuple[int, int, int]] = {}
    for part in chunks(list(names)):
        query = (
            select(
                counts.c.segment_id,
                func.sum(case((counts.c.bucket > day, n), else_=0)),
                func.sum(case((counts.c.bucket > week, n), else_=0)),
                func.sum(case((counts.c.bucket > week, 0), else_=n)),
            )
            .where(
                counts.c.theme_id == theme_id,
                counts.c.segment_id.in_(part),
                counts.c.bucket > week - usual_days * BUCKETS_PER_DAY,
                counts.c.bucket <= now.bucket,
            )
            .group_by(counts.c.segment_id)
        )
        for segment_id, last_day, last_week, before in connection.execute(query):
            found[names[segment_id]] = (int(last_day), int(last_week), int(before))
    return found


def _single_values(connection: Connection) -> dict[int, tuple[str, str]]:
    found: dict[int, tuple[str, str]] = {}
    for number, key in connection.execute(select(segments.c.id, segments.c.key)):
        pairs = Segment.from_key(key).pairs
        if len(pairs) == 1 and pairs[0][0] in DIMENSIONS:
            found[number] = pairs[0]
    return found


def _from_tickets(connection: Connection, now: Now, theme_id: int, scope: AccessScope) -> _Volumes:
    day, week = now.time - timedelta(days=1), now.time - timedelta(days=WEEK_DAYS)
    first = week - timedelta(days=USUAL_DAYS)
    query = (
        select(tickets.c.time, *(tickets.c[name] for name in DIMENSIONS))
        .join(assignments, assignments.c.ticket_id == tickets.c.id)
        .where(
            and_(assignments.c.theme_id == theme_id, assigned_since(connection, first)),
            and_(tickets.c.counted, in_scope(scope)),
            tickets.c.time >= first,
            tickets.c.time < now.time,
        )
        .order_by(tickets.c.time.desc())
        .limit(SCOPED_TICKETS)
    )
    last_day, last_week, before = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for time, *values in connection.execute(query):
        pairs = [
            ("", ""),
            *((name, value) for name, value in zip(DIMENSIONS, values, strict=True) if value is not None),
        ]
        (last_week if time >= week else before).update(pairs)
        if time >= day:
            last_day.update(pairs)
    return {pair: (last_day[pair], last_week[pair], before[pair]) for pair in {*last_week, *before}}
