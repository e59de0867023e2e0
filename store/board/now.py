"""The newest event time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from models.bucket import BUCKETS_PER_HOUR, start_of
from models.theme import ALL_TICKETS
from store.schema import counts, segments


@dataclass(frozen=True, slots=True)
class Now:
    """The newest event time in the data: the end of the newest bucket that holds a ticket.

    `segment_id` is that of the segment that holds everything.
    """

    bucket: int
    segment_id: int

    @property
    def time(self) -> datetime:
        """End of the newest bucket, in UTC."""
        return start_of(self.bucket + 1)

    @property
    def hour(self) -> int:
        """The hour, counted from 1970, of the newest bucket."""
        return self.bucket // BUCKETS_PER_HOUR

    def share(self, hour: int) -> float:
        """Return how much of `hour` has passed: 1 for earlier hours, 0 for later ones."""
        if hour != self.hour:
            return 1.0 if hour < self.hour else 0.0
        return (self.bucket % BUCKETS_PER_HOUR + 1) / BUCKETS_PER_HOUR


def now_of(connection: Connection) -> Now | None:
    """Find the newest bucket with a ticket; None where nothing is mined yet."""
    everything = connection.execute(select(segments.c.id).where(segments.c.key == "{}")).scalar()
    if everything is None:
        return None
    newest = connection.execute(
        select(func.max(counts.c.bucket)).where(
            counts.c.theme_id == ALL_TICKETS, counts.c.segment_id == everything, counts.c.n > 0
        )
    ).scalar()
    return None if newest is None else Now(newest, everything)
