"""Groups of tickets by density, the number of groups unknown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.themes.memory import ABSENT, Floats, Ints, nearest_in_each

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_DIMENSIONS = 64
_NEIGHBOURS = 15
_BLOCK = 256

_APART = 0.05
"""A text is apart if its nearest other text is farther than that of all but one in twenty texts."""


def density_groups(vectors: Floats, smallest: int) -> Ints:
    """Group vectors by density: labels of shape (n,), from 0; -1 where there is no group.

    A graph of the 15 nearest neighbours with fuzzy weights (McInnes, Healy and Melville, UMAP, 2018, section
    3.1) is embedded spectrally in up to 64 dimensions (Ng, Jordan and Weiss 2001), where HDBSCAN* (Campello,
    Moulavi and Sander 2013) finds groups of at least `smallest`. The same rows give the same labels.

    Equal vectors enter once, so that a template sent ten thousand times does not distort the graph. A text
    with `smallest` copies that no other text is close to is a group by itself.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows on the memory's grid.
    smallest : int
        Fewest tickets of a group; more finds coarser groups and leaves more tickets without one.
    """
    distinct, copy_of, copies = np.unique(vectors, axis=0, return_inverse=True, return_counts=True)
    labels = np.full(len(distinct), -1, np.int64)
    apart = copies >= smallest
    if len(distinct) >= max(2 * smallest, _NEIGHBOURS + 2):
        places, values = _nearest_of_all(distinct)
        labels = _cluster(places, values, smallest)
        closest = values[:, 0]
        apart &= (labels < 0) | (closest < np.quantile(closest, _APART))
    labels[apart] = labels.max(initial=-1) + 1 + np.arange(int(apart.sum()))
    return np.asarray(labels[copy_of.ravel()], np.int64)


def _cluster(places: Ints, values: Floats, smallest: int) -> Ints:
    from hdbscan import HDBSCAN
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    # One thread: the order of summation inside the eigensolver must not depend on load or cores.
    with threadpool_limits(limits=1):
        reduced = _spectral(_fuzzy_graph(places, values))
        model = HDBSCAN(
            min_cluster_size=smallest,
            min_samples=max(3, min(5, smallest // 3)),
            approx_min_span_tree=False,
            core_dist_n_jobs=1,
        )
        return np.asarray(model.fit(reduced).labels_, np.int64)


def _nearest_of_all(vectors: Floats) -> tuple[Ints, Floats]:
    """Places and similarities of each row's nearest others: two arrays of shape (n, 15)."""
    places = np.empty((len(vectors), _NEIGHBOURS), np.int64)
    values = np.empty((len(vectors), _NEIGHBOURS), np.float32)
    for start in range(0, len(vectors), _BLOCK):
        block = vectors[start : start + _BLOCK] @ vectors.T
        itself = np.arange(len(block))
        block[itself, start + itself] = ABSENT
        for offset, found in enumerate(nearest_in_each(block, _NEIGHBOURS)):
            places[start + offset], values[start + offset] = found
    return places, values


def _fuzzy_graph(places: Ints, values: Floats) -> csr_array:
    """Weights that fall off from each row's nearest neighbour, scaled so that each row's sum to log2(15)."""
    from scipy.sparse import csr_array

    count, width = places.shape
    distances = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * values.astype(np.float64)))
    beyond = np.maximum(0.0, distances - distances[:, :1])
    low, high, scale = np.zeros((count, 1)), np.full((count, 1), np.inf), np.ones((count, 1))
    for _ in range(40):
        above = np.exp(-beyond / scale).sum(axis=1, keepdims=True) > np.log2(width)
        high, low = np.where(above, scale, high), np.where(above, low, scale)
        scale = np.where(np.isinf(high), scale * 2.0, (low + high) / 2.0)
        scale = np.maximum(scale, 1e-3)
    weights = np.exp(-beyond / scale)
    rows = np.repeat(np.arange(count), width)
    directed = csr_array((weights.ravel(), (rows, places.ravel())), shape=(count, count))
    return csr_array(directed + directed.T - directed.multiply(directed.T))


def _spectral(graph: csr_array) -> NDArray[np.float64]:
    """Leading eigenvectors of the normalised graph, rows scaled to unit length: shape (n, up to 64)."""
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import eigsh

    size = graph.shape[0]
    scale = diags_array(1.0 / np.sqrt(np.asarray(graph.sum(axis=1)).ravel()))
    start = np.random.default_rng(0).random(size)
    count = min(_DIMENSIONS + 1, size - 1)
    values, vectors = eigsh(scale @ graph @ scale, k=count, which="LA", v0=start, tol=1e-4)
    leading = vectors[:, np.argsort(-values, kind="stable")][:, 1:]
    norms = np.linalg.norm(leading, axis=1, keepdims=True)
    return np.asarray(leading / np.where(norms > 0, norms, 1.0), np.float64)
