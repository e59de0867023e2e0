"""Broadcast: what machines hear of an epoch, put into the outbox in the epoch's own transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from alerts.ownership import BROADCAST
from pipelines.state import MinerState, ThemeRecord
from store.alerts import get_alert
from store.outbox import enqueue


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How far alerts and themes had come when an epoch began."""

    last_alert: int
    themes: dict[int, tuple[Any, ...]]


def snapshot_themes(memory: MinerState) -> Snapshot:
    """What to compare the epoch's end with. It is taken of what is stored, so that a restart tells nothing twice."""
    return Snapshot(memory.counters["alert"], {key: _told(record) for key, record in memory.themes.items()})


def broadcast_changes(connection: Connection, memory: MinerState, before: Snapshot, epoch: int) -> None:
    """Put out the epoch's alerts, and each theme that was born or of which more changed than its size.

    A theme goes out whole, as it now is: the newest message of a theme is all that a listener has to keep.
    """
    for number in range(before.last_alert + 1, memory.counters["alert"] + 1):
        alert = get_alert(connection, number)
        record = memory.themes.get(alert.theme_id)
        payload = {**alert.as_json(), "theme_name": record.name if record else "All tickets"}
        enqueue(connection, key=f"broadcast:alert:{number}", kind="alert", audience=BROADCAST, payload=payload)
    for key, record in sorted(memory.themes.items()):
        if before.themes.get(key) != _told(record):
            payload = theme_payload(record)
            enqueue(connection, key=f"broadcast:theme:{key}:{epoch}", kind="theme", audience=BROADCAST, payload=payload)


def theme_payload(record: ThemeRecord) -> dict[str, Any]:
    """A theme as machines read it: plain JSON, times in RFC 3339."""
    return {
        "id": record.theme_id, "name": record.name, "keywords": list(record.keywords), "state": record.state,
        "status": record.status, "size": record.size, "first_seen": _time(record.first_seen), "last_seen": _time(record.last_seen),
        "merged_into": record.merged_into, "known_issue": dict(record.known_issue) if record.known_issue else None,
        "owner": record.owner,
    }  # fmt: skip


def _told(record: ThemeRecord) -> tuple[Any, ...]:
    known = tuple(sorted(record.known_issue.items())) if record.known_issue else None
    return record.name, record.keywords, record.state, record.status, record.merged_into, known, record.owner


def _time(time: Any) -> str | None:
    return None if time is None else time.isoformat().replace("+00:00", "Z")
