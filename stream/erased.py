"""What arrives of tickets and requesters that were erased: found before it is embedded, and again in the transaction that stores it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from models.event import Event, TicketEvent, TicketEventType
from models.requester import keyed_hash
from store.erasure.arrivals import ERASED_DETAIL, names_of
from store.erasure.tombstones import (
    any_erasure,
    bury_tickets,
    erased_requesters_until,
    erased_tickets_until,
    newest_erasure,
)
from store.records import known_tickets
from stream.raw import Raw, RefusedEvent
from stream.requester import hash_requester

Read = Callable[[], AbstractContextManager[Connection]]
"""Opens a connection that only reads."""


class Grave(NamedTuple):
    """A tombstone that covers an event. `mined`: its epoch was mined, so nothing of the text is needed; `erased`: by a person."""

    time: datetime
    mined: bool
    erased: bool = False


class ErasedUntil(NamedTuple):
    """By ticket, up to which event time its text is erased; `arrived` are those that have no tombstone of their own yet."""

    tickets: dict[str, datetime]
    arrived: dict[str, datetime]

    def covers(self, event: TicketEvent) -> Grave | None:
        """Return the tombstone of an event whose text is erased; None where it is not."""
        until = self.tickets.get(event.subject)
        return Grave(until, mined=True, erased=True) if until is not None and event.time <= until else None


def ticket_hash(ticket: str, key: bytes) -> str:
    """Hash the id of a ticket as proofs and the manifest name it."""
    return keyed_hash(f"ticket:{ticket}", key)


def erased_alias() -> str:
    """Make a name for the requester of an erased ticket that nothing leads to."""
    return f"erased-{secrets.token_hex(12)}"


class ErasedArrivals:
    """Finds which of the arriving events and refused records are of erased tickets or requesters."""

    def __init__(self, key: bytes) -> None:
        """Take the key of the requesters' hashes."""
        self._key = key
        self._newest: datetime | None = None

    def news(self, connection: Connection) -> bool:
        """Return whether something was erased since this was asked last; what is remembered of texts must then be dropped."""
        newest, before = newest_erasure(connection), self._newest
        self._newest = newest
        return newest != before

    def until(self, connection: Connection, events: Sequence[Event]) -> ErasedUntil:
        """Find until when the texts of the tickets of some events are erased.

        A ticket is erased if it has a tombstone, if its id was erased before it came, or if the requester of its creation was.
        """
        tickets = [event for event in events if isinstance(event, TicketEvent)]
        if not tickets or not any_erasure(connection):
            return ErasedUntil({}, {})
        hashes = {subject: ticket_hash(subject, self._key) for subject in {event.subject for event in tickets}}
        found = erased_tickets_until(connection, hashes)
        people = {
            event.data.requester: hash_requester(event.data.requester, self._key)
            for event in tickets
            if event.type is TicketEventType.CREATED and event.data.requester
        }
        gone = erased_requesters_until(connection, set(people.values()))
        theirs = {
            event.subject: event
            for event in tickets
            if event.type is TicketEventType.CREATED
            and (until := gone.get(people.get(event.data.requester or "", ""))) is not None
            and event.time <= until
        }
        stored = known_tickets(connection, theirs)
        arrived: dict[str, datetime] = {}
        for subject, event in theirs.items():
            # A ticket that is stored as somebody else's, and stays so, is not theirs.
            known = stored.get(subject)
            if known is None or (not known[3] and (event.time, event.source, event.id) < known[:3]):
                until = gone[people[event.data.requester or ""]]
                arrived[subject] = max(until, found.get(subject, until))
        return ErasedUntil({**found, **arrived}, arrived)

    def covered(self, connection: Connection, events: Sequence[Event]) -> set[tuple[str, str]]:
        """Return the (source, id) of the events whose text is erased: it need not be embedded."""
        erased = self.until(connection, events)
        return {
            (event.source, event.id)
            for event in events
            if isinstance(event, TicketEvent) and erased.covers(event) is not None
        }

    def refused(
        self, connection: Connection, refused: Sequence[tuple[Raw, RefusedEvent]]
    ) -> list[tuple[Raw, RefusedEvent]]:
        """Return refused records, those of erased tickets and requesters without their text: they may go to a topic."""
        if not refused or not any_erasure(connection):
            return list(refused)
        named = [names_of(one.subject, one.excerpt, one.detail) for _, one in refused]
        hashes = {name: ticket_hash(name, self._key) for names in named for name in names}
        tickets = erased_tickets_until(connection, hashes)
        people = erased_requesters_until(connection, {one.requester for _, one in refused if one.requester})
        return [
            (raw, replace(one, detail=ERASED_DETAIL, excerpt="", requester=None))
            if not names.isdisjoint(tickets) or one.requester in people
            else (raw, one)
            for (raw, one), names in zip(refused, named, strict=True)
        ]


def bury_arrived(connection: Connection, erased: ErasedUntil) -> None:
    """Write the tombstones of tickets that were found erased when they arrived: what comes of them later is found by these.

    What arrived of them earlier, as comments before their ticket, loses its text.
    """
    bury_tickets(connection, erased.arrived)
