"""Restricted means: the mean time to an event where at most a horizon counts, from the curve of Kaplan and Meier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.metrics.survival import SurvivalCurve, survival_curve


@dataclass(frozen=True, slots=True)
class Durations:
    """Times to an event of tickets, as counted in a histogram.

    Parameters
    ----------
    seconds: until the event, or until the last moment at which it is known not to have happened, shape (n,).
    happened: whether it is the event, shape (n,).
    numbers: how many tickets each stands for, shape (n,).
    day: position of the day to which they belong, from 0, shape (n,).
    """

    seconds: Floats
    happened: Mask
    numbers: Floats
    day: Ints

    def curve(self) -> SurvivalCurve:
        """Return the curve of Kaplan and Meier."""
        return survival_curve(self.seconds, self.happened, self.numbers)


@dataclass(frozen=True, slots=True)
class RestrictedMean:
    """The area under the curve until the horizon.

    Parameters
    ----------
    value: mean seconds to the event, of which at most the horizon counts.
    variance: Greenwood's, where tickets are independent.
    influence: by how much the tickets of each day move `value`, to first order, shape (days,).
    borrowed: whether no ticket was observed until the horizon, so that the curve goes on as that of all tickets.
    """

    value: float
    variance: float
    influence: Floats
    borrowed: bool


def restricted_mean(
    durations: Durations, horizon: float, days: int, beyond: SurvivalCurve | None = None
) -> RestrictedMean:
    """Estimate the mean of min(time, horizon).

    Where the last ticket is censored before the horizon, the curve goes on from there in proportion to `beyond`, or level without it.
    Unlike medians, the means of strata, weighted by tickets, add up to that of all.

    References
    ----------
    Irwin 1949, Journal of Hygiene 47; Karrison 1987, Biometrics 43; Royston and Parmar 2013, BMC Medical Research Methodology 13.
    """
    curve = durations.curve()
    last = float(durations.seconds.max(initial=0.0))
    borrowed = last < horizon and bool(curve.share_at(last) > 0) and beyond is not None
    times, shares = curve.times, curve.shares
    if borrowed and beyond is not None:
        later = beyond.times > last
        kept = beyond.share_at(last)
        tail = beyond.shares[later] / kept if kept > 0 else np.zeros(int(later.sum()))
        times = np.concatenate((times, beyond.times[later]))
        shares = np.concatenate((shares, curve.share_at(last) * tail))
    inside = times < horizon
    edges = np.concatenate(([0.0], times[inside], [horizon]))
    areas = np.diff(edges) * np.concatenate(([1.0], shares[inside]))
    left = np.cumsum(areas[::-1])[::-1]
    own = int((curve.times < horizon).sum())
    variance, influence = _spread(durations, curve.times[:own], left[1 : own + 1], days)
    return RestrictedMean(float(areas.sum()), variance, influence, borrowed)


def _spread(durations: Durations, times: Floats, left: Floats, days: int) -> tuple[float, Floats]:
    """Return the variance of the area under the curve, and what the tickets of each day add to it.

    `left` is the area from each time of an event to the horizon.
    """
    place = np.searchsorted(times, durations.seconds, side="right") - 1
    is_event = durations.happened & (place >= 0)
    is_event[is_event] &= times[place[is_event]] == durations.seconds[is_event]
    deaths = np.bincount(place[is_event], durations.numbers[is_event], len(times))
    leaving = np.bincount(place[place >= 0], durations.numbers[place >= 0], len(times))
    at_risk = np.cumsum(leaving[::-1])[::-1]
    # What leaves between two times of events is at risk at the earlier one.
    survived = at_risk - deaths
    pull = np.divide(left * at_risk, survived, out=np.zeros(len(times)), where=survived > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = float(np.nansum(np.where(survived > 0, left**2 * deaths / (at_risk * survived), 0.0)))
    expected = np.concatenate(([0.0], np.cumsum(pull * deaths / np.maximum(at_risk, 1e-12) ** 2)))
    own = np.zeros(len(durations.seconds))
    own[is_event] = pull[place[is_event]] / at_risk[place[is_event]]
    moved = durations.numbers * (expected[place + 1] - own)
    return variance, np.asarray(np.bincount(durations.day, moved, days), dtype=np.float64)
