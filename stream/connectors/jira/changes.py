"""The changelog of a Jira issue as events: of a webhook, or of an issue's history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stream.connectors.jira.fields import is_done, is_done_name, waits_for
from stream.connectors.jira.rich_text import plain_text
from stream.connectors.links import changed_links, link_events
from stream.connectors.values import (
    enumerated,
    filled,
    identity,
    mapping,
    needed_identity,
    objects,
    stamp,
    text,
    texts,
    ticket_event,
)

TOP_PRIORITIES = frozenset(
    {"highest", "blocker", "critical", "urgent", "p0", "p1", "höchste", "kritisch", "crítica", "bloquante"}
)
"""Names of the priorities to which a ticket is escalated."""


def history_events(source: str, issue: Mapping[str, Any], time: datetime, items: object) -> Iterator[dict[str, Any]]:
    """Yield the events of one change of an issue, which changes several fields at once."""
    subject = needed_identity(issue.get("key"), "the issue's key")
    changed = {_field(item): item for item in objects(items)}
    if (move := changed.get("key")) is not None:
        yield from _moved(source, subject, time, move)
    if "status" in changed or "resolution" in changed:
        yield from _status(source, subject, time, mapping(issue.get("fields")), changed)
    for field, item in changed.items():
        yield from _field_events(source, subject, time, field, item)


def _field(item: Mapping[str, Any]) -> str:
    return (text(item.get("fieldId")) or text(item.get("field"))).strip().lower()


def _moved(source: str, subject: str, time: datetime, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Retract the issue under the key that it had in another project: it is the same ticket."""
    old, new = identity(item.get("fromString")), identity(item.get("toString")) or subject
    if old is not None and old != new:
        yield ticket_event(source, old, "ticket.merged", time, data={"into": new})


def _status(
    source: str, subject: str, time: datetime, fields: Mapping[str, Any], changed: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    status, resolution = changed.get("status", {}), changed.get("resolution", {})
    resolved = bool(text(resolution.get("to"))) if resolution else None
    now = _is_done_status(status.get("to"), status.get("toString"), fields) if status else resolved
    before = is_done_name(status.get("fromString")) or (resolved is False and bool(text(resolution.get("from"))))
    if now and not before:
        yield ticket_event(source, subject, "ticket.solved", time)
    elif before and not now:
        yield ticket_event(source, subject, "ticket.reopened", time)
    if status and not now:
        waiting, waited = waits_for(status.get("toString")), waits_for(status.get("fromString"))
        if waiting != waited:
            data = {"waits_for": waiting}
            yield ticket_event(source, subject, "ticket.updated", time, data=data, key=f"status:{stamp(time)}")


def _is_done_status(number: object, name: object, fields: Mapping[str, Any]) -> bool:
    """Whether a status is a finished one: by category where it is the issue's status now, otherwise by its name."""
    current = mapping(fields.get("status"))
    same = text(name) and text(name) == text(current.get("name"))
    return (
        is_done(fields)
        if same or (number is not None and text(number) == text(current.get("id")))
        else is_done_name(name)
    )


def _field_events(
    source: str, subject: str, time: datetime, field: str, item: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    now, before = text(item.get("toString")), text(item.get("fromString"))
    if field == "link":
        yield from link_events(source, subject, time, changed_links(item), change=True)
    elif field == "assignee":
        yield ticket_event(source, subject, "ticket.reassigned", time)
    elif field == "team":
        yield ticket_event(source, subject, "ticket.reassigned", time, data=filled(team=now), key=f"team:{stamp(time)}")
    elif field == "priority" and now:
        if now.lower() in TOP_PRIORITIES and before.lower() not in TOP_PRIORITIES:
            data: dict[str, Any] = {"priority": enumerated(now), "escalated": True}
            yield ticket_event(source, subject, "ticket.escalated", time, data=data)
        else:
            data = {"priority": enumerated(now)}
            yield ticket_event(source, subject, "ticket.updated", time, data=data, key=f"priority:{stamp(time)}")
    elif field in ("satisfaction", "satisfaction rating") and now in {"1", "2", "3", "4", "5"}:
        yield ticket_event(source, subject, "ticket.rated", time, data={"csat": int(now)}, key=now)
    elif data := _updated(field, now):
        yield ticket_event(source, subject, "ticket.updated", time, data=data, key=f"{field}:{stamp(time)}")


def _updated(field: str, now: str) -> dict[str, Any]:
    if field == "summary":
        return filled(title=now)
    if field == "description":
        return filled(body=plain_text(now))
    if field == "labels":
        return filled(tags=texts(now))
    return {"custom": {"type": now}} if field == "issuetype" and now else {}
