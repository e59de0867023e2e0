"""Finds a group that has just begun: neighbours that are improbably recent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.themes.window.ticket_window import UNTHEMED, Ints, Neighbours, TicketWindow

NEIGHBOURS = 10

_WIDER = 15
"""Neighbours whose nearness is compared: enough to hold old ones, too."""

_RECENT_SHARE = 0.3
"""A window that holds more of the remembered tickets than this is not recent."""

_DEPENDENCE = 3
"""Members of a group share neighbours, so that many of their neighbours count as one independent draw."""


@dataclass(frozen=True, slots=True)
class Group:
    """An emerging group of remembered tickets, and what speaks for it.

    `rows` ascend. `surprise` is the chance of neighbours as recent as those of the ticket that called for the
    test; `excess` the chance of so many recent tickets among the group's neighbours if the known theme
    `rival` (0: the unthemed) were only surging; `recent_share` their share; `nearer` how often a recent neighbour of a
    ticket of the group is nearer than an old one, 1/2 if age and nearness had nothing to do with each other.
    """

    rows: tuple[int, ...]
    surprise: float
    excess: float
    recent_share: float
    rival: int
    nearer: float


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


def emerging_group(memory: TicketWindow, row: int, places: Ints, recent: int, surprise: float) -> Group:
    """Gather the group around a ticket and test it against each known theme next to it.

    The guard against surges: if a theme is merely surging, its recent tickets and its old ones lie mixed, so
    that among the group's neighbours the recent ones have the share they have in the whole theme. Many more
    mean that the recent ones lie apart: something new. `excess` is the largest, so the least favourable, of
    the binomial tails over the themes nearby; a theme that is itself new is all recent and leaves no excess,
    which is what keeps a group from being born twice.

    A theme that holds two problems defeats that guard if one of them surges: its new tickets lie apart from the theme's
    others, among old ones of their own kind. These are as near as the new ones, only fewer, where to a new problem all that
    is old is farther. `nearer` tells the two apart: the statistic of Mann and Whitney (1947) over recent and old neighbours.

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
    around = list(memory.neighbours(rows, _WIDER))
    slots = np.concatenate([found[:NEIGHBOURS] for found, _ in around])
    nearby = np.unique(np.concatenate((memory.themes[slots], memory.themes[rows]))).tolist()
    chances = {theme: _surge_chance(memory, theme, rows, slots, oldest) for theme in nearby}
    rival = max(nearby, key=lambda theme: (chances[theme], theme != UNTHEMED, -theme))
    share = float((slots >= oldest).mean())
    return Group(tuple(rows.tolist()), surprise, chances[rival], share, rival, _nearer(around, oldest))


def _nearer(around: Sequence[Neighbours], oldest: int) -> float:
    """Mean over tickets of the share of pairs of a recent and an old neighbour in which the recent one is nearer.

    `around` lists each ticket's neighbours. 1 where none has an old one.
    """
    shares = []
    for places, similarities in around:
        recent, old = similarities[places >= oldest], similarities[places < oldest]
        if len(recent) and len(old):
            shares.append(float((recent[:, None] > old).mean()))
    return sum(shares) / len(shares) if shares else 1.0


def _surge_chance(memory: TicketWindow, theme: int, rows: Ints, slots: Ints, oldest: int) -> float:
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
