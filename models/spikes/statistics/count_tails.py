"""Tails and quantiles of negative binomial counts."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt
from scipy import special

from models.arrays import Floats

_MAX_SIZE = 1e6
"""Size above which a negative binomial cannot be distinguished from a Poisson at the counts of this application."""
_MIN_P = 1e-300
_MIN_LIFTED = 0.05
"""Smallest share of the mean that a lift can leave: the normal distribution of lifts has no such bound."""


def upper_tail(observed: npt.ArrayLike, mean: npt.ArrayLike, variance: npt.ArrayLike) -> Floats:
    """Compute the mid-p of a count under a negative binomial: P(X > x) + P(X = x) / 2.

    All arguments broadcast. `mean` must be above 0; a variance at or below the mean is taken as (nearly) Poisson.
    The result is in [1e-300, 1], never increases with the count, and is exact (a regularised incomplete beta
    function), however small [1].

    References
    ----------
    [1] Johnson, Kemp, Kotz, Univariate Discrete Distributions, 3rd ed., 5.2; mid-p: Lancaster 1961, JASA 56.
    """
    # By hand: for the few values of one test `scipy.stats.nbinom` takes four times as long, and 1e-12 of it is rounding.
    x, mu, var = (np.asarray(value, dtype=np.float64) for value in (observed, mean, variance))
    size = _size(mu, var)
    chance = mu / (size + mu)
    at_least = np.where(x > 0, special.betainc(np.maximum(x, 1.0), size, chance), 1.0)
    more = special.betainc(x + 1.0, size, chance)
    tail: Floats = np.clip(0.5 * (at_least + more), _MIN_P, 1.0)
    return tail


def lower_tail(observed: npt.ArrayLike, mean: npt.ArrayLike, variance: npt.ArrayLike) -> Floats:
    """Compute the mid-p of so few tickets: P(X < x) + P(X = x) / 2; arguments and range as for `upper_tail`."""
    x, mu, var = (np.asarray(value, dtype=np.float64) for value in (observed, mean, variance))
    size = _size(mu, var)
    success = size / (size + mu)
    at_most = special.betainc(size, x + 1.0, success)
    fewer = np.where(x > 0, special.betainc(size, np.maximum(x, 1.0), success), 0.0)
    tail: Floats = np.clip(0.5 * (at_most + fewer), _MIN_P, 1.0)
    return tail


def mixed_tail(observed: npt.ArrayLike, mean: npt.ArrayLike, noise: npt.ArrayLike, deviation: npt.ArrayLike) -> Floats:
    """Compute the upper mid-p of counts whose negative binomial mean is itself uncertain.

    The mean is normal around `mean` with standard deviation `deviation`; `noise` is the variance of the count at that
    mean, and in proportion to it at other means. All arguments broadcast. The result is the exact mixture, by
    Gauss-Hermite quadrature with 15 nodes [1]; without a deviation it is `upper_tail`. It never increases with the
    count.

    References
    ----------
    [1] Abramowitz and Stegun 1964, 25.4.46.
    """
    x, mu, variance, spread = (
        np.asarray(one, np.float64) for one in np.broadcast_arrays(observed, mean, noise, deviation)
    )
    shape = x.shape
    tail = np.array(upper_tail(x, mu, variance), ndmin=1)
    uncertain = np.array(spread > 0, ndmin=1)
    if not uncertain.any():
        return tail.reshape(shape)
    x, mu, variance, spread = (one.reshape(tail.shape)[uncertain] for one in (x, mu, variance, spread))
    mixed = np.zeros(x.shape)
    for node, weight in zip(*_quadrature(), strict=True):
        at = np.maximum(mu + spread * node, _MIN_LIFTED * mu)
        mixed += weight * upper_tail(x, at, variance * at / mu)
    tail[uncertain] = np.minimum(mixed, 1.0)
    return tail.reshape(shape)


def quantile(probability: float, mean: Floats, variance: Floats) -> Floats:
    """Find the smallest counts at which negative binomials of this mean and variance reach `probability`, above 0 and below 1."""
    # Not `scipy.stats.nbinom.ppf`, which gives the same: its import alone takes half a second.
    mu = np.maximum(mean, 1e-12)
    size = _size(mu, variance)
    success = size / (size + mu)
    counts: Floats = np.maximum(np.ceil(special.nbdtrik(probability, size, success)), 0.0)
    # The inverse of the continuous function may be off by its rounding.
    while (over := (counts > 0) & (special.betainc(size, np.maximum(counts, 1.0), success) >= probability)).any():
        counts = counts - over
    while (under := special.betainc(size, counts + 1.0, success) < probability).any():
        counts = counts + under
    return counts


def _size(mean: Floats, variance: Floats) -> Floats:
    """Return the size parameter of negative binomials, bounded so that a small variance means a Poisson."""
    return np.asarray(np.minimum(mean * mean / np.maximum(variance - mean, mean * mean / _MAX_SIZE), _MAX_SIZE))


@cache
def _quadrature() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return nodes and weights for a standard normal."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    return tuple(nodes.tolist()), tuple((weights / weights.sum()).tolist())
