"""The spool: admitted events on disk, read back in the order of their times."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import numpy as np

from models.arrays import Ints
from models.event import ChangeEvent, Event, LaunchEvent, TicketEvent, TicketEventType
from stream.errors import SpoolFailed
from stream.ordering.grain import SECOND, Grain, WrittenTimes

CACHE_KIB = 65_536
"""Memory that the spool takes before it writes to disk, whatever the size of the input; sorting takes as much once more."""

ROWS = 1_000
"""Rows that are written at a time."""

BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)

_LONGEST = 1 << 62
"""Longer than any time in microseconds: the remainder is the time itself."""

_MODELS: tuple[type[LaunchEvent | ChangeEvent | TicketEvent], ...] = (LaunchEvent, ChangeEvent, TicketEvent)
_TICKET = _MODELS.index(TicketEvent)

_SCHEMA = """
CREATE TABLE records (
    number INTEGER PRIMARY KEY, file INTEGER NOT NULL, position INTEGER NOT NULL, time INTEGER NOT NULL,
    model INTEGER NOT NULL, rank INTEGER NOT NULL, source TEXT NOT NULL, id TEXT NOT NULL, ticket TEXT NOT NULL,
    event BLOB NOT NULL
)
"""
# An agent's greeting is not the ticket, also where it is the first turn.
_ROWS_OF_TICKETS = """
SELECT records.number, records.file, records.position, records.time, records.model, records.event
FROM records JOIN several ON records.source = several.source AND records.ticket = several.ticket
WHERE records.file = ? AND records.rank = 1
ORDER BY records.source, records.ticket,
    coalesce(json_extract(CAST(records.event AS TEXT), '$.data.author_role'), '') IN ('agent', 'bot'), records.time, records.event
