"""Quotations: which stored outputs quote which tickets, and the removal of these quotes.

Digests, messages about incidents and the reports of rebuilds are all that quotes ticket text. Each notes the tickets that it quotes in
the transaction that stores it, or before it is sent; each quote also names its ticket in the output itself (see `models.quotation`), so
that removal is exact.

Removal in four steps, each of which can be repeated:

1. The caller marks the tickets as erased, or takes their text away, in the same transaction and before step 2: a publisher locks the
   tickets that it quotes, so that its digest is either seen by step 2 or does not quote them.
2. `remove_quotations` replaces the quotes in the database, and returns the keys of the digests and of the messages. A message is not
   stored: it looks its quotes up when it is sent.
3. After the commit, `alerts.quoted_files.remove_from_files` replaces them in the files of these.
4. `forget_quotations` deletes the notes. A process that dies before leaves them, and the next one begins again with step 2.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from models.quotation import REMOVED, quote_key, quoted_tickets, without_quotes
from models.times import parse_rfc3339, rfc3339
from store.digests import DigestWindow, digest_key
from store.records import chunks
from store.schema import digests, outbox, quotations, rebuilds, tickets
from store.upsert import insert_new


class QuotationKind(StrEnum):
    """What quotes tickets."""

    DIGEST = "digest"
    REBUILD = "rebuild"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class SentCopy:
    """A notification with the quotes that was handed to channels: a copy that was sent cannot be recalled.

    `channels` are those that accepted it; `sent_at` is wall clock, None while it was not sent to all of them.
    """

    key: str
    audience: str
    state: str
    channels: tuple[str, ...]
    sent_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        """Write the copy as a proof holds it."""
        return {
            "key": self.key, "audience": self.audience, "state": self.state, "channels": list(self.channels),
            "sent_at": rfc3339(self.sent_at),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class RemovedQuotations:
    """What was replaced in the database: quotes by kind of output; `keys` are those of digests and messages whose files are next."""

    digests: int = 0
    rebuilds: int = 0
    keys: tuple[str, ...] = ()
    copies: tuple[SentCopy, ...] = ()


def digest_of(key: str) -> tuple[str, DigestWindow]:
    """Return the audience and the window of a digest's key. Raises ValueError where the text is no such key."""
    found = _KEY.match(key)
    start, end = (parse_rfc3339(found[at]) for at in (2, 3)) if found else (None, None)
    if found is None or start is None or end is None:
        raise ValueError(f"received {key}, which is no key of a digest; valid is what digest_key writes")
    return found[1], DigestWindow(start, end)


def record_quotations(connection: Connection, kind: QuotationKind, key: str, ticket_ids: Collection[str]) -> None:
    """Note that an output quotes tickets, in the transaction that stores it; what is noted already stays."""
    rows = [{"ticket_id": one, "kind": kind.value, "key": key} for one in dict.fromkeys(ticket_ids)]
    insert_new(connection, quotations, rows)


def note_examples(connection: Connection, rebuild_id: int, report: Mapping[str, Any]) -> None:
    """Note the tickets that the report of a rebuild quotes, and take those out whose text was erased meanwhile."""
    quoted = [ticket for entry in _entries(report) for ticket in entry.get("quoted", ())]
    record_quotations(connection, QuotationKind.REBUILD, str(rebuild_id), quoted)
    if erased := unquotable(connection, quoted):
        remove_quotations(connection, erased)


def unquotable(connection: Connection, ticket_ids: Collection[str]) -> set[str]:
    """Return those of the tickets whose text may no longer be quoted, and lock the others until the transaction ends.

    Text that is erased between the reading of a digest's rows and its storing would otherwise come back by the digest.
    """
    quotable: set[str] = set()
    for part in chunks(sorted(set(ticket_ids))):
        query = (
            select(tickets.c.id)
            .where(
                tickets.c.id.in_(part), tickets.c.erased_at.is_(None), or_(tickets.c.title != "", tickets.c.body != "")
            )
            .with_for_update(read=True)
        )
        quotable.update(connection.execute(query).scalars())
    return set(ticket_ids) - quotable


