"""The vote of a ticket's nearest neighbours on its theme."""

from __future__ import annotations

from dataclasses import dataclass

from models.arrays import Ints, Vectors
from models.themes.window.ticket_window import UNTHEMED

CLOSEST_TICKETS = 3
"""Nearest tickets of a theme whose mean similarity is the closeness of a ticket to it; more favour large themes."""


@dataclass(frozen=True, slots=True)
class Vote:
    """Outcome for one ticket: the theme with most of the vote, the closeness to it (a cosine), its share in [0, 1]."""

    theme_id: int
    closeness: float
    share: float


NO_VOTE = Vote(UNTHEMED, -1.0, 0.0)


def vote(themes: Ints, similarities: Vectors) -> Vote:
    """Let neighbours vote (the weighted nearest-neighbour rule, Dudani 1976).

    A neighbour's weight is its similarity above the farthest neighbour's, so that a young theme of few but
    close tickets wins against an old one of many that are farther.

    Parameters
    ----------
    themes : array of shape (k,)
        Theme of each neighbour, nearest first; unthemed ones have no vote.
    similarities : array of shape (k,)
        Their cosines, descending.
    """
    floor = float(similarities[-1]) - 1e-3 if len(similarities) else 0.0
    weights: dict[int, float] = {}
    similarities_of: dict[int, list[float]] = {}
    for theme, similarity in zip(themes.tolist(), similarities.tolist(), strict=True):
        if theme != UNTHEMED:
            weights[theme] = weights.get(theme, 0.0) + similarity - floor
            similarities_of.setdefault(theme, []).append(similarity)
    if not weights:
        return NO_VOTE
    best = max(weights, key=lambda theme: (weights[theme], -theme))
    closest = similarities_of[best][:CLOSEST_TICKETS]
    return Vote(best, sum(closest) / len(closest), weights[best] / sum(weights.values()))
