"""What happens around a launch: themes outside its plan that rise, the shares of segments, and changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from models.bucket import BUCKETS_PER_HOUR
from models.change import Change
from models.plan_position import PlanPosition, PlanVerdict, position_of
from models.segment import Segment
from models.theme import ALL_TICKETS, ThemeState
from store.board.now import Now
from store.board.series import series_of
from store.plans import read_changes
from store.schema import counts, segments, themes

LATELY_HOURS = 3
"""Hours, the running one included, over which a theme rises: one hour of a small theme says little."""

MOST_RISING = 20
MOST_RECENT = 2_000
"""Themes with a ticket lately that are looked at, the largest ones."""

MOST_CHANGES = 40


@dataclass(frozen=True, slots=True)
class RisingTheme:
    """A theme above what was expected of it in the last hours; `inside` of its tickets then are in the launch's scope."""

    theme_id: int
    name: str
    position: PlanPosition
    inside: int | None = None


def rising_themes(
    connection: Connection, now: Now, left_out: Collection[int], scope_number: int | None
) -> tuple[RisingTheme, ...]:
    """Find the themes above their band in the last hours, the furthest above first.

    `scope_number` is the segment in which their tickets are counted, too; None where it is not counted or everything.
    """
    first = now.hour - LATELY_HOURS + 1
    names = _recent(connection, now, left_out)
    read = series_of(connection, now, list(names), first, now.hour)
    positions = {theme: position_of(series) for theme, series in read.items()}
    above = [theme for theme, position in positions.items() if position.verdict == PlanVerdict.ABOVE]
    chosen = sorted(above, key=lambda theme: (-positions[theme].beyond, theme))[:MOST_RISING]
    inside = _inside(connection, chosen, scope_number, first * BUCKETS_PER_HOUR)
    return tuple(RisingTheme(theme, names[theme], positions[theme], inside.get(theme)) for theme in chosen)


def _recent(connection: Connection, now: Now, left_out: Collection[int]) -> Mapping[int, str]:
    query = (
        select(themes.c.id, themes.c.name)
        .where(themes.c.state == ThemeState.LIVE.value, themes.c.last_seen >= now.time - timedelta(hours=LATELY_HOURS))
        .order_by(themes.c.size.desc(), themes.c.id)
        .limit(MOST_RECENT)
    )
    return {row.id: row.name for row in connection.execute(query) if row.id not in left_out}


def _inside(connection: Connection, chosen: Sequence[int], number: int | None, first: int) -> Mapping[int, int]:
    if number is None or not chosen:
        return {}
    query = (
        select(counts.c.theme_id, func.sum(counts.c.n))
        .where(counts.c.theme_id.in_(chosen), counts.c.segment_id == number, counts.c.bucket >= first)
        .group_by(counts.c.theme_id)
    )
    return {**dict.fromkeys(chosen, 0), **{theme: int(n) for theme, n in connection.execute(query)}}


def count_segments(
    connection: Connection, asked: Collection[Segment], spans: Sequence[tuple[int, int]]
) -> dict[Segment, list[int]]:
    """Count all tickets of several segments, for each span of buckets; segments that are not counted are left out."""
    query = select(segments.c.id, segments.c.key).where(segments.c.key.in_([one.key for one in asked]))
    numbers = {row.id: Segment.from_key(row.key) for row in connection.execute(query)}
    found = {segment: [0] * len(spans) for segment in numbers.values()}
    for at, (start, end) in enumerate(spans):
        sums = (
            select(counts.c.segment_id, func.sum(counts.c.n))
            .where(
                counts.c.theme_id == ALL_TICKETS,
                counts.c.segment_id.in_(list(numbers)),
                counts.c.bucket >= start,
                counts.c.bucket < end,
            )
            .group_by(counts.c.segment_id)
        )
        for number, n in connection.execute(sums):
            found[numbers[number]][at] = int(n)
    return found


def changes_around(connection: Connection, start: datetime, end: datetime, scope: Segment) -> list[Change]:
    """Read the changes in [start, end), each in its latest revision, that can concern a scope; the newest first."""
    found = [one for one in read_changes(connection, start, end) if one.scope.compatible(scope)]
    return found[-MOST_CHANGES:][::-1]
