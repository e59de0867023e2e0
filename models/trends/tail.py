"""The tail of a predicted count whose dispersion is itself an estimate."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from models.arrays import Floats
from models.spikes.statistics.count_tails import upper_tail

_NODES = 12
_KNOWN = 1_000.0
"""Degrees of freedom from which the dispersion counts as known: it changes a p-value of 1e-4 by 2 %."""


def predictive_tail(observed: Floats, mean: Floats, variance: Floats, freedom: Floats) -> Floats:
    """Compute the mid-p of a count, P(X > x) + P(X = x) / 2, where its variance is an estimate.

    The count is negative binomial. The true variance is distributed around the estimate, which has `freedom` degrees of freedom,
    as that of a normal sample is, so that the tail is that of Student's t where counts are large. The mixture is integrated by
    Gauss-Legendre quadrature over the probability of the variance. All arguments have the same shape; the result is in [0, 1],
    and never increases with the count.

    References
    ----------
    Geisser 1993, Predictive Inference, chapter 2.
    """
    from scipy.special import chdtri

    found = upper_tail(observed, mean, variance)
    uncertain = freedom < _KNOWN
    if not uncertain.any():
        return found
    x, mu, var, df = (np.asarray(one)[uncertain] for one in (observed, mean, variance, freedom))
    mixed = np.zeros(x.shape)
    for chance, weight in zip(*_quadrature(), strict=True):
        mixed += weight * upper_tail(x, mu, np.maximum(var * df / chdtri(df, chance), mu))
    found = np.array(found)
    found[uncertain] = np.minimum(mixed, 1.0)
    return found


@cache
def _quadrature() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return nodes in (0, 1), denser towards 0 and 1, with weights that add up to 1."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    # The upper tail depends on the rare large variances: the substitution u = t^2 (3 - 2 t) puts nodes there.
    t: npt.NDArray[np.float64] = (nodes + 1.0) / 2.0
    at, density = t**2 * (3.0 - 2.0 * t), 6.0 * t * (1.0 - t)
    mass = weights / 2.0 * density
    return tuple(at.tolist()), tuple((mass / mass.sum()).tolist())
