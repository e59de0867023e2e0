"""What one discovery changes, collected while it is found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from models.themes.lineage import Birth, Discovery, LineageReason, Merge, Move


class DiscoveryChanges:
    """Collects births, merges and moves as of `now`, of which `milliseconds` is the event time since 1970."""

    def __init__(self, now: datetime) -> None:
        self._now = now.astimezone(UTC)
        self.milliseconds = milliseconds(now)
        self._births: list[Birth] = []
        self._merges: list[Merge] = []
        self._moves: dict[str, Move] = {}

    def born(
        self,
        theme: int,
        reason: LineageReason,
        members: tuple[str, ...],
        parted_from: int | None = None,
        **numbers: float,
    ) -> None:
        """Note a birth; its members are told when all is done."""
        self._births.append(Birth(theme, self._now, reason, members, numbers, parted_from))

    def merged(self, theme: int, into: int, reason: LineageReason, **numbers: float) -> None:
        """Note that a theme ended in another one."""
        self._merges.append(Merge(theme, into, self._now, reason, numbers))

    def moved(self, ticket_id: str, before: int, after: int, reason: LineageReason) -> None:
        """Note a move; a ticket that moves twice in one call is listed once, from first theme to last."""
        earlier = self._moves.pop(ticket_id, None)
        origin = earlier.from_theme if earlier else before or None
        if origin != (after or None):
            self._moves[ticket_id] = Move(ticket_id, origin, after or None, reason)

    def discovery(self, members: Callable[[int], tuple[str, ...]]) -> Discovery:
        """All of it; a theme starts with what it holds when the call ends, those that joined it meanwhile included."""
        births = tuple(replace(birth, members=members(birth.theme_id)) for birth in self._births)
        return Discovery(births, tuple(self._merges), tuple(self._moves.values()))


def milliseconds(time: datetime) -> int:
    """Whole milliseconds since 1970 of a timezone-aware time."""
    return int(time.timestamp() * 1000)
