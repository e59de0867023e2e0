"""Kinds of data by how long they are kept."""

from __future__ import annotations

from enum import StrEnum


class RetentionKind(StrEnum):
    """A kind of data with a limit of its own; the values are the names of the settings, and are stored."""

    TEXT = "text"
    VECTORS = "vectors"
    EVENTS = "events"
    QUARANTINE = "quarantine"
    AUDIT = "audit"
    DIGESTS = "digests"
    OUTBOX = "outbox"

    @property
    def by_event_time(self) -> bool:
        """Whether its age is counted from the time of the ticket or event, and not from the wall clock of its storing."""
        return self in (RetentionKind.TEXT, RetentionKind.VECTORS, RetentionKind.EVENTS)
