"""The windows of past epochs, with the plans that were known by the end of each."""

from __future__ import annotations

from bisect import bisect_left
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from models.epochs import epoch_end
from models.launch import Launch
from pipelines.context import EpochWindow, window_of
from store.epochs import MinerRow
from store.plans import read_launches
from store.schema import launches


class PastWindows:
    """Epochs of a mined database; plans are read again only where another one had become known."""

    def __init__(self, connection: Connection, lateness: timedelta, seconds: float, row: MinerRow) -> None:
        self._connection, self._lateness, self._seconds = connection, lateness, seconds
        self._model = row.state.get("model", "")
        self._times = sorted(connection.execute(select(launches.c.time)).scalars())
        self._known: tuple[int, list[Launch]] = (-1, [])

    def end(self, epoch: int) -> datetime:
        """Return the end of an epoch."""
        return epoch_end(epoch, self._seconds)

    def of(self, epoch: int) -> EpochWindow:
        """Return the window of an epoch."""
        end = self.end(epoch)
        known = bisect_left(self._times, end)
        if self._known[0] != known:
            self._known = known, list(read_launches(self._connection, known_by=end))
        return window_of(epoch, self._seconds, self._lateness, self._known[1], self._model)
