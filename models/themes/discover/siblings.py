"""Whether an emerging group belongs to a theme that emerged shortly before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from models.arrays import Ints
from models.themes.discover.separation import same_period_chance
from models.themes.window.ticket_window import TicketWindow

_LINKS = 5
"""Closest pairs of tickets that measure the distance of two groups: a theme is its members, not only its centre."""

_LEAST_CLOSENESS, _INCREASE = 0.82, 0.5
"""Share of the stream's threshold of closeness that the links to a theme must reach when it has just emerged, and what is
added to it until the theme is no longer young."""


def sibling(window: TicketWindow, rows: Ints, young: Mapping[int, float], threshold: float, level: float) -> int | None:
    """Find the young theme that a group belongs to: one problem often emerges in several wordings.

    The wordings of one problem come at the same time, and two that emerge within hours are likelier one event than two that
    emerge within days. So a young theme takes the group if both came during the same period, and if the mean of their closest links
    reaches a bar that rises with the theme's age, in units of the closeness that tickets of this stream have to their own theme. Of
    several themes the one that exceeds its bar most is chosen. A group of which a young theme holds half belongs to that theme or,
    if it came at another time, to none: given to another young theme, tickets would go to and fro between the two.

    Parameters
    ----------
    window : TicketWindow
    rows : array
        Rows of the group.
    young : mapping
        Young themes to their age as a share of the time during which a theme is young, in [0, 1].
    threshold : float
        Closeness that nearly all tickets reach in their own theme.
    level : float
        Significance at which a group and a theme came at different times.
    """
    shared = Counter(window.themes[rows].tolist())
    holder = next((theme for theme in young if 2 * shared[theme] >= len(rows)), None)
    if holder is not None:
        members = np.setdiff1d(window.rows_of_theme(holder), rows, assume_unique=True)
        return None if len(members) and another_event(rows, members, level) else holder
    best: tuple[float, int] | None = None
    for theme, age in young.items():
        members = np.setdiff1d(window.rows_of_theme(theme), rows, assume_unique=True)
        if not len(members) or another_event(rows, members, level):
            continue
        links = np.sort((window.vectors[rows] @ window.vectors[members].T).ravel())[-_LINKS:]
        margin = float(links.mean(dtype=np.float64)) - threshold * (_LEAST_CLOSENESS + _INCREASE * age)
        if margin >= 0.0 and (best is None or (margin, -theme) > (best[0], -best[1])):
            best = margin, theme
    return best[1] if best else None


def another_event(rows: Ints, members: Ints, level: float) -> bool:
    """Return whether a group came at such different times than a theme's other tickets that the two are not one event.

    Parameters
    ----------
    rows : array
        Rows of the group.
    members : array
        Rows of the theme's tickets, at least one of them outside the group.
    level : float
        Significance of the difference.
    """
    both = np.union1d(rows, members)
    return same_period_chance(np.isin(both, rows)) <= level
