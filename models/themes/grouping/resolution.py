"""The resolution of a grouping, judged without labels: how separate and how cohesive its groups are."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.arrays import Floats, Ints, Vectors
from models.themes.grouping.consensus import louvain
from models.themes.window.centering import unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scipy.sparse import csr_array

RESOLUTIONS = 0.2 * 1.3 ** np.arange(19)
"""0.2 to 22: from groups of a twentieth of the texts and more to groups of a few."""

_COHESION, _COHESION_SCALE = 0.45, 0.07
"""Mean and standard deviation of the cohesion of labelled themes over the corpora of `bench.themes.grain`; .053, rounded up."""

_MARGIN_TOLERANCE = 0.2
"""A margin that is a fifth below the largest counts a quarter."""

_BLOCK = 2048
_SAMPLED_TEXTS = 4000
_SAMPLE = 1000
_FEWEST = 4
"""Groups of fewer texts are ignored: any text has a few that are close by chance."""


class Separation(NamedTuple):
    """How separate groups are, in texts of groups of at least 4: the means over them.

    `cohesion` is the mean similarity of a text with the others of its group, `margin` the mean of that similarity minus the
    largest mean similarity with another group of at least 4; both are 0 without such texts, and the margin is 0 in a single group.
    """

    cohesion: float
    margin: float


def best_resolution(graph: csr_array, centred: Vectors) -> float:
    """Find the resolution of Louvain whose groups are well separated and as cohesive as themes usually are.

    The result is the mean of 19 resolutions on the log scale, weighted by `resolution_weights`, because the best weight is a
    plateau more often than a peak, and its largest value is at a random position on it.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric weights.
    centred : array of shape (n, dimensions)
        Centred rows of the same texts.
    """
    rows = unit(centred)
    tried = [separation(rows, louvain(graph, resolution, 0)) for resolution in RESOLUTIONS.tolist()]
    return weighted_resolution(resolution_weights(tried))


def resolution_weights(
    tried: Sequence[Separation],
    *,
    cohesion: float = _COHESION,
    scale: float = _COHESION_SCALE,
    tolerance: float = _MARGIN_TOLERANCE,
) -> Floats:
    """Weigh resolutions by the separation of their groups: shape of `tried`, the largest weight is 1.

    A weight is the product of (1 + l)**-2 for a margin that is below the largest by l tolerances, and of the density of the
    cohesion in a Cauchy distribution. The margin alone does not decide where themes form areas:
    then it is about as large for few groups as for many. Both factors have heavy tails, so that each is overruled where the
    other one is clear.

    Parameters
    ----------
    tried : sequence of Separation
        One for each resolution.
    cohesion, scale : float
        Position and scale of the distribution of themes' cohesion.
    tolerance : float
        Share of the largest margin.
    """
    found, margin = np.array(tried, np.float64).T
    loss = (margin.max() - margin) / max(tolerance * abs(margin.max()), 1e-9)
    deviation = (found - cohesion) / scale
    score = -2.0 * np.log1p(loss) - np.log1p(deviation**2)
    return np.asarray(np.exp(score - score.max()), np.float64)


def weighted_resolution(weights: Floats) -> float:
    """Average `RESOLUTIONS` on the log scale by weights of their shape, rounded, because the last digits depend on the machine."""
    return round(float(np.exp((weights * np.log(RESOLUTIONS)).sum() / weights.sum())), 6)


def separation(rows: Vectors, groups: Ints) -> Separation:
    """Compute how separate groups are, from up to 4,000 evenly spaced texts, each compared with all.

    The margin is the silhouette (Rousseeuw 1987) before division, which would prefer ever smaller groups. Since a text's
    similarity with itself is left out, both figures estimate quantities of the population: they do not drift as texts are
    added at random.

    Parameters
    ----------
    rows : array of shape (n, dimensions)
        Unit rows, centred before, so that what all texts share has no influence.
    groups : array of shape (n,)
        Group of each text, from 0.
    """
    from scipy.sparse import csr_array

    size = len(groups)
    count = np.bincount(groups)
    member = csr_array((np.ones(size), (groups, np.arange(size))), shape=(len(count), size))
    sums = member @ rows.astype(np.float64)
    sampled = np.linspace(0, size - 1, min(size, _SAMPLED_TEXTS)).astype(np.int64)
    sampled = sampled[count[groups[sampled]] >= _FEWEST]
    if not len(sampled):
        return Separation(0.0, 0.0)
    own, other = [], []
    for block in np.array_split(sampled, -(-len(sampled) // _BLOCK)):
        texts, group, line = rows[block].astype(np.float64), groups[block], np.arange(len(block))
        similarity = texts @ sums.T
        own.append((similarity[line, group] - (texts * texts).sum(axis=1)) / (count[group] - 1))
        similarity /= np.maximum(count, 1)
        similarity[line, group] = -np.inf
        similarity[:, count < _FEWEST] = -np.inf
        other.append(similarity.max(axis=1))
    inside, outside = np.concatenate(own), np.concatenate(other)
    margins = np.where(np.isfinite(outside), inside - outside, 0.0)
    return Separation(float(inside.mean()), float(margins.mean()))


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
