"""Zendesk's history of a ticket: audits, and the incremental export of ticket events, which holds the same in other names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stream.connectors.values import identity, needed_identity, needed_time, objects, text, ticket_event
from stream.connectors.zendesk.changes import FieldChange, change_events
from stream.connectors.zendesk.tickets import comment_events

COMMENTS = frozenset({"Comment", "VoiceComment", "FacebookComment", "TweetComment", "SMSComment", "ChatStartedEvent"})
REDACTIONS = frozenset({"CommentRedactionEvent", "AttachmentRedactionEvent"})
FIELDS = ("status", "priority", "group_id", "assignee_id", "subject", "tags", "type")
"""Fields of a child event of the incremental export whose change is of use; each is a key of the child itself."""


def audit_events(source: str, audit: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of an audit (`events`) or of a ticket event (`child_events`).

    The audit that creates a ticket yields nothing of it: the ticket's own record holds the text.
    """
    subject = needed_identity(audit.get("ticket_id"), "the audit's ticket_id")
    stamp = audit.get("created_at")
    time = needed_time(audit.get("timestamp") if stamp is None else stamp, "the audit's created_at")
    children = [*objects(audit.get("child_events")), *objects(audit.get("events"))]
    if any(_kind(child) == "Create" for child in children):
        return
    author = audit.get("author_id", audit.get("updater_id"))
    for child in children:
        yield from _child_events(source, subject, time, {"author_id": author, **child})


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
