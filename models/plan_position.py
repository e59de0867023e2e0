"""Where an actual number of tickets is in relation to the range that a plan expects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from models.count_range import CountRange, HourlyRange, combine_ranges


class PlanVerdict(StrEnum):
    """On which side of its range an actual is; the values are shown to people."""

    ABOVE = "above plan"
    INSIDE = "inside plan"
    BELOW = "below plan"
    UNKNOWN = "no plan yet"


@dataclass(frozen=True, slots=True)
class PlanPosition:
    """An actual number of tickets against its expected range; `envelope` is None where no hour has one."""

    actual: int
    envelope: CountRange | None

    @property
    def verdict(self) -> PlanVerdict:
        """Which side of the range the actual is on; a limit itself is inside."""
        if self.envelope is None:
            return PlanVerdict.UNKNOWN
        if self.actual > self.envelope.high:
            return PlanVerdict.ABOVE
        return PlanVerdict.BELOW if self.actual < self.envelope.low else PlanVerdict.INSIDE

    @property
    def beyond(self) -> float:
        """Tickets above the range: negative inside or below it, and minus infinity where there is none."""
        return self.actual - self.envelope.high if self.envelope else float("-inf")

    @property
    def ratio(self) -> float | None:
        """Actual over expected; None where nothing was expected."""
        return self.actual / self.envelope.mean if self.envelope and self.envelope.mean > 0 else None


class PlannedHour(Protocol):
    """An hour of a series: the tickets that came, the share of the hour that counts, and the range of the whole hour."""

    @property
    def observed(self) -> int:
        """Tickets that came."""

    @property
    def share(self) -> float:
        """Share of the hour that counts, 0 to 1."""

    @property
    def band(self) -> HourlyRange | None:
        """What was expected of the whole hour; None where nothing was."""


def position_of(hours: Iterable[PlannedHour]) -> PlanPosition:
    """Compare what came with what was expected, over the hours that have a range; an hour that has not ended counts by its share."""
    ranged = [(hour, hour.band) for hour in hours if hour.band is not None]
    envelope = combine_ranges((band, hour.share) for hour, band in ranged)
    return PlanPosition(sum(hour.observed for hour, _ in ranged), envelope)
