"""Monitors of launches, read once for all who follow the same launch."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup
from sqlalchemy import Connection

from console.state_cache import StateCache
from models.clock import Clock
from models.spikes.settings import SpikeSettings
from pipelines.launches.monitor import LaunchMonitor, monitor_launch
from store.board import mark_of
from store.handling import read_refreshed

KEPT_SECONDS = 60
"""A monitor is read again after so long although nothing was mined: changes may have been recorded, and silence grows."""


class MonitorReader:
    """Reads monitors.

    settings: those that launches are mined with. refresh: begins to bring promises up to date; None: nobody asks for it.
    """

    def __init__(self, clock: Clock, settings: SpikeSettings, refresh: Callable[[], object] | None = None) -> None:
        self._clock, self._settings, self._refresh = clock, settings, refresh
        self._kept = StateCache()

    def read(self, connection: Connection, launch_id: str) -> LaunchMonitor | None:
        """Read the monitor of a launch; None where there is none."""
        at = self._clock()
        if self._refresh is not None:
            self._refresh()

        def fresh() -> LaunchMonitor | None:
            return monitor_launch(connection, launch_id, self._settings, at)

        return self._kept.get(launch_id, self._state(connection), fresh)

    def written(
        self, connection: Connection, launch_id: str, form: str, zone: str | None, write: Callable[[], str]
    ) -> Markup:
        """Return what `write` makes of a monitor, HTML in a form and a time zone; it is made once for all who see the same."""
        return self._kept.get((launch_id, form, zone), self._state(connection), lambda: Markup(write()))  # noqa: S704 - a template's

    def _state(self, connection: Connection) -> tuple[str, int | None, int]:
        return mark_of(connection), read_refreshed(connection), int(self._clock().timestamp() // KEPT_SECONDS)
