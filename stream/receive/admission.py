"""Admission of what arrives live: redaction, validation, and the clocks of the sources."""

from __future__ import annotations

from datetime import datetime
from threading import Lock

from sqlalchemy import Connection

from models.event import Event
from store.sources import read_id_forms, write_skews
from stream.admission_rules import AdmissionRules
from stream.clock_skew import ClockSkew
from stream.processing import admit_live
from stream.raw import Raw, RefusalReason, RefusedEvent


class LiveAdmission:
    """Admits records from several threads, and estimates how far the clock of each source is ahead."""

    def __init__(self, rules: AdmissionRules, skew: ClockSkew) -> None:
        self._rules = rules
        self._skew = skew
        self._lock = Lock()

    def admit(self, raw: Raw, now: datetime) -> Event | RefusedEvent:
        """Redact and validate one record; nothing raises."""
        try:
            with self._lock:
                return admit_live(raw, now, self._rules, self._skew)
        except Exception as error:  # noqa: BLE001 (a record that breaks its reader is refused like any other)
            detail = f"the delivery cannot be read ({type(error).__name__}); look at what its sender wrote"
            return RefusedEvent(RefusalReason.INVALID, detail)

    def digest(self, content: bytes) -> str:
        """Return the keyed hash of a delivery. Without the key, a card number in it could be found by trying all of them."""
        return self._rules.identities.digest(content)

    def store_skews(self, connection: Connection) -> None:
        """Write the estimates that have changed, in the caller's transaction, and read which ids are known to be numbers."""
        with self._lock:
            self._rules.identities.forms.learn(read_id_forms(connection))
            skews = self._skew.unstored()
            write_skews(connection, skews)
            self._skew.stored(skews)
