"""Zendesk tickets as an export or the API holds them: the state now, from which the events follow that led to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stream.connectors.contract import PayloadError
from stream.connectors.links import link_events, problem_links
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
    stamp,
    texts,
    ticket_event,
)
from stream.connectors.zendesk.fields import DONE, GONE, MERGED_TAG, WAITING, author_role, csat, is_private, ticket_data

UNKNOWN_TARGET = "unknown"
"""Where a merged ticket does not say which ticket it was merged into: it is retracted all the same."""

_MERGED_INTO = re.compile(r"merged into (?:request|ticket) #(\d{1,20})", re.IGNORECASE)

MEASURES = (
    "reply_time_in_minutes", "first_resolution_time_in_minutes", "full_resolution_time_in_minutes",
    "agent_wait_time_in_minutes", "requester_wait_time_in_minutes", "on_hold_time_in_minutes",
    "reopens", "replies", "assignee_stations", "group_stations",
)  # fmt: skip
"""What a ticket's metrics hold that is kept."""

SAME_MOMENT = 5
"""Seconds between a ticket and its first comment, which are written one after the other."""

UNPLACED = (
    "received a comment without ticket_id, as a page of one ticket's comments has them; "
    "add ticket_id to each, or send them nested in their ticket"
)

SLA_TYPES = frozenset({"breach", "apply_sla", "fulfill"})
"""Metric events that say how a service level was met; the others (activate, pause, update_status) measure only."""


