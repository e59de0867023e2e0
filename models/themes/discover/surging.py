"""Which part of a theme rises, where a theme holds more than one problem."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.themes.discover.bisection import bisect
from models.themes.discover.emergence import NEIGHBOURS
from models.themes.window.ticket_window import Floats, Ints, nearest_in_each

Mask = NDArray[np.bool_]

MOST_MIXED = 0.3
"""Parts that lie mixed more than this are one problem; themes are merged from .5 on, so that what is parted stays parted."""

_TOGETHER = 0.85
"""Pairs in which the part's older ticket may be the newer one: a problem whose wording moves on is parted by age, two are not."""

_ROUNDS = 4

_SAMPLE = 200
"""Tickets of each part that say how far the two lie mixed."""


class Surge(NamedTuple):
    """The part of a theme that rises.

    `part` is a mask of shape (n,), `chance` that of so many recent tickets in it had the whole theme risen, `mixing` how far it lies
    mixed with the rest at most: 0 not at all, 1 as if at random.
    """

    part: Mask
    chance: float
    mixing: float


def surging_part(vectors: Floats, recent: Mask, least: int, level: float) -> Surge | None:
    """Find the part of a theme that rises while the rest does not.

    The theme is parted in two from its recent tickets on (`bisect`), and the part with more of them again, as long as each parting is
    one of two problems: their tickets do not lie mixed, the older ones came side by side, and the recent tickets are so many more
    on one side that a rise of both is implausible (Fisher 1935, the exact test).

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows of the theme's remembered tickets, oldest first.
    recent : mask of shape (n,)
        The tickets since the theme began to rise.
    least : int
        Fewest tickets of a part.
    level : float
        Significance of the test.

    Returns
    -------
    Surge or None
        None where the theme rises as one.
    """
    found = None
    rows = np.arange(len(vectors))
    for _ in range(_ROUNDS):
        one = _half(vectors[rows], recent[rows], least, level)
        if one is None:
            break
        rows = rows[one.part]
        inside = np.zeros(len(vectors), bool)
        inside[rows] = True
        found = Surge(inside, one.chance, max(one.mixing, found.mixing if found else 0.0))
    return found


def _half(vectors: Floats, recent: Mask, least: int, level: float) -> Surge | None:
    if len(vectors) < 2 * least or not recent.any():
        return None
    parting = bisect(vectors, vectors[recent].mean(axis=0, dtype=np.float64))
    if parting is None or not least <= int(parting.leaving.sum()) <= len(vectors) - least:
        return None
    rising = rising_side(parting.leaving, recent)
    chance = _chance(rising, recent)
    if chance > level or _newer(rising[~recent]) > _TOGETHER:
        return None
    mixed = mixing(vectors, rising)
    return Surge(rising, chance, mixed) if mixed <= MOST_MIXED else None


def rising_side(leaving: Mask, recent: Mask) -> Mask:
    """Of two parts, neither empty, the one of which a greater share is recent; the one that leaves where they are equal."""
    return leaving if recent[leaving].mean() >= recent[~leaving].mean() else ~leaving


def mixing(vectors: Floats, leaving: Mask) -> float:
    """How far two parts of n tickets lie mixed: 0 not at all, 1 as if at random.

    The share of the tickets' nearest others that lie in the other part, over the share of the other part in all; the larger of
    both directions counts. From at most 200 evenly spaced tickets of each part: linear in n.

    Parameters
    ----------
    vectors : array of shape (n, dimensions)
        Unit rows.
    leaving : mask of shape (n,)
        One of the parts; neither is empty.
    """
    return max(_share_of_others(vectors, leaving), _share_of_others(vectors, ~leaving))


def _share_of_others(vectors: Floats, own: Mask) -> float:
    rows = np.flatnonzero(own)
    rows = rows[np.linspace(0, len(rows) - 1, min(len(rows), _SAMPLE)).astype(np.int64)]
    found = np.concatenate(_nearest_others(vectors, rows))
    return float((~own[found]).mean() / (~own).mean())


def _nearest_others(vectors: Floats, rows: Ints) -> list[Ints]:
    """Places of the nearest others of some rows."""
    similarities = vectors[rows] @ vectors.T
    similarities[np.arange(len(rows)), rows] = -2.0
    return [places for places, _ in nearest_in_each(similarities, min(NEIGHBOURS, len(vectors) - 1))]


def _chance(part: Mask, recent: Mask) -> float:
    """Chance that so many of the recent tickets are of the part, if age and part had nothing to do with each other."""
    from scipy.stats import hypergeom

    return float(hypergeom.sf(int((part & recent).sum()) - 1, len(part), int(part.sum()), int(recent.sum())))


def _newer(part: Mask) -> float:
    """How often a ticket of a part is newer than one of the rest (Mann and Whitney 1947); 1 where one of the two has none."""
    own, others = int(part.sum()), int((~part).sum())
    if not own or not others:
        return 1.0
    ranks = float(np.flatnonzero(part).sum()) - own * (own - 1) / 2
    return ranks / (own * others)
