"""Which subset of a theme rises, where a theme contains more than one problem."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np

from models.arrays import Mask, Vectors
from models.themes.assign.state import AssignmentState
from models.themes.discover.bisection import bisect
from models.themes.discover.changes import DiscoveryChanges
from models.themes.discover.separation import (
    LEAST_BAR,
    MERGED_FROM,
    Reference,
    evidently_two,
    large_enough,
    mixing,
    share_newer,
)
from models.themes.lineage import LineageReason
from models.themes.times import milliseconds

_MOST_NEWER = 0.85
"""Largest share of pairs in which the ticket of the rising subset is the newer one, among tickets from before the rise. A problem
whose wording changes falls into an old and a new subset; two problems overlap in time."""

_ROUNDS = 4


class Surge(NamedTuple):
    """The subset of a theme that rises, and the problems among the rest.

    `rising` is a mask of shape (n,), `others` are one or two, which with `rising` make up the theme. `chance` is that of so many
    recent tickets in the rising subset had all of the theme risen. `mixing` is how mixed the subsets are at most: 0 not at all,
    1 as if at random.
    """

    rising: Mask
    others: tuple[Mask, ...]
    chance: float
    mixing: float


class _Half(NamedTuple):
    rising: Mask
    chance: float
    mixing: float


def split_surging(
    state: AssignmentState,
    rising: Mapping[int, datetime],
    changes: DiscoveryChanges,
    reference: Reference | None = None,
) -> None:
    """Split themes of which only a subset rises; the largest subset stays.

    `rising` names themes whose volume rises, and since when; `reference` is that of `find_surge`.
    """
    window, fewest = state.window, state.settings.smallest_group
    for theme, since in sorted(rising.items()):
        if not state.constraints.may_split(theme):
            continue
        rows = window.rows_of_theme(theme)
        recent = window.times[rows] >= milliseconds(since)
        surge = find_surge(window.vectors[rows], recent, fewest, state.settings.part_level, reference)
        if surge is None:
            continue
        by_size = sorted((surge.rising, *surge.others), key=lambda part: -int(part.sum()))
        for part in by_size[1:]:
            leaving = state.movable(rows[part])
            if len(leaving) < fewest:
                continue
            born, share = state.new_theme(), len(leaving) / len(rows)
            changes.move_rows(leaving, born, LineageReason.SURGED)
            state.separate(theme, born)
            numbers = {"size": float(len(leaving)), "share": share, "chance": surge.chance, "mixing": surge.mixing}
            changes.add_birth(born, LineageReason.SURGED, theme, **numbers)


def find_surge(
    vectors: Vectors, recent: Mask, fewest: int, level: float, reference: Reference | None = None
) -> Surge | None:
    """Find the subset of a theme that rises while the rest does not.

    The theme is split in two starting from its recent tickets (`bisect`), and the half with more of them again, as long as each
    split is one of two problems: the recent tickets are so many more in one half that a rise of both is implausible (Fisher 1935,
    the exact test), the halves are not mixed (`mixing_bar`), and their older tickets came during the same time. What does not rise is
    cut in two where it is `evidently_two`.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows of the theme's tickets in the window, oldest first.
    recent : mask of shape (n,)
        The tickets since the theme began to rise.
    fewest : int
        Fewest tickets of a subset.
    level : float
        Significance of the test.
    reference : Reference, optional
        How alike the halves of known themes are.

    Returns
    -------
    Surge or None
        None where all of the theme rises.
    """
    rows, halves = np.arange(len(vectors)), []
    for _ in range(_ROUNDS):
        half = _rising_half(vectors[rows], recent[rows], fewest, level)
        if half is None:
            break
        rows = rows[half.rising]
        halves.append(half)
    if not halves:
        return None
    rising = np.isin(np.arange(len(vectors)), rows)
    return Surge(
        rising, _others(vectors, rising, reference, level), halves[-1].chance, max(half.mixing for half in halves)
    )


def mixing_bar(chance: float, level: float) -> float:
    """Return how mixed two problems may be, of which one rises with this chance of being no rise of its own.

    The bar rises from `LEAST_BAR` at the level to `MERGED_FROM`, as the weight of evidence, the logarithm of the chance (Good 1950),
    grows: halfway at the square of the level. Two problems in similar words are more mixed than two in different ones; what
    makes them two is that one of them rises alone. A chance above the level allows no mixing.
    """
    if chance > level:
        return 0.0
    weight = math.log(level) / math.log(chance) if chance > 0.0 else 0.0
    return MERGED_FROM - (MERGED_FROM - LEAST_BAR) * weight


def _others(vectors: Vectors, rising: Mask, reference: Reference | None, level: float) -> tuple[Mask, ...]:
    """Return what does not rise, as one or two problems."""
    rows = np.flatnonzero(~rising)
    halves = bisect(vectors[rows])
    if halves is None or not evidently_two(vectors[rows], halves.leaving, reference, level):
        return (~rising,)
    leaving = np.isin(np.arange(len(vectors)), rows[halves.leaving])
    return leaving, ~rising & ~leaving


def _rising_half(vectors: Vectors, recent: Mask, fewest: int, level: float) -> _Half | None:
    if len(vectors) < 2 * fewest or not recent.any():
        return None
    halves = bisect(vectors, vectors[recent].mean(axis=0, dtype=np.float64))
    if halves is None or not large_enough(halves.leaving, fewest):
        return None
    rising = rising_side(halves.leaving, recent)
    chance = _chance(rising, recent)
    if chance > level or share_newer(rising[~recent]) > _MOST_NEWER:
        return None
    mixed = mixing(vectors, rising)
    return _Half(rising, chance, mixed) if mixed <= mixing_bar(chance, level) else None


def rising_side(leaving: Mask, recent: Mask) -> Mask:
    """Return the half of which a greater share is recent, `leaving` where the shares are equal; no half is empty."""
    return leaving if recent[leaving].mean() >= recent[~leaving].mean() else ~leaving


def _chance(subset: Mask, recent: Mask) -> float:
    """Return the chance that so many of the recent tickets belong to the subset, if age and subset were independent."""
    from scipy.stats import hypergeom

    count = int((subset & recent).sum())
    return float(hypergeom.sf(count - 1, len(subset), int(subset.sum()), int(recent.sum())))
