"""Recurring rises: whether a theme rises at the same hours of each week or day, so that its rise is a plan that nobody wrote down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import Protocol

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
PERIODS = (WEEK, DAY)
TOLERANCE = timedelta(hours=1, minutes=30)
"""How much earlier or later a rise may come: people start a campaign by hand, and an onset is known to an hour where little comes."""
FEWEST = 2
"""Earlier rises that make the next one recurring: one could be chance, and somebody should have heard of it twice."""
LOOKED_BACK = {WEEK: 8, DAY: 14}
"""Periods that are looked at."""
MOST_MISSED = 1
"""Periods in a row in which it may not have come: a holiday, or a campaign that was postponed."""
LEVEL = 0.01
"""Probability from which so many rises at the same hours are no chance."""
LIFT_DEVIATION = 0.3
"""Relative standard deviation of the lift from one time to the next: as much as plans are off."""
DISPERSION = 1.5
"""Variance over mean of the tickets around a lift: that of an ordinary theme."""
BEYOND_LEVEL = 0.01
"""Probability below which a rise is beyond what the earlier ones brought."""


class PastRise(Protocol):
    """An earlier episode of a theme that is over."""

    @property
    def start(self) -> datetime:
        """The start of the episode."""

    @property
    def end(self) -> datetime | None:
        """The end of the episode; None while it is open."""

    @property
    def ratio(self) -> float:
        """Tickets as a multiple of what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """Rises that come at the same hours of each week or day.

    Parameters
    ----------
    period: a week or a day. first, last: starts of the first and the last rise before. times: how many there were before.
    length: how long they last, the longest. lift: their usual multiple of what is expected.
    p_value: probability of so many at the same hours if they came at any time.
    """

    period: timedelta
    first: datetime
    last: datetime
    times: int
    length: timedelta
    lift: float
    p_value: float

    def due_after(self, time: datetime) -> datetime:
        """Return when it is due the next time after a time, to a quarter of an hour."""
        start = _quarter(self.last)
        return start + (max(0, (time - start) // self.period) + 1) * self.period

    def when(self) -> str:
        """Write `every Tuesday 10:00 to 16:00 UTC since 3 Nov`."""
        day = "day" if self.period == DAY else f"{self.first.astimezone(UTC):%A}"
        start, end = (_quarter(one) for one in (self.last, self.last + self.length))
        since = self.first.astimezone(UTC)
        return f"every {day} {start:%H:%M} to {end:%H:%M} UTC since {since.day} {since:%b}"

    def plan_command(self, theme_id: int, after: datetime) -> str:
        """Write the command that plans the next one that begins after a time."""
        start = self.due_after(after)
        end = start + max(_quarter(self.last + self.length) - _quarter(self.last), HOUR)
        return (
            f"groundswell launches add recurring-{theme_id}-{start:%Y-%m-%d} --kind campaign --start {start:%Y-%m-%dT%H:%MZ} "
            f"--end {end:%Y-%m-%dT%H:%MZ} --theme {theme_id}={self.lift:.1f}"
        )


def recurrence_of(start: datetime, past: Sequence[PastRise], record_start: datetime) -> Recurrence | None:
    """Find out whether a rise that starts now comes at the same hours of each week, or else of each day, as earlier ones did.

    At least two earlier rises must have been on at these hours, the last one a period ago or, where there were more, two; and so many
    must be no chance: if rises came at any time, each period would have one at these hours with a probability that is the share
    of time that is close to the start of any.

    Parameters
    ----------
    past: the rises of the same theme that are over, in any order. record_start: since when there are tickets.
    """
    for period in PERIODS:
        found = _recurrence(start, past, record_start, period)
        if found is not None:
            return found
    return None


def is_beyond(observed: float, expected: float, lasted: timedelta, known: Recurrence) -> bool:
    """Check whether a rise exceeds what the earlier ones brought: in tickets, by their lift and its spread, or in length."""
    from models.spikes.statistics.count_tails import mixed_tail

    if lasted > known.length + TOLERANCE:
        return True
    mean = max(expected * known.lift, 1e-6)
    tail = mixed_tail(observed, mean, DISPERSION * mean, LIFT_DEVIATION * mean)
    return float(tail) < BEYOND_LEVEL


def _recurrence(
    start: datetime, past: Sequence[PastRise], record_start: datetime, period: timedelta
) -> Recurrence | None:
    reach = min(LOOKED_BACK[period], int((start - record_start) / period))
    closed = [one for one in past if one.end is not None and one.start >= start - (reach + 1) * period]
    hits: list[tuple[int, PastRise]] = []
    missed = 0
    for back in range(1, reach + 1):
        due = start - back * period
        near = [one for one in closed if abs(one.start - due) <= TOLERANCE]
        if near:
            hits.append((back, min(near, key=lambda one: (abs(one.start - due), one.start))))
            missed = 0
        else:
            missed += 1
            if missed > MOST_MISSED:
                break
    if len(hits) < FEWEST or (hits[0][0] > 1 and len(hits) == FEWEST):
        return None
    periods = hits[-1][0]
    share = min(1.0, len(closed) * 2 * TOLERANCE / (reach * period))
    # Where the first one is chosen so that it fits, each length of the record had its chance.
    chance = min(1.0, reach * _at_least(len(hits), periods, share))
    if chance > LEVEL:
        return None
    rises = [one for _, one in hits]
    return Recurrence(
        period=period, first=rises[-1].start, last=rises[0].start, times=len(rises),
        length=max(_end(one) - one.start for one in rises), lift=float(median(one.ratio for one in rises)), p_value=chance,
    )  # fmt: skip


def _end(one: PastRise) -> datetime:
    return one.end or one.start


def _at_least(hits: int, periods: int, share: float) -> float:
    """Return the probability of so many hits or more in so many periods, each with this probability."""
    return sum(math.comb(periods, k) * share**k * (1 - share) ** (periods - k) for k in range(hits, periods + 1))


def _quarter(time: datetime) -> datetime:
    """Round a time to a quarter of an hour, UTC."""
    at = time.astimezone(UTC)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + round((at - midnight) / timedelta(minutes=15)) * timedelta(minutes=15)
