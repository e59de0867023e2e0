"""What labels teach about similarity: a linear map of the embedding."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.themes.window.ticket_window import Floats, Ints, on_grid, unit

_CAUTION = 1.0
"""Strength of the pull to the identity, in texts: one labelled text in a direction moves it half the way."""

_PRECISION = 2.0**16


@dataclass(frozen=True, eq=False)
class LabelMap:
    """A linear map of vectors under which texts of one labelled theme lie closer.

    `mean` of shape (d,) is taken off before `matrix` of shape (d, d) is applied. `version` is a hash of both:
    vectors under two versions never compare.
    """

    mean: NDArray[np.float64]
    matrix: NDArray[np.float64]

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits of SHA-256 over mean and matrix; equal maps have equal versions."""
        return hashlib.sha256(self.mean.tobytes() + self.matrix.tobytes()).hexdigest()[:12]

    def apply(self, vectors: NDArray[np.floating]) -> Floats:
        """Map vectors of shape (n, d) to unit rows on the memory's grid; the mean itself becomes zeros."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        with threadpool_limits(limits=1):
            mapped = (np.asarray(vectors, np.float64) - self.mean) @ self.matrix
        return on_grid(unit(mapped))


def learn_map(vectors: Floats, known: Ints) -> LabelMap:
    """Learn a map that draws each labelled text to the mean of its theme, by ridge regression to the identity.

    It minimises |XW - T|^2 + |W - I|^2, where X are the labelled texts and T the means of their themes, both
    without the mean of all texts (Hoerl and Kennard 1970, with the identity in place of zero). Directions in
    which themes vary inside are shrunk, the others stay; with no label, or one text a theme, it is the identity.

    Parameters
    ----------
    vectors : array of shape (n, d)
        All texts, labelled or not.
    known : array of shape (n,)
        Theme of each text, -1 where nobody labelled it.

    Raises
    ------
    ValueError
        `vectors` has no row, or `known` another length.
    """
    from threadpoolctl import threadpool_limits

    if not len(vectors) or len(known) != len(vectors):
        raise ValueError(
            f"{len(vectors)} vectors and {len(known)} labels were given; pass at least one vector and one label each"
        )
    mean = vectors.mean(axis=0, dtype=np.float64)
    rows = np.flatnonzero(known >= 0)
    labelled = vectors[rows].astype(np.float64) - mean
    themes = np.unique(known[rows], return_inverse=True)[1].ravel()
    identity = np.eye(vectors.shape[1])
    with threadpool_limits(limits=1):
        target = _means(labelled, themes)[themes] if len(rows) else labelled
        matrix = np.linalg.solve(labelled.T @ labelled + _CAUTION * identity, labelled.T @ target + _CAUTION * identity)
    return LabelMap(mean, np.rint(matrix * _PRECISION) / _PRECISION)


def _means(rows: NDArray[np.float64], groups: Ints) -> NDArray[np.float64]:
    count = np.bincount(groups)
    sums = np.zeros((len(count), rows.shape[1]))
    np.add.at(sums, groups, rows)
    return np.asarray(sums / count[:, None], np.float64)
