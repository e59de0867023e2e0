"""An erasure, carried out in an order in which a killed process loses nothing: running it again finishes it.

1. The manifest outside of the database names it.
2. One transaction writes the tombstones, makes names of themes anew that have words of the erased texts, and removes the text from all
   tables. Nobody stores text meanwhile, and from its commit on none of it is stored again.
3. Quotations in files are replaced, then dead letters on Kafka.
4. The database's own files are cleaned.
5. The proof is signed and stored, which says that the erasure is finished.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from alerts.quoted_files import remove_from_files, replace_in_files
from alerts.settings import AlertSettings
from groundswell.erasure.dead_letters import DeadLetterTopic, LetterTargets
from groundswell.erasure.manifest import Manifest, ManifestEntry
from groundswell.erasure.proof import ErasureResult, make_proof
from groundswell.erasure.signing import Signer
from models.clock import Clock
from models.text import TYPICAL_MACROS
from pipelines.themes.renaming import Renaming, rename_personal
from pipelines.themes.theme_texts import ThemeTexts
from store import audit
from store.erasure.lock import exclude_writers
from store.erasure.pages import clean_pages
from store.erasure.register import (
    ErasureRecord,
    add_erased_tickets,
    begin_erasure,
    finish_erasure,
    unfinished_erasure,
    unknown_erasures,
)
from store.erasure.removal import remove_texts
from store.erasure.scope import ErasureScope, ErasureSubject
from store.erasure.tickets import (
    creation_times,
    newest_event_times,
    refused_places,
    stored_tickets,
    tickets_by_hash,
    tickets_of_subject,
)
from store.erasure.tombstones import bury_requesters
from store.quotations import forget_quotations, remove_quotations
from stream.kafka.deadletters import letter_key

ATTEMPTS = 5
"""How often a transaction is tried that another one made fail."""


IN_TOPICS = "the incoming topics, until the retention of their events ends"
UNCOMPACTED = "the topic of dead letters, not compacted, until its retention ends: `groundswell topics create` lets Kafka compact it"


@dataclass(frozen=True, slots=True)
class ErasureParts:
    """What an erasure works with.

    ticket_hash: hashes a stored id as the manifest names it. letters: None where Kafka is not used, or left out.
    """

    engine: Engine
    alerts: AlertSettings
    signer: Signer
    manifest: Manifest
    letters: DeadLetterTopic | None
    ticket_hash: Callable[[str], str]
    actor: str
    clock: Clock
    macros: Collection[str] = TYPICAL_MACROS
    """Beginnings of standard sentences, as in mining: names are not made of them."""


@dataclass(frozen=True, slots=True)
class RemovedTexts:
    """What the transaction of an erasure did."""

    record: ErasureRecord
    tickets: tuple[str, ...]
    known: bool
    until: datetime
    removed: dict[str, int]
    keys: tuple[str, ...] = ()
    copies: tuple[dict[str, Any], ...] = ()
    letters: tuple[str, ...] = ()
    renaming: Renaming = field(default_factory=Renaming)


class Eraser:
    """Erases tickets and requesters."""

    def __init__(self, parts: ErasureParts) -> None:
        self._parts = parts
        # An eraser is made for one command, whose erasures share what is read of themes.
        self._texts = ThemeTexts(parts.macros)

    def preview(self, subjects: Sequence[ErasureSubject]) -> list[RemovedTexts]:
        """Return what would be removed; nothing is."""
        found = []
        for subject in subjects:
            with self._parts.engine.connect() as connection:
                transaction = connection.begin()
                try:
                    found.append(self._remove(connection, subject, self._record(subject), None))
                finally:
                    transaction.rollback()
        return found

    def erase(self, subjects: Sequence[ErasureSubject], *, vacuum: bool | None = None) -> list[dict[str, Any]]:
        """Erase, and return the signed proofs in the order of the subjects."""
        results, begun = [], self._begun(subjects)
        for subject in subjects:
            record = self._record(subject, begun.get(subject.subject))
            self._parts.manifest.append(ManifestEntry(record.erasure_id, record.at, subject))
            results.append(self._carry_out(subject, record, None))
        return self._finish(results, vacuum=vacuum)

    def apply_manifest(self, entries: Sequence[ManifestEntry], *, vacuum: bool | None = None) -> list[dict[str, Any]]:
        """Carry out the erasures that the database does not know, as after a restore; returns their proofs.

        Texts that are newer than an erasure stay.
        """
        with self._parts.engine.connect() as connection:
            missing = unknown_erasures(connection, [one.erasure_id for one in entries])
        results = []
        for one in entries:
            if one.erasure_id in missing:
                record = ErasureRecord(
                    erasure_id=one.erasure_id, at=one.at, actor=self._parts.actor, scope=one.subject.scope,
                    subject=one.subject.subject,
                )  # fmt: skip
                results.append(self._carry_out(one.subject, record, one.at))
        return self._finish(results, vacuum=vacuum)

    def _begun(self, subjects: Sequence[ErasureSubject]) -> dict[str, str]:
        """Return by subject the id of its erasure that was begun and not finished: in the database, or in the manifest only."""
        with self._parts.engine.connect().execution_options(writes=False) as connection:
            entries = self._parts.manifest.entries()
            unknown = unknown_erasures(connection, [one.erasure_id for one in entries])
            found = {one.subject.subject: one.erasure_id for one in entries if one.erasure_id in unknown}
            for subject in subjects:
                begun = unfinished_erasure(connection, subject.subject)
                if begun is not None:
                    found[subject.subject] = begun.erasure_id
        return found

    def _record(self, subject: ErasureSubject, erasure_id: str | None = None) -> ErasureRecord:
        parts = self._parts
        return ErasureRecord(
            erasure_id=erasure_id or secrets.token_hex(16), at=parts.clock(), actor=parts.actor, scope=subject.scope,
            subject=subject.subject,
        )  # fmt: skip

    def _carry_out(self, subject: ErasureSubject, record: ErasureRecord, before: datetime | None) -> ErasureResult:
        parts = self._parts
        done = self._in_transaction(lambda connection: self._remove_and_rename(connection, subject, record, before))
        removed = dict(done.removed)
        # Again, for a publisher may have written a file between the first time and the commit.
        replace_in_files(parts.alerts, done.renaming.replacements)
        if in_files := remove_from_files(parts.alerts, done.keys, done.tickets):
            removed["digest_files"] = in_files
        with parts.engine.begin() as connection:
            forget_quotations(connection, done.tickets)
        return ErasureResult(
            record=record, subject=subject, tickets=done.tickets, known=done.known, until=done.until, copies=done.copies,
            themes=tuple(one.as_json() for one in done.renaming.themes), **self._bury_letters(subject, done, removed),
        )  # fmt: skip

    def _bury_letters(self, subject: ErasureSubject, done: RemovedTexts, removed: dict[str, int]) -> dict[str, Any]:
        letters = self._parts.letters
        if letters is None:
            return {"removed": removed}
        limits = [IN_TOPICS]
        number = letters.bury(LetterTargets.of(subject, done.tickets, done.letters))
        if number:
            removed["dead_letters"] = number
        if not letters.compacts():
            limits.append(UNCOMPACTED)
        return {"removed": removed, "dead_letters": "replaced by tombstones", "may_hold": tuple(limits)}

    def _in_transaction(self, change: Callable[[Connection], RemovedTexts]) -> RemovedTexts:
        import stamina

        # Another process may hold the database for longer than a connection waits; on PostgreSQL, one of two may have to yield.
        for attempt in stamina.retry_context(on=OperationalError, attempts=ATTEMPTS, timeout=None):
            with attempt, self._parts.engine.begin() as connection:
                return change(connection)
        raise AssertionError("the last attempt raises")  # pragma: no cover

    def _remove_and_rename(
        self, connection: Connection, subject: ErasureSubject, record: ErasureRecord, before: datetime | None
    ) -> RemovedTexts:
        """Remove texts and, before the commit, old names of themes from files: afterwards nothing says what the old names were."""
        done = self._remove(connection, subject, record, before)
        replace_in_files(self._parts.alerts, done.renaming.replacements)
        return done

    def _remove(
        self, connection: Connection, subject: ErasureSubject, record: ErasureRecord, before: datetime | None
    ) -> RemovedTexts:
        """Write tombstones and remove texts, in one transaction; with `before`, only those of tickets up to this event time."""
        exclude_writers(connection)
        tickets = self._tickets(connection, subject, before)
        known = bool(stored_tickets(connection, tickets))
        newest = newest_event_times(connection, tickets)
        until = {one: record.at if before else max(record.at, newest.get(one, record.at)) for one in tickets}
        last = max([record.at, *until.values()])
        begin_erasure(connection, record, tickets)
        if subject.scope is ErasureScope.REQUESTER:
            bury_requesters(connection, dict.fromkeys(subject.requesters, last))
        letters = [letter_key(*place) for place in refused_places(connection, tickets, subject.requesters)]
        renaming = rename_personal(connection, tickets, self._texts)
        removed = remove_texts(connection, subject, until, record.at)
        quoted = remove_quotations(connection, tickets)
        counted = (("digests", quoted.digests), ("rebuilds", quoted.rebuilds), ("theme_names", len(renaming.themes)))
        removed |= {name: n for name, n in counted if n}
        detail = {"scope": subject.scope.value, "tickets": len(tickets), "removed": removed}
        audit.record(
            connection, at=self._parts.clock(), actor=record.actor, action="erase", subject=record.subject, detail=detail
        )  # fmt: skip
        copies = tuple(one.as_json() for one in quoted.copies)
        return RemovedTexts(record, tuple(tickets), known, last, removed, quoted.keys, copies, tuple(letters), renaming)

    def _tickets(self, connection: Connection, subject: ErasureSubject, before: datetime | None) -> list[str]:
        found = tickets_of_subject(connection, subject)
        if before is None:
            return found
        if subject.scope is ErasureScope.TICKET:
            found = sorted({*found, *tickets_by_hash(connection, subject.subject, self._parts.ticket_hash)})
        times = creation_times(connection, found)
        return [one for one in found if times.get(one, before) <= before]

    def _finish(self, results: Sequence[ErasureResult], *, vacuum: bool | None) -> list[dict[str, Any]]:
        if not results:
            return []
        parts = self._parts
        cleanup = clean_pages(parts.engine, vacuum=vacuum)
        proofs = [make_proof(one, cleanup, parts.clock(), parts.signer) for one in results]
        for one, proof in zip(results, proofs, strict=True):
            with parts.engine.begin() as connection:
                add_erased_tickets(connection, one.record.erasure_id, one.tickets)
                finish_erasure(connection, one.record.erasure_id, proof)
        return proofs
