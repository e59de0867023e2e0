"""What a few labelled texts say of the others, along the neighbour graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from models.themes.window.ticket_window import Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_REACH = 0.9
"""Share of its score that a text takes from its neighbours in each round; the rest is what it was told itself."""

_ROUNDS = 40

_DOUBTED = 0.1
"""Share of the texts, those least decided, on which labels have no say."""


@dataclass(frozen=True, slots=True)
class LabelSpread:
    """Labels spread over a graph: `themes` ascending, and how much each text leans to each: shape (n, themes)."""

    themes: Ints
    scores: NDArray[np.float64]

    def voice(self) -> Ints:
        """The theme that each text leans to, as its place in `themes`: shape (n,), -1 where it is in doubt."""
        highest = self.scores.max(axis=1)
        share = np.round(highest / np.maximum(self.scores.sum(axis=1), 1e-300), 9)
        clear = (share >= np.quantile(share, _DOUBTED)) & (highest > 0)
        return np.where(clear, self.scores.argmax(axis=1), -1)

    def settle(self, groups: Ints, known: Ints) -> Ints:
        """Let each labelled theme be one group: what holds several is parted between them, what holds one joins it.

        Parameters
        ----------
        groups : array of shape (n,)
            Group of each text, from 0.
        known : array of shape (n,)
            Theme of each labelled text, -1 for the others.
        """
        settled = groups.copy()
        first = int(groups.max(initial=-1)) + 1
        for group in np.unique(groups[known >= 0]).tolist():
            inside = np.flatnonzero(groups == group)
            there = np.searchsorted(self.themes, np.unique(known[inside][known[inside] >= 0]))
            settled[inside] = first + there[self.scores[np.ix_(inside, there)].argmax(axis=1)]
        told = known >= 0
        settled[told] = first + np.searchsorted(self.themes, known[told])
        return settled


def spread_labels(graph: csr_array, known: Ints) -> LabelSpread:
    """Spread labels over a graph (Zhou, Bousquet, Lal, Weston and Scholkopf, "Learning with local and global consistency", 2004).

    Each theme starts with the same weight, whatever the number of its labelled texts.

    Parameters
    ----------
    graph : sparse array of shape (n, n)
        Symmetric weights.
    known : array of shape (n,)
        Theme of each labelled text, -1 for the others; at least one is labelled.
    """
    from scipy.sparse import diags_array

    themes, places = np.unique(known[known >= 0], return_inverse=True)
    told = np.zeros((len(known), len(themes)))
    told[np.flatnonzero(known >= 0), places.ravel()] = 1.0
    told /= np.sqrt(told.sum(axis=0))
    scale = diags_array(1.0 / np.sqrt(np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1e-12)))
    steps = (scale @ graph @ scale).tocsr()
    scores = told
    for _ in range(_ROUNDS):
        scores = _REACH * (steps @ scores) + (1.0 - _REACH) * told
    # Rounded, so that the order of summation decides nothing.
    return LabelSpread(themes.astype(np.int64), np.round(scores, 12))
