"""Statistical tests of emergence: neighbours that are improbably recent, and groups that no known theme explains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from models.arrays import Floats, Ints
from models.themes.window.neighbours import Neighbours
from models.themes.window.ticket_window import UNTHEMED, TicketWindow

NEIGHBOURS = 10

_COMPARED_NEIGHBOURS = 15
"""Neighbours whose similarities are compared: enough to include old ones."""

_RECENT_SHARE = 0.3
"""A period that contains more of the window's tickets than this is not recent."""

_DEPENDENCE = 3
"""Members of a group share neighbours, so that this many of their neighbours count as one independent draw."""


class RecencyTest(NamedTuple):
    """How improbably recent the neighbours of n tickets are.

    `chances` has shape (n,): the chance of each ticket's neighbours, 1 with fewer than 10 earlier tickets. `counts` has
    shape (n,): the number of neighbours in the period that was chosen for each.
    """

    chances: Floats
    counts: Ints


@dataclass(frozen=True, slots=True)
class EmergingGroup:
    """An emerging group of tickets in the window, and the evidence for it.

    `rows` ascend. `surprise` is the chance of neighbours as recent as those of the ticket that caused the test.
    `excess` is the chance of so many recent tickets among the group's neighbours if the known theme `rival` (0: the
    unthemed) were only surging. `recent_share` is their share. `nearer` is how often a recent neighbour of a
    ticket of the group is nearer than an old one: 1/2 if age and similarity were independent.
    """

    rows: tuple[int, ...]
    surprise: float
    excess: float
    recent_share: float
    rival: int
    nearer: float


def improbably_recent(rows: Sequence[int], neighbours: Sequence[Ints], fewest: int) -> RecencyTest:
    """Test whether tickets' neighbours are more recent than they would be had nothing changed.

    A neighbour's age is the share of the window's tickets that came after it, so the test does not depend on day,
    night and volume. For each r from `fewest` to 10, the binomial tail of r of 10 neighbours at or below the
    r-th age is computed; the smallest, corrected for the choice (Bonferroni), is the chance. This is the
    statistic of Berk and Jones (1979), which needs no period set beforehand.

    Parameters
    ----------
    rows : sequence of n rows
        The tickets, as rows of the window.
    neighbours : sequence of n arrays
        Rows of each ticket's nearest earlier tickets, nearest first.
    fewest : int
        The fewest recent neighbours that indicate a group.
    """
    from scipy.special import bdtrc

    ages = np.ones((len(rows), NEIGHBOURS))
    for line, (row, near) in enumerate(zip(rows, neighbours, strict=True)):
        if len(near) >= NEIGHBOURS:
            ages[line] = np.sort((row - near[:NEIGHBOURS]) / row)
    counts = np.arange(fewest, NEIGHBOURS + 1)
    reached = ages[:, counts - 1]
    tails = np.where(reached <= _RECENT_SHARE, bdtrc(counts - 1, NEIGHBOURS, reached), 1.0)
    best = np.argmin(tails, axis=1)
    chances = np.minimum(1.0, tails[np.arange(len(rows)), best] * len(counts))
    return RecencyTest(chances, counts[best])


def emerging_group(window: TicketWindow, row: int, near: Ints, recent: int, surprise: float) -> EmergingGroup:
    """Collect the group around a ticket and test it against each known theme next to it.

    The test excludes surges. If a theme is merely surging, its recent tickets and its old ones are mixed, so that
    recent ones have the same share among the group's neighbours as in the theme. A much larger share means that the recent
    ones are separate: something new. `excess` is the largest, so the least favourable, of the binomial tails over
    the themes nearby. A theme that is itself new is all recent and leaves no excess, which prevents a group from being
    found twice.

    A theme that contains two problems defeats that test if one of them surges: its new tickets are separate from most of
    the theme, among old ones of their own problem. These are as near as the new ones, only fewer, whereas for a new problem
    everything old is farther. `nearer` distinguishes the two: the statistic of Mann and Whitney (1947) over recent and old
    neighbours.

    Parameters
    ----------
    window : TicketWindow
    row : int
        The ticket whose neighbours are improbably recent.
    near : array
        Rows of its nearest earlier tickets, nearest first, at least 10.
    recent : int
        How many of the first 10 are in the recent period.
    surprise : float
        Their chance, as `improbably_recent` returned it.
    """
    nearest = near[:NEIGHBOURS]
    oldest = int(np.sort(nearest)[::-1][recent - 1])
    rows = np.sort(np.append(nearest[nearest >= oldest], row))
    neighbours = list(window.neighbours(rows, _COMPARED_NEIGHBOURS))
    draws = np.concatenate([found.rows[:NEIGHBOURS] for found in neighbours])
    nearby = np.unique(np.concatenate((window.themes[draws], window.themes[rows]))).tolist()
    chances = {theme: _surge_chance(window, theme, rows, draws, oldest) for theme in nearby}
    rival = max(nearby, key=lambda theme: (chances[theme], theme != UNTHEMED, -theme))
    share = float((draws >= oldest).mean())
    return EmergingGroup(
        tuple(rows.tolist()), surprise, chances[rival], share, rival, _share_nearer(neighbours, oldest)
    )


def _share_nearer(neighbours: Sequence[Neighbours], oldest: int) -> float:
    """Average over tickets the share of pairs of a recent and an old neighbour in which the recent one is nearer.

    `neighbours` are those of each ticket, `oldest` is the first recent row. 1 where no ticket has an old neighbour.
    """
    shares = []
    for rows, similarities in neighbours:
        recent, old = similarities[rows >= oldest], similarities[rows < oldest]
        if len(recent) and len(old):
            shares.append(float((recent[:, None] > old).mean()))
    return sum(shares) / len(shares) if shares else 1.0


def _surge_chance(window: TicketWindow, theme: int, rows: Ints, draws: Ints, oldest: int) -> float:
    """Return the chance of so many recent tickets among the neighbours `draws`, if `theme` contained the group and surged."""
    from scipy.special import bdtrc

    own = window.themes == theme
    new = int((window.themes[rows] != theme).sum())
    if theme == UNTHEMED:
        # The unthemed tickets are no theme that could surge, and where all else is themed they are the group itself. So a
        # group of unthemed tickets is compared with all tickets.
        own, new = np.ones(len(own), bool), 0
    old = int(own[:oldest].sum())
    new += int(own[oldest:].sum())
    drawn_old = int(((draws < oldest) & own[draws]).sum())
    drawn_new = int((draws >= oldest).sum())
    if not drawn_new:
        return 1.0
    # `scipy.stats.binom` gives the same tail to the last digit but one, and takes a hundred times longer for a single value.
    independent = max(1, (drawn_new + drawn_old) // _DEPENDENCE)
    hits = round(independent * drawn_new / (drawn_new + drawn_old))
    return float(bdtrc(hits - 1, independent, new / (new + old))) if hits else 1.0
