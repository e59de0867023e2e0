"""Whether an emerging group belongs to a theme that emerged shortly before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from models.themes.window.ticket_window import Ints, TicketWindow

_LINKS = 5
"""Closest pairs of tickets that tell how near two groups come: a theme is its members, not only its centre."""

_NEWBORN, _RISE = 0.82, 0.5
"""Share of the stream's threshold of closeness that the links to a newborn must reach, and what is added to it until
the end of youth."""


def sibling(memory: TicketWindow, rows: Ints, young: Mapping[int, float], threshold: float) -> int | None:
    """Find the young theme of which a group is another part: one problem often emerges in several wordings.

    Two groups that emerge within hours are likely one event, two that emerge within days need to lie closer. So a young
    theme takes the group if the mean of their closest links reaches a bar that rises with its age, in units of the
    closeness that tickets of this stream have to their own theme. Of several it is the one that passes most clearly.
    Themes that hold half of the group are left aside: the test for surges has decided on those.

    Parameters
    ----------
    memory : Memory
    rows : array
        Rows of the group.
    young : mapping
        Young themes to the share of their youth that is over, in [0, 1].
    threshold : float
        Closeness that nearly all tickets reach in their own theme.
    """
    held = Counter(memory.themes[rows].tolist())
    best: tuple[float, int] | None = None
    for theme, age in young.items():
        members = np.flatnonzero(memory.themes == theme)
        if not len(members) or 2 * held[theme] >= len(rows):
            continue
        links = np.sort((memory.vectors[rows] @ memory.vectors[members].T).ravel())[-_LINKS:]
        spare = float(links.mean(dtype=np.float64)) - threshold * (_NEWBORN + _RISE * age)
        if spare >= 0.0 and (best is None or (spare, -theme) > (best[0], -best[1])):
            best = spare, theme
    return best[1] if best else None
