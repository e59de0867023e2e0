"""Stratified sampling: how many cases each stratum gets, and which."""

from __future__ import annotations

import numpy as np

from models.arrays import Floats, Ints


def allocate(sizes: Ints, total: int, power: float = 0.0) -> Ints:
    """Share out `total` cases over strata in proportion to size to a power, by largest remainders; int64, shape (strata,).

    Power 0 gives each stratum the same, 1 a proportional share, and what is between a compromise of figures for each stratum and for
    all (Bankier 1988, "Power allocations: determining sample sizes for subnational areas", The American Statistician 42, 174 to 177).
    No stratum gets more than it has; each that is not empty gets at least one where `total` is enough for that.
    Raises `ValueError` for a negative total or a power outside 0 to 1.
    """
    if total < 0 or not 0.0 <= power <= 1.0:
        raise ValueError(
            f"received {total} cases and the power {power}; valid are at least 0 cases and a power of 0 to 1"
        )
    sizes = np.asarray(sizes, np.int64)
    given = np.zeros(len(sizes), np.int64)
    if total >= np.count_nonzero(sizes):
        given[sizes > 0] = 1
    left = min(total, int(sizes.sum())) - int(given.sum())
    while left > 0:
        weights = np.where(given < sizes, np.maximum(sizes, 1).astype(np.float64) ** power, 0.0)
        target = weights / weights.sum() * (left + given[weights > 0].sum())
        more = np.minimum(np.floor(np.maximum(target - given, 0.0)).astype(np.int64), sizes - given)
        while more.sum() > left:
            more[np.argmax(more)] -= 1
        if not more.any():
            more[np.argsort(-np.where(weights > 0, target - given, -np.inf), kind="stable")[:1]] = 1
        given += more
        left -= int(more.sum())
    return given


def confidence_bands(confidences: Floats, cases: int, most: int = 4) -> Ints:
    """Cut the tickets of one stratum into bands of equal size by confidence, two cases or more for each; band of each, from 0.

    Two cases in a band are what its variance can be estimated from. Equal confidences may be on both sides of a cut: bands are made by
    rank, so that a constant confidence also gives bands of equal size.
    """
    bands = max(1, min(most, cases // 2, len(confidences)))
    ranks = np.empty(len(confidences), np.int64)
    ranks[np.argsort(confidences, kind="stable")] = np.arange(len(confidences))
    return ranks * bands // max(len(confidences), 1)
