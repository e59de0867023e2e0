"""Labels of a few texts spread to the others along the neighbour graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from models.arrays import Floats, Ints

if TYPE_CHECKING:
    from scipy.sparse import csr_array

_REACH = 0.9
"""Share of its score that a text takes from its neighbours in each round; the rest is its own label."""

_ROUNDS = 40

_UNCERTAIN = 0.1
"""Share of the texts, those with the least certain label, for which labels are not used."""


@dataclass(frozen=True, slots=True)
class LabelSpread:
    """Labels spread over a graph: `themes` ascending, and the score of each text for each theme: shape (n, themes)."""

    themes: Ints
    scores: Floats

    def partition(self) -> Ints:
        """Return the theme with each text's highest score, as its position in `themes`: shape (n,), -1 where it is uncertain."""
        highest = self.scores.max(axis=1)
        share = np.round(highest / np.maximum(self.scores.sum(axis=1), 1e-300), 9)
        clear = (share >= np.quantile(share, _UNCERTAIN)) & (highest > 0)
        return np.where(clear, self.scores.argmax(axis=1), -1)

    def settle(self, groups: Ints, known: Ints) -> Ints:
        """Make each labelled theme one group: a group with several is split between them, a group with one joins it.

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
            present = np.searchsorted(self.themes, np.unique(known[inside][known[inside] >= 0]))
            settled[inside] = first + present[self.scores[np.ix_(inside, present)].argmax(axis=1)]
        labelled = known >= 0
        settled[labelled] = first + np.searchsorted(self.themes, known[labelled])
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

    themes, columns = np.unique(known[known >= 0], return_inverse=True)
    labels = np.zeros((len(known), len(themes)))
    labels[np.flatnonzero(known >= 0), columns.ravel()] = 1.0
    labels /= np.sqrt(labels.sum(axis=0))
    scale = diags_array(1.0 / np.sqrt(np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1e-12)))
    steps = (scale @ graph @ scale).tocsr()
    scores = labels
    for _ in range(_ROUNDS):
        scores = _REACH * (steps @ scores) + (1.0 - _REACH) * labels
    # Rounded, so that the order of summation has no influence.
    return LabelSpread(themes.astype(np.int64), np.round(scores, 12))
