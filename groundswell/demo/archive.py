"""The archive: how the month's tickets were handled, written into the demo's database after it was mined.

Mining sees none of it. The tickets of the weeks before have no text, as after the end of its retention, and count in no theme; figures
of handling are made of their events.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from random import Random
from typing import Any

from sqlalchemy import Connection

from groundswell.demo.month import EarlierTicket, HandlingEvent, Month
from models.epochs import epoch_of
from pipelines.ticket_lifecycle import fold_events
from store.records import insert_events, write_tickets
from store.themes import themes_of, write_assignments
from store.tickets import mark_outcomes, read_lifecycles

_EMPTY = {
    "title": "", "body": "", "erased_at": None, "requester": None, "tags": None, "custom": None, "skeleton": None, "demand": "customer",
    "demand_rule": None, "suspected": None, "counted": False, "status": "open", "csat": None,
}  # fmt: skip
"""A ticket without text that counts in no theme; its status follows from its events."""

_ATTRIBUTES = (
    "business_line", "user_type", "product", "payment_method", "region", "platform", "app_version", "channel", "handled_by", "vendor",
    "team", "priority", "escalated",
)  # fmt: skip
_OUTCOMES = ("ticket.solved", "ticket.reopened", "ticket.rated")


def write_archive(connection: Connection, month: Month, labels: Mapping[str, str], epoch_seconds: float) -> None:
    """Write the month into a mined database.

    labels: the issues of the mined tickets; an earlier ticket gets the theme of one of those on the same issue.
    """
    themes = _themes_by_issue(connection, labels)
    rng = Random(len(month.tickets))
    epochs = [epoch_of(one.time, epoch_seconds) for one in month.tickets]
    numbered = list(zip(month.tickets, epochs, strict=True))
    write_tickets(connection, [_ticket(one, epoch) for one, epoch in numbered])
    write_assignments(
        connection, [_assignment(one, rng.choice(themes.get(one.issue, [None])), epoch) for one, epoch in numbered]
    )
    created = (_creation(one, epoch) for one, epoch in numbered)
    insert_events(connection, list(chain(created, _handling(month.handling, epoch_seconds))))
    _mark_outcomes(connection, month.handling)


def _themes_by_issue(connection: Connection, labels: Mapping[str, str]) -> Mapping[str, Sequence[int | None]]:
    """Return the themes of all mined tickets of each issue, with repetitions."""
    found: dict[str, list[int | None]] = defaultdict(list)
    for ticket_id, theme in themes_of(connection, sorted(labels)).items():
        found[labels[ticket_id]].append(theme)
    return found


def _ticket(one: EarlierTicket, epoch: int) -> dict[str, Any]:
    attributes = {name: one.data[name] for name in _ATTRIBUTES}
    return {
        "id": one.ticket_id, "source": one.source, "event_id": _creation_id(one), "time": one.time, "mined_epoch": epoch,
        "language": "en", **attributes, **_EMPTY,
    }  # fmt: skip


def _assignment(one: EarlierTicket, theme: int | None, epoch: int) -> dict[str, Any]:
    return {
        "ticket_id": one.ticket_id, "theme_id": theme, "epoch": epoch, "how": "archive", "confidence": 1.0, "nearest": theme,
        "remembered": False,
    }  # fmt: skip


def _creation_id(one: EarlierTicket) -> str:
    return f"a-{one.ticket_id}"


def _creation(one: EarlierTicket, epoch: int) -> dict[str, Any]:
    return {
        "source": one.source, "id": _creation_id(one), "type": "ticket.created", "subject": one.ticket_id, "time": one.time,
        "epoch": epoch, "mined_epoch": epoch, "late": False, "data": None,
    }  # fmt: skip


def _handling(handling: Sequence[HandlingEvent], epoch_seconds: float) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(handling, 1):
        event, epoch = one.event, epoch_of(one.event.time, epoch_seconds)
        yield {
            "source": one.source, "id": f"h-{number:06}", "type": event.type, "subject": one.ticket_id, "time": event.time,
            "epoch": epoch, "mined_epoch": epoch, "late": False, "data": event.data or None,
        }  # fmt: skip


def _mark_outcomes(connection: Connection, handling: Sequence[HandlingEvent]) -> None:
    changed = sorted({one.ticket_id for one in handling if one.event.type in _OUTCOMES})
    found = {key: fold_events(events) for key, events in read_lifecycles(connection, changed).items()}
    mark_outcomes(connection, [{"key": key, "status": one.status, "csat": one.csat} for key, one in found.items()])
