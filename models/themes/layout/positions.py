"""Positions of themes in two dimensions, which change little from one layout to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.arrays import Floats, Ints, Mask, Vectors
from models.themes.layout.families import NO_FAMILY

ALL_PAIRS = 500
"""Themes up to which all pairs of them are compared; of more, each with its neighbours and twice `_STEPS` others."""

_STEPS = 25
_NEIGHBOURS = 12
_AT_ONCE = 10_000
"""Pairs whose vectors are in memory at once, 15 MB of each side."""

_ROUNDS = 60
_SETTLED = 1e-4
"""Mean movement below which the rounds end, of a map that is 2 wide."""

_FAMILY = 0.4
"""Distances inside a family are drawn this much shorter, so that it can be seen as a group."""

_ANCHOR = 1.0
"""Weight of a theme's former position against the whole of its distances to others."""

_NEAREST = 3
"""Placed themes that a new one begins between."""

_EDGE = 0.98


def place_themes(directions: Vectors, families: Ints, before: Floats, known: Mask) -> Floats:
    """Place themes so that distances on the map follow their cosine distances.

    The stress of the distances (weight: one over the square of each) is lowered by majorization (Gansner, Koren & North 2004),
    beyond `ALL_PAIRS` themes over neighbours and a sample of the others only (Chalmers 1996). Themes
    with a position begin there and are drawn back to it (anchoring: Brandes & Mader 2011); the others begin between their nearest
    placed ones. The first layout begins with the first two principal components, which is classical scaling (Gower 1966).

    Parameters
    ----------
    directions : array of shape (n, dimensions)
        Unit rows, see `arrange.directions_of`, by ascending theme id.
    families : array of shape (n,)
        Number of each theme's family, `NO_FAMILY` for none.
    before : array of shape (n, 2)
        Former positions, where `known`.
    known : array of shape (n,)
        Which themes have a former position.

    Returns
    -------
    Floats
        Shape (n, 2), between -1 and 1.
    """
    number = len(directions)
    if number < 2:
        return before.copy() if known.all() else np.zeros((number, 2))
    placed = known.sum() >= 3
    start = between_nearest(directions, before, known) if placed else _principal(directions)
    pairs, target = _targets(directions, families)
    found = _lower_stress(start, pairs, target, anchors=before if placed else None, anchored=known)
    if placed:
        found = _aligned(found, before, known)
        return np.clip(found, -1.0, 1.0)
    found -= (found.max(axis=0) + found.min(axis=0)) / 2
    return found * (_EDGE / max(float(np.abs(found).max()), 1e-9))


def positions_of(theme_ids: Sequence[int], stored: Mapping[int, tuple[float, float]]) -> tuple[Floats, Mask]:
    """Return the stored positions of themes, shape (n, 2), and which themes have one, shape (n,)."""
    known = np.array([theme in stored for theme in theme_ids], bool)
    places = np.array([stored.get(theme, (0.0, 0.0)) for theme in theme_ids], np.float64).reshape(-1, 2)
    return places, known


def _principal(directions: Vectors) -> Floats:
    """Return the first two principal components, each with its largest entry positive, so that no sign is left to chance."""
    exact = directions.astype(np.float64)
    exact -= exact.mean(axis=0)
    _, axes = np.linalg.eigh(exact.T @ exact)
    found = exact @ axes[:, ::-1][:, :2]
    found *= np.where(found[np.abs(found).argmax(axis=0), [0, 1]] < 0, -1.0, 1.0)
    return _apart(found)


def between_nearest(directions: Vectors, before: Floats, known: Mask) -> Floats:
    """Return the former positions, and for the other themes one between the placed themes that are most similar; shape (n, 2)."""
    start = before.copy()
    placed, missing = np.flatnonzero(known), np.flatnonzero(~known)
    if len(missing):
        similar = directions[missing] @ directions[placed].T
        nearest = np.argsort(-similar, axis=1, kind="stable")[:, :_NEAREST]
        weights = np.maximum(np.take_along_axis(similar, nearest, axis=1), 1e-3)[:, :, None]
        start[missing] = (before[placed[nearest]] * weights).sum(axis=1) / weights.sum(axis=1)
    return _apart(start)


