"""The tickets of an erasure, and the texts that they have."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, func, select

from store.erasure.arrivals import sealed_requester, subject_of
from store.erasure.scope import ErasureSubject
from store.records import chunks
from store.schema import erased_tickets, erasures, events, inbox, quarantine, tickets


def tickets_of_subject(connection: Connection, subject: ErasureSubject) -> list[str]:
    """Find all tickets that an erasure is about, ascending: those stored, those that wait, those of earlier erasures of the same."""
    found = set(subject.tickets) | stored_tickets(connection, subject.earlier)
    for part in chunks(subject.requesters):
        found.update(connection.execute(select(tickets.c.id).where(tickets.c.requester.in_(part))).scalars())
        refused = select(quarantine.c.subject).where(
            quarantine.c.requester.in_(part), quarantine.c.subject.is_not(None)
        )
        # A refused record is no ticket; what is known of its subject is looked at in all tables all the same.
        found.update(connection.execute(refused).scalars())
    people = set(subject.requesters)
    if people:
        for event in waiting_events(connection):
            ticket = subject_of(event)
            if ticket is not None and event.get("type") == "ticket.created" and sealed_requester(event) in people:
                found.add(ticket)
    earlier = (
        select(erased_tickets.c.ticket_id)
        .join(erasures, erasures.c.id == erased_tickets.c.erasure_id)
        .where(erasures.c.subject == subject.subject)
    )
    found.update(connection.execute(earlier).scalars())
    return sorted(found)


def tickets_by_hash(connection: Connection, wanted: str, hash_of: Callable[[str], str]) -> list[str]:
    """Find the ids whose keyed hash is `wanted`: all ids are hashed, as after a restore, when only the hash is known."""
    query = select(events.c.subject).where(events.c.type == "ticket.created").execution_options(yield_per=10_000)
    return sorted({one for one in connection.execute(query).scalars() if hash_of(one) == wanted})


def stored_tickets(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return those of the ids that a ticket, an event or a refused record has."""
    found: set[str] = set()
    for part in chunks(ids):
        found.update(connection.execute(select(tickets.c.id).where(tickets.c.id.in_(part))).scalars())
        found.update(connection.execute(select(events.c.subject).where(events.c.subject.in_(part))).scalars())
        found.update(connection.execute(select(quarantine.c.subject).where(quarantine.c.subject.in_(part))).scalars())
    wanted = set(ids) - found
    if wanted:
        found.update(one for event in waiting_events(connection) if (one := subject_of(event)) in wanted and one)
    return found


def newest_event_times(connection: Connection, ids: Collection[str]) -> dict[str, datetime]:
    """Read the newest event time of each ticket that has events."""
    found: dict[str, datetime] = {}
    for part in chunks(ids):
        query = (
            select(events.c.subject, func.max(events.c.time))
            .where(events.c.subject.in_(part))
            .group_by(events.c.subject)
        )
        found.update({row[0]: row[1] for row in connection.execute(query)})
    return found


def creation_times(connection: Connection, ids: Collection[str]) -> dict[str, datetime]:
    """Read the event time of the creation of each ticket that is stored."""
    found: dict[str, datetime] = {}
    for part in chunks(ids):
        query = select(tickets.c.id, tickets.c.time).where(tickets.c.id.in_(part))
        found.update({row.id: row.time for row in connection.execute(query)})
    return found


def any_requester(connection: Connection) -> bool:
    """Return whether a ticket is stored whose requester is known by a keyed hash."""
    query = select(tickets.c.id).where(tickets.c.requester.is_not(None), tickets.c.requester.not_like("erased-%"))
    return connection.execute(query.limit(1)).first() is not None


def refused_places(
    connection: Connection, ids: Collection[str], requesters: Collection[str]
) -> list[tuple[str, int, int]]:
    """List stream, partition and position of the refused records of tickets and requesters."""
    found: set[tuple[str, int, int]] = set()
    place = (quarantine.c.stream, quarantine.c.partition, quarantine.c.position)
    for column, keys in ((quarantine.c.subject, ids), (quarantine.c.requester, requesters)):
        for part in chunks(keys):
            found.update((row[0], row[1], row[2]) for row in connection.execute(select(*place).where(column.in_(part))))
    return sorted(found)


def texts_of_tickets(connection: Connection, ids: Collection[str]) -> Iterator[str]:
    """Yield the texts of tickets, of their comments and updates, and of their events that wait."""
    for part in chunks(ids):
        for row in connection.execute(select(tickets.c.title, tickets.c.body).where(tickets.c.id.in_(part))):
            yield from (row.title, row.body)
        for data in connection.execute(select(events.c.data).where(events.c.subject.in_(part))).scalars():
            yield from _texts(data)
    wanted = set(ids)
    for event in waiting_events(connection):
        if subject_of(event) in wanted:
            yield from _texts(event.get("data"))


def waiting_events(connection: Connection) -> Iterator[dict[str, object]]:
    """Yield the events of the inbox, which is drained all the time and so is short."""
    for waiting in connection.execute(select(inbox.c.events)).scalars():
        yield from (event for event in waiting or () if isinstance(event, dict))


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, dict):
        yield from (value for name in ("title", "body") if isinstance(value := data.get(name), str))
