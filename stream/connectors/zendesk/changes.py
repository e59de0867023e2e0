"""A changed field of a Zendesk ticket as an event: webhooks, audits and the incremental export write the same changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stream.connectors.links import link_events, problem_links
from stream.connectors.values import enumerated, filled, first_text, identity, simple, stamp, text, texts, ticket_event
from stream.connectors.zendesk.fields import DONE, GONE, WAITING, csat


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field by its name in the ticket's JSON, with the value that it has now and the one that it had."""

    field: str
    current: object
    previous: object = None


def change_events(source: str, subject: str, time: datetime, change: FieldChange) -> Iterator[dict[str, Any]]:
    """Yield what a change means for the ticket: nothing for fields that Groundswell does not use."""
    field, current = change.field, change.current
    if field == "status":
        yield from _status(source, subject, time, change)
    elif field in ("group_id", "assignee_id"):
        team = first_text(simple(current)) if field == "group_id" else ""
        key = f"{'group' if field == 'group_id' else 'agent'}:{stamp(time)}"
        yield ticket_event(source, subject, "ticket.reassigned", time, data=filled(team=team), key=key)
    elif field == "priority" and enumerated(current):
        yield from _priority(source, subject, time, change)
    elif field in ("satisfaction_score", "satisfaction_rating"):
        rating = current if isinstance(current, Mapping) else {"score": current}
        if (score := csat(rating)) is not None:
            number = identity(rating.get("id"))
            rated = f"{number}:{score}" if number else None
            yield ticket_event(source, subject, "ticket.rated", time, data={"csat": score}, key=rated)
    elif field == "problem_id":
        yield from link_events(source, subject, time, problem_links(current, change.previous), change=True)
    elif data := _updated(field, current):
        yield ticket_event(source, subject, "ticket.updated", time, data=data, key=f"{field}:{stamp(time)}")


def _status(source: str, subject: str, time: datetime, change: FieldChange) -> Iterator[dict[str, Any]]:
    now, before = enumerated(change.current), enumerated(change.previous)
    if now in GONE:
        yield ticket_event(source, subject, "ticket.deleted", time)
    elif now in DONE:
        # Zendesk closes a solved ticket by itself some days later, which solves nothing again.
        if before not in DONE:
            yield ticket_event(source, subject, "ticket.solved", time)
    elif before in DONE and now:
        yield ticket_event(source, subject, "ticket.reopened", time)
    if now and now not in DONE | GONE and (now in WAITING or before in WAITING):
        data = {"waits_for": WAITING.get(now, "agent")}
        yield ticket_event(source, subject, "ticket.updated", time, data=data, key=f"status:{stamp(time)}")


def _priority(source: str, subject: str, time: datetime, change: FieldChange) -> Iterator[dict[str, Any]]:
    priority = enumerated(change.current)
    if priority == "urgent" and enumerated(change.previous) != "urgent":
        data = {"priority": priority, "escalated": True}
        yield ticket_event(source, subject, "ticket.escalated", time, data=data)
    else:
        yield ticket_event(
            source, subject, "ticket.updated", time, data={"priority": priority}, key=f"priority:{stamp(time)}"
        )


def _updated(field: str, current: object) -> dict[str, Any]:
    if field in ("subject", "description"):
        return filled(**{"title" if field == "subject" else "body": text(current)})
    if field == "tags":
        return filled(tags=texts(current))
    if field == "type":
        return filled(custom=filled(type=enumerated(current)))
    if field.isdecimal():
        # Custom fields are named by their number.
        return {"custom": {"fields": {field: simple(current)}}}
    return {}
