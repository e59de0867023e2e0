"""The epoch that is being decided."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from models.bucket import bucket_of
from models.launch import Launch


@dataclass(frozen=True, slots=True)
class EpochWindow:
    """The epoch that is being decided: its number and end, when people can know of it, and the plans known by then."""

    epoch: int
    end: datetime
    detected_at: datetime
    launches: tuple[Launch, ...]
    model: str
    length: timedelta

    @property
    def bucket(self) -> int:
        """First bucket after the epoch."""
        return bucket_of(self.end)
