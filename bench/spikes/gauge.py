"""The gauge: tests regular series step by step (days, weeks) over trailing windows, with a latch for episodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.spikes.regression import Fit, FitOptions, fit_counts
from bench.spikes.seasonality import EVENT_STEPS
from models.arrays import Floats, Ints, Mask
from models.spikes.statistics.count_tails import upper_tail

_LATE_STEPS = 10
_LATE_HALF_LIFE = 4.0
_LATE_GUARD = 2
_LATE_TICKETS = 5.0
_EVENT_NEIGHBOURS = 5
_MAX_SPREAD = 0.09
_SPREAD_SHARE = 0.5
"""Share of the between-year variance that is not already in the local level; from seeds 0 to 49 of the daily simulator."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What n series should count in each of some steps.

    mean: shape (n, steps). dispersion: shape (n,). spread: shape (n, steps), relative variance beyond the
    dispersion, shared by neighbouring steps. fit, design: from which the uncertainty of windows follows.
    """

    mean: Floats
    dispersion: Floats
    spread: Floats
    fit: Fit
    design: Floats


@dataclass(frozen=True, slots=True)
class Gauge:
    """How regular series are tested.

    windows: lengths of the trailing windows, in steps, the first of them 1 where `alarms` are asked for.
    guard: newest steps left out of
    the fit. level: p-value below which an episode opens. stay: p-value up to which it continues; it closes
    after `patience` steps at or below their median, or when the windows no longer reach `stay`.
    """

    windows: tuple[int, ...] = (1, 3, 7)
    guard: int = 14
    level: float = 0.01
    stay: float = 0.3
    patience: int = 2

    def outlook(
        self,
        counts: Floats,
        design: Floats,
        ridge: Floats,
        end: int,
        *,
        event: Ints | None = None,
        start: Floats | None = None,
    ) -> Outlook:
        """Fit on the steps before `end - guard`, and predict all steps.

        Parameters
        ----------
        counts: shape (n, steps). design: shape (steps, p), also of steps to come.
        end: first step that is tested with this fit.
        event: steps since a planned event may begin, -1 outside. While it may run the level follows the last
            days, and the differences between past years widen the band.
        start: coefficients of an earlier fit, from which to begin.
        """
        learned = max(end - self.guard, 1)
        steady = None if event is None else (event[:learned] < 0).astype(np.float64)
        used = np.ones((len(counts), learned))
        options = FitOptions(start=start, steady=steady)
        fit = fit_counts(counts[:, :learned], design[:learned], used, ridge, options)
        mean = fit.mean(design)
        spread = np.zeros(mean.shape)
        if event is not None:
            mean = _followed(counts, mean, event)
            spread = _SPREAD_SHARE * _between_years(counts, mean, fit.dispersion, event, learned)
        return Outlook(mean, fit.dispersion, spread, fit, design)

    def evidence(self, counts: Floats, outlook: Outlook, steps: Sequence[int]) -> tuple[Floats, Floats]:
        """Test the trailing windows that end with each of `steps`, calibrated together, and the step alone.

        Both p-values of shape (n, len(steps)); the second is a mid-p value.
        """
        at = np.asarray(steps)
        least = np.ones((len(counts), len(at)))
        alone = least
        for width in self.windows:
            seen = np.stack([counts[:, max(0, t - width + 1) : t + 1].sum(axis=1) for t in at], axis=1)
            tail = upper_tail(seen, *self._moments(outlook, at, width))
            alone = tail if width == self.windows[0] else alone
            least = np.minimum(least, tail)
        return calibrated(least, effective_tests(self.windows)), alone

    def _moments(self, outlook: Outlook, steps: npt.NDArray[np.integer], width: int) -> tuple[Floats, Floats]:
        """Return mean and predictive variance of the trailing windows of one width."""
        n = len(outlook.mean)
        mean, variance = np.zeros((n, len(steps))), np.zeros((n, len(steps)))
        for at, t in enumerate(steps):
            inside = slice(max(0, int(t) - width + 1), int(t) + 1)
            means = outlook.mean[:, inside]
            mean[:, at] = means.sum(axis=1)
            of_fit = outlook.fit.variance(outlook.design[inside], means)
            shared = (np.sqrt(outlook.spread[:, inside]) * means).sum(axis=1) ** 2
            variance[:, at] = outlook.dispersion * mean[:, at] + of_fit + shared
        return mean, variance

    def alarms(self, p_values: Floats, alone: Floats) -> Mask:
        """Mark the steps in an episode, shape (n, steps): opened by strong evidence, and kept open while it lasts.

        An episode opens only on a step that is itself above its median: a rise that is over must not signal.
        """
        n, steps = p_values.shape
        out = np.zeros((n, steps), dtype=bool)
        on, quiet = np.zeros(n, dtype=bool), np.zeros(n, dtype=np.int64)
        for t in range(steps):
            quiet = np.where(alone[:, t] < 0.5, 0, quiet + 1)
            opened = (p_values[:, t] < self.level) & (quiet == 0)
            on = opened | (on & (quiet < self.patience) & (p_values[:, t] < self.stay))
            out[:, t] = on
        return out


def _followed(counts: Floats, mean: Floats, event: Ints) -> Floats:
    """Adjust means so that the level follows the last days while a planned event may run."""
    seen, usual = np.zeros(mean.shape), np.zeros(mean.shape)
    for back in range(_LATE_STEPS):
        lag = _LATE_GUARD + back
        weight = 2.0 ** (-back / _LATE_HALF_LIFE)
        seen[:, lag:] += weight * counts[:, :-lag]
        usual[:, lag:] += weight * mean[:, :-lag]
    ratio = np.where(event >= 0, (seen + _LATE_TICKETS) / (usual + _LATE_TICKETS), 1.0)
    return np.asarray(mean * ratio)


def _between_years(counts: Floats, mean: Floats, dispersion: Floats, event: Ints, learned: int) -> Floats:
    """Estimate the relative variance of past years around the curve of a planned event, by step of the event."""
    mu = np.maximum(mean, 0.01)
    noise = dispersion[:, None] * mu
    # Past incidents inside the event must not widen it: residuals are capped at three deviations.
    extra = np.minimum((counts - mu) ** 2 - noise, 9.0 * (noise + _MAX_SPREAD * mu**2))
    squares = mu**2
    out = np.zeros(mean.shape)
    past = np.arange(len(event)) < learned
    for step in range(EVENT_STEPS):
        at = np.flatnonzero(past & (event >= max(0, step - _EVENT_NEIGHBOURS)) & (event <= step + _EVENT_NEIGHBOURS))
        now = np.flatnonzero(event == step)
        if len(at) and len(now):
            found = np.maximum(extra[:, at].sum(axis=1), 0.0) / np.maximum(squares[:, at].sum(axis=1), 1e-12)
            out[:, now] = found[:, None]
    return out


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


def calibrated(least: Floats, tests: float) -> Floats:
    """Return the p-value of the least of so many independent p-values (Sidak): 1 - (1 - p)^tests."""
    found: Floats = -np.expm1(tests * np.log1p(-np.minimum(least, 1.0 - 1e-16)))
    return found
