"""Broadcast: an epoch's alerts and changed themes for machines, put into the outbox in the epoch's own transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alerts.ownership import BROADCAST
from models.times import rfc3339
from pipelines.context import EpochContext
from pipelines.state import MinerState
from pipelines.state.themes import ThemeRecord
from store.alerts import get_alert
from store.outbox import enqueue


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The last alert and the published fields of each theme when an epoch began."""

    last_alert: int
    themes: dict[int, tuple[Any, ...]]


def snapshot_themes(state: MinerState) -> Snapshot:
    """Return what the epoch's end is compared with. It is taken of what is stored, so that a restart publishes nothing twice."""
    return Snapshot(state.counts.last_id("alert"), {one.theme_id: _published(one) for one in state.themes})


def broadcast_changes(context: EpochContext, before: Snapshot, *, decision: int | None = None) -> None:
    """Publish the epoch's alerts, and each theme that was born or of which more than its size changed.

    A theme is published with all its fields: its newest message is all that a listener has to keep. `decision` is the one that
    changed them, where it is applied before the epoch: of one epoch a theme may be published several times then.
    """
    connection, state, epoch = context.connection, context.state, context.window.number
    for number in range(before.last_alert + 1, state.counts.last_id("alert") + 1):
        alert = get_alert(connection, number)
        payload = {**alert.as_json(), "theme_name": state.themes.name_of(alert.theme_id)}
        enqueue(connection, key=f"broadcast:alert:{number}", kind="alert", audience=BROADCAST, payload=payload)
    for record in state.themes.by_id():
        if before.themes.get(record.theme_id) != _published(record):
            key = f"broadcast:theme:{record.theme_id}:{epoch if decision is None else f'{epoch}:{decision}'}"
            enqueue(connection, key=key, kind="theme", audience=BROADCAST, payload=theme_payload(record))


def theme_payload(record: ThemeRecord) -> dict[str, Any]:
    """Write a theme as machines read it: plain JSON, times in RFC 3339."""
    return {
        "id": record.theme_id, "name": record.name, "keywords": list(record.keywords), "state": record.state.value,
        "status": record.status.value, "size": record.size, "first_seen": rfc3339(record.first_seen),
        "last_seen": rfc3339(record.last_seen), "merged_into": record.merged_into,
        "known_issue": dict(record.known_issue) if record.known_issue else None, "owner": record.owner,
    }  # fmt: skip


def _published(record: ThemeRecord) -> tuple[Any, ...]:
    """Return the fields whose change is published."""
    known = tuple(sorted(record.known_issue.items())) if record.known_issue else None
    return record.name, record.keywords, record.state, record.status, record.merged_into, known, record.owner
