"""Vectors as they are compared: rounded to a grid, without what all texts of a stream have in common."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.arrays import Ints, Vectors

GRID = 2048.0
"""Coordinates are rounded to multiples of 1/2048. Products are then multiples of 2**-22, and since a partial
sum of a dot product of unit vectors stays below 4, float32 represents it exactly. So similarities do not depend
on the order of summation: not on threads, epoch size, the processor's kernels, or a restart. The rounding
changes a cosine by about 0.0003."""


def on_grid(vectors: NDArray[np.floating]) -> Vectors:
    """Round vectors to the grid on which float32 dot products are exact: same shape, float32."""
    return np.asarray(np.rint(np.asarray(vectors, np.float32) * GRID) / GRID, np.float32)


def unit(vectors: NDArray[np.floating]) -> NDArray[np.floating]:
    """Scale the last axis to length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1.0)


def centred(vectors: NDArray[np.floating], centre: Vectors) -> Vectors:
    """Subtract the centre and scale to unit rows on the grid; a text at the centre becomes zeros.

    Vectors and centre are rounded to the grid first, so that the differences and their squares are exact whatever the
    order of summation.

    Parameters
    ----------
    vectors : array of shape (n, dimensions) or (dimensions,)
    centre : array of shape (dimensions,)
        On the grid; zeros subtract nothing.
    """
    rows = on_grid(vectors)
    if not centre.any():
        return rows
    return on_grid(unit(rows.astype(np.float64) - centre))


def centre_of(vectors: Vectors, groups: Ints) -> Vectors:
    """Find the vector without which texts of different groups are, on average, not similar: shape (dimensions,).

    Texts of one business occupy a narrow cone of the embedding space, so that cosines distinguish little and a few texts
    that are close to everything win every vote (Mu and Viswanath, "All-but-the-top", 2018; Hara et al., "Localized
    centering", 2015). The mean of all texts is too much where there are few groups: of a single group nothing but noise
    would be left. So the centre is a share s of the mean m of the groups' means, every group with the same weight. The
    share solves mean over i != j of (m_i - s m)(m_j - s m) = 0. It approaches 1 with many groups and is 0 for one.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows on the grid.
    groups : array of shape (n,)
        Group of each text, -1 for none.
    """
    grouped = groups >= 0
    numbers = np.unique(groups[grouped], return_inverse=True)[1].ravel()
    count = int(numbers.max(initial=-1)) + 1
    if count < 2:
        return np.zeros(vectors.shape[1], np.float32)
    means = np.zeros((count, vectors.shape[1]))
    np.add.at(means, numbers, vectors[grouped].astype(np.float64))
    means /= np.bincount(numbers)[:, None]
    mean = means.sum(axis=0) / count
    length = float((mean * mean).sum())
    between = (count * length - float((means * means).sum()) / count) / (count - 1)
    if between <= 0.0:
        return np.zeros(vectors.shape[1], np.float32)
    return on_grid((1.0 - np.sqrt(max(0.0, 1.0 - between / length))) * mean)


def steps_of(centre: Vectors) -> list[int]:
    """Write a centre as steps of the grid, JSON-ready; empty where nothing is subtracted."""
    return [int(step) for step in np.rint(centre * GRID).tolist()] if centre.any() else []


def from_steps(steps: Sequence[int], dimensions: int) -> Vectors:
    """Read back what `steps_of` wrote: shape (dimensions,)."""
    return on_grid(np.array(steps) / GRID) if steps else np.zeros(dimensions, np.float32)