def _apart(places: Floats) -> Floats:
    """Move places apart by a little that depends on their order alone: equal places have no direction."""
    angles = np.arange(len(places)) * 2.399963
    spread = 1e-3 * max(float(np.abs(places).max(initial=0.0)), 1.0)
    return places + spread * np.column_stack((np.cos(angles), np.sin(angles)))


def _targets(directions: Vectors, families: Ints) -> tuple[Ints, Floats]:
    """Return the compared pairs, shape (m, 2), and the distance that each should have, shape (m,)."""
    number = len(directions)
    pairs = np.column_stack(np.triu_indices(number, 1)) if number <= ALL_PAIRS else _some_pairs(directions)
    similar = np.empty(len(pairs))
    for at in range(0, len(pairs), _AT_ONCE):
        heads, tails = directions[pairs[at : at + _AT_ONCE].T]
        similar[at : at + _AT_ONCE] = np.einsum("ij,ij->i", heads, tails)
    # The distance between unit vectors, not its square: that of a map can be it.
    target = np.sqrt(np.maximum(2.0 - 2.0 * similar, 0.01))
    ours = families[pairs]
    target[(ours[:, 0] == ours[:, 1]) & (ours[:, 0] != NO_FAMILY)] *= _FAMILY
    # The widest map of such distances is about as wide as the greatest of them.
    return pairs, target * (1.6 / float(target.max()))


def _some_pairs(directions: Vectors) -> Ints:
    """Return the pairs of each theme with its neighbours, and with as many others as any other theme.

    The others are those at fixed steps in the order of the themes: most pairs are the same where a few themes come or go.
    """
    number = len(directions)
    half = 2 ** int(np.log2(number / 2))
    steps = np.random.default_rng(0).choice(np.arange(1, half + 1), _STEPS, replace=False)
    near = np.empty((number, _NEIGHBOURS), np.int64)
    for start in range(0, number, 1_000):
        similar = directions[start : start + 1_000] @ directions.T
        similar[np.arange(len(similar)), np.arange(start, start + len(similar))] = -2.0
        near[start : start + len(similar)] = np.argpartition(-similar, _NEIGHBOURS, axis=1)[:, :_NEIGHBOURS]
    every = np.arange(number)[:, None]
    others = np.concatenate((near, (every + steps) % number), axis=1)
    pairs = np.sort(np.column_stack((np.repeat(every, others.shape[1]), others.ravel())), axis=1)
    packed = np.unique(pairs[:, 0] * number + pairs[:, 1])
    unlike: Ints = np.column_stack((packed // number, packed % number))
    return unlike


def _lower_stress(start: Floats, pairs: Ints, target: Floats, *, anchors: Floats | None, anchored: Mask) -> Floats:
    """Move each place to where its weighted distances to the others fit best, half of the way, until little moves."""
    number = len(start)
    heads = np.concatenate((pairs[:, 0], pairs[:, 1]))
    tails = np.concatenate((pairs[:, 1], pairs[:, 0]))
    wanted = np.concatenate((target, target))
    weights = wanted**-2.0
    whole = np.bincount(heads, weights, number)
    pull = np.where(anchored, _ANCHOR * whole, 0.0) if anchors is not None else np.zeros(number)
    home = pull[:, None] * anchors if anchors is not None else np.zeros((number, 2))
    places = start
    for _ in range(_ROUNDS):
        apart = places[heads] - places[tails]
        length = np.maximum(np.hypot(apart[:, 0], apart[:, 1]), 1e-6)
        fitting = places[tails] + apart * (wanted / length)[:, None]
        sums = np.column_stack([np.bincount(heads, weights * fitting[:, axis], number) for axis in (0, 1)])
        better = (sums + home) / np.maximum(whole + pull, 1e-12)[:, None]
        moved = 0.5 * (better - places)
        places = places + moved
        if float(np.hypot(moved[:, 0], moved[:, 1]).mean()) < _SETTLED:
            break
    return places


def _aligned(found: Floats, before: Floats, known: Mask) -> Floats:
    """Turn, mirror and move the places onto the former ones (orthogonal Procrustes: Schönemann 1966)."""
    ours, theirs = found[known], before[known]
    middle, former = ours.mean(axis=0), theirs.mean(axis=0)
    left, _, right = np.linalg.svd((ours - middle).T @ (theirs - former))
    turned: Floats = (found - middle) @ (left @ right) + former
    return turned
