"""The graph of nearest neighbours that grouping works on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from models.arrays import Floats, Ints, Vectors
from models.themes.window.centering import unit
from models.themes.window.neighbours import ABSENT, nearest_in_each

if TYPE_CHECKING:
    from scipy.sparse import csr_array

NEIGHBOURS = 15
_BLOCK = 256


class NeighbourTable(NamedTuple):
    """Rows and similarities of the nearest others of each of n rows, nearest first: both of shape (n, k)."""

    rows: Ints
    similarities: Vectors


def nearest_of_all(vectors: Vectors) -> NeighbourTable:
    """Find the 15 nearest others of each row; -1 where there are no more.

    One blocked product of the rows with themselves: quadratic in n, 256 n numbers in memory at once.
    """
    rows = np.full((len(vectors), NEIGHBOURS), -1, np.int64)
    similarities = np.full((len(vectors), NEIGHBOURS), -1.0, np.float32)
    count = min(NEIGHBOURS, len(vectors) - 1)
    if count > 0:
        [(rows[:, :count], similarities[:, :count])] = nearest_of_views(vectors, None, (0.0,), count)
    return NeighbourTable(rows, similarities)


def nearest_of_views(
    dense: Vectors, lexical: Vectors | None, shares: Sequence[float], count: int
) -> list[NeighbourTable]:
    """Find nearest others by weighted means of dense and lexical similarities, one table for each weight.

    Parameters
    ----------
    dense, lexical : arrays of shape (n, any)
        Unit rows on the grid, so that products are exact; a row of zeros is similar to none. Without `lexical`,
        shares have no effect.
    shares : sequence
        Weights of the lexical similarity, in [0, 1].
    count : int
        Neighbours wanted, fewer than n.

    Returns
    -------
    list of NeighbourTable
        Each of shape (n, count).
    """
    tables = [
        NeighbourTable(np.empty((len(dense), count), np.int64), np.empty((len(dense), count), np.float32))
        for _ in shares
    ]
    for start in range(0, len(dense), _BLOCK):
        block = slice(start, start + _BLOCK)
        by_dense = dense[block] @ dense.T
        by_words = by_dense if lexical is None else lexical[block] @ lexical.T
        for share, table in zip(shares, tables, strict=True):
            blend = by_dense.copy() if lexical is None else _blend(by_dense, by_words, share)
            itself = np.arange(len(blend))
            blend[itself, start + itself] = ABSENT
            for offset, found in enumerate(nearest_in_each(blend, count)):
                table.rows[start + offset], table.similarities[start + offset] = found
    return tables


def _blend(dense: Vectors, lexical: Vectors, share: float) -> Vectors:
    return np.float32(1.0 - share) * dense + np.float32(share) * lexical


def fuzzy_graph(neighbours: Ints, similarities: Vectors) -> csr_array:
    """Make a graph of weights in (0, 1] that decrease from each row's nearest neighbour: shapes (n, k) to (n, n), symmetric.

    Fuzzy union of the directed weights, each row's scaled to sum to log2(k): McInnes, Healy and Melville,
    UMAP (2018), section 3.1.
    """
    from scipy.sparse import csr_array

    count, width = neighbours.shape
    distances = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * similarities.astype(np.float64)))
    beyond = np.maximum(0.0, distances - distances[:, :1])
    low, high, scale = np.zeros((count, 1)), np.full((count, 1), np.inf), np.ones((count, 1))
    for _ in range(40):
        above = np.exp(-beyond / scale).sum(axis=1, keepdims=True) > np.log2(width)
        high, low = np.where(above, scale, high), np.where(above, low, scale)
        scale = np.where(np.isinf(high), scale * 2.0, (low + high) / 2.0)
        scale = np.maximum(scale, 1e-3)
    weights = np.exp(-beyond / scale)
    rows = np.repeat(np.arange(count), width)
    directed = csr_array((weights.ravel(), (rows, neighbours.ravel())), shape=(count, count))
    return csr_array(directed + directed.T - directed.multiply(directed.T))


def spectral(graph: csr_array, dimensions: int) -> Floats:
    """Compute the leading eigenvectors of the normalised graph, rows of unit length: shape (n, up to `dimensions`).

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
