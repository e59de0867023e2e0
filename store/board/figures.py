"""Tickets of the last day and what was expected, of every theme: everywhere, or in one segment."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import ColumnElement, Connection, Integer, and_, case, func, literal_column, select

from models.bucket import BUCKETS_PER_DAY
from models.count_range import LIMIT_SIGMA, CountRange, HourlyRange
from models.theme import ALL_TICKETS
from store.board.now import Now
from store.board.series import HOUR_OF_BUCKET
from store.records import chunks
from store.schema import bands, counts

WINDOW_HOURS = 25
"""Hours that a window of 24 hours touches."""

WEEK_DAYS = 7
"""Days of the volume that a theme must have in a segment, and days before the last one that say what is usual there."""

LEAST_DAYS = 3
"""A segment's expectation needs as many days since its first ticket."""


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours of event time.

    `expected` sums the bands' means over the hours that have one, the running hour by its share; None where
    none has. `compared` counts the tickets of those hours only, so that it can be compared with `expected`.
    """

    observed: int = 0
    compared: int = 0
    expected: float | None = None

    @property
    def ratio(self) -> float | None:
        """Observed over expected; None where nothing was expected."""
        return self.compared / self.expected if self.expected else None


NO_TICKET = Day()


@dataclass(frozen=True, slots=True)
class BoardFigures:
    """What the board counts, by theme, with 0 for all tickets.

    `days` are the last 24 hours, `two_days` the tickets of the last 48. `weeks` are the tickets of the last 7 days and `ranges`
    what was expected in the last 24 hours, both only of a part of all tickets: those of everything come from the
    themes and their bands.
    """

    days: Mapping[int, Day] = field(default_factory=dict)
    two_days: Mapping[int, int] = field(default_factory=dict)
    weeks: Mapping[int, int] | None = None
    ranges: Mapping[int, CountRange] = field(default_factory=dict)

    def day(self, theme_id: int) -> Day:
        """Return the last 24 hours of a theme."""
        return self.days.get(theme_id, NO_TICKET)


def count_everything(connection: Connection, now: Now, theme_ids: Sequence[int]) -> BoardFigures:
    """Count the tickets of themes, and of all together, against their bands."""
    wanted = [ALL_TICKETS, *theme_ids]
    observed, two_days = _observed(connection, now, wanted)
    expected = _expected(connection, now, wanted)
    # Most themes have a band for every hour, so that the dear join is made for the few young ones alone.
    partly = [theme_id for theme_id, (_, hours) in expected.items() if hours < WINDOW_HOURS]
    compared = {**observed, **dict.fromkeys(partly, 0), **_in_banded_hours(connection, now, partly)}
    days = {
        theme_id: Day(
            observed=observed.get(theme_id, 0),
            compared=compared.get(theme_id, 0) if theme_id in expected else 0,
            expected=expected[theme_id][0] if theme_id in expected else None,
        )
        for theme_id in wanted
    }
    return BoardFigures(days, two_days)


def count_segment(connection: Connection, now: Now, segment_id: int, theme_ids: Sequence[int]) -> BoardFigures:
    """Count the tickets of themes in one segment, day by day back from `now`."""
    back = ((now.bucket - counts.c.bucket) // literal_column(str(BUCKETS_PER_DAY), Integer)).label("back")
    found: defaultdict[int, list[int]] = defaultdict(lambda: [0] * (1 + WEEK_DAYS))
    for part in chunks([ALL_TICKETS, *theme_ids]):
        query = (
            select(counts.c.theme_id, back, func.sum(counts.c.n))
            .where(
                counts.c.theme_id.in_(part),
                counts.c.segment_id == segment_id,
                counts.c.bucket.between(now.bucket - (1 + WEEK_DAYS) * BUCKETS_PER_DAY + 1, now.bucket),
            )
            .group_by(counts.c.theme_id, back)
        )
        for theme_id, day, tickets in connection.execute(query):
            found[theme_id][day] = int(tickets)
    return figures_of_days(found)


def figures_of_days(found: Mapping[int, Sequence[int]]) -> BoardFigures:
    """Make figures of tickets by theme and day, the last 24 hours first and `WEEK_DAYS` before them."""
    ranges = {theme_id: usual for theme_id, days in found.items() if (usual := usual_day(days[1:])) is not None}
    return BoardFigures(
        days={
            theme_id: Day(days[0], days[0], ranges[theme_id].mean if theme_id in ranges else None)
            for theme_id, days in found.items()
        },
        two_days={theme_id: days[0] + days[1] for theme_id, days in found.items()},
        weeks={theme_id: total for theme_id, days in found.items() if (total := sum(days[:WEEK_DAYS])) > 0},
        ranges=ranges,
    )


def usual_day(before: Sequence[int]) -> CountRange | None:
    """Return the range of tickets that a day is expected to have after the days `before`, the latest first; None after too few.

    The days before the first ticket do not count: the theme had not begun. The range is that of one more day with the same mean: its
    variance is that of the days, at least that of a Poisson count, plus the variance of their mean.
    """
    begun = [day for day, tickets in enumerate(before) if tickets]
    days = before[: begun[-1] + 1] if begun else ()
    if len(days) < LEAST_DAYS:
        return None
    mean = sum(days) / len(days)
    variance = max(mean, sum((tickets - mean) ** 2 for tickets in days) / (len(days) - 1))
    distance = LIMIT_SIGMA * math.sqrt(variance * (1 + 1 / len(days)))
    return CountRange(mean, max(0.0, mean - distance), mean + distance)


def in_segment(now: Now, segment_id: int) -> Now:
    """Return the same time, from which only tickets of a segment are counted."""
    return replace(now, segment_id=segment_id)


def _last_day(now: Now, theme_ids: Collection[int], days: int = 1) -> ColumnElement[bool]:
    return and_(
        counts.c.theme_id.in_(theme_ids),
        counts.c.segment_id == now.segment_id,
        counts.c.bucket.between(now.bucket - days * BUCKETS_PER_DAY + 1, now.bucket),
    )


def _observed(connection: Connection, now: Now, theme_ids: Collection[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Count the tickets of the last day, and of the last two."""
    day: dict[int, int] = {}
    two_days: dict[int, int] = {}
    last = func.sum(case((counts.c.bucket > now.bucket - BUCKETS_PER_DAY, counts.c.n), else_=0))
    for part in chunks(theme_ids):
        query = select(counts.c.theme_id, last, func.sum(counts.c.n)).where(_last_day(now, part, days=2))
        for theme_id, one, both in connection.execute(query.group_by(counts.c.theme_id)):
            day[theme_id], two_days[theme_id] = int(one), int(both)
    return day, two_days


