"""What one discovery changes, collected while it runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from models.arrays import Ints
from models.themes.assign.state import AssignmentState
from models.themes.lineage import Birth, Discovery, LineageReason, Merge, Move
from models.themes.times import milliseconds


class DiscoveryChanges:
    """Collects births, merges and moves as of `now`, of which `time` is the event time in milliseconds since 1970."""

    def __init__(self, state: AssignmentState, now: datetime) -> None:
        self._state = state
        self._now = now.astimezone(UTC)
        self.time = milliseconds(now)
        self._births: list[Birth] = []
        self._merges: list[Merge] = []
        self._moves: dict[str, Move] = {}

    def add_birth(self, theme: int, reason: LineageReason, split_from: int | None = None, **numbers: float) -> None:
        """Record a birth; its members are read when all is done."""
        self._births.append(Birth(theme, self._now, reason, (), numbers, split_from))

    def add_merge(self, theme: int, into: int, reason: LineageReason, **numbers: float) -> None:
        """Record that a theme ended in another one."""
        self._merges.append(Merge(theme, into, self._now, reason, numbers))

    def add_move(self, ticket_id: str, before: int, after: int, reason: LineageReason) -> None:
        """Record a move; a ticket that moves twice in one call is listed once, from first theme to last."""
        earlier = self._moves.pop(ticket_id, None)
        origin = earlier.from_theme if earlier else before or None
        if origin != (after or None):
            self._moves[ticket_id] = Move(ticket_id, origin, after or None, reason)

    def move_rows(self, rows: Ints, theme: int, reason: LineageReason) -> None:
        """Give tickets of the window to a theme, except those that must stay where they are, and record it."""
        window = self._state.window
        moved = self._state.movable(rows)
        moved = moved[window.themes[moved] != theme]
        for row in moved.tolist():
            self.add_move(window.ticket(row), int(window.themes[row]), theme, reason)
        self._state.reassign(moved, theme)

    def discovery(self) -> Discovery:
        """Return all changes; a theme starts with the tickets it has now, those that joined it meanwhile included."""
        window = self._state.window
        births = tuple(
            replace(birth, members=window.ticket_ids(window.rows_of_theme(birth.theme_id))) for birth in self._births
        )
        return Discovery(births, tuple(self._merges), tuple(self._moves.values()))
