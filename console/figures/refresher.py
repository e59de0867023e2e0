"""Bringing figures up to date before they are shown: what was mined since is folded in, in a thread of its own."""

from __future__ import annotations

from threading import Lock, Thread

import structlog
from sqlalchemy import Connection, Engine

from models.clock import Clock
from models.service_levels.levels import ServiceLevels
from pipelines.handling.errors import FigureError
from pipelines.handling.refresh import is_stale, refresh
from pipelines.handling.service_level_file import read_service_levels
from pipelines.handling.settings import FigureSettings
from store.database import reading
from store.handling import read_levels

WAIT_SECONDS = 1.0
"""How long a page waits for figures that are brought up to date; after that it shows those that there are, and says so."""

STILL_COUNTING = "Figures are being brought up to date; these are older. Open the page again in a moment."


class FigureRefresher:
    """Keeps the figures of a database up to date, one refresh at a time."""

    def __init__(self, engine: Engine, clock: Clock, settings: FigureSettings) -> None:
        self._engine, self._clock, self._settings = engine, clock, settings
        self._levels: ServiceLevels | None = None
        self._lock = Lock()
        self._thread: Thread | None = None
        self._problem: str | None = None

    def bring_up_to_date(self, seconds: float = WAIT_SECONDS) -> str | None:
        """Begin a refresh where one is due, and wait for it so long; return a sentence where the figures are not up to date."""
        try:
            levels = self._levels or read_service_levels(self._settings.service_levels)
        except FigureError as error:
            return f"Figures are not brought up to date: {error}."
        self._levels = levels
        with reading(self._engine) as connection:
            if not _is_due(connection, levels):
                return None
        thread = self._started(levels)
        thread.join(seconds)
        return STILL_COUNTING if thread.is_alive() else self._problem

    def _started(self, levels: ServiceLevels) -> Thread:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                # A daemon: what was done in whole batches is stored, and the next refresh goes on from there.
                self._thread = Thread(target=self._run, args=(levels,), name="figures", daemon=True)
                self._thread.start()
            return self._thread

    def _run(self, levels: ServiceLevels) -> None:
        try:
            refresh(self._engine, self._clock(), levels)
            self._problem = None
        except Exception as error:  # noqa: BLE001 - the page shows what there is; the text of an error may quote a ticket
            structlog.get_logger().error("figures_not_refreshed", error=type(error).__name__)
            self._problem = f"Figures could not be brought up to date ({type(error).__name__}); these are older."


def _is_due(connection: Connection, levels: ServiceLevels) -> bool:
    return is_stale(connection) or read_levels(connection) not in (None, levels.fingerprint)
