"""The graph of nearest neighbours that grouping works on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.themes.window.ticket_window import ABSENT, Floats, Ints, nearest_in_each, unit

if TYPE_CHECKING:
    from scipy.sparse import csr_array

NEIGHBOURS = 15
_BLOCK = 256


def nearest_of_all(vectors: Floats) -> tuple[Ints, Floats]:
    """Places and similarities of each row's nearest others: two arrays of shape (n, 15), -1 where there are no more.

    One blocked product of the rows with themselves: quadratic in n, 256 n numbers of memory at once.
    """
    places = np.full((len(vectors), NEIGHBOURS), -1, np.int64)
    values = np.full((len(vectors), NEIGHBOURS), -1.0, np.float32)
    count = min(NEIGHBOURS, len(vectors) - 1)
    if count > 0:
        [(places[:, :count], values[:, :count])] = nearest_of_views(vectors, None, (0.0,), count)
    return places, values


def nearest_of_views(
    dense: Floats, words: Floats | None, shares: Sequence[float], count: int
) -> list[tuple[Ints, Floats]]:
    """What `nearest_of_all` gives, for similarities that blend two channels in several shares: one pair of arrays a share.

    Parameters
    ----------
    dense, words : arrays of shape (n, any)
        Unit rows on the memory's grid, so that products are exact; a row of zeros has nothing to say. Without `words`,
        shares count for nothing.
    shares : sequence
        Shares of the words in a similarity, in [0, 1].
    count : int
        Neighbours wanted, fewer than n.

    Returns
    -------
    list of (places, similarities)
        Each of shape (n, count).
    """
    found = [(np.empty((len(dense), count), np.int64), np.empty((len(dense), count), np.float32)) for _ in shares]
    for start in range(0, len(dense), _BLOCK):
        block = slice(start, start + _BLOCK)
        near = dense[block] @ dense.T
        worded = near if words is None else words[block] @ words.T
        for share, (places, values) in zip(shares, found, strict=True):
            blend = near.copy() if words is None else np.float32(1.0 - share) * near + np.float32(share) * worded
            itself = np.arange(len(blend))
            blend[itself, start + itself] = ABSENT
            for offset, (place, value) in enumerate(nearest_in_each(blend, count)):
                places[start + offset], values[start + offset] = place, value
    return found


def fuzzy_graph(places: Ints, values: Floats) -> csr_array:
    """Symmetric weights in (0, 1] that fall off from each row's nearest neighbour, from shape (n, k) to (n, n).

    Fuzzy union of the directed weights, each row's scaled to sum to log2(k): McInnes, Healy and Melville,
    UMAP (2018), section 3.1.
    """
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


def spectral(graph: csr_array, dimensions: int) -> NDArray[np.float64]:
    """Leading eigenvectors of the normalised graph, rows of unit length: shape (n, up to `dimensions`).

    Ng, Jordan and Weiss (2001). One thread: the order of summation inside the eigensolver must not depend on
    load or cores.
    """
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import eigsh
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    size = graph.shape[0]
    scale = diags_array(1.0 / np.sqrt(np.asarray(graph.sum(axis=1)).ravel()))
    start = np.random.default_rng(0).random(size)
    count = min(dimensions + 1, size - 1)
    with threadpool_limits(limits=1):
        values, vectors = eigsh(scale @ graph @ scale, k=count, which="LA", v0=start, tol=1e-4)
    leading = vectors[:, np.argsort(-values, kind="stable")][:, 1:]
    return np.asarray(unit(leading), np.float64)
