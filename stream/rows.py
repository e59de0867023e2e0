"""Rows: events as they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.demand import IncomingMessage, classify
from models.demand.repetition import skeleton_of
from models.event import DIMENSIONS, ChangeEvent, LaunchEvent, TicketEvent
from models.requester import keyed_hash
from stream.erased import Grave, erased_alias
from stream.raw import Raw, RefusedEvent
from stream.requester import hash_requester

TICKET_FIELDS = (*DIMENSIONS, "language", "vendor", "team", "priority", "escalated")


def ticket_row(event: TicketEvent, grave: Grave | None, key: bytes) -> dict[str, Any]:
    """Make the row of a ticket; its texts are left out where a tombstone (`grave`) covers it. `key` hashes the requester.

    The requester of a ticket that a person erased gets a name that nothing leads to.
    """
    data, erased = event.data, grave is not None
    requester = hash_requester(data.requester, key) if data.requester else None
    if requester is not None and grave is not None and grave.erased:
        requester = erased_alias()
    return {
        "id": event.subject, "source": event.source, "event_id": event.id, "time": event.time, "mined_epoch": None,
        "title": "" if erased else data.title, "body": "" if erased else data.body,
        "erased_at": None if grave is None else grave.time,
        **{name: getattr(data, name) for name in TICKET_FIELDS},
        "requester": requester,
        "tags": None if erased else list(data.tags), "custom": None if erased else data.custom,
        "counted": False, "status": "open", "csat": None, **_demand_columns(event, grave, key),
    }  # fmt: skip


def _demand_columns(event: TicketEvent, grave: Grave | None, key: bytes) -> dict[str, Any]:
    """Say what wrote a ticket. A text that a tombstone covers counts, like its vector, until the tombstone is mined.

    A text that a person erased is read to say what wrote it, so that the counts stay what they were, and nothing of it is stored.
    """
    data, mined = event.data, grave is not None and grave.mined and not grave.erased
    found = classify(
        IncomingMessage(
            title="" if mined else data.title,
            body="" if mined else data.body,
            requester=data.requester,
            author_role=data.author_role,
            direction=data.direction,
            demand=data.demand,
            mail=data.mail,
        )
    )
    skeleton = "" if grave is not None and grave.mined else skeleton_of(data.title, data.body, found)
    return {
        "demand": found.kind.value, "demand_rule": None if found.rule is None else found.rule.value,
        "suspected": None if found.suspected is None else found.suspected.value,
        "skeleton": keyed_hash(skeleton, key) if skeleton else None,
    }  # fmt: skip


def launch_row(event: LaunchEvent, texts: Mapping[str, bytes], blank: bytes) -> dict[str, Any]:
    """Make the row of a launch, with the vector of each line's example text; `blank` is that of a line without one."""
    data = event.data
    return {
        "source": event.source, "subject": event.subject, "id": event.id, "time": event.time, "kind": data.kind,
        "title": data.title, "start": data.start, "end": data.end, "scope": data.scope, "tolerance": data.tolerance,
        "expected": [one.model_dump(mode="json") for one in data.expected],
        "abouts": b"".join(texts.get(one.about or "", blank) for one in data.expected) or None,
        "cancelled": data.cancelled,
    }  # fmt: skip


def change_row(event: ChangeEvent) -> dict[str, Any]:
    """Make the row of a change."""
    data = event.data
    return {
        "source": event.source, "subject": event.subject, "id": event.id, "time": event.time,
        "kind": data.kind, "title": data.title, "scope": data.scope, "url": data.url,
        "themes": list(data.themes) or None,
    }  # fmt: skip


def quarantine_row(
    stream: str, raw: Raw, refusal: RefusedEvent, at: datetime | None = None, *, element: int = 0
) -> dict[str, Any]:
    """Make the row of a record that was refused at the wall-clock time `at`; nothing in it is unredacted.

    `element` is its number among the refused ones of its position: a page of JSON holds many.
    """
    return {
        "stream": stream, "partition": raw.partition, "position": raw.position, "element": element,
        "reason": refusal.reason.value, "detail": refusal.detail, "excerpt": refusal.excerpt,
        "refused_at": at, "subject": refusal.subject, "requester": refusal.requester,
    }  # fmt: skip
