"""What arrives after an erasure: refused records and waiting deliveries lose their text before they are written."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from store.erasure.lock import share_with_erasures
from store.erasure.tombstones import any_erasure, erased_requesters_until, erased_tickets_until
from store.records import insert_quarantine

ERASED = "[ERASED]"
"""In place of a text that must not be empty."""

ERASED_DETAIL = "the text of this record was erased"

TEXT_KEYS = ("title", "body", "tags", "custom", "mail", "requester")
"""Fields of a ticket event that hold what a person wrote, or who it was."""

_WORDS = re.compile(r"[^\s\"'`{}\[\](),;<>]*[^\s\"'`{}\[\](),;<>.:]")
_SEALED = re.compile(r"requester-hash:([0-9a-f]{32,64})$")


def store_refused(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store refused records, those of erased tickets and requesters without their text, whatever their time is."""
    if not rows:
        return
    share_with_erasures(connection)
    insert_quarantine(connection, without_erased_text(connection, rows))


def without_erased_text(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return quarantine rows, those of erased tickets and requesters without their text."""
    if not any_erasure(connection):
        return list(rows)
    named = [names_of(row.get("subject"), row["excerpt"], row["detail"]) for row in rows]
    requesters = {row["requester"] for row in rows if row.get("requester")}
    tickets = erased_tickets_until(connection, {name: name for names in named for name in names})
    people = erased_requesters_until(connection, requesters)
    return [
        {**row, "detail": ERASED_DETAIL, "excerpt": "", "requester": None}
        if not names.isdisjoint(tickets) or row.get("requester") in people
        else row
        for row, names in zip(rows, named, strict=True)
    ]


def names_of(subject: str | None, *texts: str) -> set[str]:
    """Return the ids that a refused record may be about: its subject, or every word of one that cannot be read."""
    if subject is not None:
        return {subject}
    return {word for text in texts for word in _WORDS.findall(text)}


def waiting_without_erased(connection: Connection, events: Sequence[Any]) -> list[Any]:
    """Return the events of a delivery that is about to wait in the inbox, those of erased tickets and requesters without their text."""
    if not any_erasure(connection):
        return list(events)
    tickets = erased_tickets_until(connection, {one: one for event in events if (one := subject_of(event))})
    people = erased_requesters_until(connection, {one for event in events if (one := sealed_requester(event))})
    return [_covered(event, tickets, people) for event in events]


def blanked(event: Any) -> Any:
    """Return a waiting event without what a person wrote and who it was; its attributes stay, since they are counted."""
    if not isinstance(event, Mapping) or not isinstance(event.get("data"), Mapping):
        return event
    data = {name: value for name, value in event["data"].items() if name not in TEXT_KEYS}
    # An event of these types is refused without a text.
    if event.get("type") == "comment.added":
        data["body"] = ERASED
    elif event.get("type") == "ticket.created":
        data["title"] = ""
    return {**event, "data": data}


def has_text(event: Any) -> bool:
    """Return whether a waiting event has text that `blanked` removes."""
    return isinstance(event, Mapping) and blanked(event) != event


def subject_of(event: Any) -> str | None:
    """Return the ticket of a waiting event; None for one that is no ticket's."""
    kind = event.get("type") if isinstance(event, Mapping) else None
    if not isinstance(kind, str) or not kind.startswith(("ticket.", "comment.")):
        return None
    subject = event.get("subject")
    return subject if isinstance(subject, str) else None


def sealed_requester(event: Any) -> str | None:
    """Return the hash of the requester of a waiting event; None where it has none."""
    data = event.get("data") if isinstance(event, Mapping) else None
    requester = data.get("requester") if isinstance(data, Mapping) else None
    found = _SEALED.search(requester) if isinstance(requester, str) else None
    return found.group(1) if found else None


def _covered(event: Any, tickets: Mapping[str, Any], people: Collection[str]) -> Any:
    # The requester stays: the event is only known as erased by it, until its ticket has a tombstone.
    requester = sealed_requester(event)
    if subject_of(event) in tickets:
        return blanked(event)
    if requester not in people:
        return event
    emptied = blanked(event)
    return {**emptied, "data": {**emptied["data"], "requester": event["data"]["requester"]}}
