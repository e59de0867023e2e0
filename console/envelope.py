"""Actual against expected over several hours: how bands add up, and which side of them the actual lies on."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from store.board import Band, Hour, HourlySeries

LIMIT_SIGMA = 1.96
"""A band's limits are the 2.5 % and 97.5 % points of its hour."""


class PlanVerdict(StrEnum):
    """Where the actual lies."""

    ABOVE = "above plan"
    INSIDE = "inside plan"
    BELOW = "below plan"
    UNKNOWN = "no plan yet"


@dataclass(frozen=True, slots=True)
class Envelope:
    """The expected range of a sum, in tickets, so far."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PlanPosition:
    """Actual against its envelope; `envelope` is None where no hour has a band."""

    actual: int
    envelope: Envelope | None

    @property
    def verdict(self) -> PlanVerdict:
        """Which side of the envelope the actual lies on."""
        if self.envelope is None:
            return PlanVerdict.UNKNOWN
        if self.actual > self.envelope.high:
            return PlanVerdict.ABOVE
        return PlanVerdict.BELOW if self.actual < self.envelope.low else PlanVerdict.INSIDE

    @property
    def beyond(self) -> float:
        """Tickets above the envelope: negative inside or below it, and minus infinity where there is none."""
        return self.actual - self.envelope.high if self.envelope else float("-inf")

    @property
    def ratio(self) -> float | None:
        """Actual over expected; None where nothing was expected."""
        return self.actual / self.envelope.mean if self.envelope and self.envelope.mean > 0 else None


def standing(series: HourlySeries) -> PlanPosition:
    """Hold the actual against its bands, over the hours that have one; the running hour by its share."""
    banded = [hour for hour in series if hour.band is not None]
    return PlanPosition(sum(hour.observed for hour in banded), envelope_of(banded))


def envelope_of(hours: Iterable[Hour]) -> Envelope | None:
    """Add up the bands of hours, or of themes in one hour; None where there is none.

    The distance of a limit from its mean has two parts, told apart by what counting alone explains (a
    Poisson variance, which is the mean). Counting noise is independent from hour to hour: its variances add.
    The rest is doubt about the plan, which the hours share: its distances add. Summing the limits themselves
    would overstate the first part so much that hours above plan in a row would pass as inside.
    """
    mean = noise = doubt_below = doubt_above = 0.0
    said = False
    for hour in hours:
        if hour.band is None:
            continue
        said = True
        mean += hour.share * hour.band.mean
        noise += hour.share * hour.band.mean
        doubt_below += hour.share * _doubt(hour.band.mean - hour.band.low, hour.band.mean)
        doubt_above += hour.share * _doubt(hour.band.high - hour.band.mean, hour.band.mean)
    if not said:
        return None
    counting = LIMIT_SIGMA * math.sqrt(noise)
    return Envelope(mean, max(0.0, mean - math.hypot(counting, doubt_below)), mean + math.hypot(counting, doubt_above))


def total(parts: Iterable[HourlySeries]) -> HourlySeries:
    """Add up series hour by hour, bands included; an hour without any band has none."""
    by_hour: dict[int, list[Hour]] = {}
    for series in parts:
        for hour in series:
            by_hour.setdefault(hour.hour, []).append(hour)
    return tuple(_sum(by_hour[number]) for number in sorted(by_hour))


def _sum(hours: list[Hour]) -> Hour:
    # Bands are of whole hours here; the share that has passed is kept beside them.
    whole = envelope_of(Hour(hour.hour, hour.observed, 1.0, hour.band) for hour in hours)
    launch_id = next((hour.band.launch_id for hour in hours if hour.band), None)
    band = None if whole is None else Band(whole.mean, whole.low, whole.high, launch_id)
    return Hour(hours[0].hour, sum(hour.observed for hour in hours), hours[0].share, band)


def _doubt(distance: float, mean: float) -> float:
    return math.sqrt(max(0.0, distance**2 - LIMIT_SIGMA**2 * mean))
