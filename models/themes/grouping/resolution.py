"""The resolution of a grouping, judged without labels: how well groups are separated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from models.arrays import Floats, Ints, Vectors

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 2048
_SAMPLE = 1000
_FEWEST = 4
"""Groups of fewer texts are ignored: any text has a few that are close by chance."""


def margins(vectors: Vectors, groups: Ints) -> Floats:
    """Compute how much closer each text is to its own group than to the nearest other group: shape (n,).

    The mean similarity with the others of its group, minus the largest mean similarity with a group of at
    least 4; 0 for a text whose own group is smaller or the only one. It is the silhouette (Rousseeuw 1987)
    before division, which would prefer ever smaller groups. Since a text's similarity with itself is left
    out, a margin estimates a quantity of the population: it does not drift as texts are added at random.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Centred rows, so that what all texts share has no influence.
    groups : array of shape (n,)
        Group of each text, from 0.
    """
    from scipy.sparse import csr_array

    count = np.bincount(groups)
    rows = np.arange(len(groups))
    member = csr_array((np.ones(len(groups)), (groups, rows)), shape=(len(count), len(groups)))
    sums = member @ vectors.astype(np.float64)
    found = np.empty(len(groups))
    for block in _blocks(len(groups)):
        texts = vectors[block].astype(np.float64)
        own, line = groups[block], np.arange(len(texts))
        means = texts @ sums.T
        others = count[own] - 1
        inside = (means[line, own] - (texts * texts).sum(axis=1)) / np.maximum(others, 1)
        means /= np.maximum(count, 1)
        means[line, own] = -np.inf
        means[:, count < _FEWEST] = -np.inf
        rival = means.max(axis=1, initial=-np.inf)
        placed = (count[own] >= _FEWEST) & np.isfinite(rival)
        found[block] = np.where(placed, inside - rival, 0.0)
    return found


def cohesion(vectors: Vectors, groups: Ints) -> Floats:
    """Compute the mean similarity of two texts of each group: shape (groups,), 0 for a group of one."""
    count = np.bincount(groups)
    sums = np.zeros((len(count), vectors.shape[1]))
    np.add.at(sums, groups, vectors.astype(np.float64))
    itself = np.bincount(groups, weights=(vectors.astype(np.float64) ** 2).sum(axis=1))
    pairs = count * (count - 1)
    return np.asarray(((sums * sums).sum(axis=1) - itself) / np.maximum(pairs, 1), np.float64)


def chance_cohesion(vectors: Vectors, sizes: Ints) -> Floats:
    """Compute the mean similarity that groups of unrelated texts reach by chance, for groups of some sizes: shape of `sizes`.

    Most pairs of texts are unrelated, and related ones are above the median, so that the deviation of unrelated
    pairs is estimated from the lower half: from the 16th percentile to the median. A group of m texts must exceed the
    median by 1 + 3 / sqrt(m) deviations, since a small group can be picked for its few closest pairs. From up to
    1,000 evenly spaced rows.
    """
    rows = vectors[np.linspace(0, len(vectors) - 1, min(len(vectors), _SAMPLE)).astype(np.int64)].astype(np.float64)
    pairs = (rows @ rows.T)[np.triu_indices(len(rows), 1)]
    low, middle = np.quantile(pairs, [0.1587, 0.5])
    return np.asarray(middle + (1.0 + 3.0 / np.sqrt(np.maximum(sizes, 1))) * (middle - low), np.float64)


def _blocks(size: int) -> Iterator[slice]:
    for start in range(0, size, _BLOCK):
        yield slice(start, start + _BLOCK)