def remove_quotations(
    connection: Connection, ticket_ids: Collection[str], sentence: str = REMOVED
) -> RemovedQuotations:
    """Replace the quotes of tickets in all stored outputs by a sentence, in the caller's transaction; see the module."""
    noted: dict[str, set[str]] = {kind.value: set() for kind in QuotationKind}
    for part in chunks(list(ticket_ids)):
        query = select(quotations.c.kind, quotations.c.key).where(quotations.c.ticket_id.in_(part)).distinct()
        for kind, key in connection.execute(query):
            noted.setdefault(kind, set()).add(key)
    published, messages = (sorted(noted[kind]) for kind in (QuotationKind.DIGEST, QuotationKind.MESSAGE))
    keys = (*published, *messages)
    in_digests = sum(_clean_digest(connection, key, ticket_ids, sentence) for key in published)
    numbers = sorted(int(key) for key in noted[QuotationKind.REBUILD])
    in_rebuilds = sum(_clean_rebuild(connection, number, ticket_ids, sentence) for number in numbers)
    return RemovedQuotations(in_digests, in_rebuilds, keys, sent_copies(connection, keys))


def sent_copies(connection: Connection, keys: Collection[str]) -> tuple[SentCopy, ...]:
    """Read which channels accepted the notifications with these keys, and when."""
    found: list[SentCopy] = []
    for part in chunks(list(keys)):
        for row in connection.execute(select(outbox).where(outbox.c.key.in_(part)).order_by(outbox.c.id)):
            channels = row.channels if row.channels is not None else row.payload.get("delivered", ())
            found.append(SentCopy(row.key, row.audience, row.state, tuple(channels), row.sent_at))
    return tuple(found)


def forget_quotations(connection: Connection, ticket_ids: Collection[str]) -> None:
    """Delete the notes of tickets whose quotes are replaced in the database and in the files."""
    for part in chunks(list(ticket_ids)):
        connection.execute(delete(quotations).where(quotations.c.ticket_id.in_(part)))


def find_quotations(connection: Connection, ticket_ids: Collection[str]) -> list[str]:
    """List the stored outputs that still quote a ticket, by looking at all of them: `digest:...` and `rebuild 3`."""
    wanted = {quote_key(one) for one in ticket_ids}
    published = connection.execute(select(digests), execution_options={"yield_per": 100})
    in_digests = [
        digest_key(row.audience, DigestWindow(row.start, row.end))
        for row in published
        if not wanted.isdisjoint([*quoted_tickets(row.markdown), *quoted_tickets(row.html)])
    ]
    in_rebuilds = [
        f"rebuild {number}"
        for number, report in connection.execute(select(rebuilds.c.id, rebuilds.c.report))
        if any(ticket in ticket_ids for entry in _entries(report) for ticket in entry.get("quoted", ()))
    ]
    return sorted(in_digests) + in_rebuilds


_KEY = re.compile(
    r"^(?:digest|review):(.*):(\d{4}-\d\d-\d\dT[\d:.]+\+00:00):(\d{4}-\d\d-\d\dT[\d:.]+\+00:00)$", re.DOTALL
)


def _clean_digest(connection: Connection, key: str, ticket_ids: Collection[str], sentence: str) -> int:
    audience, window = digest_of(key)
    one = (digests.c.audience == audience) & (digests.c.start == window.start) & (digests.c.end == window.end)
    one &= digests.c.review.is_(False)  # a review quotes nothing
    # Locked, for two erasures at the same time would each write the other's quotes back.
    row = connection.execute(select(digests).where(one).with_for_update()).one_or_none()
    if row is None:
        return 0
    markdown, replaced = without_quotes(row.markdown, ticket_ids, sentence)
    html, also = without_quotes(row.html, ticket_ids, sentence)
    facts = without_evidence(row.facts, ticket_ids)
    if replaced or also or facts != row.facts:
        connection.execute(update(digests).where(one).values(markdown=markdown, html=html, facts=facts))
    return max(replaced, also)


def without_evidence(facts: Any, ticket_ids: Collection[str]) -> Any:
    """Return the facts of a digest without the ids of some tickets, so that nothing looks their texts up."""
    if facts is None:
        return None
    items = [
        {**item, "evidence": [one for one in item.get("evidence", ()) if one not in ticket_ids]}
        for item in facts.get("items", ())
    ]
    return {**facts, "items": items}


def _clean_rebuild(connection: Connection, number: int, ticket_ids: Collection[str], sentence: str) -> int:
    one = rebuilds.c.id == number
    report = connection.execute(select(rebuilds.c.report).where(one).with_for_update()).scalar_one_or_none()
    replaced = 0
    for entry in _entries(report or {}):
        for at, ticket in enumerate(entry.get("quoted", ())):
            if ticket in ticket_ids:
                entry["examples"][at], entry["quoted"][at] = sentence, None
                replaced += 1
    if replaced:
        connection.execute(update(rebuilds).where(one).values(report=report))
    return replaced


def _entries(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a rebuild's report that quote tickets: `examples`, and in `quoted` the ticket of each."""
    return [*report.get("split", ()), *report.get("born", ())]
