"""Themes of a whole set of texts, their number unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.themes.consensus import agreed, louvain
from models.themes.grain import chance, cohesion, margins
from models.themes.graph import NEIGHBOURS, fuzzy_graph, nearest_of_all, spectral
from models.themes.memory import Floats, Ints, on_grid

if TYPE_CHECKING:
    from scipy.sparse import csr_array

LEXICAL_SHARE = 0.15
"""Share of the words in a similarity. Words separate themes that the dense model sees as one, and templates too."""

_RESOLUTIONS = 0.2 * 1.3 ** np.arange(19)
"""From groups of a twentieth of the texts and more to groups of a few: 0.2 to 22."""

_RUNS = 3
_PLATEAU = 0.05
"""Share of the largest margin by which another may lie below it and still say much about the grain."""

_VOICES = np.geomspace(1 / 1.7, 1.7, 16)
_DENSITY_VOICE = 16.0
"""Density has as much say as the cuts by Louvain together."""

_DIMENSIONS = 64

_APART = 0.05
"""A text is apart if its nearest other text is farther than that of all but one in twenty texts."""


def theme_groups(
    vectors: Floats, *, smallest: int = 5, lexical: NDArray[np.float32] | None = None, known: Ints | None = None
) -> Ints:
    """Group texts into themes: labels of shape (n,), from 0, larger groups first; -1 where there is no theme.

    The graph of nearest neighbours is cut by Louvain at many resolutions; those whose groups have the
    largest mean margins (`margins`) set the grain. Around it, 16 partitions and HDBSCAN* (Campello, Moulavi
    and Sander 2013) on the graph's spectral embedding have a voice in the final consensus. Nothing is set by
    hand to a size or number of themes. The same rows give the same labels on any number of threads.

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
        Theme that people gave a text, -1 where none did: texts of one are drawn together, of two apart.
    """
    distinct, first, copy_of, copies = np.unique(
        vectors, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    copy_of = copy_of.ravel()
    labels = np.full(len(distinct), -1, np.int64)
    apart = copies >= smallest
    if len(distinct) >= max(2 * smallest, NEIGHBOURS + 2):
        centred = on_grid(distinct - distinct.mean(axis=0, dtype=np.float64))
        places, values = nearest_of_all(_blended(centred, None if lexical is None else lexical[first]))
        graph = fuzzy_graph(places, values)
        named = np.full(len(distinct), -1, np.int64)
        if known is not None:
            np.maximum.at(named, copy_of, known)
            graph = _bound(graph, named)
        labels = _themes(centred, _grouped(graph, centred, smallest), copies, named, smallest)
        closest = values[:, 0]
        apart &= (labels < 0) | (closest < np.quantile(closest, _APART))
    labels[apart] = labels.max(initial=-1) + 1 + np.arange(int(apart.sum()))
    return _by_size(labels[copy_of])


def _grouped(graph: csr_array, centred: Floats, smallest: int) -> Ints:
    grain = _grain(graph, centred)
    partitions = [louvain(graph, grain * factor, seed) for seed, factor in enumerate(_VOICES.tolist())]
    typical = float(np.median(np.bincount(partitions[len(partitions) // 2])))
    partitions.append(_density(graph, max(smallest, round(typical / 2.5))))
    weights = [1.0] * len(_VOICES) + [_DENSITY_VOICE]
    return louvain(agreed(graph, partitions, weights), grain, 0)


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


def _blended(centred: Floats, lexical: NDArray[np.float32] | None) -> Floats:
    """Unit rows whose products are the similarities of both channels, blended."""
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    dense = centred / np.where(norms > 0, norms, 1.0)
    if lexical is None or not lexical.shape[1]:
        return on_grid(dense)
    return on_grid(np.hstack((np.sqrt(1.0 - LEXICAL_SHARE) * dense, np.sqrt(LEXICAL_SHARE) * lexical)))


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
