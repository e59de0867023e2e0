"""Whether an emerging group belongs to a theme that emerged shortly before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from models.arrays import Ints
from models.themes.window.ticket_window import TicketWindow

_LINKS = 5
"""Closest pairs of tickets that measure the distance of two groups: a theme is its members, not only its centre."""

_LEAST_CLOSENESS, _INCREASE = 0.82, 0.5
"""Share of the stream's threshold of closeness that the links to a theme must reach when it has just emerged, and what is
added to it until the theme is no longer young."""


def sibling(window: TicketWindow, rows: Ints, young: Mapping[int, float], threshold: float) -> int | None:
    """Find the young theme that a group belongs to: one problem often emerges in several wordings.

    Two groups that emerge within hours are likely one event; two that emerge within days need to be closer. So a young
    theme takes the group if the mean of their closest links reaches a bar that rises with the theme's age, in units of the
    closeness that tickets of this stream have to their own theme. Of several themes the one that exceeds its bar most is
    chosen. Themes that contain half of the group are left out: the test for surges has decided on those.

    Parameters
    ----------
    window : TicketWindow
    rows : array
        Rows of the group.
    young : mapping
        Young themes to their age as a share of the time during which a theme is young, in [0, 1].
    threshold : float
        Closeness that nearly all tickets reach in their own theme.
    """
    shared = Counter(window.themes[rows].tolist())
    best: tuple[float, int] | None = None
    for theme, age in young.items():
        members = window.rows_of_theme(theme)
        if not len(members) or 2 * shared[theme] >= len(rows):
            continue
        links = np.sort((window.vectors[rows] @ window.vectors[members].T).ravel())[-_LINKS:]
        margin = float(links.mean(dtype=np.float64)) - threshold * (_LEAST_CLOSENESS + _INCREASE * age)
        if margin >= 0.0 and (best is None or (margin, -theme) > (best[0], -best[1])):
            best = margin, theme
    return best[1] if best else None
