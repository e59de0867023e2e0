"""Notifications of alerts: what the outbox holds of them, read to show how far their delivery is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, or_, select

from store.outbox import OutboxState
from store.schema import channel_states, outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredNotification:
    """A row of the outbox, without its text.

    Parameters
    ----------
    channels: the channels that accepted it; None while that is not known.
    sent_at: wall clock when it was sent or given up. not_before: wall clock before which it is not tried again.
    problem: why it was not sent, redacted.
    news: what is new in it; None for an update, and for rows that are not about an incident.
    why: why this audience gets it.
    """

    key: str
    kind: str
    audience: str
    state: OutboxState
    attempts: int
    channels: tuple[str, ...] | None = None
    sent_at: datetime | None = None
    not_before: datetime | None = None
    problem: str | None = None
    news: str | None = None
    why: str | None = None


@dataclass(frozen=True, slots=True)
class ChannelProblem:
    """A channel that fails: how often in a row, and what it said, redacted."""

    name: str
    failures: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A row of the outbox with what its message is written from; empty once that is no longer kept."""

    notification: StoredNotification
    payload: Mapping[str, Any]


MESSAGES = 40
"""Newest messages that a page shows."""


def read_messages(connection: Connection, alert_id: int, incident_id: int | None) -> list[StoredMessage]:
    """Read the newest messages about an alert to people, the newest first; see `read_notifications`."""
    rows = connection.execute(_about(alert_id, incident_id).order_by(outbox.c.id.desc()).limit(MESSAGES)).all()
    return [
        StoredMessage(_notification(row), row.payload) for row in rows if alert_id in row.payload.get("alert_ids", (alert_id,))
    ]  # fmt: skip


def read_messages_of_incident(connection: Connection, incident_id: int) -> list[StoredMessage]:
    """Read the newest messages about an incident, the newest first."""
    rows = connection.execute(
        select(outbox).where(_of_incident(incident_id)).order_by(outbox.c.id.desc()).limit(MESSAGES)
    )
    return [StoredMessage(_notification(row), row.payload) for row in rows]


def read_notifications(connection: Connection, alert_id: int, incident_id: int | None) -> list[StoredNotification]:
    """Read the messages about an alert, or about its incident, in the order in which they were put into the outbox.

    Of an incident those are left out that name other alerts alone.
    """
    rows = connection.execute(_about(alert_id, incident_id).order_by(outbox.c.id)).all()
    return [_notification(row) for row in rows if alert_id in row.payload.get("alert_ids", (alert_id,))]


def _about(alert_id: int, incident_id: int | None) -> Select[Any]:
    chosen = [outbox.c.key == f"alert:{alert_id}"]
    if incident_id is not None:
        chosen.append(_of_incident(incident_id))
    return select(outbox).where(or_(*chosen))


def _of_incident(incident_id: int) -> ColumnElement[bool]:
    return outbox.c.sequence.startswith(f"incident:{incident_id}:", autoescape=True)


def failing_channels(connection: Connection) -> list[ChannelProblem]:
    """Read the channels whose last attempt failed, by name."""
    query = select(channel_states).where(channel_states.c.failures > 0).order_by(channel_states.c.name)
    return [ChannelProblem(row.name, row.failures, row.problem) for row in connection.execute(query)]


def _notification(row: Row[Any]) -> StoredNotification:
    payload: Mapping[str, Any] = row.payload
    delivered = row.channels if row.channels is not None else payload.get("delivered")
    waiting = row.state == OutboxState.WAITING.value
    return StoredNotification(
        key=row.key, kind=row.kind, audience=row.audience, state=OutboxState(row.state), attempts=row.attempts,
        channels=None if delivered is None else tuple(delivered), sent_at=row.sent_at,
        not_before=row.claimed_until if waiting else None, problem=row.problem, news=payload.get("news"),
        why=payload.get("why"),
    )  # fmt: skip
