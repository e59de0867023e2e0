"""The expected range of a count over several hours: one combination for every page, digest and listing."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

LIMIT_SIGMA = 1.96
"""The limits of an hour's range are its 2.5 % and 97.5 % points: so many standard deviations of a normal distribution."""


class HourlyRange(Protocol):
    """What was expected of one whole hour: its mean and the limits of its 95 % range, in tickets."""

    @property
    def mean(self) -> float:
        """Expected tickets."""

    @property
    def low(self) -> float:
        """Lower limit."""

    @property
    def high(self) -> float:
        """Upper limit."""


@dataclass(frozen=True, slots=True)
class CountRange:
    """The mean and the 95 % range of a number of tickets; 0 <= `low` <= `mean` <= `high`."""

    mean: float
    low: float
    high: float


def combine_ranges(parts: Iterable[tuple[HourlyRange, float]]) -> CountRange | None:
    """Combine the ranges of hours, or of themes in one hour, into the range of their sum.

    Parameters
    ----------
    parts
        Each range with the share of its hour that counts, 0 to 1: below 1 for an hour that has not ended or that is only partly in
        the span.

    Returns
    -------
    The range of the sum of tickets, None where there is no part.

    Notes
    -----
    The distance of an hour's limit from its mean has two components. Counting noise has the variance of a Poisson count, which is the
    mean; it is independent from hour to hour, so its variances add up. What is left of the squared distance is uncertainty about the
    expectation itself (the lift of a plan, the level of a theme); the hours share it, so its distances add up. The two components are
    independent of each other and are combined as the root of the sum of squares. The sum of the hours' limits would count the noise of
    each hour at its full distance: the range would be so wide that hours above plan in a row would pass as inside it.
    """
    mean = uncertain_below = uncertain_above = 0.0
    empty = True
    for hour, share in parts:
        empty = False
        mean += share * hour.mean
        uncertain_below += share * _uncertainty(hour.mean - hour.low, hour.mean)
        uncertain_above += share * _uncertainty(hour.high - hour.mean, hour.mean)
    if empty:
        return None
    noise = LIMIT_SIGMA * math.sqrt(mean)
    return CountRange(
        mean=mean,
        low=max(0.0, mean - math.hypot(noise, uncertain_below)),
        high=mean + math.hypot(noise, uncertain_above),
    )


def _uncertainty(distance: float, mean: float) -> float:
    return math.sqrt(max(0.0, distance**2 - LIMIT_SIGMA**2 * mean))
