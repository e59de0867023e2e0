"""Statuses that say for whom a ticket waits: each connector makes the same update of them."""

from datetime import UTC, datetime

import pytest

from stream.connectors.freshdesk import Freshdesk
from stream.connectors.jira.changes import history_events
from stream.connectors.jira.issues import issue_events
from stream.connectors.zendesk.changes import FieldChange, change_events
from stream.connectors.zendesk.tickets import ticket_events

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


def said(events):
    """Return type and what is waited for of each event."""
    return [(event["type"].removeprefix("ticket."), event["data"].get("waits_for")) for event in events]


@pytest.mark.parametrize(("before", "now", "expected"), [
    ("open", "pending", [("updated", "requester")]),
    ("PENDING", "HOLD", [("updated", "third_party")]),
    ("pending", "open", [("updated", "agent")]),
    ("new", "open", []),
    ("pending", "solved", [("solved", None)]),
    ("solved", "pending", [("reopened", None), ("updated", "requester")]),
    ("solved", "open", [("reopened", None)]),
    ("pending", "deleted", [("deleted", None)]),
])  # fmt: skip
def test_a_changed_status_of_zendesk(before, now, expected):
    """A status says for whom the ticket waits, and a ticket that goes on waits for the agent."""
    assert said(change_events("/zendesk", "1", AT, FieldChange("status", now, before))) == expected


def test_a_ticket_of_zendesk_that_waits_now():
    """It waits since its status was set."""
    ticket = {
        "id": 1, "created_at": "2026-11-20T08:00:00Z", "updated_at": "2026-11-20T12:00:00Z", "status": "pending", "subject": "Refund",
        "metric_set": {"status_updated_at": "2026-11-20T10:00:00Z"},
    }  # fmt: skip
    *_, last = ticket_events("/zendesk", ticket)
    assert (last["data"], last["time"]) == ({"waits_for": "requester"}, "2026-11-20T10:00:00+00:00")


@pytest.mark.parametrize(("before", "now", "expected"), [
    ("Waiting for support", "Waiting for customer", [("updated", "requester")]),
    ("Waiting for Customer", "In Progress", [("updated", "agent")]),
    ("In Progress", "Pending", [("updated", "third_party")]),
    ("Open", "In Progress", []),
    ("Waiting for customer", "Resolved", [("solved", None)]),
    ("Resolved", "Waiting for customer", [("reopened", None), ("updated", "requester")]),
])  # fmt: skip
def test_a_changed_status_of_jira(before, now, expected):
    """Statuses are known by the names that service projects have for them."""
    items = [{"field": "status", "fromString": before, "toString": now}]
    assert said(history_events("/jira", {"key": "PAY-1", "fields": {}}, AT, items)) == expected


def test_an_issue_of_jira_that_waits_now():
    """It is read without its changelog."""
    fields = {
        "summary": "Refund", "created": "2026-11-20T08:00:00.000+0000", "updated": "2026-11-20T12:00:00.000+0000",
        "status": {"name": "Waiting for customer", "statusCategory": {"key": "indeterminate"}},
    }  # fmt: skip
    assert said(issue_events("/jira", {"key": "PAY-1", "fields": fields}))[1:] == [("updated", "requester")]


@pytest.mark.parametrize(
    ("status", "expected"), [(3, "requester"), ("Waiting on Third Party", "third_party"), (6, "requester"), (2, None)]
)
def test_a_ticket_of_freshdesk_that_waits_now(status, expected):
    """The number of a status or its name says it."""
    ticket = {
        "id": 1, "created_at": "2026-11-20T08:00:00Z", "updated_at": "2026-11-20T12:00:00Z", "status": status, "subject": "Refund"
    }  # fmt: skip
    assert said(Freshdesk().events(ticket))[1:] == ([("updated", expected)] if expected else [])
