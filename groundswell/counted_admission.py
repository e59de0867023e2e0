"""What is counted while a finite input is read, before the first of its tickets is embedded: sentences and regions."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from models.event import Event, TicketEvent, TicketEventType
from models.text.macros import MacroCounter
from stream.ordering.first_pass import Admission
from stream.raw import Raw, RefusedEvent


class CountedAdmission:
    """Admits records as `admission` does, and counts the sentences and the regions of the tickets that it admits."""

    def __init__(self, admission: Admission, counter: MacroCounter, regions: Counter[str]) -> None:
        self._admission = admission
        self._counter = counter
        self._regions = regions

    def admit(self, raw: Raw, now: datetime) -> Event | RefusedEvent:
        """Redact and validate a record; nothing raises."""
        return self._admission.admit(raw, now)

    def seal(self, event: Event) -> Event:
        """Replace the requester by its hash, and count the sentences and the region of a new ticket."""
        if isinstance(event, TicketEvent) and event.type is TicketEventType.CREATED:
            self._counter.add(event.data.body)
            if event.data.region:
                self._regions[event.data.region] += 1
        return self._admission.seal(event)
