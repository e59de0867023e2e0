"""Themes that have come to hold the same tickets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.themes.assign.vote import STRONGEST
from models.themes.window.ticket_window import UNTHEMED, Floats, Ints, TicketWindow

_NEWEST = 30
"""Tickets that speak for a theme as it is now."""

_PAIRS = 50
"""Closest pairs of centres that are looked at more closely."""

_MIXED = 0.5
"""Of the neighbours that two themes would share if they were one, so many must be shared."""


class MixedPair(NamedTuple):
    """Two themes, the older (smaller id) first, and how far their newest tickets lie mixed: 1 if at random."""

    older: int
    younger: int
    mixing: float


def mixed_themes(memory: TicketWindow, neighbours: int, least: int) -> list[MixedPair]:
    """Find pairs of themes whose newest tickets lie mixed, most first.

    Had both the same distribution, a ticket's neighbours in the two would belong to the other theme in proportion to
    its size. The share that does, over that proportion, is taken in both directions, and the smaller one counts: a
    small theme inside a large one is a part of it, not its twin.

    Parameters
    ----------
    memory : Memory
    neighbours : int
        Nearest tickets that are looked at.
    least : int
        Themes with fewer remembered tickets are left out.
    """
    themes, counts = np.unique(memory.themes[memory.themes != UNTHEMED], return_counts=True)
    themes, counts = themes[counts >= least], counts[counts >= least]
    if len(themes) < 2:
        return []
    sizes = dict(zip(themes.tolist(), counts.tolist(), strict=True))
    newest = _newest(memory.themes, set(sizes))
    pairs = _closest(themes.tolist(), [memory.vectors[newest[theme]] for theme in themes.tolist()])
    asked = sorted({theme for pair in pairs for theme in pair})
    around = {
        theme: np.concatenate([memory.themes[places] for places, _ in memory.neighbours(newest[theme], neighbours)])
        for theme in asked
    }
    found = [MixedPair(a, b, min(_mixing(around, sizes, a, b), _mixing(around, sizes, b, a))) for a, b in pairs]
    return sorted((pair for pair in found if pair.mixing >= _MIXED), key=lambda pair: (-pair.mixing, pair))


def _newest(themes: Ints, wanted: set[int]) -> dict[int, Ints]:
    """Rows of the newest tickets of each theme, ascending."""
    order = np.argsort(themes, kind="stable")
    ranked = themes[order]
    edges = np.flatnonzero(np.diff(ranked, prepend=-1))
    groups = zip(edges.tolist(), [*edges.tolist()[1:], len(ranked)], strict=True)
    return {int(ranked[a]): order[max(a, b - _NEWEST) : b] for a, b in groups if int(ranked[a]) in wanted}


def _closest(themes: Sequence[int], members: Sequence[Floats]) -> list[tuple[int, int]]:
    centres = np.stack([vectors.mean(axis=0, dtype=np.float64) for vectors in members])
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    # Rounded, so that the order of summation decides nothing; single precision halves the cost of thousands of themes.
    single: NDArray[np.float32] = np.asarray(np.round(centres, 4), np.float32)
    nearness = np.triu(np.round(single @ single.T, 4), 1)
    count = min(_PAIRS, len(themes) * (len(themes) - 1) // 2)
    bound = np.partition(nearness.ravel(), nearness.size - count)[nearness.size - count]
    places = np.argwhere(nearness >= max(float(bound), 1e-3)).tolist()
    places.sort(key=lambda place: (-nearness[place[0], place[1]], place))
    return [(themes[a], themes[b]) for a, b in places[:count]]


def _mixing(around: dict[int, Ints], sizes: dict[int, int], one: int, other: int) -> float:
    own, theirs = int((around[one] == one).sum()), int((around[one] == other).sum())
    if theirs < STRONGEST:
        return 0.0
    return theirs / (own + theirs) * (sizes[one] + sizes[other]) / sizes[other]
