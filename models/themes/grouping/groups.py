"""Themes of a set of texts, their number unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from models.arrays import Ints, Vectors
from models.themes.grouping.consensus import consensus_graph, louvain
from models.themes.grouping.graph import NEIGHBOURS, fuzzy_graph, nearest_of_views, spectral
from models.themes.grouping.label_spreading import spread_labels
from models.themes.grouping.resolution import best_resolution, chance_cohesion, cohesion
from models.themes.window.centering import on_grid, unit

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_VIEWS = ((0.15, 15), (0.0, 15), (0.3, 15), (0.15, 10), (0.15, 25))
"""Weights of the lexical similarity, and neighbours. Words separate themes, and also templates, that the dense model sees as one,
and no weight and no number of neighbours is right for all texts."""

_FACTORS = np.geomspace(1 / 1.7, 1.7, 16)
"""Resolutions of the 16 partitions, relative to the best one."""

_DENSITY_WEIGHT = 16.0
"""The partition by density weighs as much as those by Louvain together."""

_LABEL_WEIGHT = 32.0
"""Labels, spread along the graph, weigh as much as all other partitions together."""

_DIMENSIONS = 64

_ISOLATED = 0.05
"""A text is isolated if its nearest other text is farther than that of all but one in twenty texts."""


def theme_groups(
    vectors: Vectors, *, smallest: int = 5, lexical: Vectors | None = None, known: Ints | None = None
) -> Ints:
    """Group texts into themes: labels of shape (n,), from 0, larger groups first; -1 where there is no theme.

    Several neighbour graphs (views) are made, which differ in the weight of words and in the number of neighbours. The
    mean of the views is partitioned by Louvain at many resolutions, and those whose groups are separate and as cohesive
    as themes usually are determine the resolution (`best_resolution`). Around it, 16 partitions of the views in turn and
    HDBSCAN* (Campello, Moulavi and Sander 2013) on the mean graph's spectral embedding form the final consensus. Nothing
    is set by hand to a size or number of themes. The same rows give the same labels on any number of threads.

    Equal vectors enter the graphs once, so that a template sent ten thousand times does not distort them. A text
    with `smallest` copies that no other text is close to is a group by itself. A group is no theme if it has
    fewer than `smallest` texts, or if its texts are no more similar than unrelated texts are by chance.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows on the grid.
    smallest : int
        Fewest texts of a theme.
    lexical : array of shape (n, any), optional
        Result of `lexical_vectors` for the same texts.
    known : array of shape (n,), optional
        Theme that people gave a text, -1 where none did: texts of one theme end in one group, of two themes in two, and
        the texts around them follow (`spread_labels`).
    """
    distinct, first, copy_of, copies = np.unique(
        vectors, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    copy_of = copy_of.ravel()
    labels = np.full(len(distinct), -1, np.int64)
    isolated = copies >= smallest
    if len(distinct) >= max(2 * smallest, NEIGHBOURS + 2):
        centred_rows = on_grid(distinct - distinct.mean(axis=0, dtype=np.float64))
        words = lexical[first] if lexical is not None and lexical.shape[1] else None
        graphs, closest = graph_views(on_grid(unit(centred_rows)), words)
        named = np.full(len(distinct), -1, np.int64)
        if known is not None:
            np.maximum.at(named, copy_of, known)
            graphs = [_constrained(graph, named) for graph in graphs]
        resolution = best_resolution(mean_graph(graphs), centred_rows)
        groups = consensus_groups(graphs, resolution, named, smallest)
        labels = _without_chance_groups(centred_rows, groups, copies, named, smallest)
        isolated &= (labels < 0) | (closest < np.quantile(closest, _ISOLATED))
    labels[isolated] = labels.max(initial=-1) + 1 + np.arange(int(isolated.sum()))
    return _by_size(labels[copy_of])


def graph_views(dense: Vectors, words: Vectors | None) -> tuple[list[csr_array], Vectors]:
    """Make one graph a view, and return the similarity of each text's nearest in the first view: shape (n,)."""
    views = [(share, min(count, len(dense) - 1)) for share, count in _VIEWS]
    if words is None:
        views = list(dict.fromkeys((0.0, count) for _, count in views))
    shares = sorted({share for share, _ in views})
    found = dict(zip(shares, nearest_of_views(dense, words, shares, max(count for _, count in views)), strict=True))
    graphs = [fuzzy_graph(found[share].rows[:, :count], found[share].similarities[:, :count]) for share, count in views]
    return graphs, found[views[0][0]].similarities[:, 0]


