"""Levels: how many tickets beyond the expected ones come in an hour, and whether that has grown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

HOUR = timedelta(hours=1)
SHORTEST = timedelta(minutes=15)
"""A level over less time is taken for one over so much: a burst of one minute has no rate per hour."""
CHANCE = 1e-3
"""Probability below which a growth is not taken for chance: it is tested at each epoch of an incident."""
LEAST_RATE = 0.5
"""Excess per hour that is assumed at least: below it a ratio says nothing."""


@dataclass(frozen=True, slots=True)
class LevelReading:
    """Tickets that a signal had since its onset, and how many were expected, as of a time."""

    at: datetime
    observed: int
    expected: float

    def as_json(self) -> list[Any]:
        """Write the reading as a list, since an incident stores many."""
        return [self.at.isoformat(), self.observed, self.expected]

    @classmethod
    def from_json(cls, value: list[Any]) -> Self:
        """Read what `as_json` wrote."""
        return cls(datetime.fromisoformat(value[0]), value[1], value[2])


@dataclass(frozen=True, slots=True)
class Level:
    """Tickets in a time, and how many were expected in it."""

    observed: int
    expected: float
    time: timedelta

    @property
    def hours(self) -> float:
        """Its time in hours, a quarter of an hour at least."""
        return max(self.time, SHORTEST) / HOUR

    @property
    def excess_per_hour(self) -> float:
        """Tickets beyond the expected ones in an hour; not below 0."""
        return max(0.0, self.observed - self.expected) / self.hours

    def plus(self, other: Level) -> Level:
        """Add the tickets of another series over the same time."""
        return Level(self.observed + other.observed, self.expected + other.expected, max(self.time, other.time))

    def as_json(self) -> dict[str, Any]:
        """Write the level as an incident stores it."""
        return {
            "observed": self.observed, "expected": self.expected, "seconds": self.time.total_seconds(),
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        return cls(value["observed"], value["expected"], timedelta(seconds=value["seconds"]))


def has_grown(before: Level, now: Level, factor: float) -> bool:
    """Test whether the excess per hour has grown by a factor.

    It must be `factor` times that of before, and so many tickets must be improbable had the excess stayed as it was: below
    `CHANCE` under a negative binomial whose variance contains that of both counts.
    """
    from models.spikes.statistics.count_tails import upper_tail

    rate = max(before.excess_per_hour, LEAST_RATE)
    if now.excess_per_hour < factor * rate:
        return False
    mean = now.expected + rate * now.hours
    variance = mean + max(1, before.observed) * (now.hours / before.hours) ** 2
    return bool(float(upper_tail(now.observed, mean, variance)) <= CHANCE)
