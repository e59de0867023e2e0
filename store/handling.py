"""How tickets were handled: what a refresh reads of tickets and events, and the rows that it replaces."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, or_, select, union

from models.access import EVERYTHING, AccessScope
from models.demand import DemandKind
from models.metrics.columns import NEEDED, HandlingColumns, columns_of
from store.cursors import read_cursor, write_cursor
from store.handling_scope import chosen_rows
from store.records import chunks
from store.schema import assignments, events, sla_cycles, ticket_handling, ticket_resolutions, tickets
from store.upsert import insert_new, upsert

SYSTEM, SITE, LEVELS = "refresh", "handling", "service_levels"
"""How the cursor of the refresh, and the fingerprint of the service levels that it used, are named among the cursors."""

ATTRIBUTES = (
    "source", "business_line", "user_type", "product", "payment_method", "region", "platform", "channel", "language",
)  # fmt: skip
"""Columns that are the same in the ticket and in the row of its handling."""

_CREATION = (
    "id",
    "time",
    "mined_epoch",
    *ATTRIBUTES,
    "handled_by",
    "vendor",
    "team",
    "priority",
    "escalated",
    "custom",
)


@dataclass(frozen=True, slots=True)
class StoredHistory:
    """A mined ticket that a customer wrote: its creation by column, its theme, and its later events in canonical order."""

    creation: Mapping[str, Any]
    theme_id: int | None
    events: Sequence[tuple[str, datetime, Mapping[str, Any] | None]]


def read_refreshed(connection: Connection) -> int | None:
    """Read the first epoch that the last refresh did not see as a whole; None before the first refresh."""
    cursor = read_cursor(connection, SYSTEM, SITE)
    return None if cursor is None else int(cursor)


def begin_refresh(connection: Connection, at: datetime) -> None:
    """Take the cursor's row for the rest of the transaction, so that two refreshes follow one another; `at` is the wall clock."""
    cursor = read_cursor(connection, SYSTEM, SITE)
    write_cursor(connection, SYSTEM, SITE, cursor if cursor is not None else "0", at)


def end_refresh(connection: Connection, epoch: int, levels: str, at: datetime) -> None:
    """Store the first epoch that this refresh did not see as a whole, and the fingerprint of its service levels."""
    write_cursor(connection, SYSTEM, SITE, str(epoch), at)
    write_cursor(connection, SYSTEM, LEVELS, levels, at)


def read_levels(connection: Connection) -> str | None:
    """Read the fingerprint of the service levels that the last refresh used; None before the first."""
    return read_cursor(connection, SYSTEM, LEVELS)


def forget_refresh(connection: Connection, at: datetime) -> None:
    """Delete all rows, so that the next refresh makes them all again."""
    for table in (ticket_handling, ticket_resolutions, sla_cycles):
        connection.execute(delete(table))
    write_cursor(connection, SYSTEM, SITE, "0", at)


def read_changed_tickets(connection: Connection, since: int) -> list[str]:
    """Read the tickets that an epoch from `since` on took events of, or assigned to another theme, sorted.

    A ticket's creation is an event; one that is created and not mined yet is not among them.
    """
    taken = select(events.c.subject.label("id")).where(events.c.mined_epoch >= since)
    moved = select(assignments.c.ticket_id.label("id")).where(assignments.c.epoch >= since)
    return sorted(connection.execute(union(taken, moved)).scalars())


def read_first_creation(connection: Connection) -> datetime | None:
    """Read when the first ticket was created; None without one."""
    first: datetime | None = connection.execute(select(func.min(tickets.c.time))).scalar_one()
    return first


def read_first_handled(connection: Connection) -> datetime | None:
    """Read when the first ticket that figures have was created; None without one."""
    first: datetime | None = connection.execute(select(func.min(ticket_handling.c.created_at))).scalar_one()
    return first