def consensus_groups(graphs: Sequence[csr_array], resolution: float, named: Ints, smallest: int) -> Ints:
    """Group by the consensus of partitions around a resolution: labels of shape (n,), from 0.

    Parameters
    ----------
    graphs : sequence of sparse arrays of shape (n, n)
        Views of the same texts.
    resolution : float
        Resolution of Louvain for the mean of the views.
    named : array of shape (n,)
        Theme that people gave a text, -1 where none did.
    smallest : int
        Fewest texts of a theme.
    """
    graph = mean_graph(graphs)
    partitions = [
        louvain(graphs[seed % len(graphs)], resolution * factor, seed) for seed, factor in enumerate(_FACTORS.tolist())
    ]
    typical = float(np.median(np.bincount(partitions[len(partitions) // 2])))
    partitions.append(_density(graph, max(smallest, round(typical / 2.5))))
    weights = [1.0] * len(_FACTORS) + [_DENSITY_WEIGHT]
    if not (named >= 0).any():
        return louvain(consensus_graph(graph, partitions, weights), resolution, 0)
    labels = spread_labels(graph, named)
    consensus = consensus_graph(graph, [*partitions, labels.partition()], [*weights, _LABEL_WEIGHT])
    return labels.settle(louvain(consensus, resolution, 0), named)


def mean_graph(graphs: Sequence[csr_array]) -> csr_array:
    """Average the weights of the views."""
    from scipy.sparse import csr_array

    total = graphs[0]
    for graph in graphs[1:]:
        total = total + graph
    return csr_array(total / len(graphs))


def _density(graph: csr_array, smallest: int) -> Ints:
    from hdbscan import HDBSCAN

    model = HDBSCAN(min_cluster_size=smallest, min_samples=5, approx_min_span_tree=False, core_dist_n_jobs=1)
    return np.asarray(model.fit(spectral(graph, _DIMENSIONS)).labels_, np.int64)


def _without_chance_groups(centred: Vectors, groups: Ints, copies: Ints, named: Ints, smallest: int) -> Ints:
    """Set the label -1 in groups that are too small, and in unlabelled groups that could be due to chance."""
    groups = np.unique(groups, return_inverse=True)[1].ravel()
    size = np.bincount(groups, weights=copies)
    cohesive = cohesion(centred, groups) > chance_cohesion(centred, np.bincount(groups))
    themes = (size >= smallest) & (cohesive | (np.bincount(groups, weights=named >= 0) > 0))
    return np.where(themes[groups], groups, -1)


def _constrained(graph: csr_array, known: Ints) -> csr_array:
    """Remove edges between texts of different known themes, and add a ring through those of each theme."""
    from scipy.sparse import csr_array

    edges = graph.tocoo()
    one, other = known[edges.row], known[edges.col]
    keep = (one < 0) | (other < 0) | (one == other)
    rows, columns = [edges.row[keep]], [edges.col[keep]]
    weights = [edges.data[keep]]
    for theme in np.unique(known[known >= 0]).tolist():
        members = np.flatnonzero(known == theme)
        if len(members) > 1:
            after = np.roll(members, 1)
            rows += [members, after]
            columns += [after, members]
            weights += [np.full(2 * len(members), np.log2(NEIGHBOURS) / 2)]
    data = (np.concatenate(weights), (np.concatenate(rows), np.concatenate(columns)))
    return csr_array(data, shape=graph.shape)


def _by_size(labels: Ints) -> Ints:
    """Renumber the groups from 0, larger first, among equals the one that comes first."""
    grouped = labels >= 0
    names, first, size = np.unique(labels[grouped], return_index=True, return_counts=True)
    rank = np.empty(len(names), np.int64)
    rank[np.lexsort((first, -size))] = np.arange(len(names))
    found = np.full(len(labels), -1, np.int64)
    found[grouped] = rank[np.searchsorted(names, labels[grouped])]
    return found
