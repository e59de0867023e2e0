"""The noise of counts around a regression: how much it is, how it grows with the mean, and how long it lasts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.spikes.statistics.outlying import CAP
from models.trends.regression import LEAST_COUNT, LEFT_BELOW_UPPER, UPPER, anscombe

LONGEST_LAG = 8
"""Lags by which the decay of the serial correlation is estimated: later ones hold little more than chance."""
_ROUNDS = 3
_MOST_SERIAL = 0.95
_LEAST_MEAN = 0.05
"""Below this mean a Pearson residual has no information, only a long tail."""


@dataclass(frozen=True, slots=True)
class Noise:
    """The noise of n series: a count of mean mu has the variance `dispersion mu + quadratic mu^2`.

    dispersion: shape (n,), at least 1. quadratic: shape (n,), at least 0: the squared coefficient of variation of the
    mean itself. serial: correlation of neighbouring steps, shape (n,), in [0, 0.95]. decay: its ratio from one lag to the
    next, shape (n,), in [0, 0.95]. freedom: shape (n,), degrees of freedom of the dispersion.
    """

    dispersion: Floats
    quadratic: Floats
    serial: Floats
    decay: Floats
    freedom: Floats

    def variance(self, mean: Floats) -> Floats:
        """Return the variance of the sum of the last axis of means, shape (n, width): serial correlation included."""
        alone = self.dispersion * mean.sum(axis=-1) + self.quadratic * (mean**2).sum(axis=-1)
        found: Floats = alone * self.inflation(mean.shape[-1])
        return found

    def inflation(self, width: int) -> Floats:
        """Return how many times serial correlation enlarges the variance of a sum of `width` steps, shape (n,)."""
        lags = np.arange(1, width)
        decayed = self.decay[:, None] ** (lags - 1.0)
        found: Floats = 1.0 + 2.0 * self.serial * ((1.0 - lags / width) * decayed).sum(axis=1)
        return found

    def of_means(self, mean: Floats) -> Floats:
        """Return the dispersion that the coefficients of a regression have by these means, shape (n,), in the long run."""
        level = (mean**2).sum(axis=1) / np.maximum(mean.sum(axis=1), 1e-9)
        found: Floats = (self.dispersion + self.quadratic * level) * (1.0 + 2.0 * self.serial / (1.0 - self.decay))
        return found


def estimate_noise(counts: Floats, mean: Floats, design: Floats, weights: Floats | None = None) -> Noise:
    """Estimate the noise of counts around fitted means.

    Variance: squared residuals are regressed on the mean with weights by their own variance, both coefficients within their bounds.
    Anscombe residuals are capped at 1 from above and their squares scaled by what that leaves of a standard normal: past outbreaks,
    which only rise, hardly enlarge it, and misfit, which falls as well, does. Where the mean is below 5, and falls show nothing,
    Pearson residuals beyond 2.58 count less instead. Serial correlation: autocovariances of the capped residuals, corrected for what
    the fit took out of them, with a geometric decay.

    Parameters
    ----------
    counts, mean: shape (n, steps), the steps of the fit. design: shape (steps, p).
    weights: shape (n, steps), 0 for steps that were left out of the fit, else 1; None for all 1.

    References
    ----------
    Farrington et al. 1996, JRSS-A 159 (weights of past outbreaks); McCullagh and Nelder 1989, chapter 9 (variance functions).
    """
    usable = mean > _LEAST_MEAN
    if weights is not None:
        usable = usable & (weights > 0)
    used = usable.astype(np.float64)
    dispersion, quadratic = _variance_function(counts, mean, used, design.shape[1])
    scale = dispersion[:, None] + quadratic[:, None] * mean
    residuals = np.clip(anscombe(counts, mean, scale), -CAP, UPPER)
    residuals = (residuals - ((residuals * used).sum(axis=1) / np.maximum(used.sum(axis=1), 1.0))[:, None]) * used
    serial, decay = _serial_correlation(residuals, design)
    freedom = np.maximum(used.sum(axis=1) - design.shape[1], 1.0) / (1.0 + 2.0 * serial**2 / (1.0 - decay**2))
    return Noise(dispersion, quadratic, serial, decay, np.maximum(freedom, 1.0))


def _variance_function(counts: Floats, mean: Floats, used: Floats, p: int) -> tuple[Floats, Floats]:
    squares = (counts - mean) ** 2 / mean
    # The fit is closer to its own steps than to others.
    fitted = used.sum(axis=1) / np.maximum(used.sum(axis=1) - p, 1.0)
    dispersion = np.maximum(fitted * (squares * used).sum(axis=1) / np.maximum(used.sum(axis=1), 1.0), 1.0)
    quadratic = np.zeros(len(counts))
    for _ in range(_ROUNDS):
        scale = dispersion[:, None] + quadratic[:, None] * mean
        residual = anscombe(counts, mean, scale)
        beyond = np.where(counts >= LEAST_COUNT, np.maximum(residual / CAP, 1.0), 1.0)
        capped = np.where(
            mean >= LEAST_COUNT, np.minimum(residual, UPPER) ** 2 * scale / LEFT_BELOW_UPPER, squares / beyond**4
        )
        capped = capped * fitted[:, None]
        dispersion, quadratic = _bounded_line(capped, mean, used / scale**2)
    return dispersion, quadratic


def _bounded_line(values: Floats, at: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Fit `values = first + second at` by weighted least squares with first >= 1 and second >= 0, shape (n,) each."""
    w, wx, wxx = weights.sum(axis=1), (weights * at).sum(axis=1), (weights * at**2).sum(axis=1)
    wy, wxy = (weights * values).sum(axis=1), (weights * values * at).sum(axis=1)
    determinant = w * wxx - wx**2
    flat = determinant <= 1e-9 * w * wxx
    second = np.where(flat, 0.0, (w * wxy - wx * wy) / np.where(flat, 1.0, determinant))
    first = (wy - second * wx) / np.maximum(w, 1e-300)
    second = np.where(first < 1.0, (wxy - wx) / np.maximum(wxx, 1e-300), second)
    first = np.where(second < 0.0, wy / np.maximum(w, 1e-300), first)
    return np.maximum(first, 1.0), np.maximum(second, 0.0)


def _serial_correlation(residuals: Floats, design: Floats) -> tuple[Floats, Floats]:
    """Return the correlation at lag 1 and its decay from lag to lag, shape (n,) each, in [0, 0.95]."""
    lags = min(LONGEST_LAG, residuals.shape[1] // 4)
    n = len(residuals)
    if lags < 2:
        return np.zeros(n), np.zeros(n)
    basis, _ = np.linalg.qr(design)
    total = np.maximum((residuals**2).sum(axis=1) + basis.shape[1], 1.0)
    found = np.empty((n, lags))
    for lag in range(1, lags + 1):
        # The residuals of a fit correlate by minus the hat matrix.
        taken_out = float((basis[lag:] * basis[:-lag]).sum())
        found[:, lag - 1] = ((residuals[:, lag:] * residuals[:, :-lag]).sum(axis=1) + taken_out) / total
    earlier, later = found[:, :-1].sum(axis=1), found[:, 1:].sum(axis=1)
    decay = np.where(earlier > 0.0, later / np.where(earlier > 0.0, earlier, 1.0), 0.0)
    return np.clip(found[:, 0], 0.0, _MOST_SERIAL), np.clip(decay, 0.0, _MOST_SERIAL)
