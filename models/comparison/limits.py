"""Confidence limits of an adjusted figure, of the difference of two and of their ratio, and the p-value that agrees with them."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt

from models.proportion import wilson_limits

Interval = tuple[float, float]
"""Lower and upper confidence limit."""

_LARGEST = 40.0
_STEPS = 60
_TINY = 1e-300


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedFigure:
    """An adjusted figure with what its limits need.

    variance: of the figure. effective: tickets of a simple random sample as precise, for a rate; None for a mean, whose limits are
    symmetric. fourth: sum of squared variances over their degrees of freedom, for Satterthwaite's approximation; 0 where
    the variance is known.
    """

    value: float
    variance: float
    effective: float | None = None
    fourth: float = 0.0

    def limits(self, z: float) -> Interval:
        """Return the limits that are z standard errors away: Wilson's for a rate, with the effective sample size.

        Wilson 1927, JASA 22; with an effective sample size Korn and Graubard 1998, Survey Methodology 24, and Dean and Pagano 2015,
        Journal of Survey Statistics and Methodology 3.
        """
        if self.effective is None:
            half = z * sqrt(self.variance)
            return self.value - half, self.value + half
        low, high = wilson_limits(self.value, max(self.effective, 1e-9), z)
        return min(max(low, 0.0), self.value), max(min(high, 1.0), self.value)


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two adjusted figures that are compared, and their covariance."""

    first: AdjustedFigure
    second: AdjustedFigure
    covariance: float = 0.0

    @property
    def difference(self) -> float:
        """The first figure less the second."""
        return self.first.value - self.second.value

    @property
    def error(self) -> float:
        """The standard error of the difference."""
        return sqrt(max(self.first.variance + self.second.variance - 2.0 * self.covariance, 0.0))

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the difference (Satterthwaite 1946, Biometrics 2); infinite where the variance is known."""
        fourth = self.first.fourth + self.second.fourth
        return self.error**4 / fourth if fourth > 0.0 else inf

    def difference_limits(self, confidence: float) -> Interval:
        """Return the confidence limits of the difference, recovered from those of the figures (MOVER).

        Newcombe 1998, Statistics in Medicine 17; Zou and Donner 2008, Statistics in Medicine 27, with the correlation.
        """
        return self._difference_limits(self.quantile(confidence))

    def ratio_limits(self, confidence: float) -> Interval:
        """Return the confidence limits of the first figure over the second; they exclude 1 exactly where the difference excludes 0.

        Donner and Zou 2012, Statistical Methods in Medical Research 21; for means it is the interval of Fieller 1954, JRSS-B 16. For
        figures that are positive; the upper limit is infinite where the second figure may be 0.
        """
        z, r = self.quantile(confidence), self._correlation
        (l1, u1), (l2, u2) = self.first.limits(z), self.second.limits(z)
        x, y = self.first.value, self.second.value
        low = _root(x, y, x - l1, u2 - y, r, upper=False)
        high = _root(x, y, u1 - x, y - l2, r, upper=True)
        return max(low, 0.0), high

    def p_value(self) -> float:
        """Return the two-sided p-value: one less the largest confidence at which the interval of the difference excludes 0."""
        from scipy.special import stdtr

        if self.difference == 0.0 or self.error == 0.0:
            return 1.0
        low, high = 0.0, _LARGEST
        for _ in range(_STEPS):
            z = (low + high) / 2.0
            lower, upper = self._difference_limits(z)
            if lower > 0.0 or upper < 0.0:
                low = z
            else:
                high = z
        return float(min(2.0 * stdtr(min(self.freedom, 1e12), -low), 1.0))

    def quantile(self, confidence: float) -> float:
        """Return how many standard errors the limits are away."""
        from scipy.special import stdtrit

        return float(stdtrit(min(self.freedom, 1e12), (1.0 + confidence) / 2.0))

    @property
    def _correlation(self) -> float:
        scale = sqrt(self.first.variance * self.second.variance)
        return min(max(self.covariance / scale, -1.0), 1.0) if scale > 0.0 else 0.0

    def _difference_limits(self, z: float) -> Interval:
        r = self._correlation
        (l1, u1), (l2, u2) = self.first.limits(z), self.second.limits(z)
        x, y = self.first.value, self.second.value
        down = (x - l1) ** 2 + (u2 - y) ** 2 - 2.0 * r * (x - l1) * (u2 - y)
        up = (u1 - x) ** 2 + (y - l2) ** 2 - 2.0 * r * (u1 - x) * (y - l2)
        return x - y - sqrt(max(down, 0.0)), x - y + sqrt(max(up, 0.0))


def _root(x: float, y: float, a: float, b: float, r: float, *, upper: bool) -> float:
    """Solve (x - R y)^2 = a^2 - 2 r R a b + R^2 b^2 for the ratio R: the upper or the lower solution."""
    first, middle, last = y * y - b * b, x * y - r * a * b, x * x - a * a
    inside = sqrt(max(middle * middle - first * last, 0.0))
    if upper:
        # Where the second figure may be 0, nothing bounds the ratio from above.
        return (middle + inside) / first if first > _TINY else inf
    # The same root as (middle - inside) / first, which is not known where the first coefficient is 0.
    return last / (middle + inside) if middle + inside > _TINY else 0.0