def ticket_events(source: str, ticket: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield creation, merge, solution, waiting and rating of a ticket, and the comments that are nested in it."""
    subject = needed_identity(ticket.get("id"), "the ticket's id")
    updated = instant(ticket.get("updated_at"))
    if enumerated(ticket.get("status")) in GONE:
        # Its text is scrubbed or about to be: nothing of it is worth storing.
        time = updated if updated is not None else needed_time(ticket.get("created_at"), "the ticket's created_at")
        yield ticket_event(source, subject, "ticket.deleted", time)
        return
    created = needed_time(ticket.get("created_at"), "the ticket's created_at")
    data = ticket_data(ticket)
    metrics = mapping(ticket.get("metric_set"))
    if kept := _measures(metrics):
        data["custom"] = {**data.get("custom", {}), "metrics": kept}
    yield ticket_event(source, subject, "ticket.created", created, data=data)
    last = max(created, updated or created)
    yield from link_events(source, subject, last, problem_links(ticket.get("problem_id")))
    for comment in objects(ticket.get("comments")):
        yield from comment_events(source, comment, {**ticket, "id": subject})
    yield from _outcomes(source, subject, ticket, last)


def _outcomes(source: str, subject: str, ticket: Mapping[str, Any], last: datetime) -> Iterator[dict[str, Any]]:
    solved = instant(mapping(ticket.get("metric_set")).get("solved_at")) or last
    if _is_merged(ticket):
        yield ticket_event(
            source, subject, "ticket.merged", solved, data={"into": _target(ticket)}, key="closed_by_merge"
        )
    elif (status := enumerated(ticket.get("status"))) in DONE:
        yield ticket_event(source, subject, "ticket.solved", solved)
    elif status in WAITING:
        since = instant(mapping(ticket.get("metric_set")).get("status_updated_at")) or last
        data = {"waits_for": WAITING[status]}
        yield ticket_event(source, subject, "ticket.updated", since, data=data, key=f"status:{stamp(since)}")
    rating = mapping(ticket.get("satisfaction_rating"))
    if (score := csat(rating)) is not None:
        time = instant(rating.get("updated_at")) or instant(rating.get("created_at")) or last
        yield _rated(source, subject, time, score, rating)


def _is_merged(ticket: Mapping[str, Any]) -> bool:
    """Whether a ticket was merged into another one. A follow-up has the tags of the ticket that it follows, and is no merged one."""
    follows = enumerated(mapping(mapping(ticket.get("via")).get("source")).get("rel")) == "follow_up"
    return MERGED_TAG in texts(ticket.get("tags")) and enumerated(ticket.get("status")) in DONE and not follows


def comment_events(source: str, comment: Mapping[str, Any], ticket: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the event of a comment that has text; `ticket` is what is known of its ticket, at least the id."""
    number = comment.get("ticket_id", ticket.get("id"))
    if number is None:
        raise PayloadError(UNPLACED)
    subject = needed_identity(number, "the comment's ticket_id")
    time = needed_time(comment.get("created_at"), "the comment's created_at")
    body = first_text(comment.get("plain_body"), comment.get("body"), comment.get("html_body"), comment.get("value"))
    if body and not is_description(body, time, ticket):
        data = filled(body=body, author_role=author_role(comment, ticket))
        if is_private(comment):
            data["public"] = False
        yield ticket_event(source, subject, "comment.added", time, data=data, key=identity(comment.get("id")))


def metrics_events(source: str, metrics: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an update with a ticket's metrics, and its solution."""
    subject = needed_identity(metrics.get("ticket_id"), "the metrics' ticket_id")
    time = instant(metrics.get("updated_at"))
    if time is None:
        time = needed_time(metrics.get("created_at"), "the metrics' updated_at")
    if kept := _measures(metrics):
        yield ticket_event(
            source, subject, "ticket.updated", time, data={"custom": {"metrics": kept}}, key=f"metrics:{stamp(time)}"
        )
    if (solved := instant(metrics.get("solved_at"))) is not None:
        yield ticket_event(source, subject, "ticket.solved", solved)


def metric_events(source: str, event: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an update for a service level that was applied, met or missed."""
    kind = enumerated(event.get("type"))
    if kind not in SLA_TYPES or event.get("deleted") is True:
        return
    subject = needed_identity(event.get("ticket_id"), "the metric event's ticket_id")
    time = needed_time(event.get("time"), "the metric event's time")
    sla = mapping(event.get("sla"))
    policy = mapping(sla.get("policy"))
    said = filled(
        metric=enumerated(event.get("metric")), event=kind, target=sla.get("target"), business_hours=sla.get("business_hours"),
        policy=first_text(policy.get("title"), policy.get("id")),
    )  # fmt: skip
    number = identity(event.get("id")) or stamp(time)
    yield ticket_event(source, subject, "ticket.updated", time, data={"custom": {"sla": said}}, key=f"metric:{number}")


def rating_events(source: str, rating: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the event of a satisfaction rating; offered ones without an answer give none."""
    subject = needed_identity(rating.get("ticket_id"), "the rating's ticket_id")
    score = csat(rating)
    if score is not None:
        time = instant(rating.get("updated_at"))
        if time is None:
            time = needed_time(rating.get("created_at"), "the rating's created_at")
        yield _rated(source, subject, time, score, rating)


def deleted_event(source: str, ticket: Mapping[str, Any]) -> dict[str, Any]:
    """Make the event of a line of the list of deleted tickets."""
    subject = needed_identity(ticket.get("id"), "the ticket's id")
    return ticket_event(
        source, subject, "ticket.deleted", needed_time(ticket.get("deleted_at"), "the ticket's deleted_at")
    )


def _rated(source: str, subject: str, time: datetime, score: int, rating: Mapping[str, Any]) -> dict[str, Any]:
    number = identity(rating.get("id"))
    return ticket_event(
        source, subject, "ticket.rated", time, data={"csat": score}, key=f"{number}:{score}" if number else None
    )


def _measures(metrics: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in MEASURES:
        value = metrics.get(name)
        if isinstance(value, Mapping):
            value = filled(calendar=value.get("calendar"), business=value.get("business")) or None
        if value is not None and isinstance(value, int | float | dict):
            found[name] = value
    return found


def is_description(body: str, time: datetime, ticket: Mapping[str, Any]) -> bool:
    """Return whether a comment is the ticket's first message, which the ticket holds as its description."""
    created = instant(ticket.get("created_at"))
    close = created is not None and abs((time - created).total_seconds()) <= SAME_MOMENT
    return close and body.split() == first_text(ticket.get("description")).split()


def _target(ticket: Mapping[str, Any]) -> str:
    for comment in objects(ticket.get("comments")):
        if found := _MERGED_INTO.search(first_text(comment.get("plain_body"), comment.get("body"))):
            return found[1]
    return UNKNOWN_TARGET
