"""Recording a batch: events once each, tickets, vectors, tombstones and quarantine, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from more_itertools import chunked
from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from store.schema import changes, events, launches, miner, quarantine, tickets, tombstones, vectors
from store.upsert import insert_new, upsert

CHUNK = 400
"""Keys per query: SQLite allows 32,766 parameters, and short lists are planned faster."""


def chunks(keys: Collection[Any]) -> Iterable[list[Any]]:
    """Cut keys into lists short enough for one query."""
    return chunked(keys, CHUNK)


def seen_events(connection: Connection, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of the (source, id) that are stored already."""
    found: set[tuple[str, str]] = set()
    by_source: dict[str, list[str]] = {}
    for source, event_id in keys:
        by_source.setdefault(source, []).append(event_id)
    for source, ids in by_source.items():
        for part in chunks(ids):
            query = select(events.c.id).where(events.c.source == source, events.c.id.in_(part))
            found.update((source, row) for row in connection.execute(query).scalars())
    return found


def insert_events(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store events whose (source, id) is new."""
    insert_new(connection, events, rows)


def known_tickets(connection: Connection, ids: Collection[str]) -> dict[str, tuple[Any, ...]]:
    """Read of the tickets that are stored: (time, source, event id of the creation, whether it is mined)."""
    found: dict[str, tuple[Any, ...]] = {}
    for part in chunks(ids):
        query = select(tickets.c.id, tickets.c.time, tickets.c.source, tickets.c.event_id, tickets.c.mined_epoch).where(
            tickets.c.id.in_(part)
        )
        found.update(
            {
                row.id: (row.time, row.source, row.event_id, row.mined_epoch is not None)
                for row in connection.execute(query)
            }
        )
    return found


def read_tombstones(connection: Connection, ids: Collection[str]) -> dict[str, tuple[datetime, bool]]:
    """Read the newest tombstone of each ticket that has one: (time, whether it is mined)."""
    found: dict[str, tuple[datetime, bool]] = {}
    for part in chunks(ids):
        query = select(tombstones).where(tombstones.c.ticket_id.in_(part))
        found.update({row.ticket_id: (row.time, row.mined_epoch is not None) for row in connection.execute(query)})
    return found


def write_tickets(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert tickets, or replace those that an older creation event now precedes.

    One that the miner took since the caller looked stays as it is: it was counted as it stood.
    """
    upsert(connection, tickets, rows, ["id"], where=tickets.c.mined_epoch.is_(None))


def write_vectors(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert vectors, or replace those of replaced tickets."""
    upsert(connection, vectors, rows, ["ticket_id", "model"])


def drop_vectors(connection: Connection, ids: Collection[str]) -> None:
    """Delete the vectors of tickets whose text is about to be replaced."""
    for part in chunks(ids):
        connection.execute(delete(vectors).where(vectors.c.ticket_id.in_(part)))


def bury(connection: Connection, newest: Mapping[str, datetime]) -> None:
    """Insert tombstones.

    Comments and updates that are older lose their text at once. A ticket's own text is marked as erased at once, for all
    who show it, and blanked by `store.tickets.erase` in the tombstone's own epoch: until then a theme is named with
    it, so that names do not depend on which of two events arrived first.
    """
    rows = [{"ticket_id": ticket_id, "time": time, "mined_epoch": None} for ticket_id, time in sorted(newest.items())]
    if not rows:
        return
    upsert(connection, tombstones, rows, ["ticket_id"])
    bound = [{"key": ticket_id, "at": time} for ticket_id, time in sorted(newest.items())]
    connection.execute(
        update(tickets)
        .where(tickets.c.id == bindparam("key"), tickets.c.time <= bindparam("at"))
        .values(erased_at=bindparam("at")),
        bound,
    )
    connection.execute(
        update(events)
        .where(
            events.c.subject == bindparam("key"),
            events.c.time <= bindparam("at"),
            or_(events.c.type == "comment.added", events.c.type == "ticket.updated"),
        )
        .values(data=None),
        bound,
    )


def insert_launches(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store revisions of launch plans."""
    insert_new(connection, launches, rows)


def insert_changes(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store revisions of change records."""
    insert_new(connection, changes, rows)


def insert_quarantine(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store refused records; one of the same place is replaced, as by another export under the same name."""
    upsert(connection, quarantine, rows, ["stream", "partition", "position", "element"])


def read_refused(connection: Connection, stream: str, reason: str) -> list[tuple[int, str]]:
    """Read position and excerpt of the refused records of a stream, for one reason."""
    query = select(quarantine.c.position, quarantine.c.excerpt).where(
        quarantine.c.stream == stream, quarantine.c.reason == reason
    )
    return [(row.position, row.excerpt) for row in connection.execute(query)]


def has_refused(connection: Connection, stream: str) -> bool:
    """Return whether records of a stream are in quarantine."""
    query = select(quarantine.c.id).where(quarantine.c.stream == stream).limit(1)
    return connection.execute(query).first() is not None


def count_quarantine(connection: Connection) -> dict[str, int]:
    """Count refused records by reason."""
    query = select(quarantine.c.reason, func.count()).group_by(quarantine.c.reason).order_by(quarantine.c.reason)
    return {row[0]: row[1] for row in connection.execute(query)}


def newest_quarantine(connection: Connection, limit: int) -> list[Mapping[str, Any]]:
    """Read the newest refused records, for a person to look at."""
    query = select(quarantine).order_by(quarantine.c.id.desc()).limit(limit)
    # SQLAlchemy's names are a kind of text that JSON writers do not take for keys.
    return [{str(name): value for name, value in row.items()} for row in connection.execute(query).mappings()]


def open_epoch(connection: Connection) -> int | None:
    """Read the first epoch that is not mined; None before the first."""
    return connection.execute(select(miner.c.next_epoch)).scalar_one_or_none()
