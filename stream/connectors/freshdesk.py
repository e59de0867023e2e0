"""Freshdesk's JSON: tickets as the interface lists and shows them, with their conversations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stream.connectors.contract import Answer, Payload, PayloadError, answer, split_pages
from stream.connectors.values import (
    enumerated,
    filled,
    first_text,
    identity,
    instant,
    mapping,
    needed_identity,
    needed_time,
    objects,
    simple,
    stamp,
    text,
    texts,
    ticket_event,
)

SOURCE = "/freshdesk"
PAGES = ("tickets", "results", "helpdesk_tickets")
CHANNELS = {
    "1": "email", "2": "web_form", "3": "phone", "7": "im_chat", "9": "web_form", "10": "email", "11": "api", "13": "im_chat",
    "email": "email", "portal": "web_form", "phone": "phone", "chat": "im_chat", "feedback widget": "web_form",
    "outbound email": "email", "whatsapp": "im_chat", "twitter": "social", "facebook": "social", "5": "social", "6": "social",
}  # fmt: skip
"""Freshdesk's number or name of a source to our channel; others are kept as they are."""

OUTBOUND = frozenset({"10", "outbound email"})
PRIORITIES = {"1": "low", "2": "medium", "3": "high", "4": "urgent"}
DONE = frozenset({"4", "5", "resolved", "closed"})
WAITING = {
    "3": "requester", "pending": "requester", "6": "requester", "waiting on customer": "requester",
    "7": "third_party", "waiting on third party": "third_party",
}  # fmt: skip
"""Statuses in which a ticket waits for somebody else than the agent, and for whom."""


class Freshdesk:
    """Reads Freshdesk's JSON. `account` names the account in the events' source, where several feed one database."""

    name = "freshdesk"

    def __init__(self, account: str = "") -> None:
        self._source = f"{SOURCE}/{account}" if account else SOURCE

    def events(self, payload: Payload) -> Answer:
        """Return the events of a ticket or a page of them; see `Connector`."""
        return answer(payload, self._read)

    def elements(self, payload: Payload) -> Iterator[Payload]:
        """Split a page into pages of one ticket."""
        return iter([payload]) if _ticket(payload) is not None else split_pages(payload, PAGES)

    def _read(self, payload: Payload) -> Iterator[dict[str, Any]]:
        ticket = _ticket(payload)
        if ticket is not None:
            yield from _ticket_events(self._source, ticket)
            return
        found = [name for name in PAGES if isinstance(payload.get(name), list)]
        if not found:
            raise PayloadError(
                "received an object that is no ticket of Freshdesk; valid is one with id, created_at and subject"
            )
        for item in (item for name in found for item in payload[name]):
            inner = _ticket(item) if isinstance(item, Mapping) else None
            if inner is None:
                raise PayloadError(
                    "received an item of a page that is no ticket; valid is one with id, created_at and subject"
                )
            yield from _ticket_events(self._source, inner)


def _ticket(payload: Payload) -> Mapping[str, Any] | None:
    """Return the ticket in a payload, which older exports and webhooks wrap."""
    for name in ("helpdesk_ticket", "ticket", "freshdesk_webhook"):
        if isinstance(payload.get(name), Mapping):
            return mapping(payload[name])
    is_ticket = "created_at" in payload and ("id" in payload or "display_id" in payload)
    return payload if is_ticket else None


def _ticket_events(source: str, ticket: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    subject = needed_identity(ticket.get("display_id", ticket.get("id")), "the ticket's id")
    created = needed_time(ticket.get("created_at"), "the ticket's created_at")
    last = max(created, instant(ticket.get("updated_at")) or created)
    if ticket.get("deleted") is True:
        yield ticket_event(source, subject, "ticket.deleted", last)
        return
    yield ticket_event(source, subject, "ticket.created", created, data=_data(ticket))
    for note in (*objects(ticket.get("conversations")), *objects(ticket.get("notes"))):
        yield from _comment(source, subject, mapping(note.get("helpdesk_note")) or note)
    yield from _outcomes(source, subject, ticket, last)


def _data(ticket: Mapping[str, Any]) -> dict[str, Any]:
    channel = text(ticket.get("source_name")) or text(ticket.get("source"))
    priority = text(ticket.get("priority_name")) or text(ticket.get("priority"))
    return {
        "title": first_text(ticket.get("subject")),
        "body": first_text(
            ticket.get("description_text"), ticket.get("description"), ticket.get("structured_description")
        ),
        **filled(
            channel=CHANNELS.get(channel.lower(), channel),
            direction="outbound" if channel.lower() in OUTBOUND else None,
            priority=PRIORITIES.get(priority, enumerated(priority)),
            escalated=True if ticket.get("is_escalated") is True or ticket.get("fr_escalated") is True else None,
            tags=texts(ticket.get("tags")),
            team=first_text(simple(ticket.get("group")), ticket.get("group_id")),
            requester=identity(ticket.get("requester_id")) or identity(mapping(ticket.get("requester")).get("id")),
            product=first_text(simple(ticket.get("product")), ticket.get("product_id")),
            custom=filled(type=first_text(ticket.get("type"), ticket.get("ticket_type")), fields=_fields(ticket)),
        ),
    }


def _fields(ticket: Mapping[str, Any]) -> dict[str, Any]:
    own = mapping(ticket.get("custom_fields")) or mapping(ticket.get("custom_field"))
    return {str(name): found for name, value in own.items() if (found := simple(value)) not in (None, "")}


def _comment(source: str, subject: str, note: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    body = first_text(note.get("body_text"), note.get("body"))
    if body:
        role = "requester" if note.get("incoming") is True and note.get("private") is not True else "agent"
        time = needed_time(note.get("created_at"), "the conversation's created_at")
        yield ticket_event(
            source,
            subject,
            "comment.added",
            time,
            data={"body": body, "author_role": role, **({"public": False} if note.get("private") is True else {})},
            key=identity(note.get("id")),
        )


def _outcomes(source: str, subject: str, ticket: Mapping[str, Any], last: datetime) -> Iterator[dict[str, Any]]:
    if ticket.get("spam") is True:
        yield ticket_event(source, subject, "ticket.spam", last)
        return
    status, stats = (
        (text(ticket.get("status_name")) or text(ticket.get("status"))).lower(),
        mapping(ticket.get("stats")),
    )
    if status in WAITING:
        since = instant(stats.get("pending_since")) or instant(stats.get("status_updated_at")) or last
        data = {"waits_for": WAITING[status]}
        yield ticket_event(source, subject, "ticket.updated", since, data=data, key=f"status:{stamp(since)}")
    elif status in DONE:
        solved = instant(stats.get("resolved_at")) or instant(stats.get("closed_at")) or last
        yield ticket_event(source, subject, "ticket.solved", solved)
