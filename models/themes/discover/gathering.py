"""The search for themes among unthemed tickets that gathered slowly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Ints
from models.themes.assign.state import AssignmentState
from models.themes.assign.vote import CLOSEST_TICKETS
from models.themes.discover.changes import DiscoveryChanges
from models.themes.grouping.density import density_groups
from models.themes.lineage import LineageReason
from models.themes.times import length_in_milliseconds
from models.themes.window.neighbours import nearest
from models.themes.window.ticket_window import UNTHEMED


@dataclass
class Gathering:
    """Groups the unthemed tickets by density when enough time has passed and enough of them have come.

    Parameters
    ----------
    state : AssignmentState
    searched_at : int
        Event time of the last search, in milliseconds since 1970.
    searched_size : int
        Unthemed tickets after the last search.
    """

    state: AssignmentState
    searched_at: int = 0
    searched_size: int = 0

    def run(self, changes: DiscoveryChanges) -> None:
        """Search if it is due; a group of tickets that are close enough to each other becomes a theme."""
        state, settings = self.state, self.state.settings
        if changes.time - self.searched_at < length_in_milliseconds(settings.gather_after):
            return
        if state.count_unthemed() - self.searched_size < settings.gather_pool:
            return
        unthemed = state.window.rows_of_theme(UNTHEMED)
        groups = density_groups(state.window.vectors[unthemed], state.smallest_theme)
        for group in range(int(groups.max(initial=-1)) + 1):
            rows = self._cohesive(state.movable(unthemed[groups == group]))
            if len(rows) >= state.smallest_theme:
                theme = state.new_theme()
                changes.move_rows(rows, theme, LineageReason.GATHERED)
                changes.add_birth(theme, LineageReason.GATHERED, size=float(len(rows)))
        self.searched_at = changes.time
        self.note_size()

    def note_size(self) -> None:
        """Count from now on only the unthemed tickets that come later."""
        self.searched_size = self.state.count_unthemed()

    def _cohesive(self, rows: Ints) -> Ints:
        """Keep the tickets that come as close to their group as tickets do to their theme."""
        vectors = self.state.window.vectors[rows]
        close = []
        for at, row in enumerate(rows.tolist()):
            values = nearest(np.delete(vectors @ vectors[at], at), CLOSEST_TICKETS).similarities
            if sum(values.tolist()) / max(1, len(values)) >= (self.state.threshold or 0.0):
                close.append(row)
        return np.array(close, np.int64)
