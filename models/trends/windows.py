"""Trailing windows: sharp and slow rises are tested with error budgets of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Floats
from models.spikes.statistics.outlying import CAP
from models.trends.noise import Noise
from models.trends.regression import Fit
from models.trends.tail import predictive_tail


@dataclass(frozen=True, slots=True)
class Windows:
    """The lengths of the trailing windows that are tested, in steps.

    sharp: for rises that begin at once; the first is 1. slow: for rises that several steps show.
    slow_share: share of the error budget that the slow windows have, in (0, 1). What they spend is no loss of the sharp ones: with one
    minimum over all windows, one rise by chance fills the windows of a week, and the first day of another has to exceed it.
    """

    sharp: tuple[int, ...] = (1,)
    slow: tuple[int, ...] = (3, 7)
    slow_share: float = 0.25

    @property
    def longest(self) -> int:
        """The longest window."""
        return max(*self.sharp, *self.slow, 1)

    def combined(self, sharp: Floats, slow: Floats) -> Floats:
        """Combine the p-values of both kinds of windows into one, by Sidak's rule with a budget for each.

        It is below a level as often as one of the two is below its share of the level.
        """
        if not self.slow:
            return sharp
        if not self.sharp:
            return slow
        return np.minimum(adjusted(sharp, 1.0 / (1.0 - self.slow_share)), adjusted(slow, 1.0 / self.slow_share))


@dataclass(frozen=True, slots=True)
class Forecast:
    """What n series should count in each of some steps.

    mean: shape (n, steps). spread: shape (n, steps), relative variance beyond the noise, shared by neighbouring steps.
    fit, design: from which the uncertainty of windows follows. noise: of the single counts.
    counted: shape (n, steps), 0 for steps that are left out of windows, else 1.
    """

    mean: Floats
    spread: Floats
    fit: Fit
    design: Floats
    noise: Noise
    counted: Floats

    def window(self, end: int, width: int) -> tuple[Floats, Floats]:
        """Return mean and predictive variance of the sum of the `width` steps up to and with step `end`, shape (n,) each."""
        inside = slice(max(0, end - width + 1), end + 1)
        means = self.mean[:, inside] * self.counted[:, inside]
        of_fit = self.fit.variance(self.design[inside], means)
        shared = (np.sqrt(self.spread[:, inside]) * means).sum(axis=1) ** 2
        return means.sum(axis=1), self.noise.variance(means) + of_fit + shared

    def observed(self, counts: Floats, end: int, width: int, common: float = 1.0) -> Floats:
        """Return the counts of the `width` steps up to and with step `end`, shape (n,); of several steps each is capped."""
        inside = slice(max(0, end - width + 1), end + 1)
        seen = counts[:, inside] if width == 1 else self.capped(counts, inside, common)
        found: Floats = (seen * self.counted[:, inside]).sum(axis=1)
        return found

    def capped(self, counts: Floats, steps: slice, common: float = 1.0) -> Floats:
        """Return the counts of some steps, each at most at the cap of its Anscombe residual: one step alone is no slow rise."""
        mean = np.maximum(self.mean[:, steps] * common, 1e-6)
        scale = self.noise.dispersion[:, None] + self.noise.quadratic[:, None] * mean
        most = (mean ** (1 / 6) * (np.sqrt(mean) + CAP * np.sqrt(scale) / 1.5)) ** 1.5
        return np.minimum(counts[:, steps], most)


def tails_of_windows(counts: Floats, forecast: Forecast, end: int, widths: Sequence[int]) -> Floats:
    """Test the trailing windows of some lengths that end with step `end`; returns mid-p values, shape (widths, n)."""
    found = [tail_of_window(counts, forecast, end, width) for width in widths]
    return np.stack(found) if found else np.ones((0, len(counts)))


def tail_of_window(counts: Floats, forecast: Forecast, end: int, width: int, common: float = 1.0) -> Floats:
    """Test the trailing window of one length; returns mid-p values, shape (n,), 1 where less than half of it is counted.

    common: the multiple of what is expected that all series have in the window.
    """
    found = np.ones(len(counts))
    mean, variance = forecast.window(end, width)
    inside = slice(max(0, end - width + 1), end + 1)
    some = (mean > 0) & (2 * forecast.counted[:, inside].sum(axis=1) >= width)
    if some.any():
        observed = forecast.observed(counts, end, width, common)[some]
        mean, variance = mean[some] * common, variance[some] * common**2
        found[some] = predictive_tail(observed, mean, variance, forecast.noise.freedom[some])
    return found


def least(p_values: Floats, widths: Sequence[int]) -> Floats:
    """Combine the p-values of nested trailing windows, shape (widths, n), into one: the least of the tests that they amount to."""
    if not len(widths):
        return np.ones(p_values.shape[1])
    return adjusted(p_values.min(axis=0), effective_tests(widths))


def effective_tests(lengths: Sequence[int]) -> float:
    """Count how many independent tests the tests of nested trailing windows of these lengths are equivalent to.

    The counts of two windows that end together correlate by the root of the ratio of their lengths; the number
    is (sum of roots of the eigenvalues)^2 over their sum.

    References
    ----------
    Galwey 2009, Genetic Epidemiology 33.
    """
    widths = np.asarray(lengths, dtype=np.float64)
    correlation = np.sqrt(np.minimum.outer(widths, widths) / np.maximum.outer(widths, widths))
    eigenvalues = np.maximum(np.linalg.eigvalsh(correlation), 0.0)
    return float(np.sqrt(eigenvalues).sum() ** 2 / eigenvalues.sum())


def adjusted(p_values: Floats, tests: float) -> Floats:
    """Return the p-value of the least of so many independent p-values (Sidak): 1 - (1 - p)^tests."""
    found: Floats = -np.expm1(tests * np.log1p(-np.minimum(p_values, 1.0 - 1e-16)))
    return found
