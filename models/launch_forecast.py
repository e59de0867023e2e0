"""What a plan leads to expect in numbers of tickets: the usual of earlier weeks, lifted, with a range."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from models.count_range import LIMIT_SIGMA, CountRange


@dataclass(frozen=True, slots=True)
class LiftedWeeks:
    """A line of a plan: its lift, and the tickets of its themes in the same hours of earlier weeks."""

    lift: float
    weeks: Sequence[float]

    @property
    def usual(self) -> float:
        """Mean of the weeks; 0 where there are none."""
        return mean_of(self.weeks)


def mean_of(weeks: Sequence[float]) -> float:
    """Return the mean of the weeks, 0 where there are none."""
    return math.fsum(weeks) / len(weeks) if weeks else 0.0


def forecast(
    lines: Sequence[LiftedWeeks], all_weeks: Sequence[float], lift_all: float | None, deviation: float
) -> CountRange | None:
    """Add up what a plan leads to expect inside its scope; None where no earlier week is known.

    Parameters
    ----------
    lines
        Lines that name themes; no theme is in two of them.
    all_weeks
        All tickets in the scope in the same hours of earlier weeks, those of the lines included.
    lift_all
        Lift of the tickets that no line names; None where the plan does not lift them, so that they come as usual.
    deviation
        Standard deviation of a planned lift, as a share of it.

    Returns
    -------
    Mean and 95 % range. Three components are independent: the noise of the count itself (Poisson), what the plan is unsure about in
    each line, and what the mean of few weeks is unsure about (their variance, at least that of a Poisson count, over their number).
    """
    if not all_weeks:
        return None
    named = [math.fsum(line.weeks[week] for line in lines) for week in range(len(all_weeks))]
    rest = [max(0.0, total - part) for total, part in zip(all_weeks, named, strict=True)]
    parts = [(line.lift, line.weeks, deviation) for line in lines]
    parts.append((1.0, rest, 0.0) if lift_all is None else (lift_all, rest, deviation))
    mean = math.fsum(lift * mean_of(weeks) for lift, weeks, _ in parts)
    planned = math.fsum((share * lift * mean_of(weeks)) ** 2 for lift, weeks, share in parts)
    known = math.fsum(lift**2 * _variance_of_mean(weeks) for lift, weeks, _ in parts)
    distance = LIMIT_SIGMA * math.sqrt(mean + planned + known)
    return CountRange(mean, max(0.0, mean - distance), mean + distance)


def _variance_of_mean(weeks: Sequence[float]) -> float:
    mean, number = mean_of(weeks), len(weeks)
    seen = math.fsum((week - mean) ** 2 for week in weeks) / (number - 1) if number > 1 else 0.0
    return max(mean, seen) / number
