"""Notes of looks at ticket text in the audit log: who looked at what, never the text."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import Any

from cachetools import TTLCache
from sqlalchemy import Engine

from models.access import Person
from models.clock import Clock
from store.audit import record

REPEATED = timedelta(minutes=1)
"""An open page that is brought up to date is the same look."""
MOST_REMEMBERED = 50_000


class Looks:
    """Notes looks; the same person at the same subject is noted once a minute."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        # The cache counts in datetimes, so that the injected clock decides.
        timer: Any = clock
        self._noted: TTLCache[tuple[str, str], bool] = TTLCache(MOST_REMEMBERED, REPEATED, timer=timer)
        self._lock = Lock()

    def note(self, person: Person, subject: str, tickets: int) -> None:
        """Note that `person` was shown text of `tickets` tickets at `subject`, for example `theme 12`; none are no look."""
        with self._lock:
            if not tickets or (person.name, subject) in self._noted:
                return
        detail = {"tickets": tickets}
        with self._engine.begin() as connection:
            record(
                connection, at=self._clock(), actor=person.name, action="looked at text", subject=subject[:256], detail=detail
            )  # fmt: skip
        with self._lock:
            self._noted[person.name, subject] = True
