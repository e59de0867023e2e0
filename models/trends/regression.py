"""Regression of counts: a log-linear mean per series with over-dispersion, fitted for many series at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.spikes.statistics import outlying
from models.spikes.statistics.outlying import CAP

_LEFT_BELOW_CAP = 1.0 - CAP * float(np.exp(-(CAP**2) / 2.0) / np.sqrt(2.0 * np.pi))
"""Variance of a standard normal below the cap, .963: leaving out the outlying steps removes the rest."""
LEAST_COUNT = 5
"""Smaller counts are never weighted down: the residual is too coarse there."""
UPPER = 1.0
"""Residual at which rises are capped in the noise: the rises of past outbreaks are no noise, and falls show as well what is."""
LEFT_BELOW_UPPER = 0.758
"""Mean square of a standard normal that is capped at 1 from above."""
ROUNDS = 4
"""Fits after which steps that are weighted down stay the same, where past outbreaks are many."""
_STEPS = 12
_LONGEST_STEP = 2.0
_CLOSE = 1e-4
_MIN_MEAN, _MAX_LOG = 1e-6, 25.0


@dataclass(frozen=True, slots=True)
class Fit:
    """Fitted means of n series.

    coefficients: shape (n, p), on the log scale. covariance: shape (n, p, p), of the coefficients, dispersion
    included. dispersion: shape (n,), variance over mean, at least 1.
    """

    coefficients: Floats
    covariance: Floats
    dispersion: Floats

    def mean(self, design: Floats, offset: Floats | float = 0.0) -> Floats:
        """Predict the counts of steps with this design, shape (n, steps)."""
        linear = np.einsum("np,tp->nt", self.coefficients, design, optimize=False) + offset
        mean: Floats = np.maximum(np.exp(np.minimum(linear, _MAX_LOG)), _MIN_MEAN)
        return mean

    def variance(self, design: Floats, weights: Floats) -> Floats:
        """Compute the variance of a weighted sum of means, sum_t w_t mu_t, from that of the coefficients.

        design: shape (steps, p). weights: shape (n, steps), w_t mu_t. Returns shape (n,).
        """
        gradient = np.einsum("nt,tp->np", weights, design, optimize=False)
        found: Floats = np.einsum("np,npq,nq->n", gradient, self.covariance, gradient, optimize=False)
        return np.maximum(found, 0.0)


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How a fit is made.

    offset: added to the log mean. rounds: number of fits, outlying steps being weighted down after each but the last.
    robust: whether steps are compared by the noise of the ordinary ones, so that many past outbreaks are found as well as one.
    start: coefficients from which to begin, shape (n, p). steady: shape (steps,): 0 for steps that do not count in the
    dispersion, 1 for the others; None for all 1.
    """

    offset: Floats | float = 0.0
    rounds: int = 2
    robust: bool = False
    start: Floats | None = None
    steady: Floats | None = None


def fit_counts(
    counts: Floats, design: Floats, weights: Floats, ridge: Floats, options: FitOptions | None = None
) -> Fit:
    """Fit `log mean = design @ coefficients + offset` to every series, outlying steps weighted down.

    A quasi-Poisson regression with a Gaussian prior around 0 on the coefficients, by Newton's method. After
    each round but the last, steps whose Anscombe residual exceeds 2.58 get the weight (2.58 / residual)^2: a
    past episode does not raise what is usual. With `robust`, so do steps whose residual together with those of both neighbours
    does, the noise is that of the ordinary steps, and the weight is the square of that: many outbreaks are left out as well as one.
    The dispersion is Pearson's, of the steps that were not weighted down.

    Parameters
    ----------
    counts, weights: shape (n, steps): tickets, and the weight of each step, 0 where it is left out.
    design: shape (steps, p), the same for all series.
    ridge: shape (p,): precision of the prior of each coefficient, 0 for none.

    References
    ----------
    Farrington et al. 1996, JRSS-A 159; Noufaily et al. 2013, Statistics in Medicine 32.
    """
    options = options or FitOptions()
    n, p = len(counts), design.shape[1]
    outer = (design[:, :, None] * design[:, None, :]).reshape(len(design), p * p)
    kept = np.asarray(weights, dtype=np.float64)
    coefficients = _begin(counts, kept, design) if options.start is None else options.start.copy()
    dispersion = np.ones(n)
    counted = np.asarray(weights if options.steady is None else weights * options.steady, dtype=np.float64)
    ordinary = np.ones((1, 1))
    curvature = np.zeros((n, p, p))
    for at in range(options.rounds):
        coefficients, curvature = _newton(counts, design, outer, kept, ridge, options.offset, coefficients)
        mean = _mean(coefficients, design, options.offset)
        dispersion = _dispersion(counts, mean, counted * (ordinary >= 1.0), p)
        if at:
            dispersion = np.maximum(dispersion / _LEFT_BELOW_CAP, 1.0)
        if at < options.rounds - 1:
            noise = ordinary_dispersion(counts, mean, counted, dispersion) if options.robust else dispersion
            residual = anscombe(counts, mean, noise[:, None])
            if options.robust:
                residual = np.maximum(residual, _of_three(residual))
            ordinary = np.minimum(1.0, CAP / np.maximum(residual, CAP)) ** (4 if options.robust else 2)
            ordinary = np.where(counts >= LEAST_COUNT, ordinary, 1.0)
            kept = weights * ordinary
    covariance: Floats = np.linalg.inv(curvature).astype(np.float64) * np.maximum(dispersion, 1.0)[:, None, None]
    return Fit(coefficients, covariance, dispersion)


