"""Which subset of a theme rises, where a theme contains more than one problem."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np

from models.arrays import Ints, Mask, Vectors
from models.themes.assign.state import AssignmentState
from models.themes.discover.bisection import bisect
from models.themes.discover.changes import DiscoveryChanges
from models.themes.discover.recency import NEIGHBOURS
from models.themes.lineage import LineageReason
from models.themes.times import milliseconds
from models.themes.window.neighbours import ABSENT, nearest_in_each

MOST_MIXED = 0.3
"""Two subsets that are more mixed than this are one problem; themes are merged from .5 on, so that what is split stays split."""

_MOST_NEWER = 0.85
"""Largest share of pairs in which the ticket of the rising subset is the newer one, among tickets from before the rise. A problem
whose wording changes falls into an old and a new subset; two problems overlap in time."""

_ROUNDS = 4

_SAMPLE = 200
"""Tickets of each subset from which mixing is estimated."""


class Surge(NamedTuple):
    """The subset of a theme that rises.

    `rising` is a mask of shape (n,). `chance` is that of so many recent tickets in it had all of the theme risen. `mixing` is how
    mixed it is with the rest at most: 0 not at all, 1 as if at random.
    """

    rising: Mask
    chance: float
    mixing: float


def split_surging(state: AssignmentState, rising: Mapping[int, datetime], changes: DiscoveryChanges) -> None:
    """Split themes of which only a subset rises; the smaller subset leaves.

    `rising` names themes whose volume rises, and since when.
    """
    window, fewest = state.window, state.settings.smallest_group
    for theme, since in sorted(rising.items()):
        if theme in state.young or not state.constraints.may_split(theme):
            continue
        rows = window.rows_of_theme(theme)
        recent = window.times[rows] >= milliseconds(since)
        surge = find_surge(window.vectors[rows], recent, fewest, state.settings.part_level)
        if surge is None:
            continue
        smaller = surge.rising if 2 * int(surge.rising.sum()) <= len(rows) else ~surge.rising
        leaving = state.movable(rows[smaller])
        if len(leaving) < fewest:
            continue
        born, share = state.new_theme(), len(leaving) / len(rows)
        changes.move_rows(leaving, born, LineageReason.SURGED)
        numbers = {"size": float(len(leaving)), "share": share, "chance": surge.chance, "mixing": surge.mixing}
        changes.add_birth(born, LineageReason.SURGED, theme, **numbers)


def find_surge(vectors: Vectors, recent: Mask, fewest: int, level: float) -> Surge | None:
    """Find the subset of a theme that rises while the rest does not.

    The theme is split in two starting from its recent tickets (`bisect`), and the half with more of them again, as long as each
    split is one of two problems: their tickets are not mixed, the older ones came during the same time, and the recent tickets
    are so many more in one half that a rise of both is implausible (Fisher 1935, the exact test).

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows of the theme's tickets in the window, oldest first.
    recent : mask of shape (n,)
        The tickets since the theme began to rise.
    fewest : int
        Fewest tickets of a half.
    level : float
        Significance of the test.

    Returns
    -------
    Surge or None
        None where all of the theme rises.
    """
    found = None
    rows = np.arange(len(vectors))
    for _ in range(_ROUNDS):
        half = _rising_half(vectors[rows], recent[rows], fewest, level)
        if half is None:
            break
        rows = rows[half.rising]
        inside = np.zeros(len(vectors), bool)
        inside[rows] = True
        found = Surge(inside, half.chance, max(half.mixing, found.mixing if found else 0.0))
    return found


def _rising_half(vectors: Vectors, recent: Mask, fewest: int, level: float) -> Surge | None:
    if len(vectors) < 2 * fewest or not recent.any():
        return None
    halves = bisect(vectors, vectors[recent].mean(axis=0, dtype=np.float64))
    if halves is None or not fewest <= int(halves.leaving.sum()) <= len(vectors) - fewest:
        return None
    rising = rising_side(halves.leaving, recent)
    chance = _chance(rising, recent)
    if chance > level or _share_newer(rising[~recent]) > _MOST_NEWER:
        return None
    mixed = mixing(vectors, rising)
    return Surge(rising, chance, mixed) if mixed <= MOST_MIXED else None


def rising_side(leaving: Mask, recent: Mask) -> Mask:
    """Return the half of which a greater share is recent, `leaving` where the shares are equal; no half is empty."""
    return leaving if recent[leaving].mean() >= recent[~leaving].mean() else ~leaving


def mixing(vectors: Vectors, leaving: Mask) -> float:
    """Measure how mixed two subsets of n tickets are: 0 not at all, 1 as if at random.

    The share of the tickets' nearest others that belong to the other subset, over the share of the other subset in all; the
    larger of both directions counts. From at most 200 evenly spaced tickets of each subset: linear in n.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows.
    leaving : mask of shape (n,)
        One of the subsets; neither is empty.
    """
    return max(_share_of_others(vectors, leaving), _share_of_others(vectors, ~leaving))


def _share_of_others(vectors: Vectors, own: Mask) -> float:
    rows = np.flatnonzero(own)
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype(np.int64)]
    found = np.concatenate(_nearest_others(vectors, rows))
    return float((~own[found]).mean() / (~own).mean())


def _nearest_others(vectors: Vectors, rows: Ints) -> list[Ints]:
    """Return the nearest others of each of some rows."""
    similarities = vectors[rows] @ vectors.T
    similarities[np.arange(len(rows)), rows] = ABSENT
    return [found.rows for found in nearest_in_each(similarities, min(NEIGHBOURS, len(vectors) - 1))]


def _chance(subset: Mask, recent: Mask) -> float:
    """Return the chance that so many of the recent tickets belong to the subset, if age and subset were independent."""
    from scipy.stats import hypergeom

    count = int((subset & recent).sum())
    return float(hypergeom.sf(count - 1, len(subset), int(subset.sum()), int(recent.sum())))


def _share_newer(subset: Mask) -> float:
    """Return how often a ticket of a subset is newer than one of the rest (Mann and Whitney 1947); 1 where one of the two is empty."""
    own, others = int(subset.sum()), int((~subset).sum())
    if not own or not others:
        return 1.0
    ranks = float(np.flatnonzero(subset).sum()) - own * (own - 1) / 2
    return ranks / (own * others)
