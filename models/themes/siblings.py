"""Whether an emerging group belongs to a theme that emerged shortly before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from models.themes.memory import UNTHEMED, Floats, Ints, Memory

_NEWEST = 60
"""Tickets of a theme that make its centre: enough for a steady one, few enough to follow a drift."""

_NEARER_THAN = 0.95
"""Share of all pairs of themes that must lie farther apart than the group and its sibling do."""


def sibling(memory: Memory, rows: Ints, young: Collection[int]) -> int | None:
    """Find the young theme of which a group is another part: one problem often emerges in several wordings.

    It is the theme whose centre is nearest to the group's, themes that hold half of the group left aside
    (the test for surges has decided on those). It must be young, and nearer than 95 % of the pairs of themes
    are to each other, which calibrates nearness on the stream. None if there is no such theme.
    """
    held = Counter(memory.themes[rows].tolist())
    known = np.unique(memory.themes[memory.themes != UNTHEMED]).tolist()
    themes = [theme for theme in known if 2 * held[theme] < len(rows)]
    if len(themes) < 3 or not set(young).intersection(themes):
        return None
    centres = np.stack([_centre(memory.vectors[np.flatnonzero(memory.themes == theme)[-_NEWEST:]]) for theme in themes])
    # Rounded, so that the order of summation decides nothing.
    nearness = np.round(centres @ _centre(memory.vectors[rows]), 9)
    pairs = np.round((centres @ centres.T)[np.triu_indices(len(themes), 1)], 9)
    best = int(np.argmax(nearness))
    near_enough = nearness[best] >= np.quantile(pairs, _NEARER_THAN)
    return themes[best] if near_enough and themes[best] in young else None


def _centre(vectors: Floats) -> NDArray[np.float64]:
    mean = vectors.mean(axis=0, dtype=np.float64)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9))
