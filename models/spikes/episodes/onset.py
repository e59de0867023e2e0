"""Onset: the bucket in which an excess began."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.arrays import Floats, Ints


def likelihood_gain(observed: npt.ArrayLike, expected: npt.ArrayLike) -> Floats:
    """Compute the gain in Poisson log-likelihood of a fitted over an expected rate: C ln(C/B) - (C - B), or 0.

    References
    ----------
    Neill 2009, International Journal of Forecasting 25 (expectation-based scan statistic).
    """
    c, b = np.asarray(observed, dtype=np.float64), np.maximum(np.asarray(expected, dtype=np.float64), 1e-12)
    return np.where(c > b, c * np.log(np.maximum(c, 1e-12) / b) - (c - b), 0.0)


def onset(counts: Ints, expected: Floats, min_tickets: int) -> int:
    """Find the position of the bucket in which the excess that lasts to the end most likely began.

    Of all trailing windows that begin with a ticket and contain at least `min_tickets`, the one with the greatest
    likelihood gain; 0 when there is none.

    Parameters
    ----------
    counts, expected: shape (buckets,), oldest first.
    """
    seen = np.cumsum(counts[::-1])[::-1]
    mean = np.cumsum(expected[::-1])[::-1]
    eligible = (counts > 0) & (seen >= min_tickets)
    if not eligible.any():
        return 0
    return int(np.argmax(np.where(eligible, likelihood_gain(seen, mean), -1.0)))
