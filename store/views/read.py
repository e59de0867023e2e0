"""Reading of views batch by batch, in bounded memory: a server-side cursor on PostgreSQL, a cursor of the file on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, column, select, table

from store.schema import tickets
from store.views.view import SqlView, ValueKind, ViewColumn, shown

RowBatch = Sequence[tuple[Any, ...]]

TEXT_COLUMNS: tuple[ViewColumn, ...] = (
    shown(tickets.c.id, "identity of the ticket in its source", name="ticket_id"),
    shown(tickets.c.time, "when it was created", name="created_at"),
    shown(tickets.c.title, "title, redacted"),
    shown(tickets.c.body, "text, redacted"),
)
"""Columns of the texts of tickets, which no view has."""


def snapshot(engine: Engine) -> Connection:
    """Open a connection that only reads, and all of whose queries see the database as it is at the first one."""
    if engine.dialect.name == "postgresql":
        return engine.connect().execution_options(isolation_level="REPEATABLE READ")
    return engine.connect().execution_options(writes=False)


def stream_view(
    connection: Connection, view: SqlView, start: datetime | None, end: datetime | None, size: int
) -> Generator[RowBatch]:
    """Read the rows of a view in the order of its key, at most `size` at once; those dated in [start, end) where it has a date.

    Times come as aware times in UTC, days as dates, on both databases.
    """
    names = [one.name for one in view.columns]
    query: Any = select(*(column(name) for name in names)).select_from(
        table(view.name, *(column(name) for name in names))
    )
    if view.period is not None:
        dated = view.column(view.period)
        if start is not None:
            query = query.where(column(dated.name) >= bindparam("start", _bound(connection, dated.kind, start)))
        if end is not None:
            query = query.where(column(dated.name) < bindparam("end", _bound(connection, dated.kind, end)))
    query = query.order_by(*(column(name) for name in view.key))
    readers = [
        _READERS.get(one.kind) if connection.dialect.name == "sqlite" else _utc(one.kind) for one in view.columns
    ]
    # Only these columns are changed: the others are as they are to be.
    changed = [(place, read) for place, read in enumerate(readers) if read is not None]
    for part in _partitions(connection, query, size):
        yield [_row(row, changed) for row in part]


def stream_texts(
    connection: Connection, start: datetime | None, end: datetime | None, size: int
) -> Generator[RowBatch]:
    """Read id, creation, title and text of the tickets created in [start, end), by id, at most `size` at once."""
    query = select(tickets.c.id, tickets.c.time, tickets.c.title, tickets.c.body).order_by(tickets.c.id)
    if start is not None:
        query = query.where(tickets.c.time >= start)
    if end is not None:
        query = query.where(tickets.c.time < end)
    for part in _partitions(connection, query, size):
        yield [tuple(row) for row in part]


def _partitions(connection: Connection, query: Any, size: int) -> Iterator[Sequence[Any]]:
    with connection.execution_options(stream_results=True, yield_per=size).execute(query) as result:
        yield from result.partitions(size)


def _row(row: Sequence[Any], changed: Sequence[tuple[int, Callable[[Any], Any]]]) -> tuple[Any, ...]:
    values = list(row)
    for place, read in changed:
        if values[place] is not None:
            values[place] = read(values[place])
    return tuple(values)


def _bound(connection: Connection, kind: ValueKind, time: datetime) -> Any:
    moment = time.astimezone(UTC)
    if kind is ValueKind.DAY:
        return moment.date().isoformat() if connection.dialect.name == "sqlite" else moment.date()
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}" if connection.dialect.name == "sqlite" else moment


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _utc(kind: ValueKind) -> Callable[[Any], Any] | None:
    return (lambda value: value.astimezone(UTC)) if kind is ValueKind.TIME else None


_READERS: dict[ValueKind, Callable[[Any], Any]] = {
    ValueKind.TIME: _time,
    ValueKind.DAY: date.fromisoformat,
    ValueKind.BOOLEAN: bool,
    ValueKind.NUMBER: float,
}
