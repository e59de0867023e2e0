"""How close the tickets of a stream come to their own themes: the thresholds of assignment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import Ints, Vectors
from models.themes.assign.vote import CLOSEST_TICKETS, vote
from models.themes.window.neighbours import Neighbours
from models.themes.window.ticket_window import UNTHEMED, TicketWindow

_SAMPLE = 3_000
"""Newest themed tickets from which a threshold is estimated."""

_FALSE_REFUSALS = 0.02
"""Share of a theme's own tickets that its threshold refuses: the price for rejecting noise."""

_LOOSE_THEMES = 0.25
"""One theme in four may be looser than the stream's threshold: noise that was taken for a theme is the loosest."""

_FEWEST_TICKETS = 5
"""Tickets from which on a theme counts for the threshold."""

_LOOSE_TICKETS = 0.25
"""Share of a young theme's tickets that are too loose to determine who else belongs to it."""


def calibrate(window: TicketWindow, neighbours: int) -> float | None:
    """Estimate the threshold of closeness: what 49 in 50 tickets reach in their own theme, in all but loose themes.

    Each of the newest themed tickets is voted on as if it were new; one that would be voted elsewhere is left out.
    Each theme has its own threshold, and the stream's is the first quartile of these. A quantile over all tickets
    would depend on the loosest themes alone. None while no ticket is themed.

    Parameters
    ----------
    window : TicketWindow
    neighbours : int
        Nearest tickets that vote.
    """
    themed = np.flatnonzero(window.themes != UNTHEMED)[-_SAMPLE:]
    closeness: dict[int, list[float]] = {}
    for row, (near, similarities) in zip(themed, window.neighbours(themed, neighbours), strict=True):
        outcome = vote(window.themes[near], similarities)
        if outcome.theme_id == window.themes[row]:
            closeness.setdefault(outcome.theme_id, []).append(outcome.closeness)
    if not closeness:
        return None
    counted = [values for values in closeness.values() if len(values) >= _FEWEST_TICKETS] or list(closeness.values())
    return float(np.quantile([np.quantile(values, _FALSE_REFUSALS) for values in counted], _LOOSE_THEMES))


def own_closeness(themes: Ints, theme: int, neighbours: Sequence[Neighbours]) -> float:
    """Find the closeness that three in four tickets of one theme reach in it; 1 where none has a neighbour in its theme.

    Parameters
    ----------
    themes : array of shape (n,)
        Theme of each ticket of the window.
    theme : int
    neighbours : sequence of Neighbours
        Of each ticket of the theme.
    """
    reached = []
    for rows, similarities in neighbours:
        own = similarities[themes[rows] == theme][:CLOSEST_TICKETS].tolist()
        if own:
            reached.append(sum(own) / len(own))
    return float(np.quantile(reached, _LOOSE_TICKETS)) if reached else 1.0


def closeness_among(vectors: Vectors) -> float:
    """Find the closeness that three in four of a few tickets reach among the others; 1 for fewer than three.

    `vectors` has shape (n, dimensions); the cost is quadratic in n.
    """
    if len(vectors) < CLOSEST_TICKETS:
        return 1.0
    similarities = vectors @ vectors.T
    others = similarities[~np.eye(len(vectors), dtype=bool)].reshape(len(vectors), -1)
    reached = np.sort(others, axis=1)[:, -CLOSEST_TICKETS:].mean(axis=1, dtype=np.float64)
    return float(np.quantile(reached, _LOOSE_TICKETS))
