"""Processing of a batch: validate, redact, embed, record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import numpy as np
from sqlalchemy import Connection

from models.clock import Clock
from models.embedding import Clearable, Embedder
from models.event import ERASING, ChangeEvent, Event, LaunchEvent, TicketEvent, TicketEventType
from models.text import TYPICAL_MACROS, ticket_text
from store.erasure.arrivals import store_refused
from store.erasure.lock import share_with_erasures
from store.records import (
    bury,
    drop_vectors,
    insert_changes,
    insert_events,
    insert_launches,
    known_tickets,
    read_tombstones,
    seen_events,
    write_tickets,
    write_vectors,
)  # fmt: skip
from store.retention.register import KeptSince, kept_since
from store.ticket_links import LinkChange, write_links
from stream.admission_rules import AdmissionRules
from stream.batch_vectors import BatchVectors, embed_events
from stream.clock_skew import FURTHEST, ClockSkew
from stream.erased import ErasedArrivals, ErasedUntil, Grave, Read, bury_arrived
from stream.lateness import Lateness
from stream.optional_fields import FieldNote, count_notes, field_notes
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.refused_subject import with_subject
from stream.rows import change_row, launch_row, quarantine_row, ticket_row
from stream.stored_names import StoredNames
from stream.validation import AHEAD, admit, refused_as_future

TEXT_FIELDS = ("title", "body", "tags", "custom")


Graves = Mapping[tuple[str, str], Grave]
"""By (source, id) of an event: the tombstone that covers it."""


class Places(Protocol):
    """What `record` needs of the watermark: see `stream.arrival.Arrival`."""

    def place(self, time: datetime) -> tuple[int, bool]:
        """Epoch that takes an event of this time, and whether the event is late."""

    def behind(self, time: datetime) -> timedelta:
        """How long before the first open epoch an event of this time is."""

    def saw(self, stream: str, time: datetime) -> None:
        """Take note of a ticket event's time."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch after validation and embedding: nothing in it is sensitive, and nothing of it is stored yet.

    `events` are in order of arrival, repeats of stored ones among them (they move the watermark), repeats within the batch
    left out and counted in `repeated`. `vectors` are those of the events that were not stored yet.
    """

    stream: str
    events: Sequence[Event]
    refused: Sequence[tuple[Raw, RefusedEvent]]
    vectors: BatchVectors
    repeated: int
    newest: Mapping[int, datetime] = field(default_factory=dict)
    """Newest ticket event time of each partition that the batch holds events of."""


@dataclass
class BatchOutcome:
    """What became of a batch: how many events were stored, repeated, late, and refused by reason.

    `notes` counts the values of optional fields of stored events that are in `custom` instead; `lateness` is by source.
    `unread` counts tickets by language where the embedding model does not read it.
    `no_demand` counts tickets that are not customer demand by kind; mining adds them, since it takes repetition to know all.
    """

    stored: int = 0
    repeated: int = 0
    late: int = 0
    tickets: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    notes: Counter[FieldNote] = field(default_factory=Counter)
    no_demand: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    lateness: Lateness = field(default_factory=Lateness)

    def add(self, other: BatchOutcome) -> None:
        """Add another batch's figures."""
        self.stored += other.stored
        self.repeated += other.repeated
        self.late += other.late
        self.tickets += other.tickets
        self.refused.update(other.refused)
        count_notes(self.notes, other.notes)
        self.no_demand.update(other.no_demand)
        self.unread.update(other.unread)
        self.lateness.add(other.lateness)


def admit_live(raw: Raw, now: datetime, rules: AdmissionRules, skew: ClockSkew) -> Event | RefusedEvent:
    """Admit a record that arrives live: what the clock of its source allows is not refused as ahead of ours."""
    event = admit(raw, now + FURTHEST, rules)
    if isinstance(event, RefusedEvent):
        return with_subject(raw, event, rules.identities)
    if isinstance(event, TicketEvent):
        skew.saw(event.source, event.time - now)
    if event.time > now + AHEAD + skew.of(event.source):
        return with_subject(raw, refused_as_future(event), rules.identities)
    return event


