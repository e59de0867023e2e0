"""Themes that have come to contain the same tickets, and their merges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from models.arrays import Ints, Vectors
from models.themes.assign.state import AssignmentState
from models.themes.assign.vote import CLOSEST_TICKETS
from models.themes.discover.changes import DiscoveryChanges
from models.themes.lineage import LineageReason
from models.themes.times import length_in_milliseconds
from models.themes.window.ticket_window import UNTHEMED, TicketWindow

_NEWEST = 30
"""Tickets that represent a theme as it is now."""

_PAIRS = 50
"""Pairs of themes with the closest centres, whose neighbours are compared."""

_MIXED = 0.5
"""Least share of the neighbours that two themes would share if they were one."""


class MixedPair(NamedTuple):
    """Two themes, the older (smaller id) first, and how mixed their newest tickets are: 1 if at random."""

    older: int
    younger: int
    mixing: float


@dataclass
class Convergence:
    """Merges two themes that were mixed at the last comparison and still are: over-merging hurts more than over-splitting.

    Parameters
    ----------
    state : AssignmentState
    compared_at : int
        Event time of the last comparison, in milliseconds since 1970.
    mixed : list of (older, younger)
        The pairs that were mixed at the last comparison.
    """

    state: AssignmentState
    compared_at: int = 0
    mixed: list[tuple[int, int]] = field(default_factory=list)

    def run(self, changes: DiscoveryChanges) -> None:
        """Compare themes if it is due, and merge."""
        state, settings = self.state, self.state.settings
        if changes.time - self.compared_at < length_in_milliseconds(settings.compare_after):
            return
        self.compared_at = changes.time
        before, self.mixed = set(self.mixed), []
        merged: set[int] = set()
        for older, younger, mixing in mixed_themes(state.window, settings.neighbours, state.smallest_theme):
            if merged & {older, younger} or not state.may_merge(younger, older):
                continue
            if (older, younger) not in before:
                self.mixed.append((older, younger))
                continue
            share = float((state.window.themes == younger).sum() / np.isin(state.window.themes, (older, younger)).sum())
            state.merge(younger, older)
            self.drop(younger)
            merged.add(younger)
            changes.add_merge(
                younger, older, LineageReason.CONVERGED, mixing=mixing, share_carried=1.0, share_of_both=share
            )
        self.mixed = [pair for pair in self.mixed if not merged & set(pair)]

    def drop(self, theme: int) -> None:
        """Forget the pairs of a theme that ended."""
        self.mixed = [pair for pair in self.mixed if theme not in pair]


def mixed_themes(window: TicketWindow, neighbours: int, fewest: int) -> list[MixedPair]:
    """Find pairs of themes whose newest tickets are mixed, most mixed first.

    Had both the same distribution, a ticket's neighbours in the two would belong to the other theme in proportion to
    its size. The share that does, over that proportion, is computed in both directions, and the smaller one counts: a
    small theme inside a large one is a subset of it, not the same theme.

    Parameters
    ----------
    window : TicketWindow
    neighbours : int
        Nearest tickets that are compared.
    fewest : int
        Themes with fewer tickets in the window are left out.
    """
    themes, counts = np.unique(window.themes[window.themes != UNTHEMED], return_counts=True)
    themes, counts = themes[counts >= fewest], counts[counts >= fewest]
    if len(themes) < 2:
        return []
    sizes = dict(zip(themes.tolist(), counts.tolist(), strict=True))
    newest = _newest_rows(window.themes, set(sizes))
    pairs = _closest_pairs(themes.tolist(), [window.vectors[newest[theme]] for theme in themes.tolist()])
    themes_of_neighbours = {
        theme: np.concatenate([window.themes[found.rows] for found in window.neighbours(newest[theme], neighbours)])
        for theme in sorted({theme for pair in pairs for theme in pair})
    }
    found = [
        MixedPair(
            a, b, min(_mixing(themes_of_neighbours[a], sizes, a, b), _mixing(themes_of_neighbours[b], sizes, b, a))
        )
        for a, b in pairs
    ]
    return sorted((pair for pair in found if pair.mixing >= _MIXED), key=lambda pair: (-pair.mixing, pair))


def _newest_rows(themes: Ints, wanted: set[int]) -> dict[int, Ints]:
    """Return the rows of the newest tickets of each wanted theme, ascending."""
    order = np.argsort(themes, kind="stable")
    ranked = themes[order]
    edges = np.flatnonzero(np.diff(ranked, prepend=-1))
    groups = zip(edges.tolist(), [*edges.tolist()[1:], len(ranked)], strict=True)
    return {int(ranked[a]): order[max(a, b - _NEWEST) : b] for a, b in groups if int(ranked[a]) in wanted}


def _closest_pairs(themes: Sequence[int], members: Sequence[Vectors]) -> list[tuple[int, int]]:
    """Return the pairs of themes with the closest centres, closest first; `members` are vectors of each theme."""
    centres = np.stack([vectors.mean(axis=0, dtype=np.float64) for vectors in members])
    centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    # Rounded, so that the order of summation has no influence; single precision halves the cost of thousands of themes.
    single: Vectors = np.asarray(np.round(centres, 4), np.float32)
    similarities = np.triu(np.round(single @ single.T, 4), 1)
    count = min(_PAIRS, len(themes) * (len(themes) - 1) // 2)
    bound = np.partition(similarities.ravel(), similarities.size - count)[similarities.size - count]
    pairs = np.argwhere(similarities >= max(float(bound), 1e-3)).tolist()
    pairs.sort(key=lambda pair: (-similarities[pair[0], pair[1]], pair))
    return [(themes[a], themes[b]) for a, b in pairs[:count]]


def _mixing(themes_of_neighbours: Ints, sizes: Mapping[int, int], one: int, other: int) -> float:
    """Return how mixed theme `one` is with another, given the themes of its tickets' neighbours."""
    own, others = int((themes_of_neighbours == one).sum()), int((themes_of_neighbours == other).sum())
    if others < CLOSEST_TICKETS:
        return 0.0
    return others / (own + others) * (sizes[one] + sizes[other]) / sizes[other]
