"""Groups that many partitions of a graph agree on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from models.arrays import Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def louvain(graph: csr_array, resolution: float, seed: int) -> Ints:
    """Find one partition by modularity at a resolution (Blondel et al. 2008; Reichardt and Bornholdt 2006).

    The nodes are visited in an order that `seed` shuffles: labels of shape (n,), from 0.
    """
    from scipy.sparse import csr_matrix
    from sknetwork.clustering import Louvain

    model = Louvain(resolution=resolution, shuffle_nodes=True, random_state=seed)
    return np.asarray(model.fit_predict(csr_matrix(graph)), np.int64)


def consensus_graph(graph: csr_array, partitions: Sequence[Ints], weights: Sequence[float]) -> csr_array:
    """Multiply the weight of each edge by the share of partitions that have its ends in one group.

    Lancichinetti and Fortunato (2012), on the edges alone, so that the cost is linear. A partition does not count
    for an edge where an end has no group (-1).
    """
    from scipy.sparse import csr_array

    edges = graph.tocoo()
    together, total = np.zeros(len(edges.data)), np.full(len(edges.data), 1e-12)
    for partition, weight in zip(partitions, weights, strict=True):
        one, other = partition[edges.row], partition[edges.col]
        known = (one >= 0) & (other >= 0)
        total += weight * known
        together += weight * (known & (one == other))
    shared = csr_array((edges.data * together / total, (edges.row, edges.col)), shape=graph.shape)
    shared.eliminate_zeros()
    return shared
