"""Groups of tickets by density, the number of groups unknown."""

from __future__ import annotations

import numpy as np

from models.arrays import Ints, Vectors
from models.themes.grouping.graph import NEIGHBOURS, fuzzy_graph, nearest_of_all, spectral

_DIMENSIONS = 64

_ISOLATED = 0.05
"""A text is isolated if its nearest other text is farther than that of all but one in twenty texts."""


def density_groups(vectors: Vectors, smallest: int) -> Ints:
    """Group vectors by density: labels of shape (n,), from 0; -1 where there is no group.

    A graph of the 15 nearest neighbours with fuzzy weights (McInnes, Healy and Melville, UMAP, 2018, section
    3.1) is embedded spectrally in up to 64 dimensions (Ng, Jordan and Weiss 2001), where HDBSCAN* (Campello,
    Moulavi and Sander 2013) finds groups of at least `smallest` texts. The same rows give the same labels.

    Equal vectors enter the graph once, so that a template sent ten thousand times does not distort it. A text
    with `smallest` copies that no other text is close to is a group by itself.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows on the grid.
    smallest : int
        Fewest tickets of a group; more finds coarser groups and leaves more tickets without one.
    """
    distinct, copy_of, copies = np.unique(vectors, axis=0, return_inverse=True, return_counts=True)
    labels = np.full(len(distinct), -1, np.int64)
    isolated = copies >= smallest
    if len(distinct) >= max(2 * smallest, NEIGHBOURS + 2):
        neighbours, similarities = nearest_of_all(distinct)
        labels = _cluster(neighbours, similarities, smallest)
        closest = similarities[:, 0]
        isolated &= (labels < 0) | (closest < np.quantile(closest, _ISOLATED))
    labels[isolated] = labels.max(initial=-1) + 1 + np.arange(int(isolated.sum()))
    return np.asarray(labels[copy_of.ravel()], np.int64)


def _cluster(neighbours: Ints, similarities: Vectors, smallest: int) -> Ints:
    from hdbscan import HDBSCAN

    model = HDBSCAN(
        min_cluster_size=smallest,
        min_samples=max(3, min(5, smallest // 3)),
        approx_min_span_tree=False,
        core_dist_n_jobs=1,
    )
    return np.asarray(model.fit(spectral(fuzzy_graph(neighbours, similarities), _DIMENSIONS)).labels_, np.int64)
