"""Growth of young themes: the tickets around them vote again, for those that came earlier could not choose them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import Ints
from models.themes.assign.calibration import own_closeness
from models.themes.assign.state import AssignmentState
from models.themes.assign.vote import vote
from models.themes.discover.changes import DiscoveryChanges
from models.themes.lineage import LineageReason
from models.themes.window.neighbours import Neighbours

_GROWTH = 1.25
"""The tickets around a young theme vote again each time its size has grown by this factor."""

_ROUNDS = 3


def grow_young(state: AssignmentState, changes: DiscoveryChanges) -> None:
    """Let every young theme grow that has become large enough since the last time."""
    for theme, young in list(state.young.items()):
        if int((state.window.themes == theme).sum()) >= _GROWTH * young.grown_size:
            grow(state, theme, changes)


def grow(state: AssignmentState, theme: int, changes: DiscoveryChanges) -> None:
    """Let the tickets around a young theme vote again, as long as some join it."""
    window, count = state.window, state.settings.neighbours
    for _ in range(_ROUNDS):
        members = window.rows_of_theme(theme)
        neighbours = list(window.neighbours(members, count))
        state.young[theme] = state.young[theme]._replace(
            grown_size=len(members), threshold=own_closeness(window.themes, theme, neighbours)
        )
        candidates = _candidates(state, members, neighbours)
        joining = []
        for row, (near, similarities) in zip(candidates.tolist(), window.neighbours(candidates, count), strict=True):
            outcome = vote(window.themes[near], similarities)
            if outcome.theme_id == theme and state.accepts(theme, outcome.closeness):
                joining.append(row)
        if not joining:
            break
        changes.move_rows(np.array(joining), theme, LineageReason.EMERGED)


def _candidates(state: AssignmentState, members: Ints, neighbours: Sequence[Neighbours]) -> Ints:
    """Return the neighbours of a young theme that may join it: no older than its first ticket and of no young theme.

    Young themes do not take tickets from each other, or tickets would move to and fro between them.
    """
    rows = np.unique(np.concatenate([found.rows for found in neighbours]))
    of_young = np.isin(state.window.themes[rows], list(state.young))
    return state.movable(rows[~of_young & (rows >= members[0])])
