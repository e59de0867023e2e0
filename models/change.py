"""A change: something recorded as altered, which may explain what rises after it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from models.segment import Segment


@dataclass(frozen=True, slots=True)
class Change:
    """A release, config flip, rule update or incident elsewhere; `change_id` is its event's subject."""

    change_id: str
    kind: str
    title: str
    scope: Segment
    time: datetime
    url: str | None = None