def read_histories(connection: Connection, ids: Sequence[str]) -> dict[str, StoredHistory]:
    """Read the histories of tickets, as far as they are mined; tickets that no customer wrote are left out."""
    found: dict[str, StoredHistory] = {}
    for part in chunks(ids):
        created = [dict(row) for row in connection.execute(_creations(part)).mappings()]
        later = _later_events(connection, [row["id"] for row in created])
        for row in created:
            found[row["id"]] = StoredHistory(row, row.pop("theme_id"), later.get(row["id"], ()))
    return found


def _creations(ids: Collection[str]) -> Any:
    return (
        select(*(tickets.c[name] for name in _CREATION), assignments.c.theme_id)
        .outerjoin(assignments, assignments.c.ticket_id == tickets.c.id)
        .where(tickets.c.id.in_(ids), tickets.c.mined_epoch.is_not(None), tickets.c.demand == DemandKind.CUSTOMER.value)
    )


def _later_events(
    connection: Connection, ids: Collection[str]
) -> dict[str, list[tuple[str, datetime, Mapping[str, Any] | None]]]:
    query = (
        select(events.c.subject, events.c.type, events.c.time, events.c.data, events.c.source, events.c.id)
        .where(events.c.subject.in_(ids), events.c.type != "ticket.created", events.c.mined_epoch.is_not(None))
        .order_by(events.c.subject, events.c.time, events.c.source, events.c.id)
    )
    found: dict[str, list[tuple[str, datetime, Mapping[str, Any] | None]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.subject, []).append((row.type, row.time, row.data))
    return found


def read_handling(connection: Connection, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read the rows of tickets by ticket."""
    found: dict[str, dict[str, Any]] = {}
    for part in chunks(ids):
        query = select(ticket_handling).where(ticket_handling.c.ticket_id.in_(part))
        found.update({row["ticket_id"]: dict(row) for row in connection.execute(query).mappings()})
    return found


def read_resolutions(connection: Connection, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Read the resolutions of tickets."""
    return _rows_of(connection, ticket_resolutions, ids)


def read_cycles(connection: Connection, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Read the promises to tickets."""
    return _rows_of(connection, sla_cycles, ids)


def _rows_of(connection: Connection, table: Table, ids: Sequence[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in chunks(ids):
        query = select(table).where(table.c.ticket_id.in_(part))
        found += (dict(row) for row in connection.execute(query).mappings())
    return found


READ_AT_ONCE = 20_000
"""Tickets that a count of all reads at once, so that their rows need little memory."""


def read_all_handling(connection: Connection) -> Iterator[tuple[list[dict[str, Any]], ...]]:
    """Yield the rows of all tickets, their resolutions and the promises to them, a part of the tickets at a time."""
    key, last = ticket_handling.c.ticket_id, ""
    while True:
        query = select(ticket_handling).where(key > last).order_by(key).limit(READ_AT_ONCE)
        rows = [dict(row) for row in connection.execute(query).mappings()]
        if not rows:
            return
        inside = (last, rows[-1]["ticket_id"])
        yield rows, _between(connection, ticket_resolutions, *inside), _between(connection, sla_cycles, *inside)
        last = inside[1]


def _between(connection: Connection, table: Table, after: str, last: str) -> list[dict[str, Any]]:
    query = select(table).where(table.c.ticket_id > after, table.c.ticket_id <= last)
    return [dict(row) for row in connection.execute(query).mappings()]


def write_handling(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or replace those of the same tickets."""
    upsert(connection, ticket_handling, rows, ["ticket_id"])


def write_resolutions(connection: Connection, ids: Collection[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace all resolutions of these tickets."""
    _replace(connection, ticket_resolutions, ids, rows)


def write_cycles(connection: Connection, ids: Collection[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace all promises to these tickets."""
    _replace(connection, sla_cycles, ids, rows)


def _replace(connection: Connection, table: Table, ids: Collection[str], rows: Sequence[Mapping[str, Any]]) -> None:
    for part in chunks(sorted(ids)):
        connection.execute(delete(table).where(table.c.ticket_id.in_(part)))
    insert_new(connection, table, rows)


def drop_handling(connection: Connection, ids: Iterable[str]) -> None:
    """Delete the rows of tickets that are not figures' any more, as one that was found to be no customer's."""
    for part in chunks(sorted(ids)):
        for table in (ticket_handling, ticket_resolutions, sla_cycles):
            connection.execute(delete(table).where(table.c.ticket_id.in_(part)))


def read_period(
    connection: Connection,
    start: datetime,
    end: datetime,
    filters: Mapping[str, str | int],
    by: str | None = None,
    scope: AccessScope = EVERYTHING,
) -> tuple[HandlingColumns, list[Any]]:
    """Read what the figures of [start, end) need: tickets created before its end that were open or rated since its start.

    `filters` are values by column of `models.metrics.cells.DIMENSIONS`. With `by`, one of these columns, return its value of each
    ticket, too. Tickets outside the scope are left out.
    """
    table = ticket_handling
    names = [*NEEDED, "ticket_id", *([by] if by else [])]
    query = select(*(table.c[name] for name in dict.fromkeys(names))).where(
        table.c.created_at < end, _active_since(start), *chosen_rows(filters, scope)
    )
    rows = [dict(row) for row in connection.execute(query.order_by(table.c.ticket_id)).mappings()]
    often = {row["ticket_id"]: place for place, row in enumerate(rows) if row["reopens"] > 1}
    spans: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for part in chunks(sorted(often)):
        found = select(ticket_resolutions).where(ticket_resolutions.c.ticket_id.in_(part))
        for row in connection.execute(found.order_by(ticket_resolutions.c.ticket_id, ticket_resolutions.c.number)):
            spans.setdefault(often[row.ticket_id], []).append((row.resolved_at, row.reopened_at))
    return columns_of(rows, spans), [row[by] for row in rows] if by else []


def read_active_tickets(
    connection: Connection, start: datetime, end: datetime, filters: Mapping[str, str | int], scope: AccessScope
) -> list[str]:
    """Read the tickets whose rows `read_period` reads, sorted."""
    table = ticket_handling
    query = select(table.c.ticket_id).where(
        table.c.created_at < end, _active_since(start), *chosen_rows(filters, scope)
    )
    return list(connection.execute(query.order_by(table.c.ticket_id)).scalars())


def _active_since(start: datetime) -> ColumnElement[bool]:
    """Return the condition that a ticket was open or rated since a time."""
    table = ticket_handling.c
    return or_(table.resolved_at.is_(None), table.resolved_at >= start, table.rated_at >= start)


def count_created(connection: Connection, start: datetime, end: datetime, most: int) -> int:
    """Count the tickets created in [start, end), of all scopes, up to `most`."""
    created = ticket_handling.c.created_at
    found = select(created).where(created >= start, created < end).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(found)).scalar_one()


COMPARED = (
    "ticket_id", "theme_id", "user_type", "priority", "created_at", "first_reply_at", "first_resolved_at", "first_reopened_at",
    "escalated_at", "csat",
)  # fmt: skip
"""Columns that a comparison of groups and an evaluation of a change need."""


def read_created(
    connection: Connection,
    start: datetime,
    end: datetime,
    filters: Mapping[str, str | int],
    by: str | None = None,
    scope: AccessScope = EVERYTHING,
) -> list[dict[str, Any]]:
    """Read the columns of `COMPARED` and `by` of the tickets of a scope created in [start, end) that were not removed, by ticket."""
    table = ticket_handling
    names = dict.fromkeys([*COMPARED, *([by] if by else [])])
    conditions = chosen_rows(filters, scope)
    query = select(*(table.c[name] for name in names)).where(
        table.c.created_at >= start, table.c.created_at < end, table.c.removed_at.is_(None), *conditions
    )
    return [dict(row) for row in connection.execute(query.order_by(table.c.ticket_id)).mappings()]
