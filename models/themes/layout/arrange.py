"""Arranging themes: their families with names, and their positions, from one layout to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.arrays import Vectors
from models.themes.layout.families import NO_FAMILY, find_families, match_families
from models.themes.layout.family_names import name_families
from models.themes.layout.positions import between_nearest, place_themes, positions_of

_CENTRED = 8
"""Themes from which on distances are measured around their mean: what all tickets of a company have in common says nothing. The mean
of fewer themes is one of them nearly as much as it is that."""


@dataclass(frozen=True, slots=True)
class ArrangedTheme:
    """A theme as a layout reads it: `centre` is its mean vector, shape (dimensions,); `words` its name and keywords."""

    theme_id: int
    size: int
    centre: NDArray[np.floating]
    words: Sequence[str]


@dataclass(frozen=True, slots=True)
class ThemePlace:
    """Where a theme is: x and y between -1 and 1, and its family; None where it is in none."""

    x: float
    y: float
    family_id: int | None = None
    family_name: str | None = None


def arrange(themes: Sequence[ArrangedTheme], before: Mapping[int, ThemePlace]) -> dict[int, ThemePlace]:
    """Arrange themes anew, near where they were.

    Parameters
    ----------
    themes : sequence of ArrangedTheme
        In any order; the result does not depend on it.
    before : mapping of theme id to ThemePlace
        The layout before this one; empty at first.

    Returns
    -------
    dict of theme id to ThemePlace
        By ascending theme id. The same input gives the same layout.
    """
    ordered = sorted(themes, key=lambda one: (-one.size, one.theme_id))
    if not ordered:
        return {}
    ids = [one.theme_id for one in ordered]
    directions = directions_of(np.stack([one.centre for one in ordered]))
    former = _families_of(before)
    labels = find_families(directions, np.array([former.get(theme, NO_FAMILY) for theme in ids], np.int64))
    families = match_families(labels, ids, former)
    names = name_families(
        {one.theme_id: one.words for one in ordered},
        families,
        {place.family_id: place.family_name for place in before.values() if place.family_id and place.family_name},
    )
    by_id = np.argsort(ids)
    ids = sorted(ids)
    places, known = positions_of(ids, {theme: (place.x, place.y) for theme, place in before.items()})
    numbers = np.array([families.get(theme, NO_FAMILY) for theme in ids], np.int64)
    found = place_themes(directions[by_id], numbers, places, known)
    return {
        theme: ThemePlace(float(found[at, 0]), float(found[at, 1]), families.get(theme), names.get(families.get(theme, NO_FAMILY)))
        for at, theme in enumerate(ids)
    }  # fmt: skip


def add_themes(
    new: Mapping[int, NDArray[np.floating]],
    known: Mapping[int, NDArray[np.floating]],
    before: Mapping[int, ThemePlace],
) -> dict[int, ThemePlace]:
    """ThemePlace new themes between the placed ones that they are most similar to, until all are arranged anew.

    Parameters
    ----------
    new, known : mapping of theme id to array of shape (dimensions,)
        Centres of the themes to be placed, and of those that the last layout was made from.
    before : mapping of theme id to ThemePlace
        The layout; `known` themes without a place are left out of account.

    Returns
    -------
    dict of theme id to ThemePlace
        The new themes, in no family yet.
    """
    placed = [theme for theme in sorted(known) if theme in before]
    ids = sorted(new)
    if not placed or not ids:
        return {}
    directions = directions_of(np.stack([*(known[theme] for theme in placed), *(new[theme] for theme in ids)]))
    places, there = positions_of([*placed, *ids], {theme: (before[theme].x, before[theme].y) for theme in placed})
    found = np.clip(between_nearest(directions, places, there), -1.0, 1.0)[len(placed) :]
    return {theme: ThemePlace(float(x), float(y)) for theme, (x, y) in zip(ids, found.tolist(), strict=True)}


def directions_of(centres: NDArray[np.floating]) -> Vectors:
    """Return the directions of centres from their mean, unit rows; few centres are compared as they are."""
    exact = centres.astype(np.float64)
    if len(exact) >= _CENTRED:
        exact = exact - exact.mean(axis=0)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    directions: Vectors = (exact / np.maximum(lengths, 1e-9)).astype(np.float32)
    return directions


def _families_of(before: Mapping[int, ThemePlace]) -> dict[int, int]:
    return {theme: place.family_id for theme, place in before.items() if place.family_id is not None}
