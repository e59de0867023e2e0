"""Finds a group that has just begun: neighbours that are improbably recent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.themes.memory import UNTHEMED, Ints, Memory

NEIGHBOURS = 10

_RECENT_SHARE = 0.3
"""A window that holds more of the remembered tickets than this is not recent."""

_DEPENDENCE = 3
"""Members of a group share neighbours, so that many of their neighbours count as one independent draw."""


@dataclass(frozen=True, slots=True)
class Group:
    """An emerging group of remembered tickets, and what speaks for it.

    `rows` ascend. `surprise` is the chance of neighbours as recent as those of the ticket that called for the
    test; `excess` the chance of so many recent tickets among the group's neighbours if the known theme
    `rival` (0: the unthemed) were only surging; `recent_share` their share.
    """

    rows: tuple[int, ...]
    surprise: float
    excess: float
    recent_share: float
    rival: int


def improbably_recent(rows: Sequence[int], neighbours: Sequence[Ints], least: int) -> tuple[NDArray[np.float64], Ints]:
    """Chance of tickets' neighbours being as recent as they are, had nothing changed.

    A neighbour's age is the share of the remembered tickets that came after it, so the test is blind to day,
    night and volume. For each r from `least` to 10, the binomial tail of r of 10 neighbours at or below the
    r-th age is taken; the smallest, corrected for the choice (Bonferroni), is the chance. This is the
    statistic of Berk and Jones (1979), which needs no window set beforehand.

    Parameters
    ----------
    rows : sequence of n rows
        The tickets, as rows of the memory.
    neighbours : sequence of n arrays
        Rows of each ticket's nearest earlier tickets, nearest first.
    least : int
        The fewest recent neighbours that may speak for a group.

    Returns
    -------
    chances : array of shape (n,)
        1 for a ticket with fewer than 10 earlier ones.
    counts : array of shape (n,)
        For each ticket the number r of neighbours in the window that was chosen.
    """
    from scipy.special import bdtrc

    ages = np.ones((len(rows), NEIGHBOURS))
    for line, (row, places) in enumerate(zip(rows, neighbours, strict=True)):
        if len(places) >= NEIGHBOURS:
            ages[line] = np.sort((row - places[:NEIGHBOURS]) / row)
    counts = np.arange(least, NEIGHBOURS + 1)
    reached = ages[:, counts - 1]
    tails = np.where(reached <= _RECENT_SHARE, bdtrc(counts - 1, NEIGHBOURS, reached), 1.0)
    best = np.argmin(tails, axis=1)
    chances = np.minimum(1.0, tails[np.arange(len(rows)), best] * len(counts))
    return chances, counts[best]


def emerging_group(memory: Memory, row: int, places: Ints, recent: int, surprise: float) -> Group:
    """Gather the group around a ticket and test it against each known theme next to it.

    The guard against surges: if a theme is merely surging, its recent tickets and its old ones lie mixed, so
    that among the group's neighbours the recent ones have the share they have in the whole theme. Many more
    mean that the recent ones lie apart: something new. `excess` is the largest, so the least favourable, of
    the binomial tails over the themes nearby; a theme that is itself new is all recent and leaves no excess,
    which is what keeps a group from being born twice.

    Parameters
    ----------
    memory : Memory
    row : int
        The ticket whose neighbours are improbably recent.
    places : array
        Rows of its nearest earlier tickets, nearest first, at least 10.
    recent : int
        How many of the first 10 lie in the recent window.
    surprise : float
        Their chance, as `improbably_recent` gave it.
    """
    nearest = places[:NEIGHBOURS]
    oldest = int(np.sort(nearest)[::-1][recent - 1])
    rows = np.sort(np.append(nearest[nearest >= oldest], row))
    slots = np.concatenate([found for found, _ in memory.neighbours(rows, NEIGHBOURS)])
    nearby = np.unique(np.concatenate((memory.themes[slots], memory.themes[rows]))).tolist()
    chances = {theme: _surge_chance(memory, theme, rows, slots, oldest) for theme in nearby}
    rival = max(nearby, key=lambda theme: (chances[theme], theme != UNTHEMED, -theme))
    share = float((slots >= oldest).mean())
    return Group(tuple(rows.tolist()), surprise, chances[rival], share, rival)


def _surge_chance(memory: Memory, theme: int, rows: Ints, slots: Ints, oldest: int) -> float:
    """Chance of so many recent tickets among the neighbours `slots`, if `theme` held the group and surged."""
    from scipy.special import bdtrc

    own = memory.themes == theme
    new = int((memory.themes[rows] != theme).sum())
    if theme == UNTHEMED:
        # What is unthemed is no theme that could surge, and where all else is themed it is the group itself: a group of
        # unthemed tickets is compared with everything.
        own, new = np.ones(len(own), bool), 0
    old = int(own[:oldest].sum())
    new += int(own[oldest:].sum())
    near_old = int(((slots < oldest) & own[slots]).sum())
    near_new = int((slots >= oldest).sum())
    if not near_new:
        return 1.0
    drawn = max(1, (near_new + near_old) // _DEPENDENCE)
    hit = round(drawn * near_new / (near_new + near_old))
    return float(bdtrc(hit - 1, drawn, new / (new + old))) if hit else 1.0