"""
# The content decides last, so that two events of one identity come in the same order from any order of the input.
_ORDERED = """
SELECT file, position, time, model, event FROM records ORDER BY time, rank, source, id, event, file, number
"""


@dataclass(frozen=True, slots=True)
class SpooledEvent:
    """An admitted event with the file that it came of, by number, and its position there."""

    file: int
    position: int
    event: Event


@dataclass(frozen=True, slots=True)
class TicketTimes:
    """Times of the ticket events of an input, in the order in which they were read.

    numbers: of the spool's rows. times: microseconds since 1970. files: number of the file. tickets: equal for one ticket.
    """

    numbers: Ints
    times: Ints
    files: Ints
    tickets: Ints


class Spool:
    """Admitted events in a private temporary database, which SQLite deletes when it is closed, also by a crash.

    SQLite sorts on disk in bounded memory. What is spooled is redacted and its requester hashed: nothing in it is sensitive.
    It is located where SQLite puts its temporary files: `SQLITE_TMPDIR`, `TMPDIR`, `/var/tmp`.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[object, ...]] = []
        with _explained():
            self._database = sqlite3.connect("", isolation_level=None)
            for setting in (f"cache_size=-{CACHE_KIB}", "journal_mode=OFF", "synchronous=OFF", "temp_store=FILE"):
                self._database.execute(f"PRAGMA {setting}")
            self._database.execute(_SCHEMA)
            self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        """Use it as a context manager, which deletes it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete it."""
        self._database.close()

    def add(self, file: int, position: int, event: Event) -> None:
        """Spool an event. Raises ValueError where it cannot be written as JSON, `SpoolFailed` where the disk is full."""
        content = event.model_dump_json(exclude_unset=True).encode()
        model = next(n for n, one in enumerate(_MODELS) if isinstance(event, one))
        time, named = microseconds(event.time), (event.source, event.id, event.subject)
        self._rows.append((file, position, time, model, _rank(event), *named, content))
        if len(self._rows) >= ROWS:
            self._flush()

    def ticket_times(self) -> TicketTimes:
        """Return the times of all ticket events: 32 bytes for each."""
        self._flush()
        with _explained():
            (count,) = self._database.execute("SELECT count(*) FROM records WHERE model = ?", (_TICKET,)).fetchone()
            rows = self._database.execute(
                "SELECT number, time, file, ticket FROM records WHERE model = ? ORDER BY number", (_TICKET,)
            )
            values = (value for *row, ticket in rows for value in (*row, hash(ticket)))
            table = np.fromiter(values, np.int64, count * 4).reshape(count, 4)
        return TicketTimes(table[:, 0], table[:, 1], table[:, 2], table[:, 3])

    def find(self, file: int, position: int, wanted: Callable[[Event], bool]) -> list[int]:
        """Return the numbers of the rows of one record of a file whose event is wanted."""
        self._flush()
        with _explained():
            rows = self._database.execute(
                "SELECT number, file, position, time, model, event FROM records WHERE file = ? AND position = ?",
                (file, position),
            ).fetchall()
        return [row[0] for row in rows if wanted(_event(row[1:]).event)]

    def take_out(self, numbers: Sequence[int]) -> list[SpooledEvent]:
        """Remove rows by number and return what they held, in that order."""
        self._flush()
        found = []
        with _explained():
            for number in numbers:
                columns = "file, position, time, model, event"
                row = self._database.execute(f"SELECT {columns} FROM records WHERE number = ?", (number,)).fetchall()  # noqa: S608
                self._database.execute("DELETE FROM records WHERE number = ?", (number,))
                found += [_event(one) for one in row]
        return found

    def join_rows(self, file: int, later: Callable[[TicketEvent, TicketEvent], TicketEvent | None]) -> int:
        """Replace creations of tickets that a file has several of by `later(first, creation)`; returns how many were replaced.

        The first one is that of the requester with the earliest time; None leaves a creation as it is.
        """
        self._flush()
        replaced, first = 0, None
        with _explained():
            self._database.execute("DROP TABLE IF EXISTS temp.several")
            self._database.execute(
                "CREATE TEMP TABLE several AS SELECT source, ticket FROM records WHERE file = ? AND rank = 1"
                " GROUP BY source, ticket HAVING count(*) > 1",
                (file,),
            )
            for number, *row in self._database.execute(_ROWS_OF_TICKETS, (file,)):
                event = _event(tuple(row)).event
                if not isinstance(event, TicketEvent):
                    continue
                if first is None or (event.source, event.subject) != (first.source, first.subject):
                    first = event
                    continue
                found = later(first, event)
                if found is not None:
                    replaced += 1
                    content = found.model_dump_json(exclude_unset=True).encode()
                    self._database.execute(
                        "UPDATE records SET id = ?, rank = ?, event = ? WHERE number = ?",
                        (found.id, _rank(found), content, number),
                    )
        return replaced

    def rename(self, names: Mapping[tuple[str, str], Mapping[str, str]]) -> None:
        """Give identities other names: by source and field (`id`, `subject`), the new name of each old one."""
        self._flush()
        if not names:
            return
        with _explained():
            query = "SELECT number, source, file, position, time, model, event FROM records WHERE instr(CAST(event AS TEXT), 'id-') > 0"
            for number, source, *row in self._database.execute(query).fetchall():
                event = _event(tuple(row)).event
                changed = _renamed(event, names.get((source, "id"), {}), names.get((source, "subject"), {}))
                if changed is not event:
                    content = changed.model_dump_json(exclude_unset=True).encode()
                    self._database.execute(
                        "UPDATE records SET id = ?, ticket = ?, event = ? WHERE number = ?",
                        (changed.id, changed.subject, content, number),
                    )

    def written_times(self) -> dict[str, WrittenTimes]:
        """Return what the times of each source's creations of tickets have in common."""
        self._flush()
        found: dict[str, WrittenTimes] = {}
        with _explained():
            query = "SELECT source, count(*) FROM records WHERE model = ? AND rank = 1 GROUP BY source"
            for source, count in self._database.execute(query, (_TICKET,)).fetchall():
                hours, days = (self._remainders(source, grain * SECOND) for grain in (Grain.HOUR, Grain.DAY))
                found[source] = WrittenTimes(count, len(self._remainders(source, _LONGEST)), hours, days)
        return found

    def _remainders(self, source: str, step: int) -> tuple[int, ...]:
        query = "SELECT DISTINCT time % ? FROM records WHERE source = ? AND model = ? AND rank = 1 LIMIT 3"
        return tuple(sorted(row[0] for row in self._database.execute(query, (step, source, _TICKET))))

    def move(self, source: str, place: Callable[[int, str], int]) -> None:
        """Give the ticket events of a source other times: `place(time, ticket)`, in microseconds."""
        self._flush()
        with _explained():
            self._database.create_function("place", 2, place, deterministic=True)
            self._database.execute(
                "UPDATE records SET time = place(time, ticket) WHERE source = ? AND model = ?", (source, _TICKET)
            )

    def drop_before(self, file: int, time: int) -> int:
        """Remove the events of a file before a time in microseconds; returns how many there were."""
        self._flush()
        with _explained():
            return self._database.execute("DELETE FROM records WHERE file = ? AND time < ?", (file, time)).rowcount

    def counts(self) -> Mapping[int, int]:
        """Count the events of each file."""
        self._flush()
        with _explained():
            return dict(self._database.execute("SELECT file, count(*) FROM records GROUP BY file"))

    def ordered(self) -> Iterator[SpooledEvent]:
        """Yield all events by time; at the same time plans and changes come first, then creations, then by source and id."""
        self._flush()
        with _explained():
            for row in self._database.execute(_ORDERED):
                yield _event(row)

    def _flush(self) -> None:
        with _explained():
            self._database.executemany(
                "INSERT INTO records (file, position, time, model, rank, source, id, ticket, event)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                self._rows,
            )
        self._rows.clear()


