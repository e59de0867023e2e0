"""Zendesk's event webhooks, and the same events as Amazon EventBridge delivered them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stream.connectors.links import link_events, problem_links
from stream.connectors.values import (
    filled,
    first_text,
    identity,
    mapping,
    needed_identity,
    needed_time,
    text,
    ticket_event,
)
from stream.connectors.zendesk.changes import FieldChange, change_events
from stream.connectors.zendesk.fields import ticket_data
from stream.connectors.zendesk.tickets import UNKNOWN_TARGET, comment_events

PREFIX = "zen:event-type:"

RETRACTIONS = {
    "soft_deleted": "ticket.deleted", "permanently_deleted": "ticket.deleted", "undeleted": "ticket.undeleted",
    "comment_redacted": "ticket.redacted", "attachment_redacted_from_comment": "ticket.redacted",
    "marked_as_spam": "ticket.spam",
}  # fmt: skip
"""Events without content of their own."""

CHANGED = {
    "status_changed": "status", "custom_status_changed": "", "group_assignment_changed": "group_id",
    "agent_assignment_changed": "assignee_id", "priority_changed": "priority", "subject_changed": "subject",
    "description_changed": "description", "type_changed": "type", "problem_link_changed": "problem_id",
    "problem_changed": "problem_id",
}  # fmt: skip
"""Events that say how a field changed, with the field; an empty one is of no use."""

BRIDGE_NAMES = {
    "comment_created": "comment_added", "ticket_form_changed": "form_changed", "ccs_changed": "email_ccs_changed",
    "attachment_redacted": "attachment_redacted_from_comment",
}  # fmt: skip
"""Names of EventBridge that differ from the webhooks' by more than their writing."""

TARGETS = ("target_ticket", "target_ticket_id", "target_id", "merged_into", "into", "current")
"""Where a merge may name the ticket that the merged one went into."""


MERGED = ("source_tickets", "source_ticket_ids", "source_ticket", "source_ticket_id")
"""Where the event of the ticket that stays may name those that were merged into it."""


def webhook_events(source: str, payload: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of one event-subscription webhook; events of users, organizations and others give none."""
    domain, _, name = text(payload.get("type")).removeprefix(PREFIX).partition(".")
    if domain != "ticket":
        return
    detail = mapping(payload.get("detail"))
    number = detail.get("id")
    if number is None:
        number = text(payload.get("subject")).removeprefix("zen:ticket:")
    subject = needed_identity(number, "the ticket's id in detail.id")
    time = needed_time(payload.get("time"), "the webhook's time")
    yield from _named(source, name.lower(), time, {**detail, "id": subject}, mapping(payload.get("event")))


def bridge_events(source: str, ticket_event_: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of one `ticket_event` of EventBridge or of Zendesk's flows, which write names as "Status Changed"."""
    name = re.sub(r"[^a-z]+", "_", text(ticket_event_.get("type")).lower()).removeprefix("ticket_").strip("_")
    name = BRIDGE_NAMES.get(name, name)
    ticket = mapping(ticket_event_.get("ticket"))
    subject = needed_identity(ticket.get("id"), "the ticket's id in ticket_event.ticket.id")
    time = needed_time(mapping(ticket_event_.get("meta")).get("occurred_at"), "the event's meta.occurred_at")
    yield from _named(source, name, time, {**ticket, "id": subject}, ticket_event_)


def _named(
    source: str, name: str, time: datetime, ticket: Mapping[str, Any], event: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    subject = ticket["id"]
    if name == "created":
        yield _creation(source, ticket)
        yield from link_events(source, subject, time, problem_links(ticket.get("problem_id")))
    elif name in RETRACTIONS:
        yield ticket_event(source, subject, RETRACTIONS[name], time)
    elif name == "merged":
        yield from _merges(source, subject, time, event)
    elif name == "comment_added":
        yield from comment_events(source, _comment(event, time), ticket)
    elif name == "tags_changed":
        yield from change_events(source, subject, time, FieldChange("tags", ticket.get("tags")))
    elif name == "custom_field_changed":
        field = identity(mapping(event.get("field")).get("id"))
        if field is not None and field.isdecimal():
            yield from change_events(
                source, subject, time, FieldChange(field, event.get("current"), event.get("previous"))
            )
    elif name in ("csat_received", "satisfaction_rating_changed", "satisfaction_score_changed"):
        yield from change_events(source, subject, time, FieldChange("satisfaction_rating", _rating(event)))
    elif CHANGED.get(name):
        change = FieldChange(CHANGED[name], event.get("current"), event.get("previous"))
        yield from change_events(source, subject, time, change)


def _creation(source: str, ticket: Mapping[str, Any]) -> dict[str, Any]:
    created = needed_time(ticket.get("created_at"), "the ticket's created_at")
    # EventBridge sends no text: its creation must not take the place of the one that holds the text.
    key = None if "description" in ticket or "subject" in ticket else "without_text"
    return ticket_event(source, ticket["id"], "ticket.created", created, data=ticket_data(ticket), key=key)


def _comment(event: Mapping[str, Any], time: datetime) -> dict[str, Any]:
    comment = mapping(event.get("comment"))
    return filled(
        id=identity(comment.get("id")), body=first_text(comment.get("body"), comment.get("html_body")),
        created_at=time.isoformat(), is_public=comment.get("is_public", comment.get("public")),
        author=mapping(comment.get("author")), via=mapping(comment.get("via")),
    )  # fmt: skip


def _rating(event: Mapping[str, Any]) -> Mapping[str, Any]:
    for name in ("satisfaction_rating", "rating", "csat", "current"):
        if isinstance(event.get(name), Mapping):
            return mapping(event[name])
    return {"score": first_text(event.get("score"), event.get("rating"), event.get("current"))}


def _merges(source: str, subject: str, time: datetime, event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the merge of a ticket into another one, or of others into it, where the event names these instead."""
    target, merged = _target(subject, event), _identities(event, MERGED)
    if target == UNKNOWN_TARGET and merged:
        for other in merged:
            yield ticket_event(source, other, "ticket.merged", time, data={"into": subject})
    else:
        yield ticket_event(source, subject, "ticket.merged", time, data={"into": target})


def _identities(event: Mapping[str, Any], names: tuple[str, ...]) -> list[str]:
    """Return the tickets that an event names: as a number, an object with an id, or a list of these."""
    found: list[str] = []
    for name in names:
        value = event.get(name)
        for one in value if isinstance(value, list) else (value,):
            number = identity(mapping(one).get("id")) if isinstance(one, Mapping) else identity(one)
            if number is not None:
                found.append(number.removeprefix("zen:ticket:"))
    return found


def _target(subject: str, event: Mapping[str, Any]) -> str:
    return next((found for found in _identities(event, TARGETS) if found != subject), UNKNOWN_TARGET)
