"""Launches and changes as plain JSON: the data of an event, with the attributes left to the receiver."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import orjson

from models.redaction import redact, redact_value
from models.times import rfc3339
from stream.calendars.icalendar_file import read_calendar
from stream.errors import PlanUnreadable
from stream.raw import RefusalReason, RefusedEvent

ATTRIBUTES = ("id", "source", "time", "subject")

PlanType = Literal["launch.planned", "change.recorded"]

SOURCES: Mapping[PlanType, str] = {"launch.planned": "/webhook/launches", "change.recorded": "/webhook/changes"}


def plain_events(kind: PlanType, payload: Any, now: datetime) -> list[Any]:
    """Return the events of one object, or of a list of objects.

    `id` names the launch or change: the same `id` again revises it. Without one, its identity is its title, and for a launch its
    start. `time` is when it was made or known, by default `now`. An object with `specversion` is a CloudEvent already.
    """
    return [_event(kind, one, now) for one in (payload if isinstance(payload, list) else [payload])]


def calendar_events(content: bytes, zone: ZoneInfo, now: datetime) -> list[Any] | RefusedEvent:
    """Return the entries of a calendar (RFC 5545) as launches; times without a zone are of `zone`.

    An entry whose category is no kind of launch is a `launch`. A calendar that cannot be read is refused as a whole.
    """
    try:
        rows = read_calendar(content, "the calendar", zone, around=now)
    except PlanUnreadable as error:
        return RefusedEvent(RefusalReason.INVALID, redact(str(error)).text)
    entries = [{"id": row.launch_id, "kind": "launch", **row.data} for row in rows]
    return plain_events("launch.planned", entries, now)


def _event(kind: PlanType, payload: Any, now: datetime) -> Any:
    if not isinstance(payload, Mapping):
        found = type(payload).__name__
        return RefusedEvent(
            RefusalReason.NOT_JSON, f"received JSON of type {found}; valid is one object, or a list of them"
        )
    if "specversion" in payload:
        return payload
    data = {name: value for name, value in payload.items() if name not in ATTRIBUTES}
    if kind == "change.recorded":
        data.setdefault("kind", "release")
    subject = payload.get("subject") or payload.get("id") or _digest([payload.get("title"), payload.get("start")])
    # The same content again has the same id and so no effect; a revision has another one.
    return {
        "specversion": "1.0",
        "id": f"{subject}:{_digest(payload)}",
        "source": payload.get("source") or SOURCES[kind],
        "type": kind,
        "time": payload.get("time") or rfc3339(now),
        "subject": subject,
        "data": data,
    }


def _digest(value: Any) -> str:
    # Of what is stored: a card number in a title could be found by trying all of them.
    written = orjson.dumps(redact_value(value), option=orjson.OPT_SORT_KEYS, default=str)
    return hashlib.sha256(written).hexdigest()[:16]
