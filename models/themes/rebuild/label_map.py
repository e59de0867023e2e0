"""A linear map of the embedding, learned from labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats, Ints, Vectors
from models.themes.window.centering import on_grid, unit

_REGULARISATION = 1.0
"""Strength of the regularisation towards the identity, in texts: one labelled text in a direction moves it half the way."""

_PRECISION = 2.0**16


@dataclass(frozen=True, eq=False)
class LabelMap:
    """A linear map of vectors that makes texts of one labelled theme more similar.

    `mean` of shape (d,) is subtracted before `matrix` of shape (d, d) is applied. `version` is a hash of both:
    vectors of two versions cannot be compared.
    """

    mean: Floats
    matrix: Floats

    @property
    def version(self) -> str:
        """Twelve hexadecimal digits of SHA-256 over mean and matrix; equal maps have equal versions."""
        return hashlib.sha256(self.mean.tobytes() + self.matrix.tobytes()).hexdigest()[:12]

    def dump(self) -> bytes:
        """Serialize mean and matrix as little-endian float64, mean first: 8 * (d + d * d) bytes."""
        return self.mean.astype("<f8").tobytes() + self.matrix.astype("<f8").tobytes()

    @classmethod
    def load(cls, state: bytes) -> LabelMap:
        """Restore a map from what `dump` returned. Raises `ValueError` for bytes of another length."""
        dimensions = int((np.sqrt(1.0 + len(state) / 2.0) - 1.0) / 2.0)
        if not dimensions or 8 * dimensions * (dimensions + 1) != len(state):
            raise ValueError(f"received {len(state)} bytes; a label map of d dimensions has 8 * (d + d * d); refit it")
        values = np.frombuffer(state, "<f8").astype(np.float64)
        return cls(values[:dimensions], values[dimensions:].reshape(dimensions, dimensions))

    def apply(self, vectors: NDArray[np.floating]) -> Vectors:
        """Map vectors of shape (n, d) to unit rows on the grid; the mean itself becomes zeros."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        with threadpool_limits(limits=1):
            mapped = (np.asarray(vectors, np.float64) - self.mean) @ self.matrix
        return on_grid(unit(mapped))


def learn_map(vectors: Vectors, known: Ints) -> LabelMap:
    """Learn a map that moves each labelled text towards the mean of its theme, by ridge regression towards the identity.

    It minimises |XW - T|^2 + |W - I|^2, where X are the labelled texts and T the means of their themes, both
    without the mean of all texts (Hoerl and Kennard 1970, with the identity in place of zero). Directions in
    which texts of one theme vary are shrunk, the others stay. With no label, or one text a theme, it is the identity.

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
        matrix = np.linalg.solve(
            labelled.T @ labelled + _REGULARISATION * identity, labelled.T @ target + _REGULARISATION * identity
        )
    return LabelMap(mean, np.rint(matrix * _PRECISION) / _PRECISION)


def _means(rows: Floats, groups: Ints) -> Floats:
    count = np.bincount(groups)
    sums = np.zeros((len(count), rows.shape[1]))
    np.add.at(sums, groups, rows)
    return np.asarray(sums / count[:, None], np.float64)