class Processor:
    """Turns batches of raw records into stored events. `prepare` computes, `record` writes; neither knows the transport."""

    def __init__(
        self,
        embedder: Embedder,
        requester_key: bytes,
        clock: Clock,
        macros: Sequence[str] = TYPICAL_MACROS,
        rules: AdmissionRules | None = None,
        skew: ClockSkew | None = None,
    ) -> None:
        """Take the collaborators; `requester_key` hashes requesters and what identities must not contain.

        rules: what records are admitted by; by default those without any setting, with that key.
        With `skew`, events arrive live: the clocks of their sources are estimated, and what these allow is not refused.
        """
        self._embedder = embedder
        self._macros = macros
        self._key = requester_key
        self.rules = rules or AdmissionRules.of(requester_key)
        self._names = StoredNames(self.rules.identities)
        self._clock = clock
        self._erased = ErasedArrivals(requester_key)
        self.skew = skew

    def prepare(
        self,
        stream: str,
        batch: Sequence[Raw],
        seen: Callable[[set[tuple[str, str]]], set[tuple[str, str]]],
        read: Read | None = None,
    ) -> Prepared:
        """Validate, redact and embed a batch.

        `seen` returns which (source, id) are stored, so that repeats are not embedded; `read` opens the database, so that what was
        erased is not embedded either. Without it, erased texts are found when they are recorded.
        """
        now = self._clock()
        events: dict[tuple[str, str], Event] = {}
        refused: list[tuple[Raw, RefusedEvent]] = []
        newest: dict[int, datetime] = {}
        admitted = 0
        for raw in batch:
            event = self.admit(raw, now)
            if isinstance(event, RefusedEvent):
                refused.append((raw, event))
                continue
            admitted += 1
            events.setdefault((event.source, event.id), event)
            if isinstance(event, TicketEvent):
                # No live event moves the watermark past the clock: one source's clock would make all others late.
                time = event.time if self.skew is None else min(event.time, now)
                newest[raw.partition] = max(time, newest.get(raw.partition, time))
        stored = seen(set(events))
        if read is not None:
            stored, refused = self._without_erased(read, events, stored, refused)
        fresh = [event for key, event in events.items() if key not in stored]
        vectors = embed_events(self._embedder, fresh, self._macros)
        return Prepared(stream, list(events.values()), refused, vectors, admitted - len(events), newest)

    def record(self, connection: Connection, batch: Prepared, places: Places) -> BatchOutcome:
        """Write a batch in the caller's transaction, which also stores how far its stream was read.

        1. Events whose (source, id) is new, each with the epoch that takes it.
        2. Tickets and vectors of creation events, the oldest creation of a ticket winning until it is mined. Text whose
           tombstone came before it, also in the same batch, is not written.
        3. Tombstones, which hide what is there.
        4. Plans, changes, quarantine, and the forms of the sources' ids. If any of it fails, all of it is read again: the offsets
           are in the same transaction.
        """
        share_with_erasures(connection)
        batch = replace(batch, events=self._names.known(connection, batch.events))
        stored = seen_events(connection, {(event.source, event.id) for event in batch.events})
        fresh = [event for event in batch.events if (event.source, event.id) not in stored]
        placed, lateness = self._place(batch, stored, places)
        erased = self._erased.until(connection, fresh)
        graves = self._graves(connection, fresh, erased)
        rows = [self._event_row(event, placed, graves) for event in fresh]
        kept = kept_since(connection)
        insert_events(connection, [kept.event(row) for row in rows])
        created, unread = self._write_tickets(connection, fresh, batch.vectors, graves, kept)
        write_links(connection, list(_link_changes(fresh, placed)))
        self._bury(connection, fresh)
        bury_arrived(connection, erased)
        insert_launches(
            connection,
            [
                launch_row(event, batch.vectors.texts, self._blank(event))
                for event in fresh
                if isinstance(event, LaunchEvent)
            ],
        )
        insert_changes(connection, [change_row(event) for event in fresh if isinstance(event, ChangeEvent)])
        store_refused(connection, [quarantine_row(batch.stream, raw, refusal) for raw, refusal in batch.refused])
        self._names.learn(connection, fresh)
        return BatchOutcome(
            stored=len(fresh),
            repeated=batch.repeated + len(batch.events) - len(fresh),
            late=sum(bool(row["late"]) for row in rows),
            tickets=created,
            unread=unread,
            refused=Counter(refusal.reason.value for _, refusal in batch.refused),
            notes=_notes(fresh),
            lateness=lateness,
        )

    def admit(self, raw: Raw, now: datetime) -> Event | RefusedEvent:
        """Admit one record as `stream.validation.admit` does; a record that breaks the reader is refused, too."""
        try:
            if self.skew is not None:
                return admit_live(raw, now, self.rules, self.skew)
            event = admit(raw, now, self.rules)
            return with_subject(raw, event, self.rules.identities) if isinstance(event, RefusedEvent) else event
        except Exception as error:  # noqa: BLE001 (a record that breaks the reader must not stop the stream that it came by)
            detail = f"the record cannot be read ({type(error).__name__}); look at what its source wrote"
            return RefusedEvent(RefusalReason.INVALID, detail, "")

    def _without_erased(
        self,
        read: Read,
        events: Mapping[tuple[str, str], Event],
        stored: set[tuple[str, str]],
        refused: list[tuple[Raw, RefusedEvent]],
    ) -> tuple[set[tuple[str, str]], list[tuple[Raw, RefusedEvent]]]:
        """Add the events whose text is erased to those that need no vector, and take the text of erased refused records away."""
        with read() as connection:
            # The cache of vectors finds them by their texts: none of an erased text may stay in it.
            if self._erased.news(connection) and isinstance(self._embedder, Clearable):
                self._embedder.clear()
            fresh = [event for key, event in events.items() if key not in stored]
            return stored | self._erased.covered(connection, fresh), self._erased.refused(connection, refused)

    def seal(self, event: Event) -> Event:
        """Replace the requester by its hash, so that the event may be written to disk before it is stored."""
        if not isinstance(event, TicketEvent) or not event.data.requester:
            return event
        sealed = self.rules.requester(event.data.requester)
        return event.model_copy(update={"data": event.data.model_copy(update={"requester": sealed})})

    def _place(
        self, batch: Prepared, stored: set[tuple[str, str]], places: Places
    ) -> tuple[dict[tuple[str, str], tuple[int, bool]], Lateness]:
        placed: dict[tuple[str, str], tuple[int, bool]] = {}
        lateness = Lateness()
        for event in batch.events:
            if not isinstance(event, TicketEvent):
                continue
            if (event.source, event.id) not in stored:
                placed[event.source, event.id] = _, late = places.place(event.time)
                lateness.note(event.source, places.behind(event.time) if late else None)
            places.saw(batch.stream, event.time)
        return placed, lateness

    def _event_row(
        self,
        event: Event,
        placed: Mapping[tuple[str, str], tuple[int, bool]],
        graves: Graves,
    ) -> dict[str, Any]:
        epoch, late = placed.get((event.source, event.id), (None, False))
        erased = _holds_text(event) and (event.source, event.id) in graves
        return {
            "source": event.source, "id": event.id, "type": str(event.type), "subject": event.subject, "time": event.time,
            "epoch": epoch, "mined_epoch": None, "late": late, "data": None if erased else self._event_data(event),
        }  # fmt: skip

    def _event_data(self, event: Event) -> dict[str, Any] | None:
        # Tickets, launches and changes have tables of their own; of the other events later stages read what they set.
        if not isinstance(event, TicketEvent) or event.type is TicketEventType.CREATED:
            return None
        # Text that no stage reads does not belong in the store: a tombstone would have to find it there.
        left = {"requester", "mail"} if _holds_text(event) else {"requester", "mail", *TEXT_FIELDS}
        said = event.data.model_dump(mode="json", exclude_unset=True, exclude=left)
        return said or None

    def _graves(self, connection: Connection, events: Sequence[Event], erased: ErasedUntil) -> Graves:
        """Tombstones that each event found on its arrival; one of the same batch counts for what came after it only."""
        known = read_tombstones(connection, {event.subject for event in events if isinstance(event, TicketEvent)})
        found: dict[tuple[str, str], Grave] = {}
        for event in events:
            if not isinstance(event, TicketEvent):
                continue
            grave = known.get(event.subject)
            if (by_person := erased.covers(event)) is not None:
                found[event.source, event.id] = by_person
            elif grave is not None and event.time <= grave[0]:
                found[event.source, event.id] = Grave(*grave)
            elif event.type in ERASING:
                known[event.subject] = (event.time, False)
        return found

    def _bury(self, connection: Connection, events: Sequence[Event]) -> None:
        newest: dict[str, datetime] = {}
        for event in events:
            if isinstance(event, TicketEvent) and event.type in ERASING:
                newest[event.subject] = max(event.time, newest.get(event.subject, event.time))
        known = read_tombstones(connection, newest)
        bury(connection, {key: time for key, time in newest.items() if key not in known or time > known[key][0]})

    def _write_tickets(
        self,
        connection: Connection,
        events: Sequence[Event],
        found: BatchVectors,
        graves: Graves,
        kept: KeptSince,
    ) -> tuple[int, Counter[str]]:
        first: dict[str, TicketEvent] = {}
        for event in events:
            if isinstance(event, TicketEvent) and event.type is TicketEventType.CREATED:
                known = first.get(event.subject)
                if known is None or _order(event) < _order(known):
                    first[event.subject] = event
        stored = known_tickets(connection, first)
        wanted = [
            e for key, e in first.items() if key not in stored or (not stored[key][3] and _order(e) < stored[key][:3])
        ]
        rows = [ticket_row(event, graves.get((event.source, event.id)), self._key) for event in wanted]
        write_tickets(connection, [kept.ticket(row) for row in rows])
        drop_vectors(connection, [event.subject for event in wanted if event.subject in stored])
        made = list(self._vector_rows(wanted, graves, found))
        write_vectors(connection, made)
        unread = Counter(row["language"] for row in made if row["language"] and row["ticket_id"] not in stored)
        return sum(key not in stored for key in first), unread

    def _vector_rows(
        self, events: Sequence[TicketEvent], graves: Graves, found: BatchVectors
    ) -> Iterator[dict[str, Any]]:
        for event in events:
            # A tombstone that is not mined yet leaves the vector: the miner erases it in the tombstone's own epoch, so that the
            # ticket is themed the same whichever of the two arrived first.
            grave = graves.get((event.source, event.id))
            mined = grave is not None and grave.mined
            stored = found.of(event, ticket_text(event.data.title, event.data.body, self._macros))
            if stored is not None and not mined:
                yield {
                    "ticket_id": event.subject, "model": self._embedder.name, "vector": stored.vector, "language": stored.language,
                }  # fmt: skip

    def _blank(self, event: LaunchEvent) -> bytes:
        # A plan without example texts needs no model, which takes some seconds to load.
        about = any(one.about for one in event.data.expected)
        return np.zeros(self._embedder.dimensions, "<f2").tobytes() if about else b""


def _notes(events: Sequence[Event]) -> Counter[FieldNote]:
    found: Counter[FieldNote] = Counter()
    for event in events:
        if isinstance(event, TicketEvent):
            count_notes(found, field_notes(event))
    return found


def _link_changes(events: Sequence[Event], placed: Mapping[tuple[str, str], tuple[int, bool]]) -> Iterator[LinkChange]:
    """Yield what events say of links, each in the epoch that takes the event; a ticket is not linked to itself."""
    for event in events:
        if isinstance(event, TicketEvent):
            for one in event.data.links:
                if one.ticket != event.subject:
                    yield LinkChange(
                        ticket_id=event.subject, other_id=one.ticket, kind=one.kind.value, source=event.source,
                        epoch=placed[event.source, event.id][0], removed=one.removed,
                    )  # fmt: skip


def _holds_text(event: Event) -> bool:
    """Whether the event's own row keeps text; the types are those that `store.records.bury` erases."""
    return event.type in (TicketEventType.COMMENTED, TicketEventType.UPDATED)


def _order(event: TicketEvent) -> tuple[datetime, str, str]:
    return event.time, event.source, event.id