def microseconds(time: datetime) -> int:
    """Return the microseconds from 1970 to a timezone-aware time."""
    return (time - BEGIN) // MICROSECOND


def time_of(value: int) -> datetime:
    """Return the UTC time of so many microseconds after 1970."""
    return BEGIN + value * MICROSECOND


def _rank(event: Event) -> int:
    if not isinstance(event, TicketEvent):
        return 0
    return 1 if event.type is TicketEventType.CREATED else 2


def _event(row: tuple[int, int, int, int, bytes]) -> SpooledEvent:
    file, position, time, model, content = row
    event = _MODELS[model].model_validate_json(content)
    placed = time_of(time)
    return SpooledEvent(file, position, _placed(event, placed) if isinstance(event, TicketEvent) else event)


def _renamed(event: Event, ids: Mapping[str, str], subjects: Mapping[str, str]) -> Event:
    changed: dict[str, object] = {}
    if event.id in ids:
        changed["id"] = ids[event.id]
    if event.subject in subjects:
        changed["subject"] = subjects[event.subject]
    if isinstance(event, TicketEvent):
        named: dict[str, object] = {}
        if into := subjects.get(event.data.into or ""):
            named["into"] = into
        if any(one.ticket in subjects for one in event.data.links):
            named["links"] = tuple(
                one.model_copy(update={"ticket": subjects.get(one.ticket, one.ticket)}) for one in event.data.links
            )
        if named:
            changed["data"] = event.data.model_copy(update=named)
    return event.model_copy(update=changed) if changed else event


def _placed(event: TicketEvent, time: datetime) -> TicketEvent:
    """Return the event at the time that the spool has for it; a time that was only a day or an hour is kept in `custom`."""
    if event.time == time:
        return event
    written = {**event.data.custom, "time_as_written": event.time.isoformat()}
    return event.model_copy(update={"time": time, "data": event.data.model_copy(update={"custom": written})})


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise SpoolFailed(str(error)) from error
