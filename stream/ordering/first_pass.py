"""The first pass over a finite input: every record is admitted and spooled, what is refused is set aside."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import version
from typing import Protocol

from models.clock import Clock
from models.event import Event
from stream.errors import SourceTruncated
from stream.ordering.spool import Spool
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.source import Fingerprinted, Source

REFUSED = 512
"""Refused records that are set aside at a time."""

STEP = 512
"""Records between two reports."""

Refused = Sequence[tuple[Raw, RefusedEvent]]


class Admission(Protocol):
    """What the first pass needs of `stream.processing.Processor`."""

    def admit(self, raw: Raw, now: datetime) -> Event | RefusedEvent:
        """Redact and validate a record; nothing raises."""

    def seal(self, event: Event) -> Event:
        """Replace the requester by its hash."""


class FirstPass:
    """Reads sources one after another into a spool.

    Parameters
    ----------
    spool: where admitted events go.
    admission: admits records.
    clock: the wall clock; it is read once for each `STEP` records.
    refuse: stores refused records of a stream.
    """

    def __init__(
        self, spool: Spool, admission: Admission, clock: Clock, refuse: Callable[[str, Refused], None]
    ) -> None:
        self._spool = spool
        self._admission = admission
        self._clock = clock
        self._refuse = refuse

    def read(self, file: int, source: Source, report: Callable[[int], bool]) -> str | None:
        """Read a source to its end. `report` receives the number of records since its last call; where it answers True, stop.

        Returns the sentence about a source that breaks off in the middle; what was read until then is good.
        """
        refused: list[tuple[Raw, RefusedEvent]] = []
        broken, count, now = None, 0, self._clock()
        try:
            for count, raw in enumerate(source.records(), start=1):
                refusal = self._spooled(file, raw, now)
                if refusal is not None:
                    refused.append((raw, refusal))
                if len(refused) >= REFUSED:
                    self._refuse(source.stream, refused)
                    refused = []
                if count % STEP == 0:
                    now = self._clock()
                    if report(STEP):
                        break
        except SourceTruncated as error:
            broken = str(error)
        self._refuse(source.stream, refused)
        report(count % STEP)
        return broken

    def _spooled(self, file: int, raw: Raw, now: datetime) -> RefusedEvent | None:
        event = self._admission.admit(raw, now)
        if isinstance(event, RefusedEvent):
            return event
        try:
            self._spool.add(file, raw.position, self._admission.seal(event))
        except ValueError as error:
            detail = f"the event holds a value that cannot be written as JSON ({type(error).__name__}); correct it at the source"
            return RefusedEvent(RefusalReason.INVALID, detail)
        return None


def fingerprint(source: Source) -> str:
    """Return what recognises a source's content, the way it is read and this version; empty where it can be read only once."""
    content = source.fingerprint() if isinstance(source, Fingerprinted) else None
    return "" if content is None else hashlib.sha256(f"{version('groundswell')}:{content}".encode()).hexdigest()
