"""What the texts of a stream have in common whatever they are about: taken off before they are compared."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.themes.window.ticket_window import GRID, Floats, Ints, on_grid


def centre_of(vectors: Floats, groups: Ints) -> Floats:
    """Find the vector without which texts of different groups are, on average, not alike: shape (dimensions,).

    Texts of one business lie in a narrow cone of the embedding, so that cosines tell little and a few texts that are
    near to everything win every vote (Mu and Viswanath, "All-but-the-top", 2018; Hara et al., "Localized centering",
    2015). The mean of all texts is too much where there are few groups: of a single one nothing but noise would be left.
    So it is a share of the mean m of the groups' means, every group counting the same, that solves
    mean over i != j of (m_i - s m)(m_j - s m) = 0. It nears 1 with many groups and is 0 for one.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows on the memory's grid.
    groups : array of shape (n,)
        Group of each text, -1 for none.
    """
    there = groups >= 0
    numbers = np.unique(groups[there], return_inverse=True)[1].ravel()
    count = int(numbers.max(initial=-1)) + 1
    if count < 2:
        return np.zeros(vectors.shape[1], np.float32)
    means = np.zeros((count, vectors.shape[1]))
    np.add.at(means, numbers, vectors[there].astype(np.float64))
    means /= np.bincount(numbers)[:, None]
    mean = means.sum(axis=0) / count
    whole = float((mean * mean).sum())
    between = (count * whole - float((means * means).sum()) / count) / (count - 1)
    if between <= 0.0:
        return np.zeros(vectors.shape[1], np.float32)
    return on_grid((1.0 - np.sqrt(max(0.0, 1.0 - between / whole))) * mean)


def steps_of(centre: Floats) -> list[int]:
    """Write a centre as steps of the grid, JSON-ready; empty where nothing is taken off."""
    return [int(step) for step in np.rint(centre * GRID).tolist()] if centre.any() else []


def from_steps(steps: Sequence[int], dimensions: int) -> Floats:
    """Read back what `steps_of` wrote: shape (dimensions,)."""
    return on_grid(np.array(steps) / GRID) if steps else np.zeros(dimensions, np.float32)
