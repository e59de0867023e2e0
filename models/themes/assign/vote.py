"""Where a ticket belongs: a vote of its nearest remembered neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.themes.window.ticket_window import UNTHEMED, Floats, Ints, Neighbours, TicketWindow

STRONGEST = 3
"""Nearest tickets of a theme that say how close it comes; more favour large themes."""

_CALIBRATION_SAMPLE = 3_000

_FALSE_REFUSALS = 0.02
"""Share of a theme's own tickets that its threshold refuses: the price for keeping noise out."""

_LOOSE_THEMES = 0.25
"""One theme in four may be looser than the stream's threshold: noise that was taken for a theme is the loosest."""

_SPEAKING = 5
"""Tickets from which on a theme has a say in the threshold."""

_LOOSE = 0.25
"""Share of a young theme's tickets that are too loose to say who else belongs to it."""


@dataclass(frozen=True, slots=True)
class Vote:
    """Outcome for one ticket: the theme with most of the vote, how close it comes (a cosine), its share."""

    theme_id: int
    closeness: float
    share: float


NO_VOTE = Vote(UNTHEMED, -1.0, 0.0)


def vote(themes: Ints, similarities: Floats) -> Vote:
    """Let neighbours vote (the weighted nearest-neighbour rule, Dudani 1976).

    A neighbour's weight is its similarity above the farthest neighbour's, so that a young theme of few but
    close tickets wins against an old one of many that are farther.

    Parameters
    ----------
    themes : array of shape (k,)
        Theme of each neighbour, nearest first; unthemed ones take part in no vote.
    similarities : array of shape (k,)
        Their cosines, descending.
    """
    floor = float(similarities[-1]) - 1e-3 if len(similarities) else 0.0
    weights: dict[int, float] = {}
    strongest: dict[int, list[float]] = {}
    for theme, similarity in zip(themes.tolist(), similarities.tolist(), strict=True):
        if theme != UNTHEMED:
            weights[theme] = weights.get(theme, 0.0) + similarity - floor
            strongest.setdefault(theme, []).append(similarity)
    if not weights:
        return NO_VOTE
    best = max(weights, key=lambda theme: (weights[theme], -theme))
    top = strongest[best][:STRONGEST]
    return Vote(best, sum(top) / len(top), weights[best] / sum(weights.values()))


def calibrate(memory: TicketWindow, neighbours: int) -> float | None:
    """Threshold of closeness on this stream: what 49 in 50 tickets reach in their own theme, in all but loose themes.

    Each of the newest themed tickets is voted on as if it were new; one that would be voted elsewhere says
    nothing about closeness. Each theme has its own threshold, and the stream's is the first quartile of these. A
    quantile over all tickets would be the loosest themes' alone. None while no ticket is themed.
    """
    themed = np.flatnonzero(memory.themes != UNTHEMED)[-_CALIBRATION_SAMPLE:]
    reached: dict[int, list[float]] = {}
    for row, (places, similarities) in zip(themed, memory.neighbours(themed, neighbours), strict=True):
        outcome = vote(memory.themes[places], similarities)
        if outcome.theme_id == memory.themes[row]:
            reached.setdefault(outcome.theme_id, []).append(outcome.closeness)
    if not reached:
        return None
    speaking = [one for one in reached.values() if len(one) >= _SPEAKING] or list(reached.values())
    return float(np.quantile([np.quantile(one, _FALSE_REFUSALS) for one in speaking], _LOOSE_THEMES))


def own_closeness(themes: Ints, theme: int, around: Sequence[Neighbours]) -> float:
    """Closeness that three in four tickets of one theme reach in it, given the neighbours of each of them.

    `themes` has shape (n,): the theme of each remembered ticket. 1 where no ticket has a neighbour in its
    theme.
    """
    reached = []
    for places, similarities in around:
        own = similarities[themes[places] == theme][:STRONGEST].tolist()
        if own:
            reached.append(sum(own) / len(own))
    return float(np.quantile(reached, _LOOSE)) if reached else 1.0


def close_together(vectors: Floats) -> float:
    """Closeness that three in four of a few tickets reach among the others: vectors of shape (n, d); 1 below three."""
    if len(vectors) < STRONGEST:
        return 1.0
    similarities = vectors @ vectors.T
    others = similarities[~np.eye(len(vectors), dtype=bool)].reshape(len(vectors), -1)
    reached = np.sort(others, axis=1)[:, -STRONGEST:].mean(axis=1, dtype=np.float64)
    return float(np.quantile(reached, _LOOSE))
