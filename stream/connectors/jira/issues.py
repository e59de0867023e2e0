"""Jira issues as a search or the interface returns them, and their comments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stream.connectors.jira.changes import history_events
from stream.connectors.jira.fields import (
    author_role,
    is_done,
    is_private,
    request_fields,
    satisfaction,
    ticket_data,
    waits_for,
)
from stream.connectors.jira.rich_text import plain_text
from stream.connectors.links import issue_links, link_events
from stream.connectors.values import (
    filled,
    identity,
    instant,
    mapping,
    needed_identity,
    needed_time,
    objects,
    stamp,
    ticket_event,
)


def issue_events(source: str, issue: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield creation, comments, changes, solution and rating of an issue.

    Where the issue was read with its changelog, its changes are events; otherwise its status alone says that it is solved.
    """
    subject = needed_identity(issue.get("key"), "the issue's key")
    fields = mapping(issue.get("fields"))
    yield creation(source, issue)
    for comment in objects(mapping(fields.get("comment")).get("comments")):
        yield from comment_events(source, comment, issue)
    histories = list(objects(mapping(issue.get("changelog")).get("histories")))
    for history in histories:
        time = needed_time(history.get("created"), "the change's created")
        yield from history_events(source, issue, time, history.get("items"))
    last = instant(fields.get("updated")) or needed_time(fields.get("created"), "the issue's fields.created")
    yield from link_events(source, subject, last, issue_links(fields))
    if not histories and (waiting := waits_for(mapping(fields.get("status")).get("name"))) != "agent":
        since = instant(fields.get("statuscategorychangedate")) or last
        data = {"waits_for": waiting}
        yield ticket_event(source, subject, "ticket.updated", since, data=data, key=f"status:{stamp(since)}")
    if not histories and is_done(fields):
        solved = (instant(fields.get(name)) for name in ("resolutiondate", "statuscategorychangedate"))
        yield ticket_event(source, subject, "ticket.solved", next((time for time in solved if time is not None), last))
    if (score := satisfaction(fields)) is not None:
        yield ticket_event(source, subject, "ticket.rated", last, data={"csat": score}, key=str(score))


def creation(source: str, issue: Mapping[str, Any]) -> dict[str, Any]:
    """Make the event of an issue's creation."""
    subject = needed_identity(issue.get("key"), "the issue's key")
    created = needed_time(mapping(issue.get("fields")).get("created"), "the issue's fields.created")
    return ticket_event(source, subject, "ticket.created", created, data=ticket_data(issue))


def comment_events(source: str, comment: Mapping[str, Any], issue: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the event of a comment that has text. Its id is the comment's: two webhooks that bring it make one event."""
    subject = needed_identity(issue.get("key"), "the key of the comment's issue")
    time = needed_time(comment.get("created"), "the comment's created")
    body = plain_text(comment.get("body"))
    if body:
        data = filled(body=body, author_role=author_role(comment, mapping(issue.get("fields"))))
        if is_private(comment):
            data["public"] = False
        yield ticket_event(source, subject, "comment.added", time, data=data, key=identity(comment.get("id")))


def request_events(source: str, request: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the events of a request of Jira Service Management, which is an issue in other names."""
    yield from issue_events(source, {"key": request.get("issueKey"), "fields": request_fields(request)})
