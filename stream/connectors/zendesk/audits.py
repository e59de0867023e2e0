"""Zendesk's history of a ticket: audits, and the incremental export of ticket events, which holds the same in other names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from stream.connectors.links import link_events, problem_links
from stream.connectors.values import first_text, identity, needed_identity, needed_time, objects, text, ticket_event
from stream.connectors.zendesk.changes import FieldChange, change_events
from stream.connectors.zendesk.fields import NAMED_CHANNELS, ticket_data
from stream.connectors.zendesk.tickets import comment_events

COMMENTS = frozenset({"Comment", "VoiceComment", "FacebookComment", "TweetComment", "SMSComment", "ChatStartedEvent"})
REDACTIONS = frozenset({"CommentRedactionEvent", "AttachmentRedactionEvent"})
FIELDS = ("status", "priority", "group_id", "assignee_id", "subject", "tags", "type", "problem_id")
"""Fields of a child event of the incremental export whose change is of use; each is a key of the child itself."""


def audit_events(source: str, audit: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of an audit (`events`) or of a ticket event (`child_events`).

    The audit that creates a ticket yields a creation that gives way to the one of the ticket's own record, which holds more.
    """
    subject = needed_identity(audit.get("ticket_id"), "the audit's ticket_id")
    stamp = audit.get("created_at")
    time = needed_time(audit.get("timestamp") if stamp is None else stamp, "the audit's created_at")
    children = [*objects(audit.get("child_events")), *objects(audit.get("events"))]
    if any(_kind(child) == "Create" for child in children):
        yield ticket_event(source, subject, "ticket.created", time, data=_created(audit, children), key="audit")
        created = [child for child in children if _kind(child) == "Create"]
        problems = [
            child["problem_id"] if "problem_id" in child else child.get("value")
            for child in created
            if "problem_id" in child or child.get("field_name") == "problem_id"
        ]
        problem = next(iter(problems), None)
        yield from link_events(source, subject, time, problem_links(problem))
        return
    author = audit.get("author_id", audit.get("updater_id"))
    for child in children:
        yield from _child_events(source, subject, time, {"author_id": author, **child})


def _created(audit: Mapping[str, Any], children: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the data of a ticket from the audit of its creation: an event per field, or one with all of them."""
    fields: dict[str, Any] = {}
    for child in children:
        if _kind(child) == "Create":
            fields |= child
            fields |= {text(child.get("field_name")): child.get("value")}
        elif _kind(child) in COMMENTS:
            fields.setdefault("description", first_text(child.get("body"), child.get("html_body")))
    author = audit.get("author_id", audit.get("updater_id"))
    return ticket_data({"requester_id": author, **fields, "via": _channel(audit.get("via"))})


def _channel(via: object) -> Mapping[str, Any]:
    """Return the channel of an audit: an object, or in the incremental export its name for people, such as "Mobile SDK"."""
    if isinstance(via, Mapping):
        return via
    name = text(via)
    coded = name.lower().replace(" ", "_")
    # Other texts stay as they are written: redaction recognizes a secret by the words around it.
    return {"channel": coded if coded in NAMED_CHANNELS else name}


def _child_events(source: str, subject: str, time: datetime, child: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    kind = _kind(child)
    if kind in COMMENTS:
        said = {
            "created_at": time.isoformat(),
            **child,
            "ticket_id": subject,
            "public": child.get("public", child.get("comment_public")),
        }
        yield from comment_events(source, said, {})
    elif kind in REDACTIONS:
        yield ticket_event(source, subject, "ticket.redacted", time)
    elif kind == "SatisfactionRating":
        yield from change_events(source, subject, time, FieldChange("satisfaction_score", child.get("score")))
    elif kind == "Change":
        name = identity(child.get("field_name"))
        if name is not None:
            yield from change_events(
                source, subject, time, FieldChange(name, child.get("value"), child.get("previous_value"))
            )
        for field in FIELDS if name is None else ():
            if field in child:
                yield from change_events(
                    source, subject, time, FieldChange(field, child[field], child.get("previous_value"))
                )


def _kind(child: Mapping[str, Any]) -> str:
    return text(child.get("event_type", child.get("type")))
