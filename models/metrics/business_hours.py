"""Business hours: how much of the time between two moments lies in them, in a zone with summer time and with holidays."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from models.arrays import Floats

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OpenHours:
    """Hours of a day, [start, end) in minutes since midnight on the wall: 0 to 1440."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= 1440:
            raise ValueError(
                f"received the hours {self.start} to {self.end} minutes after midnight; valid is a start before the end, 0 to 1440"
            )


@dataclass(frozen=True, slots=True)
class BusinessSchedule:
    """When a place works: the hours of each weekday (0 is Monday), in a time zone, without its holidays."""

    zone: ZoneInfo
    weekdays: Mapping[int, Sequence[OpenHours]]
    holidays: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        if unknown := sorted(day for day in self.weekdays if not 0 <= day <= 6):
            raise ValueError(f"received the weekdays {unknown}; valid is 0 (Monday) to 6 (Sunday)")

    def hours_of(self, day: date) -> Sequence[OpenHours]:
        """Return the hours of a day; none on a holiday."""
        return () if day in self.holidays else self.weekdays.get(day.weekday(), ())


def always_open() -> BusinessSchedule:
    """Return the schedule of a place that never closes, so that business hours are calendar hours."""
    return BusinessSchedule(ZoneInfo("UTC"), dict.fromkeys(range(7), (OpenHours(0, 1440),)))


class BusinessClock:
    """Business seconds that have passed, as a function of the moment: piecewise linear, exact to the microsecond.

    It covers the days from `first` to `last` on the wall of the schedule's zone; moments outside count from its edges. Summer time
    needs no rule: an hour that the wall clock skips passes no seconds, and one that it repeats passes twice as many.
    """

    def __init__(self, schedule: BusinessSchedule, first: date, last: date) -> None:
        opens: list[float] = []
        closes: list[float] = []
        day = first
        while day <= last:
            for hours in sorted(schedule.hours_of(day), key=lambda one: one.start):
                start, end = _moment(schedule.zone, day, hours.start), _moment(schedule.zone, day, hours.end)
                if closes and start < closes[-1]:
                    start = closes[-1]
                if end > start:
                    opens.append(start)
                    closes.append(end)
            day += DAY
        self._moments, self._passed = _steps(opens, closes)
        # One moment is looked up in lists, which takes a tenth of the time of an array's interpolation.
        self._edges: list[float] = self._moments.tolist()
        self._until: list[float] = self._passed.tolist()

    def passed(self, moments: Floats) -> Floats:
        """Return the business seconds that passed from the first day until each moment (seconds since 1970, NaN stays NaN)."""
        if not len(self._moments):
            return np.where(np.isnan(moments), np.nan, 0.0)
        return np.where(np.isnan(moments), np.nan, np.interp(moments, self._moments, self._passed))

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return how much of the time from one moment to another lies in business hours; 0 where the end is not later."""
        passed = self._passed_at(max(start, end).timestamp()) - self._passed_at(start.timestamp())
        return timedelta(seconds=round(passed, 6))

    def after(self, start: datetime, duration: timedelta) -> datetime | None:
        """Return the moment at which so much business time has passed since a moment; None beyond the last day.

        With a duration of 0 it is the moment itself, also outside of business hours.
        """
        if duration <= timedelta():
            return start
        wanted = self._passed_at(start.timestamp()) + duration.total_seconds()
        if not self._until or wanted > self._until[-1] + 1e-6:
            return None
        place = max(bisect_left(self._until, wanted - 1e-6), 1)
        left = wanted - self._until[place - 1]
        return datetime.fromtimestamp(round(self._edges[place - 1] + left, 6), tz=start.tzinfo)

    def _passed_at(self, moment: float) -> float:
        """Return what `passed` returns for one moment that is no NaN."""
        place = bisect_right(self._edges, moment)
        if place == 0:
            return 0.0
        if place == len(self._edges):
            return self._until[-1]
        start, end = self._edges[place - 1], self._edges[place]
        pace = (self._until[place] - self._until[place - 1]) / (end - start)
        return pace * (moment - start) + self._until[place - 1]


def _steps(opens: Sequence[float], closes: Sequence[float]) -> tuple[Floats, Floats]:
    """Return the edges of open times and the seconds that passed until each."""
    moments = np.array([opens, closes], dtype=np.float64).T.reshape(-1)
    lengths = np.diff(moments, prepend=moments[:1])
    lengths[::2] = 0.0
    return moments, np.cumsum(lengths)


def _moment(zone: ZoneInfo, day: date, minutes: int) -> float:
    """Return the moment at which the wall shows so many minutes after midnight, in seconds since 1970.

    A time that the wall shows twice is the first one at the start of hours and at their end alike; one that it skips is the moment
    of the change.
    """
    if minutes == 1440:
        day, minutes = day + DAY, 0
    wall = datetime.combine(day, time(minutes // 60, minutes % 60), zone)
    moment = wall.timestamp()
    before = wall.replace(fold=1).timestamp()
    if before < moment:
        # The wall skips this time: with either offset the moment lies on the other side of the change.
        return _change_between(zone, before, moment)
    return moment


def _change_between(zone: ZoneInfo, low: float, high: float) -> float:
    """Return the moment, to the second, at which the offset of a zone changes."""
    start = datetime.fromtimestamp(low, zone).utcoffset()
    first, last = int(low), int(high)
    while last - first > 1:
        middle = (first + last) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == start:
            first = middle
        else:
            last = middle
    return float(last)
