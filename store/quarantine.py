"""Quarantine: refused records, what is known of how they were read, and what becomes of them when they are read again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from store.records import chunks
from store.schema import quarantine


@dataclass(frozen=True, slots=True)
class QuarantineTotal:
    """Records of one stream that were refused for one reason, and the position of the first."""

    stream: str
    reason: str
    records: int
    first: int


@dataclass(frozen=True, slots=True)
class QuarantinedStream:
    """What is in quarantine of one stream: positions by reason, and how its file was read, as far as that is known."""

    stream: str
    positions: Mapping[str, Sequence[int]]
    reading: Mapping[str, Any] | None


def quarantine_totals(connection: Connection, streams: Collection[str]) -> list[QuarantineTotal]:
    """Count the refused records of the named streams by stream and reason, in their order."""
    query = (
        select(quarantine.c.stream, quarantine.c.reason, func.count(), func.min(quarantine.c.position))
        .where(quarantine.c.stream.in_(streams))
        .group_by(quarantine.c.stream, quarantine.c.reason)
        .order_by(quarantine.c.stream, quarantine.c.reason)
    )
    return [QuarantineTotal(*row) for row in connection.execute(query)]


def quarantined_streams(connection: Connection, streams: Collection[str] | None = None) -> list[QuarantinedStream]:
    """Read which positions of which streams are in quarantine, in the order of the streams; None: of all streams."""
    query = select(quarantine.c.stream, quarantine.c.reason, quarantine.c.position, quarantine.c.reading).order_by(
        quarantine.c.stream, quarantine.c.position
    )
    if streams is not None:
        query = query.where(quarantine.c.stream.in_(streams))
    positions: dict[str, dict[str, list[int]]] = {}
    readings: dict[str, Mapping[str, Any] | None] = {}
    for row in connection.execute(query):
        positions.setdefault(row.stream, {}).setdefault(row.reason, []).append(row.position)
        readings[row.stream] = row.reading or readings.get(row.stream)
    return [QuarantinedStream(stream, found, readings[stream]) for stream, found in positions.items()]


def note_reading(connection: Connection, stream: str, reading: Mapping[str, Any]) -> None:
    """Keep how the file of a stream was read, for all of its refused records."""
    connection.execute(update(quarantine).where(quarantine.c.stream == stream).values(reading=dict(reading)))


def remove_settled(
    connection: Connection, stream: str, since: datetime, positions: Collection[int] | None = None
) -> int:
    """Delete the records of a stream that were read again at or after `since` (UTC) and not refused again; return how many.

    `positions` are those that were read again; None: all of the stream's.
    """
    settled = and_(
        quarantine.c.stream == stream, or_(quarantine.c.refused_at.is_(None), quarantine.c.refused_at < since)
    )
    if positions is None:
        return _delete(connection, settled)
    return sum(
        _delete(connection, and_(settled, quarantine.c.position.in_(part))) for part in chunks(sorted(positions))
    )


def _delete(connection: Connection, condition: ColumnElement[bool]) -> int:
    return connection.execute(delete(quarantine).where(condition)).rowcount
