"""Nearest-neighbour search by exact similarities."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.arrays import Ints, Vectors

ABSENT = -2.0
"""Below every cosine: marks what must not be found."""

_BLOCK = 256
"""Rows of similarities computed at once: enough for a full matrix product on two cores; 16 MB with 16,000 tickets."""

_STRIPES = 32

_MOST_CANDIDATES = 8
"""With more candidates than this factor times the wanted number, there are many equal vectors, and each row is searched alone."""


class Neighbours(NamedTuple):
    """Nearest tickets, nearest first: their rows and their similarities (cosines), both of shape (k,)."""

    rows: Ints
    similarities: Vectors


def neighbours_of(
    vectors: Vectors, rows: NDArray[np.integer], count: int, *, causal: bool = False
) -> Iterator[Neighbours]:
    """Find the nearest others of each of `rows`. Among equals the later row comes first.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows on the grid.
    rows : array of shape (m,)
        Rows of `vectors` whose neighbours are wanted.
    count : int
        Neighbours wanted; fewer are returned where there are no more.
    causal : bool
        True searches only among the rows before each row.
    """
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        # A causal search needs no similarities with rows after the last one of the block.
        end = int(block.max()) + 1 if causal else len(vectors)
        similarities = vectors[block] @ vectors[:end].T
        for line, row in zip(similarities, block.tolist(), strict=True):
            line[row : None if causal else row + 1] = ABSENT
        yield from nearest_in_each(similarities, count)


def nearest_in_each(similarities: Vectors, count: int) -> Iterator[Neighbours]:
    """Do what `nearest` does for each row of an array of shape (m, n), leaving out what is `ABSENT`.

    A row is cut into interleaved stripes; the `count`-th largest of the stripes' maxima is a lower bound for
    the `count`-th largest of the row, so that only the few values above it need sorting.
    """
    lines, width = similarities.shape
    length = width // _STRIPES
    if length < 4 * count:
        yield from (_without_absent(nearest(line, count)) for line in similarities)
        return
    striped = similarities[:, : length * _STRIPES].reshape(lines, _STRIPES, length)
    maxima = striped.max(axis=1)
    bound = np.partition(maxima, length - count, axis=1)[:, length - count]
    above = similarities >= np.maximum(bound, ABSENT / 2)[:, None]
    # Ten times faster than `np.nonzero` of two dimensions.
    found_lines, found_columns = np.divmod(np.flatnonzero(above), width)
    if len(found_lines) > _MOST_CANDIDATES * count * lines:
        yield from (_without_absent(nearest(line, count)) for line in similarities)
        return
    values = similarities[found_lines, found_columns]
    order = np.lexsort((-found_columns, -values, found_lines))
    columns, values = found_columns[order], values[order]
    ends = np.searchsorted(found_lines, np.arange(lines + 1))
    for start, end in pairwise(ends.tolist()):
        stop = min(end, start + count)
        yield Neighbours(columns[start:stop], values[start:stop])


def nearest(similarities: Vectors, count: int) -> Neighbours:
    """Find the positions and values of the `count` largest of an array of shape (n,), descending; among equals the later first."""
    if count <= 0:
        rows = np.arange(0)
    elif len(similarities) <= count:
        rows = np.arange(len(similarities))
    else:
        bound = np.partition(similarities, len(similarities) - count)[len(similarities) - count]
        above = np.flatnonzero(similarities > bound)
        equal = np.flatnonzero(similarities == bound)[len(above) - count :]
        rows = np.concatenate((above, equal))
    values = similarities[rows]
    order = np.lexsort((-rows, -values))
    return Neighbours(rows[order], values[order])


def _without_absent(found: Neighbours) -> Neighbours:
    present = found.similarities > ABSENT
    return Neighbours(found.rows[present], found.similarities[present])
