"""How tickets come in and are mined: how far mining is, what waits, where each stream was read to, and how much an hour brings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from models.bucket import BUCKETS_PER_HOUR, start_of
from models.epochs import epoch_start
from models.theme import ALL_TICKETS
from models.times import rfc3339
from store.board.now import Now
from store.board.series import window_series
from store.lease import NAME
from store.schema import cursors, events, inbox, leases, miner, offsets

HOURS = 24
"""Hours of event time whose throughput is shown."""

STREAMS = 50
"""Streams that are listed, those with the newest tickets; an installation on files may have read thousands."""

MOST_WAITING = 10_000
"""What waits is counted up to this number."""


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """How far a stream was read: `position` in bytes of a file or as an offset of a topic, `newest` the newest ticket event."""

    stream: str
    partition: int
    position: int
    lines: int
    newest: datetime | None
    ended: bool

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it."""
        return {
            "stream": self.stream, "partition": self.partition, "position": self.position, "lines": self.lines,
            "newest": rfc3339(self.newest), "ended": self.ended,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class PullPosition:
    """A system that is read by its API, and the wall clock of the last page that was stored."""

    system: str
    site: str
    updated_at: datetime

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it."""
        return {"system": self.system, "site": self.site, "updated_at": rfc3339(self.updated_at)}


@dataclass(frozen=True, slots=True)
class LeaseState:
    """Who may mine, and until when (wall clock)."""

    holder: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ThroughputHour:
    """Tickets of an hour of event time, and events of all kinds that the epochs of the hour took."""

    start: datetime
    tickets: int
    events: int

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it."""
        return {"start": rfc3339(self.start), "tickets": self.tickets, "events": self.events}


@dataclass(frozen=True, slots=True)
class IntakeStatus:
    """How far everything is.

    mined: event time up to which epochs are closed. newest: newest ticket event of any stream. waiting: events that no epoch took yet,
    up to `MOST_WAITING`; deliveries: webhooks that wait in the inbox, likewise. streams: those with the newest tickets, of
    `stream_count`.
    """

    mined: datetime | None
    newest: datetime | None
    waiting: int
    deliveries: int
    lease: LeaseState | None
    streams: tuple[StreamPosition, ...]
    stream_count: int
    pulled: tuple[PullPosition, ...]
    hours: tuple[ThroughputHour, ...]

    @property
    def lag(self) -> timedelta | None:
        """How far mining is behind the newest ticket event; None where nothing was mined or read."""
        if self.mined is None or self.newest is None:
            return None
        return max(timedelta(0), self.newest - self.mined)

    def holds(self, now: datetime) -> bool:
        """Whether some process may mine at `now` (wall clock)."""
        return self.lease is not None and self.lease.expires_at > now

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it."""
        lease = None
        if self.lease is not None:
            lease = {"holder": self.lease.holder, "expires_at": rfc3339(self.lease.expires_at)}
        return {
            "mined": rfc3339(self.mined), "newest": rfc3339(self.newest),
            "lag_seconds": None if self.lag is None else self.lag.total_seconds(),
            "waiting": self.waiting, "deliveries": self.deliveries, "lease": lease,
            "streams": [one.as_json() for one in self.streams], "stream_count": self.stream_count,
            "pulled": [one.as_json() for one in self.pulled], "hours": [one.as_json() for one in self.hours],
        }  # fmt: skip


def read_intake(connection: Connection, now: Now | None, epoch: timedelta) -> IntakeStatus:
    """Read how far everything is; `epoch` is the length of an epoch."""
    next_epoch = connection.execute(select(miner.c.next_epoch)).scalar_one_or_none()
    lease = connection.execute(select(leases).where(leases.c.name == NAME)).one_or_none()
    total, newest = connection.execute(select(func.count(), func.max(offsets.c.newest)).select_from(offsets)).one()
    seconds = epoch.total_seconds()
    return IntakeStatus(
        mined=None if next_epoch is None else epoch_start(next_epoch, seconds),
        newest=newest,
        waiting=_count(
            connection, select(events.c.id).where(events.c.mined_epoch.is_(None), events.c.epoch.is_not(None))
        ),
        deliveries=_count(connection, select(inbox.c.id)),
        lease=None if lease is None else LeaseState(lease.holder, lease.expires_at),
        streams=_streams(connection),
        stream_count=total,
        pulled=_pulled(connection),
        hours=() if now is None or next_epoch is None else _hours(connection, now, next_epoch, seconds),
    )


def _count(connection: Connection, query: Select[Any]) -> int:
    few = query.limit(MOST_WAITING).subquery()
    return int(connection.execute(select(func.count()).select_from(few)).scalar_one())


def _streams(connection: Connection) -> tuple[StreamPosition, ...]:
    query = (
        select(offsets)
        .order_by(offsets.c.newest.desc().nulls_last(), offsets.c.stream, offsets.c.partition)
        .limit(STREAMS)
    )
    return tuple(
        StreamPosition(row.stream, row.partition, row.position, row.lines, row.newest, row.ended)
        for row in connection.execute(query)
    )


def _pulled(connection: Connection) -> tuple[PullPosition, ...]:
    query = select(cursors).order_by(cursors.c.system, cursors.c.site).limit(STREAMS)
    return tuple(PullPosition(row.system, row.site, row.updated_at) for row in connection.execute(query))


def _hours(connection: Connection, now: Now, next_epoch: int, seconds: float) -> tuple[ThroughputHour, ...]:
    first = now.hour - HOURS + 1
    taken = _taken(connection, first, next_epoch, seconds)
    buckets = range(first * BUCKETS_PER_HOUR, (now.hour + 1) * BUCKETS_PER_HOUR)
    tickets = window_series(connection, now, [ALL_TICKETS], buckets)[ALL_TICKETS]
    return tuple(
        ThroughputHour(start_of(one.hour * BUCKETS_PER_HOUR), one.observed, taken.get(one.hour, 0)) for one in tickets
    )


def _taken(connection: Connection, first: int, next_epoch: int, seconds: float) -> Mapping[int, int]:
    """Count by hour of event time what the epochs from the hour `first` on took."""
    query = (
        select(events.c.mined_epoch, func.count())
        .where(events.c.mined_epoch >= int(first * 3600 // seconds), events.c.mined_epoch < next_epoch)
        .group_by(events.c.mined_epoch)
    )
    found: Counter[int] = Counter()
    for epoch, number in connection.execute(query):
        found[int(epoch * seconds // 3600)] += number
    return found