def anscombe(counts: Floats, mean: Floats, dispersion: Floats | float) -> Floats:
    """Compute the Anscombe residuals of counts whose mean may be 0."""
    return outlying.anscombe(counts, np.maximum(mean, _MIN_MEAN), dispersion)


def ordinary_dispersion(counts: Floats, mean: Floats, weights: Floats, first: Floats) -> Floats:
    """Estimate the dispersion of the steps that are no outbreak, at least 1, shape (n,), beginning with `first`.

    The mean square of Anscombe residuals that are capped at 1 from above, over that of a standard normal: falls show what noise is, and
    rises count as ordinary ones.

    References
    ----------
    Huber 1964, Annals of Mathematical Statistics 35 (proposal 2).
    """
    residual = anscombe(counts, mean, 1.0)
    total = np.maximum(weights.sum(axis=1), 1.0)
    dispersion = first
    for _ in range(_STEPS):
        capped = np.minimum(residual / np.sqrt(dispersion)[:, None], UPPER) ** 2
        dispersion = np.maximum(dispersion * (weights * capped).sum(axis=1) / total / LEFT_BELOW_UPPER, 1.0)
    return dispersion


def _of_three(residual: Floats) -> Floats:
    """Return the residual of each step with both its neighbours, of which an outbreak has several."""
    padded = np.pad(residual, ((0, 0), (1, 1)))
    found: Floats = (padded[:, :-2] + padded[:, 1:-1] + padded[:, 2:]) / np.sqrt(3.0)
    return found


def _mean(coefficients: Floats, design: Floats, offset: Floats | float) -> Floats:
    linear = np.einsum("np,tp->nt", coefficients, design, optimize=False) + offset
    mean: Floats = np.maximum(np.exp(np.clip(linear, -_MAX_LOG, _MAX_LOG)), _MIN_MEAN)
    return mean


def _begin(counts: Floats, weights: Floats, design: Floats) -> Floats:
    """Put all of the mean in the first column, which is the constant."""
    first = np.zeros((len(counts), design.shape[1]))
    total, length = (counts * weights).sum(axis=1), weights.sum(axis=1)
    first[:, 0] = np.log((total + 0.5) / (length + 0.5))
    return first


def _newton(
    counts: Floats,
    design: Floats,
    outer: Floats,
    weights: Floats,
    ridge: Floats,
    offset: Floats | float,
    coefficients: Floats,
) -> tuple[Floats, Floats]:
    n, p = coefficients.shape
    prior = np.diag(ridge)
    curvature = np.zeros((n, p, p))
    for _ in range(_STEPS):
        mean = _mean(coefficients, design, offset)
        slope = np.einsum("nt,tp->np", weights * (counts - mean), design, optimize=False) - ridge * coefficients
        curvature = np.einsum("nt,tq->nq", weights * mean, outer, optimize=False).reshape(n, p, p) + prior
        curvature += 1e-9 * np.eye(p)
        step = np.linalg.solve(curvature, slope[:, :, None])[:, :, 0]
        longest = np.abs(step).max(axis=1, keepdims=True)
        step *= np.minimum(1.0, _LONGEST_STEP / np.maximum(longest, 1e-12))
        coefficients = coefficients + step
        if float(longest.max(initial=0.0)) < _CLOSE:
            break
    return coefficients, curvature


def _dispersion(counts: Floats, mean: Floats, weights: Floats, p: int) -> Floats:
    used = mean > 0.05  # below this a Pearson residual has no information, only a long tail
    squares = np.where(used, weights * (counts - mean) ** 2 / mean, 0.0).sum(axis=1)
    freedom = np.maximum(np.where(used, weights, 0.0).sum(axis=1) - p, 1.0)
    found: Floats = np.maximum(squares / freedom, 1.0)
    return found
