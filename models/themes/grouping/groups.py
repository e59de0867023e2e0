"""Themes of a whole set of texts, their number unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.themes.grouping.consensus import agreed, louvain
from models.themes.grouping.graph import NEIGHBOURS, fuzzy_graph, nearest_of_views, spectral
from models.themes.grouping.label_spreading import spread_labels
from models.themes.grouping.resolution import chance, cohesion, margins
from models.themes.window.ticket_window import Floats, Ints, on_grid, unit

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_VIEWS = ((0.15, 15), (0.0, 15), (0.3, 15), (0.15, 10), (0.15, 25))
"""Share of the words in a similarity, and neighbours: words separate themes that the dense model sees as one, and templates too,
and no share and no number of neighbours is right for all texts."""

_RESOLUTIONS = 0.2 * 1.3 ** np.arange(19)
"""From groups of a twentieth of the texts and more to groups of a few: 0.2 to 22."""

_RUNS = 3
_PLATEAU = 0.05
"""Share of the largest margin by which another may lie below it and still say much about the grain."""

_VOICES = np.geomspace(1 / 1.7, 1.7, 16)
_DENSITY_VOICE = 16.0
"""Density has as much say as the cuts by Louvain together."""

_TAUGHT_VOICE = 32.0
"""What labels say, spread along the graph, has as much say as all other voices together."""

_DIMENSIONS = 64

_APART = 0.05
"""A text is apart if its nearest other text is farther than that of all but one in twenty texts."""


def theme_groups(
    vectors: Floats, *, smallest: int = 5, lexical: NDArray[np.float32] | None = None, known: Ints | None = None
) -> Ints:
    """Group texts into themes: labels of shape (n,), from 0, larger groups first; -1 where there is no theme.

    Texts are seen in several ways, which differ in the share of their words and in the number of neighbours; the
    mean of the views' graphs is cut by Louvain at many resolutions, and those whose groups have the largest mean margins
    (`margins`) set the grain. Around it, 16 partitions of the views in turn and HDBSCAN* (Campello, Moulavi and Sander
    2013) on the mean graph's spectral embedding have a voice in the final consensus. Nothing is set by hand to a size or
    number of themes. The same rows give the same labels on any number of threads.

    Equal vectors enter once, so that a template sent ten thousand times does not distort the graph. A text
    with `smallest` copies that no other text is close to is a group by itself. A group is no theme if it holds
    fewer than `smallest` texts, or if its texts are no more alike than chance could make them.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows on the memory's grid.
    smallest : int
        Fewest texts of a theme.
    lexical : array of shape (n, any), optional
        What `lexical_vectors` gave for the same texts.
    known : array of shape (n,), optional
        Theme that people gave a text, -1 where none did: texts of one end in one group, of two in two, and what lies
        around them goes along (`spread_labels`).
    """
    distinct, first, copy_of, copies = np.unique(
        vectors, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    copy_of = copy_of.ravel()
    labels = np.full(len(distinct), -1, np.int64)
    apart = copies >= smallest
    if len(distinct) >= max(2 * smallest, NEIGHBOURS + 2):
        centred = on_grid(distinct - distinct.mean(axis=0, dtype=np.float64))
        words = lexical[first] if lexical is not None and lexical.shape[1] else None
        graphs, closest = _views(on_grid(unit(centred)), words)
        named = np.full(len(distinct), -1, np.int64)
        if known is not None:
            np.maximum.at(named, copy_of, known)
            graphs = [_bound(graph, named) for graph in graphs]
        labels = _themes(centred, _grouped(graphs, centred, named, smallest), copies, named, smallest)
        apart &= (labels < 0) | (closest < np.quantile(closest, _APART))
    labels[apart] = labels.max(initial=-1) + 1 + np.arange(int(apart.sum()))
    return _by_size(labels[copy_of])


def _views(dense: Floats, words: Floats | None) -> tuple[list[csr_array], Floats]:
    """One graph a view, and how close the nearest text of each is in the first view: shape (n,)."""
    views = [(share, min(count, len(dense) - 1)) for share, count in _VIEWS]
    if words is None:
        views = list(dict.fromkeys((0.0, count) for _, count in views))
    shares = sorted({share for share, _ in views})
    found = dict(zip(shares, nearest_of_views(dense, words, shares, max(count for _, count in views)), strict=True))
    graphs = [fuzzy_graph(found[share][0][:, :count], found[share][1][:, :count]) for share, count in views]
    return graphs, found[views[0][0]][1][:, 0]


def _grouped(graphs: Sequence[csr_array], centred: Floats, named: Ints, smallest: int) -> Ints:
    whole = _mean(graphs)
    grain = _grain(whole, centred)
    partitions = [
        louvain(graphs[seed % len(graphs)], grain * factor, seed) for seed, factor in enumerate(_VOICES.tolist())
    ]
    typical = float(np.median(np.bincount(partitions[len(partitions) // 2])))
    partitions.append(_density(whole, max(smallest, round(typical / 2.5))))
    weights = [1.0] * len(_VOICES) + [_DENSITY_VOICE]
    if not (named >= 0).any():
        return louvain(agreed(whole, partitions, weights), grain, 0)
    taught = spread_labels(whole, named)
    shared = agreed(whole, [*partitions, taught.voice()], [*weights, _TAUGHT_VOICE])
    return taught.settle(louvain(shared, grain, 0), named)


def _mean(graphs: Sequence[csr_array]) -> csr_array:
    from scipy.sparse import csr_array

    total = graphs[0]
    for graph in graphs[1:]:
        total = total + graph
    return csr_array(total / len(graphs))


def _grain(graph: csr_array, centred: Floats) -> float:
    """Resolution whose groups have a large mean margin: of all that were tried, the mean on the log scale.

    The best margin is a plateau more often than a peak, and where on it the largest value lies is a matter of chance. So
    each resolution counts by its margin, e times less for each twentieth that it lies below the largest.
    """
    margin = np.array(
        [
            np.mean([margins(centred, louvain(graph, resolution, seed)).mean() for seed in range(_RUNS)])
            for resolution in _RESOLUTIONS.tolist()
        ]
    )
    weight = np.exp((margin - margin.max()) / max(_PLATEAU * abs(margin.max()), 1e-9))
    return float(np.exp((weight * np.log(_RESOLUTIONS)).sum() / weight.sum()))


def _density(graph: csr_array, smallest: int) -> Ints:
    from hdbscan import HDBSCAN

    model = HDBSCAN(min_cluster_size=smallest, min_samples=5, approx_min_span_tree=False, core_dist_n_jobs=1)
    return np.asarray(model.fit(spectral(graph, _DIMENSIONS)).labels_, np.int64)


def _themes(centred: Floats, groups: Ints, copies: Ints, named: Ints, smallest: int) -> Ints:
    """Leave out groups that are too small, or that chance could make where people named no theme."""
    groups = np.unique(groups, return_inverse=True)[1].ravel()
    size = np.bincount(groups, weights=copies)
    cohesive = cohesion(centred, groups) > chance(centred, np.bincount(groups))
    themes = (size >= smallest) & (cohesive | (np.bincount(groups, weights=named >= 0) > 0))
    return np.where(themes[groups], groups, -1)


def _bound(graph: csr_array, known: Ints) -> csr_array:
    """The graph without edges between texts of different known themes, and with a ring through each theme's."""
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
    """Number the groups anew from 0, larger first, among equals the one that comes first."""
    there = labels >= 0
    names, first, size = np.unique(labels[there], return_index=True, return_counts=True)
    rank = np.empty(len(names), np.int64)
    rank[np.lexsort((first, -size))] = np.arange(len(names))
    found = np.full(len(labels), -1, np.int64)
    found[there] = rank[np.searchsorted(names, labels[there])]
    return found
