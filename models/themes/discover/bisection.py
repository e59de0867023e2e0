"""Where a theme could be split in two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Mask, Vectors

_ROUNDS = 30

_SEED_SHARE = 0.1
"""Share of the tickets, those nearest to a text, from which the text's half starts."""


@dataclass(frozen=True, slots=True)
class Bisection:
    """Two halves of a theme.

    `leaving` has shape (n,): True for the half that would become a theme of its own. `similarity` is the cosine of the
    halves' centres, `cohesion` the mean cosine of tickets to the centre of their half: the farther `similarity` is below
    `cohesion`, the better the halves are separated.
    """

    leaving: Mask
    similarity: float
    cohesion: float


def bisect(vectors: Vectors, like: Vectors | None = None) -> Bisection | None:
    """Split tickets in two by spherical 2-means (Dhillon and Modha 2001).

    The iterations start from the sign of the leading principal component or, with `like`, from the tickets nearest to that
    vector. The smaller half leaves; with `like` the one that started as its nearest.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows.
    like : array of shape (dimensions,), optional
        Vector of a text that describes what should leave.

    Returns
    -------
    Bisection or None
        None where the tickets cannot be split: fewer than two, or all equal.
    """
    rows = np.asarray(vectors, np.float64)
    if len(rows) < 2 or np.allclose(rows, rows[0]):
        return None
    leaving = _nearest(rows, np.asarray(like, np.float64)) if like is not None else _leading(rows)
    for _ in range(_ROUNDS):
        if not leaving.any() or leaving.all():
            return None
        ours, theirs = _centre(rows[leaving]), _centre(rows[~leaving])
        # Rounded, so that the order of summation has no influence.
        again = np.round(rows @ ours, 9) > np.round(rows @ theirs, 9)
        if (again == leaving).all():
            break
        leaving = again
    if not leaving.any() or leaving.all():
        return None
    if like is None and 2 * int(leaving.sum()) > len(rows):
        leaving = ~leaving
    ours, theirs = _centre(rows[leaving]), _centre(rows[~leaving])
    cohesion = float(np.where(leaving, rows @ ours, rows @ theirs).mean())
    return Bisection(leaving, round(float(ours @ theirs), 6), round(cohesion, 6))


def _nearest(rows: Floats, like: Floats) -> Mask:
    """Start from the rows nearest to a vector."""
    count = min(len(rows) - 1, max(3, round(_SEED_SHARE * len(rows))))
    order = np.argsort(-np.round(rows @ like, 9), kind="stable")
    leaving = np.zeros(len(rows), bool)
    leaving[order[:count]] = True
    return leaving


def _leading(rows: Floats) -> Mask:
    """Start from the sign of the leading principal component."""
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    centred = rows - rows.mean(axis=0)
    with threadpool_limits(limits=1):
        axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    # An eigenvector may come with either sign.
    axis *= np.sign(axis[int(np.argmax(np.abs(axis)))])
    return np.asarray(np.round(centred @ axis, 9) > 0, bool)


def _centre(rows: Floats) -> Floats:
    mean = rows.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9))
