"""How fresh the tickets are, for the header of each page and for the mark by which open pages know that there is news."""

from __future__ import annotations

from sqlalchemy import Connection

from console.state_cache import StateCache
from models.clock import Clock
from models.freshness import Freshness, judge_freshness
from store.board import Now, mark_of, now_of
from store.board.freshness import read_rhythms

KEPT_SECONDS = 10
"""The newest ticket of each source is looked up so often at most, however many pages are read."""


class FreshnessReader:
    """Reads how fresh the tickets are at the time of `clock`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept = StateCache()

    def read(self, connection: Connection, now: Now | None, mark: str) -> Freshness:
        """Judge the sources; `mark` is that of the database, so that a mined epoch is seen at once."""
        at = self._clock()
        state = (mark, int(at.timestamp() // KEPT_SECONDS))
        rhythms, recorded = self._kept.get("rhythms", state, lambda: read_rhythms(connection))
        return judge_freshness(rhythms, at, recorded=recorded, mined_until=None if now is None else now.time)

    def mark(self, connection: Connection) -> str:
        """Return the mark of the pages: it differs once something was mined or decided, and once the tickets are no longer fresh."""
        mark = mark_of(connection)
        return mark_with(mark, self.read(connection, now_of(connection), mark))


def mark_with(mark: str, freshness: Freshness) -> str:
    """Add to a mark whether the tickets are fresh."""
    return f"{mark}-{freshness.state.value}"
