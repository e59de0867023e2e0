"""Assignment of new tickets to themes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from more_itertools import chunked

from models.arrays import Ints
from models.themes.assign.state import AssignmentState
from models.themes.assign.vote import vote
from models.themes.lineage import Assignment, NewTicket
from models.themes.times import milliseconds
from models.themes.window.centering import on_grid


class AssignedTicket(NamedTuple):
    """A ticket of the last epoch: its row, and the rows of its nearest earlier tickets, nearest first."""

    row: int
    neighbours: Ints


class Assigner:
    """Appends new tickets to the window and assigns each by the vote of its neighbours.

    `assigned` lists the tickets of the last call whose rows are still valid, for the search for emerging groups.
    """

    def __init__(self, state: AssignmentState) -> None:
        self._state = state
        self.assigned: list[AssignedTicket] = []

    def assign(self, tickets: Sequence[NewTicket]) -> list[Assignment]:
        """Assign tickets in their order; each is compared with those before it, also of the same call.

        The cost is one product of the new vectors with those in the window.
        """
        self.assigned = []
        assignments: list[Assignment] = []
        # The window must not drop tickets that the rows being assigned refer to, so that long calls are cut.
        for some in chunked(tickets, self._state.settings.memory // 2):
            assignments += self._assign_some(some)
        return assignments

    def take_assigned(self) -> list[AssignedTicket]:
        """Return the tickets of the last call once."""
        assigned, self.assigned = self.assigned, []
        return assigned

    def _assign_some(self, tickets: Sequence[NewTicket]) -> list[Assignment]:
        state, window = self._state, self._state.window
        if state.started is None:
            state.started = milliseconds(tickets[0].time)
        first = window.append(
            [ticket.ticket_id for ticket in tickets],
            np.array([milliseconds(ticket.time) for ticket in tickets], np.int64),
            on_grid(np.array([ticket.vector for ticket in tickets])),
            np.zeros(len(tickets), np.int64),
        )
        rows = np.arange(first, len(window))
        # Appending may have renumbered the rows of earlier tickets.
        self.assigned = []
        assignments = []
        neighbours = window.neighbours(rows, state.settings.neighbours, causal=True)
        for ticket, row, (near, similarities) in zip(tickets, rows.tolist(), neighbours, strict=True):
            outcome = state.constraints.advise(window.vectors[row], vote(window.themes[near], similarities))
            nearest_theme = outcome.theme_id or None
            accepted = state.accepts(outcome.theme_id, outcome.closeness)
            if accepted:
                window.themes[row] = outcome.theme_id
            theme = nearest_theme if accepted else None
            assignments.append(Assignment(ticket.ticket_id, theme, outcome.share, nearest_theme))
            self.assigned.append(AssignedTicket(row, near))
        return assignments
