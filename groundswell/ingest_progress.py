"""Progress of an ingest where there is no terminal: a plain line on stderr every few seconds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from groundswell.embedded import Summary

EVERY = 5.0
"""Seconds between two lines."""


class PlainProgress:
    """Writes a line when a phase begins and then every few seconds; a log that nobody watches stays short."""

    def __init__(
        self,
        write: Callable[[str], object],
        seconds: Callable[[], float],
        share: Callable[[], float | None],
        *,
        every: float = EVERY,
    ) -> None:
        """Take where lines go, a clock that only moves forward, and what returns the share of the input that was read."""
        self._write = write
        self._seconds = seconds
        self._share = share
        self._every = every
        self._phase = ""
        self._began = self._last = seconds()
        self._at_begin = 0

    def __call__(self, summary: Summary) -> None:
        """Receive the summary as it grows."""
        now, done = self._seconds(), self._done(summary)
        if summary.phase != self._phase:
            self._phase, self._began, self._last, self._at_begin = str(summary.phase), now, now, done
            return
        if now - self._last >= self._every:
            self._last = now
            self._write(self._line(summary, done, now - self._began))

    def _done(self, summary: Summary) -> int:
        return summary.ingested if summary.events else summary.lines

    def _line(self, summary: Summary, done: int, elapsed: float) -> str:
        grown = done - self._at_begin
        rate = f"{grown / elapsed:,.0f} a second" if elapsed and grown else ""
        if summary.events:
            share: float | None = done / summary.events
            said = f"ingesting: {done:,} of {summary.events:,} events"
            if done >= summary.events:
                said, share, rate = "mining: all events are ingested", None, ""
        else:
            share = self._share()
            said = f"reading: {done:,} records"
        parts = [
            said,
            "" if share is None else f"{share:.0%}",
            rate,
            f"{summary.epochs:,} epochs mined" if summary.epochs else "",
        ]
        return "groundswell: " + ", ".join(filter(None, parts)) + "\n"
