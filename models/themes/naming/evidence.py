"""Representative tickets of a theme."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

_EDGE_QUANTILE = 0.1
"""The edge ticket is taken inside the outermost tenth, which contains wrong members."""


def representatives(vectors: NDArray[np.floating], times: Sequence[datetime], count: int = 5) -> list[int]:
    """Choose tickets that represent a theme: the most central, the newest typical one, one at the edge, then more.

    After the first three, tickets are chosen farthest-first (Gonzalez 1985) among the typical ones, so that
    the theme's variants are represented. Equal vectors appear once.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows.
    times : sequence of n datetimes
        Event times.
    count : int
        How many, at least 3; fewer are returned when there are fewer distinct tickets.

    Returns
    -------
    list of int
        Rows, in the order above; empty for an empty theme.
    """
    if not len(vectors):
        return []
    exact = np.asarray(vectors, np.float64)
    _, first = np.unique(exact, axis=0, return_index=True)
    rows = np.sort(first)
    closeness = np.round(exact[rows] @ exact.mean(axis=0), 9)
    typical = rows[closeness >= np.median(closeness)].tolist()
    by_closeness = rows[np.lexsort((rows, -closeness))].tolist()
    newest = max(typical, key=lambda row: (times[row], row))
    edge = by_closeness[min(len(rows) - 1, int(len(rows) * (1 - _EDGE_QUANTILE)))]
    chosen = list(dict.fromkeys([by_closeness[0], newest, edge]))
    while len(chosen) < min(max(3, count), len(rows)):
        others = [row for row in (typical if set(typical) - set(chosen) else by_closeness) if row not in chosen]
        similarities = np.round((exact[others] @ exact[chosen].T).max(axis=1), 9)
        chosen.append(others[int(np.argmin(similarities))])
    return chosen[: max(3, count)]
