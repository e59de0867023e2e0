"""The watermark as events arrive: which epoch takes an event, and whether it is late."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from models.epochs import epoch_of, epoch_start


class Arrival:
    """Follows the newest event time of each open stream and says which epoch takes each event.

    The watermark is the newest time of the slowest open stream, less the allowed lateness; it never moves back. It is followed
    event by event, not batch by batch, so that an event's epoch depends on the order of arrival alone: a run that was killed and
    resumed cuts the same input into the same epochs.
    """

    def __init__(
        self,
        *,
        epoch: timedelta,
        lateness: timedelta,
        newest: Mapping[str, datetime | None],
        first_open: int | None,
        history_before: datetime | None = None,
    ) -> None:
        """Start from the `newest` time of every stream that is still open, and the first epoch the miner has not closed.

        Events before `history_before` are history: they keep their own epoch, though it is closed, and are not late.
        """
        self._seconds = epoch.total_seconds()
        self._lateness = lateness
        self._newest = dict(newest)
        self._floor = first_open
        self._last = max((time for time in newest.values() if time is not None), default=None)
        self._taken: int | None = None
        self._history_before = history_before

    def newest(self, stream: str) -> datetime | None:
        """Newest ticket event time seen in a stream."""
        return self._newest.get(stream)

    def place(self, time: datetime) -> tuple[int, bool]:
        """Return which epoch takes an event of this time, and whether it is behind the watermark."""
        own = epoch_of(time, self._seconds)
        if self.is_history(time):
            return own, False
        first = self.first_open()
        late = first is not None and own < first
        epoch = first if first is not None and late else own
        self._taken = epoch if self._taken is None else max(self._taken, epoch)
        return epoch, late

    def is_history(self, time: datetime) -> bool:
        """Whether an event of this time extends the record backwards."""
        return self._history_before is not None and time < self._history_before

    def behind(self, time: datetime) -> timedelta:
        """Return how long before the first open epoch an event of this time is; zero where it is not."""
        first = self.first_open()
        start = time if first is None else epoch_start(first, self._seconds)
        return max(start - time, timedelta(0))

    def saw(self, stream: str, time: datetime) -> None:
        """Move a stream on to the time of a ticket event."""
        known = self._newest.get(stream)
        if known is None or time > known:
            self._newest[stream] = time
        if self._last is None or time > self._last:
            self._last = time

    def leave(self, stream: str) -> None:
        """Stop waiting for a stream that has ended; the watermark stays where the stream has brought it."""
        self.first_open()
        self._newest.pop(stream, None)

    def first_open(self) -> int | None:
        """First epoch that is not closed yet; None while a stream has shown nothing."""
        times = list(self._newest.values())
        if times and None not in times:
            slowest = min(time for time in times if time is not None) - self._lateness
            reached = epoch_of(slowest, self._seconds)
            if self._floor is None or reached > self._floor:
                self._floor = reached
        return self._floor

    def all_closed(self) -> int | None:
        """First epoch after everything seen and placed: closing up to it leaves nothing open. None when nothing was seen."""
        ends = [] if self._floor is None else [self._floor]
        ends += [] if self._last is None else [epoch_of(self._last, self._seconds) + 1]
        ends += [] if self._taken is None else [self._taken + 1]
        return max(ends, default=None)
