"""A change: something recorded as altered, which may explain what rises after it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from models.segment import Segment


@dataclass(frozen=True, slots=True)
class Change:
    """A release, config flip, rule update or incident elsewhere; `change_id` is its event's subject.

    `themes` are the themes that it concerns; none where it may concern any.
    """

    change_id: str
    kind: str
    title: str
    scope: Segment
    time: datetime
    url: str | None = None
    themes: tuple[int, ...] = ()

    def concerns(self, themes: Collection[int]) -> bool:
        """Return whether it may concern one of some themes; of all tickets, which is no theme, only a change of no themes may."""
        return not self.themes or not set(self.themes).isdisjoint(themes)
