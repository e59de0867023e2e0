"""Extent of an episode: when its excess began, and the narrowest segment that carries it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from models.arrays import Floats, Ints


def likelihood_gain(observed: npt.ArrayLike, expected: npt.ArrayLike) -> Floats:
    """Gain in Poisson log-likelihood of a fitted over an expected rate: C ln(C/B) - (C - B), or 0.

    References
    ----------
    Neill 2009, International Journal of Forecasting 25 (expectation-based scan statistic).
    """
    c, b = np.asarray(observed, dtype=np.float64), np.maximum(np.asarray(expected, dtype=np.float64), 1e-12)
    return np.where(c > b, c * np.log(np.maximum(c, 1e-12) / b) - (c - b), 0.0)


def onset(counts: Ints, expected: Floats, min_tickets: int) -> int:
    """Place of the bucket in which the excess that lasts to the end most likely began.

    Of all trailing windows that begin with a ticket and hold at least `min_tickets`, the one with the
    greatest likelihood gain; 0 when there is none.

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


def narrowest(observed: Ints, expected: Floats, total: int, penalties: Floats, carry_share: float) -> int:
    """Place of the series that best carries a theme's excess: the greatest likelihood gain less its penalty.

    Parameters
    ----------
    observed, expected: shape (series,): counts of the theme's total and its segments over the episode.
    total: place of the total among them; it is always a candidate.
    penalties: shape (series,): log of how many segments of the kind there are to choose from; 0 for the
    total.
    carry_share: share of the total excess that a segment must hold, in (0, 1].
    """
    excess = observed - expected
    carries = excess >= carry_share * max(excess[total], 1e-9)
    carries[total] = True
    return int(np.argmax(np.where(carries, likelihood_gain(observed, expected) - penalties, -np.inf)))
