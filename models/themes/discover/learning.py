"""The learning period: all tickets are grouped again from time to time, and themes continue in the new groups."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import Ints, Vectors
from models.themes.assign.state import AssignmentState
from models.themes.assign.vote import vote
from models.themes.discover.changes import DiscoveryChanges
from models.themes.grouping.density import density_groups
from models.themes.grouping.groups import theme_groups
from models.themes.grouping.succession import Succession, succession
from models.themes.lineage import LineageReason
from models.themes.times import length_in_milliseconds
from models.themes.window.ticket_window import UNTHEMED

LexicalVectors = Callable[[Sequence[str]], Vectors]
"""Returns the lexical vectors of n tickets, named by their ids, as `lexical_vectors` does: shape (n, any)."""


@dataclass
class Learning:
    """Groups all tickets whenever their number has grown enough, and once more when the learning period ends.

    Parameters
    ----------
    state : AssignmentState
    finished : bool
        True once the learning period is over.
    learned_size : int
        Tickets in the window when they were last grouped.
    """

    state: AssignmentState
    finished: bool = False
    learned_size: int = 0

    def run(self, changes: DiscoveryChanges, lexical_vectors: LexicalVectors | None) -> bool:
        """Group the tickets if that is due; return whether themes were reorganised."""
        state, settings = self.state, self.state.settings
        size = len(state.window)
        over = changes.time - (state.started or 0) >= length_in_milliseconds(settings.learning)
        due = size >= max(settings.first_learning, self.learned_size * settings.learning_growth)
        reorganised = False
        if over or due:
            self.learned_size = size
            groups = self._final_groups(lexical_vectors) if over else self._interim_groups()
            reorganised = _reorganise(state, changes, groups)
        self.finished = over
        return reorganised

    def _final_groups(self, lexical_vectors: LexicalVectors | None) -> Ints:
        lexical = lexical_vectors(self.state.all_ticket_ids()) if lexical_vectors else None
        return theme_groups(self.state.window.raw_vectors, lexical=lexical)

    def _interim_groups(self) -> Ints:
        # Grouping by density alone is fast enough to be repeated while tickets come.
        return density_groups(self.state.window.raw_vectors, self.state.smallest_theme)


def _reorganise(state: AssignmentState, changes: DiscoveryChanges, groups: Ints) -> bool:
    """Let themes continue in groups of all tickets, and calibrate; return False where there is no group."""
    window = state.window
    before = window.themes.copy()
    groups = state.constraints.constrain_groups(groups, before, state.all_ticket_ids())
    if groups.max(initial=-1) < 0:
        return False
    continued = succession(before, groups)
    theme_of = _theme_of_groups(state, changes, groups, continued)
    for theme, (group, share) in continued.absorbed.items():
        changes.add_merge(theme, theme_of[group], LineageReason.REORGANISED, share_carried=share)
    state.recentre(groups)
    state.calibrate()
    _vote_unthemed(state)
    merged_into = {theme: theme_of[group] for theme, (group, _) in continued.absorbed.items()}
    state.constraints.restore_fixed(window.themes, before, state.all_ticket_ids(), merged_into)
    for row in np.flatnonzero(window.themes != before).tolist():
        changes.add_move(window.ticket(row), int(before[row]), int(window.themes[row]), LineageReason.REORGANISED)
    return True


def _theme_of_groups(
    state: AssignmentState, changes: DiscoveryChanges, groups: Ints, continued: Succession
) -> dict[int, int]:
    """Give each group its theme, a new one where no theme continues in it, and return the themes by group."""
    themes = state.window.themes
    theme_of = dict(continued.carried)
    themes[np.isin(themes, [*continued.carried.values(), *continued.absorbed])] = UNTHEMED
    for group in range(int(groups.max()) + 1):
        rows = np.flatnonzero(groups == group)
        if group not in theme_of:
            theme_of[group] = state.new_theme()
            changes.add_birth(theme_of[group], LineageReason.LEARNED, size=float(len(rows)))
        themes[rows] = theme_of[group]
    return theme_of


def _vote_unthemed(state: AssignmentState) -> None:
    """Let the groups' tickets vote on those without a group; all votes count the same themes."""
    window = state.window
    rows = window.rows_of_theme(UNTHEMED)
    themes = window.themes.copy()
    neighbours = window.neighbours(rows, state.settings.neighbours)
    for row, (near, similarities) in zip(rows.tolist(), neighbours, strict=True):
        outcome = vote(themes[near], similarities)
        if state.accepts(outcome.theme_id, outcome.closeness):
            window.themes[row] = outcome.theme_id
