"""The index of themes that the miner drives, once per epoch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.arrays import Floats, Ints, Mask
from models.themes.assign.assigner import Assigner
from models.themes.assign.constraints import Constraints
from models.themes.assign.lookup import (
    centre_similarities,
    centre_similarity,
    recent_similarity,
    similar_themes,
    theme_share,
    tickets_and_cosines,
    times_and_cosines,
)
from models.themes.discover.changes import DiscoveryChanges
from models.themes.discover.emergence import find_emerging
from models.themes.discover.learning import LexicalVectors
from models.themes.discover.surging import split_surging
from models.themes.index_state import IndexState, remembered_tickets
from models.themes.lineage import Assignment, Discovery, NewTicket, RememberedTicket
from models.themes.settings import ThemeSettings
from models.themes.times import milliseconds
from models.themes.window.ticket_window import UNTHEMED


class ThemeIndex:
    """Assigns tickets to themes and discovers new ones.

    Per epoch: `forget` and people's decisions first, then `assign` with the epoch's tickets in canonical
    order, then `discover` with the epoch's end. The answers depend on that sequence alone: an index restored
    between two epochs from its `state` and the stored rows continues exactly as one that never stopped.
    """

    def __init__(self, settings: ThemeSettings) -> None:
        self._use(IndexState.empty(settings))

    @classmethod
    def restore(cls, settings: ThemeSettings, state: Mapping[str, Any], rows: Iterable[RememberedTicket]) -> ThemeIndex:
        """Continue from a saved `state` and the stored rows.

        Parameters
        ----------
        settings : ThemeSettings
            As when the state was saved.
        state : mapping
            What `state` returned, also after a round trip through JSON.
        rows : iterable of RememberedTicket
            Tickets assigned and not forgotten, in the order in which they were assigned, with their present
            theme: all of them, or those that `state["kept"]` names and the last `state["remembered"]`.

        Raises
        ------
        ValueError
            Fewer rows were given than the state counts.
        """
        index = cls(settings)
        index._use(IndexState.restore(settings, state, list(rows)))
        return index

    def state(self) -> dict[str, Any]:
        """Return what cannot be derived from the stored rows: JSON-ready, a few kilobytes; see `IndexState.save`."""
        return self._saved.save()

    def tickets(self) -> list[RememberedTicket]:
        """List the tickets in the window, exemplars first, in the order of assignment; raw vectors on the grid."""
        return remembered_tickets(self._window)

    def assign(self, tickets: Sequence[NewTicket]) -> list[Assignment]:
        """Assign an epoch's tickets in canonical order; each is compared with those before it, also of the same epoch.

        The cost is one product of the new vectors with those in the window.
        """
        return self._assigner.assign(tickets)

    def discover(
        self,
        now: datetime,
        lexical_vectors: LexicalVectors | None = None,
        rising: Mapping[int, datetime] = MappingProxyType({}),
    ) -> Discovery:
        """Find new themes as of `now`, the epoch's end; fast and without changes unless something is due.

        While learning, all tickets in the window are grouped again whenever their number has grown enough, and once
        more at the end. Afterwards groups that emerge are found around the tickets of the last `assign`, and
        groups that gathered slowly by density among the unthemed; mixed themes are merged, and rising ones split.

        Parameters
        ----------
        now : datetime
        lexical_vectors : callable, optional
            Called once, at the end of learning.
        rising : mapping of theme to datetime
            Themes whose volume rises, and since when. One that contains two problems of which one rises is split.
        """
        state, learning = self._state, self._saved.learning
        assigned = self._assigner.take_assigned()
        if state.started is None:
            return Discovery()
        changes = DiscoveryChanges(state, now)
        if not learning.finished:
            self._learn(changes, lexical_vectors)
        else:
            find_emerging(state, assigned, changes)
            self._saved.division.run(changes)
            self._saved.gathering.run(changes)
            self._saved.convergence.run(changes)
            split_surging(state, rising, changes, self._saved.division.reference)
            if state.threshold is None:
                # Too few tickets came in the learning period: calibration uses the first themes that there are.
                state.calibrate()
                self._saved.division.measure()
        return changes.discovery()

    def forget(self, ticket_ids: Collection[str]) -> None:
        """Drop retracted or erased tickets from the window; ids that are not in it are ignored."""
        self._assigner.assigned = []
        self._window.forget(ticket_ids)
        self.constrain(self._state.decided.without(ticket_ids))

    def constrain(self, constraints: Constraints) -> None:
        """Honour what people decided from now on; it is not in `state`, since the decisions themselves are stored."""
        self._state.constrain(constraints)

    def recalibrate(self) -> None:
        """Calibrate on the tickets in the window, after vectors of another model took the place of the old ones."""
        themes = self._window.themes
        self._state.recentre(np.where(themes == UNTHEMED, -1, themes))
        self._state.calibrate()
        self._state.young = {}
        self._saved.division.measure()

    def merge(self, from_id: int, into_id: int) -> None:
        """Follow a merge that people decided: all tickets of `from_id` belong to `into_id`."""
        self._state.merge(from_id, into_id, decided=True)
        self._saved.convergence.drop(from_id)

    def move(self, ticket_ids: Collection[str], theme_id: int | None) -> None:
        """Follow a move that people decided; tickets that are not in the window are ignored."""
        for row in self._window.rows_of(ticket_ids):
            self._window.themes[row] = theme_id or UNTHEMED

    @property
    def next_theme(self) -> int:
        """The id that the next theme gets; it can be set, since several indexes take their ids from one counter."""
        return self._state.next_theme

    @next_theme.setter
    def next_theme(self, theme: int) -> None:
        self._state.next_theme = theme

    def new_theme(self) -> int:
        """Take the next theme id, for a theme that people make, for example by a split."""
        return self._state.new_theme()

    def rows_of(self, theme_id: int | None) -> tuple[str, ...]:
        """Return the ids of a theme's tickets in the window, in the order of assignment; None: of those without a theme."""
        return self._window.ticket_ids(self._window.rows_of_theme(theme_id or UNTHEMED))

    def holds(self, ticket_ids: Collection[str]) -> set[str]:
        """Return those of the tickets that are in the window."""
        return {self._window.ticket(row) for row in self._window.rows_of(ticket_ids)}

    def likeness(self, one: int, other: int) -> float | None:
        """Return the cosine of the centres of two themes' tickets in the window; None where one has none."""
        return centre_similarity(self._window.vectors, self._window.themes, one, other)

    @property
    def threshold(self) -> float | None:
        """The closeness from which a ticket is assigned to a theme; None while there are too few tickets to calibrate it."""
        return self._state.threshold

    def recent_likeness(self, one: tuple[int, datetime], other: tuple[int, datetime]) -> float | None:
        """Return the cosine of the centres of what two themes took since a time each; None where one took nothing."""
        (first, first_since), (second, second_since) = one, other
        return recent_similarity(self._window, (first, milliseconds(first_since)), (second, milliseconds(second_since)))

    def similar(self, vector: NDArray[np.floating], kept: Collection[int] = ()) -> list[tuple[int, float]]:
        """Find the themes that a text with this vector belongs to, best first: (theme_id, closeness); see `similar_themes`."""
        return similar_themes(self._state, vector, kept)

    def likenesses(self, theme_id: int) -> list[tuple[int, float]]:
        """Find the likeness of a theme to every other one that has tickets in the window: (theme_id, cosine of the centres)."""
        return centre_similarities(self._window, theme_id)

    def share_near(self, vector: NDArray[np.floating], theme_id: int) -> float:
        """Return the share of a theme among the tickets that would vote on a text with this vector; 0 before any ticket came."""
        return theme_share(self._window, vector, theme_id, self._state.settings.neighbours)

    def around(self, vector: NDArray[np.floating], theme_id: int) -> tuple[Ints, Floats]:
        """Return the times (milliseconds since 1970) of a theme's tickets and their cosines to a vector, each of shape (n,)."""
        return times_and_cosines(self._window, vector, theme_id)

    def around_themes(
        self, vector: NDArray[np.floating], theme_ids: Collection[int]
    ) -> tuple[Callable[[Mask], tuple[str, ...]], Ints, Floats]:
        """Return the tickets of themes around a vector: their ids where a mask says so, their times and cosines as `around` does."""
        rows, times, cosines = tickets_and_cosines(self._window, vector, theme_ids)
        return lambda asked: self._window.ticket_ids(rows[asked]), times, cosines

    def _use(self, saved: IndexState) -> None:
        self._saved = saved
        self._state = saved.assignment
        self._window = saved.assignment.window
        self._assigner = Assigner(saved.assignment)

    def _learn(self, changes: DiscoveryChanges, lexical_vectors: LexicalVectors | None) -> None:
        gathering = self._saved.gathering
        if self._saved.learning.run(changes, lexical_vectors):
            gathering.note_size()
        if self._saved.learning.finished:
            gathering.searched_at = self._saved.convergence.compared_at = changes.time
            self._saved.division.measure()
