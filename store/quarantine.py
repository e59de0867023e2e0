"""Quarantine: refused records, what is known of how they were read, and what becomes of them when they are read again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePath
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, or_, select, update

from models.times import rfc3339
from store.errors import StoreError
from store.records import chunks
from store.schema import quarantine
from store.types import LARGEST_ROW


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


@dataclass(frozen=True, slots=True)
class QuarantineChoice:
    """Which refused records are meant: those refused for one reason, the one with an id, those of one stream; without any, all."""

    reason: str | None = None
    record_id: int | None = None
    stream: str | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a row has to fulfil."""
        wanted = {"reason": self.reason, "id": self.record_id, "stream": self.stream}
        return [quarantine.c[name] == value for name, value in wanted.items() if value is not None]


ALL_REFUSED = QuarantineChoice()
"""Every refused record."""


def quarantined_streams(
    connection: Connection, streams: Collection[str] | None = None, choice: QuarantineChoice = ALL_REFUSED
) -> list[QuarantinedStream]:
    """Read which positions of which streams are in quarantine, in the order of the streams; None: of all streams."""
    query = select(quarantine.c.stream, quarantine.c.reason, quarantine.c.position, quarantine.c.reading).order_by(
        quarantine.c.stream, quarantine.c.position
    )
    query = query.where(*choice.conditions())
    if streams is not None:
        query = query.where(quarantine.c.stream.in_(streams))
    positions: dict[str, dict[str, list[int]]] = {}
    readings: dict[str, Mapping[str, Any] | None] = {}
    for row in connection.execute(query):
        positions.setdefault(row.stream, {}).setdefault(row.reason, []).append(row.position)
        readings[row.stream] = row.reading or readings.get(row.stream)
    return [QuarantinedStream(stream, found, readings[stream]) for stream, found in positions.items()]


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """One refused record as a person looks at it: `detail` and `excerpt` are redacted; `subject` is the ticket that it concerns."""

    record_id: int
    stream: str
    partition: int
    position: int
    reason: str
    detail: str
    excerpt: str
    refused_at: datetime | None
    reading: Mapping[str, Any] | None
    subject: str | None

    @property
    def from_file(self) -> bool:
        """Whether it came from a file, at whose lines it can be read again: files are named by their paths."""
        return is_file_stream(self.stream)

    def as_json(self) -> dict[str, Any]:
        """Write it as the API gives it."""
        return {
            "id": self.record_id, "stream": self.stream, "partition": self.partition, "position": self.position,
            "reason": self.reason, "detail": self.detail, "excerpt": self.excerpt, "refused_at": rfc3339(self.refused_at),
            "reading": None if self.reading is None else dict(self.reading), "subject": self.subject,
        }  # fmt: skip


class RefusedRecordUnknown(StoreError):
    """No refused record has the id."""

    def __init__(self, record_id: int) -> None:
        super().__init__(
            f"received record {record_id}, which is not in quarantine; it may have been read again meanwhile: see the list"
        )


def is_file_stream(stream: str) -> bool:
    """Return whether a stream is a file: it is named by its path, and other streams by their topic or system."""
    return PurePath(stream).is_absolute()


def refused_records(
    connection: Connection, reason: str | None = None, *, limit: int = 25, before: int | None = None
) -> list[RefusedRecord]:
    """Read refused records, the newest first, of one reason or all; `before` is the id of the record to continue after."""
    query = (
        select(quarantine).where(*QuarantineChoice(reason).conditions()).order_by(quarantine.c.id.desc()).limit(limit)
    )
    if before is not None:
        query = query.where(quarantine.c.id < min(before, LARGEST_ROW))
    return [_refused(row) for row in connection.execute(query)]


def refused_record(connection: Connection, record_id: int) -> RefusedRecord:
    """Read one refused record. Raises `RefusedRecordUnknown`."""
    found = None
    if 0 < record_id <= LARGEST_ROW:
        found = connection.execute(select(quarantine).where(quarantine.c.id == record_id)).first()
    if found is None:
        raise RefusedRecordUnknown(record_id)
    return _refused(found)


def count_chosen(connection: Connection, choice: QuarantineChoice) -> int:
    """Count the refused records that are meant."""
    query = select(func.count()).select_from(quarantine).where(*choice.conditions())
    return int(connection.execute(query).scalar_one())


def _refused(row: Row[Any]) -> RefusedRecord:
    return RefusedRecord(
        row.id, row.stream, row.partition, row.position, row.reason, row.detail, row.excerpt, row.refused_at, row.reading,
        row.subject,
    )  # fmt: skip


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
