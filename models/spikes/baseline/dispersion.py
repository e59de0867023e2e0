"""The dispersion of counts: variance over mean, without the drift of levels and the fit of profiles."""

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
_MAX_DISPERSION = 10.0
_MAX_POOL_BLOCKS = 2_000.0
"""Most blocks that the pool's dispersion counts as in a theme's own, when themes do not differ in it."""
_LEFT_BY_CAP = 0.98
"""What capping at 2.58 leaves of a negative binomial's variance at six to thirty tickets a block and dispersion 1.2 to 3."""
_HOUR_OF_WEEK, _MIN_LEFT = 5.0, 0.5
"""Multiple of `profile_strength` with which an hour of the week is shrunk to its parent, and bound of its correction."""
_MIN_THEMES = 8
"""Themes from which the difference between their dispersions is estimated."""
_NEIGHBOURS = 8
"""Blocks on either side, two days, from which the level around a block is estimated: drift is not dispersion."""


def around(seen: Floats, mean: Floats, weights: Floats, dispersion: Floats) -> tuple[Floats, Floats]:
    """Estimate the means of blocks from the level of their neighbours, shrunk to the given mean.

    Returns the means, and the factor by which their uncertainty widens the variance, each of shape (themes, blocks).
    """
    n_blocks = seen.shape[1]
    first, last = (
        np.maximum(np.arange(n_blocks) - _NEIGHBOURS, 0),
        np.minimum(np.arange(n_blocks) + _NEIGHBOURS + 1, n_blocks),
    )

    def neighbours(values: Floats) -> Floats:
        sums = np.cumsum(np.pad(values, ((0, 0), (1, 0))), axis=1)
        return np.asarray(sums[:, last] - sums[:, first] - values)

    strength = (dispersion / DRIFT)[:, None]
    known = neighbours(weights * mean) + strength
    local = mean * (neighbours(weights * seen) + strength) / known
    return local, 1.0 + mean / known


def left_by_profile(mean: Floats, settings: SpikeSettings) -> Floats:
    """Compute the share of the blocks' variance that is left after fitting the hours of the week to the same blocks.

    Where a share s of an hour's profile is its own, learned from W weeks, it is 1 - (2s - s^2) / W.
    """
    week = WEEK // BLOCK
    n_blocks = mean.shape[1]
    by_week = sum_by(mean, np.arange(n_blocks) % week, week)
    weeks = np.maximum(np.bincount(np.arange(n_blocks) % week, minlength=week), 1)
    share = by_week / (by_week + _HOUR_OF_WEEK * settings.profile_strength * BLOCK)
    left = np.maximum(1.0 - (2.0 * share - share**2) / weeks, _MIN_LEFT)
    return np.asarray(left[:, np.arange(n_blocks) % week])


def dispersion_of(seen: Floats, mean: Floats, widening: Floats, weights: Floats) -> Floats:
    """Estimate variance over mean by moments, at least 1; capped blocks count by weight.

    Each theme's is shrunk to the pool's, the more the less themes differ beyond chance (empirical Bayes).

    Parameters
    ----------
    seen, mean, weights: shape (themes, blocks). widening: factor by which the uncertainty of
        the mean widens a block's variance.
    """
    used = mean > 0.05  # below this a block's Pearson residual has no information, only a long tail
    ratio = np.where(used, (seen - mean) ** 2 / np.maximum(mean * widening, 1e-12), 0.0)
    kept = np.where(used, weights, 0.0)
    squares, n = (kept * ratio).sum(axis=1), kept.sum(axis=1)
    pool = squares[1:].sum() / n[1:].sum() if n[1:].sum() > 0 else 1.0
    pool = float(np.clip(pool, 1.0, _MAX_DISPERSION))
    blocks = _pool_blocks(squares[1:], (kept * ratio**2).sum(axis=1)[1:], n[1:], pool)
    dispersion: Floats = np.clip((squares + blocks * pool) / (n + blocks) / _LEFT_BY_CAP, 1.0, _MAX_DISPERSION)
    return dispersion


def _pool_blocks(squares: Floats, fourths: Floats, n: Floats, pool: float) -> float:
    """Compute the blocks that the pool counts as: the variance of one block by chance over that between themes."""
    known = n >= _POOL_BLOCKS
    if known.sum() < _MIN_THEMES:
        return _POOL_BLOCKS
    n = n[known]
    own = squares[known] / n
    by_chance = float(fourths[known].sum() / n.sum()) - float((own**2 * n).sum() / n.sum())
    between = float(np.mean((own - pool) ** 2 - by_chance / n))
    return float(np.clip(by_chance / max(between, 1e-9), _POOL_BLOCKS, _MAX_POOL_BLOCKS))
