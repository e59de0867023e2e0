"""The gauge: tests regular series step by step (days, weeks) over trailing windows, with a latch for episodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.trends.noise import Noise, estimate_noise
from models.trends.regression import ROUNDS, FitOptions, fit_counts
from models.trends.seasonality import EVENT_STEPS
from models.trends.windows import Forecast, Windows, least, tails_of_windows

_LATE_STEPS = 10
_LATE_HALF_LIFE = 4.0
_LATE_GUARD = 2
_LATE_TICKETS = 5.0
_EVENT_NEIGHBOURS = 5
_MAX_SPREAD = 0.09
_SPREAD_SHARE = 0.5
"""Share of the between-year variance that is not already in the local level; from seeds 0 to 49 of the daily simulator."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """How regular series are tested.

    windows: the trailing windows that are tested. guard: newest steps left out of the fit.
    level: p-value below which an episode opens. stay: p-value up to which it continues; it closes
    after `patience` steps at or below their median, or when the windows no longer reach `stay`.
    """

    windows: Windows = field(default_factory=Windows)
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
    ) -> Forecast:
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
        steady = np.ones(learned) if event is None else (event[:learned] < 0).astype(np.float64)
        used = np.ones((len(counts), learned))
        # The yearly event is no outbreak, however much it differs from year to year.
        options = FitOptions(start=start, steady=steady, robust=event is None, rounds=ROUNDS if event is None else 2)
        fit = fit_counts(counts[:, :learned], design[:learned], used, ridge, options)
        mean = fit.mean(design)
        noise = estimate_noise(counts[:, :learned], mean[:, :learned], design[:learned], used * steady)
        fit = replace(
            fit, covariance=fit.covariance / fit.dispersion[:, None, None] * noise.of_means(mean)[:, None, None]
        )
        spread = np.zeros(mean.shape)
        if event is not None:
            mean = _followed(counts, mean, event)
            spread = _SPREAD_SHARE * _between_years(counts, mean, noise, event, learned)
        return Forecast(mean, spread, fit, design, noise, np.ones(mean.shape))

    def evidence(self, counts: Floats, outlook: Forecast, steps: Sequence[int]) -> tuple[Floats, Floats]:
        """Test the trailing windows that end with each of `steps`, and the step alone.

        Both p-values of shape (n, len(steps)); the second is a mid-p value.
        """
        p_values, alone = np.ones((len(counts), len(steps))), np.ones((len(counts), len(steps)))
        for at, t in enumerate(steps):
            sharp = tails_of_windows(counts, outlook, t, self.windows.sharp)
            slow = tails_of_windows(counts, outlook, t, self.windows.slow)
            alone[:, at] = sharp[0]
            p_values[:, at] = self.windows.combined(least(sharp, self.windows.sharp), least(slow, self.windows.slow))
        return p_values, alone

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


def _between_years(counts: Floats, mean: Floats, noise: Noise, event: Ints, learned: int) -> Floats:
    """Estimate the relative variance of past years around the curve of a planned event, by step of the event."""
    mu = np.maximum(mean, 0.01)
    single = noise.dispersion[:, None] * mu + noise.quadratic[:, None] * mu**2
    # Past incidents inside the event must not widen it: residuals are capped at three deviations.
    extra = np.minimum((counts - mu) ** 2 - single, 9.0 * (single + _MAX_SPREAD * mu**2))
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
