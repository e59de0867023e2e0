"""Times to an event of which some have not happened yet: the estimator of Kaplan and Meier, its quantiles and their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from models.arrays import Floats, Mask
from models.proportion import wilson_interval


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """The share to which the event has not happened, after each time at which it happened to some.

    Parameters
    ----------
    times: ascending, shape (n,); seconds.
    shares: share without the event just after each time, 0 to 1, shape (n,).
    variances: Greenwood's sum at each time, so that the variance of `shares` is `shares**2` times it, shape (n,); infinite once
        the share is 0.
    number, events: how many were observed, and to how many the event happened.

    References
    ----------
    Kaplan and Meier 1958, "Nonparametric estimation from incomplete observations", JASA 53, 457 to 481; Greenwood 1926.
    """

    times: Floats
    shares: Floats
    variances: Floats
    number: int
    events: int

    def share_at(self, time: float) -> float:
        """Return the share to which the event has not happened until a time, inclusive, in seconds."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return 1.0 if place == 0 else float(self.shares[place - 1])

    def variance_at(self, time: float) -> float:
        """Return the variance of the logarithm of the share at a time: Greenwood's sum."""
        place = int(np.searchsorted(self.times, time, side="right"))
        return 0.0 if place == 0 else float(self.variances[place - 1])

    def quantile(self, share: float) -> float | None:
        """Return the time until which the event happened to a share (0 to 1, exclusive); None if it did not come that far."""
        reached = np.flatnonzero(self.shares <= 1 - share + 1e-12)
        return float(self.times[reached[0]]) if len(reached) else None

    def interval(self, share: float, confidence: float = 0.95) -> tuple[float | None, float | None]:
        """Return the interval of a quantile: the times whose share, on the scale log(-log S), is compatible with it.

        A bound that the curve does not reach is None.

        References
        ----------
        Brookmeyer and Crowley 1982, "A confidence interval for the median survival time", Biometrics 38, 29 to 41, with the
        transformation of Kalbfleisch and Prentice 1980.
        """
        if not self.events:
            return None, None
        z = NormalDist().inv_cdf(0.5 + confidence / 2)
        low, high = self._bounds(z)
        return _first(self.times, low <= 1 - share), _first(self.times, high <= 1 - share)

    def share_interval(self, time: float, confidence: float = 0.95) -> tuple[float, float]:
        """Return the interval of the share without the event at a time, on the scale log(-log S) (Kalbfleisch and Prentice 1980).

        Where it happened to none, or to all, of those that were observed, it is Wilson's of their number.
        """
        place = int(np.searchsorted(self.times, time, side="right")) - 1
        share = self.share_at(time)
        if not 0 < share < 1:
            return wilson_interval(round(share * self.number), self.number)
        low, high = self._bounds(NormalDist().inv_cdf(0.5 + confidence / 2))
        return float(low[place]), float(high[place])

    def _bounds(self, z: float) -> tuple[Floats, Floats]:
        """Return the lower and upper bound of the shares at each time."""
        inside = (self.shares > 0) & (self.shares < 1)
        share = np.where(inside, self.shares, 0.5)
        theta = np.log(-np.log(share))
        width = z * np.sqrt(np.where(inside, self.variances, 0.0)) / np.abs(np.log(share))
        low = np.where(inside, np.exp(-np.exp(theta + width)), self.shares)
        high = np.where(inside, np.exp(-np.exp(theta - width)), self.shares)
        return low, high


def _first(times: Floats, reached: Mask) -> float | None:
    found = np.flatnonzero(reached)
    return float(times[found[0]]) if len(found) else None


def product_limit(events: Floats, leaving: Floats) -> Floats:
    """Return the Kaplan-Meier estimate of the share to which the event has not happened after each time.

    Parameters
    ----------
    events: (weighted) cases to which it happened at each time, shape (..., times).
    leaving: those to which it happened then or that were last seen then, who are at risk at that time, shape (..., times).

    References
    ----------
    Kaplan and Meier 1958, JASA 53; with weights Xie and Liu 2005, Statistics in Medicine 24.
    """
    at_risk = _at_risk(leaving)
    hazard: Floats = np.zeros(at_risk.shape)
    np.divide(events, at_risk, out=hazard, where=at_risk > 0.0)
    found: Floats = np.cumprod(1.0 - np.minimum(hazard, 1.0), axis=-1, dtype=np.float64)
    return found


def _at_risk(leaving: Floats) -> Floats:
    """Return how many are left at each time: those that leave then or later."""
    found: Floats = np.cumsum(leaving[..., ::-1], axis=-1)[..., ::-1]
    return found


def survival_curve(durations: Floats, happened: Mask, weights: Floats | None = None) -> SurvivalCurve:
    """Estimate the curve of times to an event.

    Parameters
    ----------
    durations: seconds until the event, or until the last moment at which it is known not to have happened, each at least 0, shape (n,).
    happened: whether it is the event, shape (n,).
    weights: how many each stands for, as the count of a bin of a histogram; 1 by default, shape (n,).
    """
    counts = np.ones(len(durations)) if weights is None else weights
    times, position = np.unique(durations, return_inverse=True)
    deaths = np.asarray(np.bincount(position, np.where(happened, counts, 0.0), len(times)), np.float64)
    leaving = np.asarray(np.bincount(position, counts, len(times)), np.float64)
    is_event = deaths > 0
    shares = product_limit(deaths, leaving)[is_event]
    times, deaths, at_risk = times[is_event], deaths[is_event], _at_risk(leaving)[is_event]
    with np.errstate(divide="ignore", invalid="ignore"):
        variances = np.cumsum(deaths / (at_risk * (at_risk - deaths)))
    return SurvivalCurve(times, shares, variances, int(counts.sum()), int(deaths.sum()))
