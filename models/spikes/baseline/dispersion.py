"""The dispersion of counts: variance over mean, with the drift of levels and the fit of profiles taken out."""

from __future__ import annotations

import numpy as np

from models.arrays import Floats
from models.spikes.baseline.seasonal_profile import WEEK, sum_by
from models.spikes.settings import SpikeSettings

BLOCK = 6
"""Hours of a block in which residuals are taken: long enough for counts above 1 in a small theme."""
DRIFT = 0.01
"""Relative variance of the level from one week to the next (log level drift .1)."""
_POOL_BLOCKS = 40.0
_MOST_PHI = 10.0
_MOST_POOL_BLOCKS = 2_000.0
"""Blocks that the pool's dispersion counts for in a theme's own, at most, when themes do not differ in it."""
_LEFT_BY_CAP = 0.98
"""What capping at 2.58 leaves of a negative binomial's variance at six to thirty tickets a block and dispersion 1.2 to 3."""
_HOUR_OF_WEEK, _LEAST_LEFT = 5.0, 0.5
"""Multiple of `profile_strength` that holds an hour of the week to its parent, and bound of the correction for it."""
_FEWEST_THEMES = 8
"""Themes from which it can be said how much their dispersions differ."""
_NEAR = 8
"""Blocks on either side, two days, from which the level around a block is known: drift is no dispersion."""


def around(seen: Floats, mean: Floats, weights: Floats, dispersion: Floats) -> tuple[Floats, Floats]:
    """Means of blocks by the level of their neighbours, shrunk to the given one, and by how much that doubt widens them."""
    n_blocks = seen.shape[1]
    first, last = np.maximum(np.arange(n_blocks) - _NEAR, 0), np.minimum(np.arange(n_blocks) + _NEAR + 1, n_blocks)

    def neighbours(values: Floats) -> Floats:
        sums = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
        return np.asarray(sums[:, last] - sums[:, first] - values)

    strength = (dispersion / DRIFT)[:, None]
    known = neighbours(weights * mean) + strength
    local = mean * (neighbours(weights * seen) + strength) / known
    return local, 1.0 + mean / known


def left_by_profile(mean: Floats, settings: SpikeSettings) -> Floats:
    """What fitting the hours of the week to the same blocks leaves of their variance.

    Where a share s of an hour's profile is its own, learned from W weeks, it is 1 - (2s - s^2) / W.
    """
    week = WEEK // BLOCK
    n_blocks = mean.shape[1]
    alike = sum_by(mean, np.arange(n_blocks) % week, week)
    weeks = np.maximum(np.bincount(np.arange(n_blocks) % week, minlength=week), 1)
    share = alike / (alike + _HOUR_OF_WEEK * settings.profile_strength * BLOCK)
    left = np.maximum(1.0 - (2.0 * share - share**2) / weeks, _LEAST_LEFT)
    return np.asarray(left[:, np.arange(n_blocks) % week])


def dispersion_of(seen: Floats, mean: Floats, doubt: Floats, weights: Floats) -> Floats:
    """Variance over mean by moments, at least 1; capped blocks count by weight.

    Each theme's is shrunk to the pool's as far as themes differ no more than chance has it (empirical Bayes).

    Parameters
    ----------
    seen, mean, weights: shape (themes, blocks). doubt: factor by which not knowing the mean widens a block's variance.
    """
    told = mean > 0.05  # below this a block's Pearson residual has no information, only a long tail
    ratio = np.where(told, (seen - mean) ** 2 / np.maximum(mean * doubt, 1e-12), 0.0)
    kept = np.where(told, weights, 0.0)
    squares, n = (kept * ratio).sum(axis=1), kept.sum(axis=1)
    pool = squares[1:].sum() / n[1:].sum() if n[1:].sum() > 0 else 1.0
    pool = float(np.clip(pool, 1.0, _MOST_PHI))
    blocks = _pool_blocks(squares[1:], (kept * ratio**2).sum(axis=1)[1:], n[1:], pool)
    dispersion: Floats = np.clip((squares + blocks * pool) / (n + blocks) / _LEFT_BY_CAP, 1.0, _MOST_PHI)
    return dispersion


def _pool_blocks(squares: Floats, fourths: Floats, n: Floats, pool: float) -> float:
    """Blocks that the pool's dispersion counts for: chance's variance of one block over the variance between themes."""
    known = n >= _POOL_BLOCKS
    if known.sum() < _FEWEST_THEMES:
        return _POOL_BLOCKS
    n = n[known]
    own = squares[known] / n
    by_chance = float(fourths[known].sum() / n.sum()) - float((own**2 * n).sum() / n.sum())
    between = float(np.mean((own - pool) ** 2 - by_chance / n))
    return float(np.clip(by_chance / max(between, 1e-9), _POOL_BLOCKS, _MOST_POOL_BLOCKS))