def _in_banded_hours(connection: Connection, now: Now, theme_ids: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    banded = and_(bands.c.theme_id == counts.c.theme_id, bands.c.hour == HOUR_OF_BUCKET.element)
    for part in chunks(theme_ids):
        query = (
            select(counts.c.theme_id, func.sum(counts.c.n))
            .select_from(counts.join(bands, banded))
            .where(_last_day(now, part))
            .group_by(counts.c.theme_id)
        )
        found.update((row[0], int(row[1])) for row in connection.execute(query))
    return found


def _expected(connection: Connection, now: Now, theme_ids: Collection[int]) -> dict[int, tuple[float, int]]:
    """Mean of the window, and the number of its hours that have one."""
    weight = case(*((bands.c.hour == hour, share) for hour, share in _partial_hours(now)), else_=1.0)
    found: dict[int, tuple[float, int]] = {}
    for part in chunks(theme_ids):
        query = (
            select(bands.c.theme_id, func.sum(bands.c.mean * weight), func.count())
            .where(bands.c.theme_id.in_(part), bands.c.hour.between(now.hour - WINDOW_HOURS + 1, now.hour))
            .group_by(bands.c.theme_id)
        )
        found.update((row[0], (float(row[1]), row[2])) for row in connection.execute(query))
    return found


def _partial_hours(now: Now) -> tuple[tuple[int, float], ...]:
    # A window of 24 hours that ends inside an hour begins inside one: both count by the share in the window.
    share = now.share(now.hour)
    return ((now.hour, share), (now.hour - WINDOW_HOURS + 1, 1.0 - share))


def shares_of_day(now: Now) -> dict[int, float]:
    """Return the hours that the last 24 hours touch, each with the share of it that is inside."""
    whole = dict.fromkeys(range(now.hour - WINDOW_HOURS + 1, now.hour + 1), 1.0)
    return {**whole, **dict(_partial_hours(now))}


def read_bands(
    connection: Connection, theme_ids: Collection[int], hours: Collection[int]
) -> dict[int, dict[int, HourlyRange]]:
    """Read what was expected of themes in hours that follow each other, by theme and hour."""
    found: defaultdict[int, dict[int, HourlyRange]] = defaultdict(dict)
    columns = (bands.c.theme_id, bands.c.hour, bands.c.mean, bands.c.low, bands.c.high)
    for part in chunks(theme_ids) if hours else ():
        query = select(*columns).where(bands.c.theme_id.in_(part), bands.c.hour.between(min(hours), max(hours)))
        for theme_id, hour, mean, low, high in connection.execute(query):
            found[theme_id][hour] = CountRange(mean, low, high)
    return found
