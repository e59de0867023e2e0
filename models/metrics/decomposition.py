"""Decomposition of a change between two periods into what the mix of strata and what the rates within them contribute."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from models.arrays import Floats, Mask

_LEAST_DAYS = 4
"""Days of a period from which the spread between days is estimated; with fewer, cases count as independent."""


@dataclass(frozen=True, slots=True)
class StratumRates:
    """The strata of one period.

    Parameters
    ----------
    number: cases of each stratum by day, shape (days, strata).
    value: share or mean of each stratum, NaN where it has no case, shape (strata,).
    variance: variance of `value` where cases are independent, shape (strata,).
    influence: by how much the cases of a day move `value`, to first order: a day's sum of (case - value) / cases for a mean; the
        sum over days is 0, shape (days, strata).
    """

    number: Floats
    value: Floats
    variance: Floats
    influence: Floats


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a change: its value, the standard error of it, and the degrees of freedom of that (infinite where it is known)."""

    value: float
    error: float
    freedom: float

    def interval(self, confidence: float = 0.95) -> tuple[float, float]:
        """Return the interval of Student's t distribution."""
        from scipy.special import stdtrit

        half = float(stdtrit(min(self.freedom, 1e12), 0.5 + confidence / 2)) * self.error
        return self.value - half, self.value + half


@dataclass(frozen=True, slots=True)
class MixAndRate:
    """What some strata contribute to a change: by their mix, by their rates, and both together."""

    mix: Term
    rate: Term
    total: Term


class Decomposition:
    """The change of a share or mean between two periods, as a sum of mix and rate effects of strata.

    With the weights w (share of the cases) and the rates r of a stratum in the two periods, and means over these written with a bar,

        mix effect = (w1 - w0) (r_bar - R_bar),    rate effect = w_bar (r1 - r0),

    where R is the sum of w r over all strata. All effects together are R1 - R0 exactly, since the weights of each period sum to 1, also
    where r_bar stands in place of r_bar - R_bar; less R_bar, a stratum that grows raises the total only if its rate is above the mean.
    A stratum without cases in one period has no rate there: its whole contribution is a mix effect, at the rate of the other period.

    Standard errors are of the first order (delta method), for two independent periods. They are the larger of those of independent
    cases and, with at least 4 days in a period, of independent days, since tickets of one day have causes in common.

    References
    ----------
    Kitagawa 1955, "Components of a difference between two rates", JASA 50, 1168 to 1194; Das Gupta 1993, "Standardization and
    decomposition of rates", Current Population Reports P23-186; the threefold forms of Oaxaca 1973 and Blinder 1973 share the
    interaction otherwise. Standard errors of clusters: Binder 1983, International Statistical Review 51.
    """

    def __init__(self, before: StratumRates, after: StratumRates) -> None:
        """Decompose the change; raises ValueError for a period without cases."""
        self._periods = (before, after)
        numbers = [period.number.sum(axis=0) for period in self._periods]
        self._cases = [float(number.sum()) for number in numbers]
        if not all(self._cases):
            raise ValueError("received a period without cases; valid are two periods that have some")
        self.weights = tuple(number / cases for number, cases in zip(numbers, self._cases, strict=True))
        self._missing = tuple(number == 0 for number in numbers)
        known = [np.where(gone, 0.0, period.value) for gone, period in zip(self._missing, self._periods, strict=True)]
        self._rates = (np.where(self._missing[0], known[1], known[0]), np.where(self._missing[1], known[0], known[1]))
        self.before, self.after = (float(w @ r) for w, r in zip(self.weights, self._rates, strict=True))
        middle = (self.before + self.after) / 2
        self.mix: Floats = (self.weights[1] - self.weights[0]) * (sum(self._rates) / 2 - middle)
        self.rate: Floats = (self.weights[0] + self.weights[1]) / 2 * (self._rates[1] - self._rates[0])

    @property
    def change(self) -> float:
        """Return the value of the period after less the one before."""
        return self.after - self.before

    def effects(self, members: Mask) -> MixAndRate:
        """Return what the chosen strata contribute together, shape (strata,)."""
        mix, rate = self._mix_gradient(members), self._rate_gradient(members)
        both = tuple(one.plus(other) for one, other in zip(mix, rate, strict=True))
        return MixAndRate(
            self._term(float(self.mix[members].sum()), mix),
            self._term(float(self.rate[members].sum()), rate),
            self._term(float((self.mix + self.rate)[members].sum()), both),
        )

    def whole(self) -> MixAndRate:
        """Return the effects of all strata together; their total is the change."""
        return self.effects(np.ones(len(self.mix), dtype=np.bool_))

    def _mix_gradient(self, members: Mask) -> tuple[_Gradient, ...]:
        growth = np.where(members, self.weights[1] - self.weights[0], 0.0)
        middle = (self.before + self.after) / 2
        above = np.where(members, sum(self._rates) / 2 - middle, 0.0)
        found = []
        for at, sign in ((0, -1.0), (1, 1.0)):
            # A stratum without cases in the other period has the rate of this one in both.
            share = np.where(self._missing[1 - at], 1.0, np.where(self._missing[at], 0.0, 0.5))
            pull = -growth.sum() / 2
            found.append(_Gradient(sign * above + pull * self._rates[at], growth * share + pull * self.weights[at]))
        return tuple(found)

    def _rate_gradient(self, members: Mask) -> tuple[_Gradient, ...]:
        in_both = members & ~self._missing[0] & ~self._missing[1]
        risen = np.where(in_both, self._rates[1] - self._rates[0], 0.0)
        weight = np.where(in_both, (self.weights[0] + self.weights[1]) / 2, 0.0)
        return tuple(_Gradient(risen / 2, sign * weight) for sign in (-1.0, 1.0))

    def _term(self, value: float, gradients: tuple[_Gradient, ...]) -> Term:
        variance = fourth = 0.0
        for at, gradient in enumerate(gradients):
            part, freedom = self._variance(at, gradient)
            variance += part
            fourth += part**2 / freedom
        return Term(value, sqrt(variance), variance**2 / fourth if fourth else np.inf)

    def _variance(self, at: int, gradient: _Gradient) -> tuple[float, float]:
        """Return the variance that a period contributes, and its degrees of freedom."""
        period, weights, cases = self._periods[at], self.weights[at], self._cases[at]
        by_weight, by_rate = gradient.weight, np.where(self._missing[at], 0.0, gradient.rate)
        mean = float(by_weight @ weights)
        independent = float((by_weight - mean) ** 2 @ weights) / cases + float(by_rate**2 @ period.variance)
        days = int((period.number.sum(axis=1) > 0).sum())
        if days < _LEAST_DAYS:
            return independent, np.inf
        of_days = (period.number @ (by_weight - mean)) / cases + period.influence @ by_rate
        clustered = float((of_days**2).sum()) * days / (days - 1)
        return (clustered, float(days - 1)) if clustered > independent else (independent, np.inf)


@dataclass(frozen=True, slots=True)
class _Gradient:
    """Derivatives of a term by the weights and by the rates of a period, shape (strata,) each."""

    weight: Floats
    rate: Floats

    def plus(self, other: _Gradient) -> _Gradient:
        return _Gradient(self.weight + other.weight, self.rate + other.rate)
