"""Alerts: each is opened once, and acknowledged, resolved and reopened by people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from models.times import rfc3339
from store.audit import record
from store.errors import StoreError
from store.incidents import note_handled
from store.schema import alerts
from store.survivors import survivors, survivors_of
from store.types import LARGEST_ID


class AlertState(StrEnum):
    """The state of an alert."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class AlertUnknown(StoreError):
    """No alert has the id."""

    def __init__(self, alert_id: int) -> None:
        self.alert_id = alert_id
        super().__init__(
            f"received alert {alert_id}, which does not exist; `groundswell alerts list` shows those that do"
        )


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert.

    `alert_id` comes from the miner's counter; `opened_at` is event time, the end of the deciding epoch.
    """

    alert_id: int
    kind: str
    theme_id: int
    audience: str
    opened_at: datetime
    reason: str
    spike_id: int | None = None
    state: str = AlertState.OPEN
    incident_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Write the alert as `alerts list --json` prints it."""
        return {
            "id": self.alert_id,
            "kind": self.kind,
            "theme_id": self.theme_id,
            "spike_id": self.spike_id,
            "state": str(self.state),
            "audience": self.audience,
            "opened_at": rfc3339(self.opened_at),
            "reason": self.reason,
            "incident_id": self.incident_id,
        }


def insert_alert(connection: Connection, alert: Alert) -> None:
    """Open an alert in the caller's transaction, which also holds its outbox row."""
    connection.execute(
        insert(alerts).values(
            id=alert.alert_id, kind=str(alert.kind), theme_id=alert.theme_id, spike_id=alert.spike_id,
            state=str(alert.state), audience=alert.audience, opened_at=alert.opened_at, reason=alert.reason,
            incident_id=alert.incident_id,
        )
    )  # fmt: skip


def give_alerts(connection: Connection, spike_id: int, theme_id: int) -> None:
    """Set the theme of a spike's alerts to the one that its tickets went to."""
    connection.execute(update(alerts).where(alerts.c.spike_id == spike_id).values(theme_id=theme_id))


def list_alerts(
    connection: Connection,
    *,
    state: str | None = None,
    audience: str | None = None,
    theme_ids: Collection[int] | None = None,
) -> list[Alert]:
    """Read alerts in the order of their ids, each under the theme that survives it where themes were merged.

    `theme_ids` asks for the alerts of these themes only, those of themes merged into them included.
    """
    query = select(alerts).order_by(alerts.c.id)
    if state is not None:
        query = query.where(alerts.c.state == state)
    if audience is not None:
        query = query.where(alerts.c.audience == audience)
    survivor = survivors(connection)
    if theme_ids is not None:
        merged = [theme for theme, last in survivor.items() if last in theme_ids]
        query = query.where(alerts.c.theme_id.in_([*(set(theme_ids) - survivor.keys()), *merged]))
    return [_alert(row, survivor) for row in connection.execute(query)]


def alerts_since(connection: Connection, time: datetime) -> list[Alert]:
    """Read the alerts that were opened after a time (event time), in the order of their ids."""
    rows = connection.execute(select(alerts).where(alerts.c.opened_at > time).order_by(alerts.c.id)).all()
    survivor = survivors_of(connection, {row.theme_id for row in rows}) if rows else {}
    return [_alert(row, survivor) for row in rows]


def alerts_of_incident(connection: Connection, incident_id: int) -> list[Alert]:
    """Read the alerts that are about an incident, in the order of their ids."""
    rows = connection.execute(select(alerts).where(alerts.c.incident_id == incident_id).order_by(alerts.c.id)).all()
    survivor = survivors_of(connection, {row.theme_id for row in rows}) if rows else {}
    return [_alert(row, survivor) for row in rows]


_ALERTED = select(alerts.c.spike_id).where(alerts.c.spike_id.in_(bindparam("ids", expanding=True)))
"""Each epoch with open spikes executes it."""


def alerted_spikes(connection: Connection, spike_ids: Collection[int]) -> set[int]:
    """Return those of the spikes that an alert was opened for."""
    if not spike_ids:
        return set()
    rows = connection.execute(_ALERTED, {"ids": list(spike_ids)})
    return {spike for spike in rows.scalars() if spike is not None}


def alerts_after(connection: Connection, alert_id: int) -> list[Alert]:
    """Read the alerts that were opened after this one, in the order of their ids."""
    rows = connection.execute(select(alerts).where(alerts.c.id > alert_id).order_by(alerts.c.id)).all()
    survivor = survivors(connection) if rows else {}
    return [_alert(row, survivor) for row in rows]


def get_alert(connection: Connection, alert_id: int) -> Alert:
    """Read one alert by its id. Raises `AlertUnknown`."""
    known = select(alerts).where(alerts.c.id == alert_id)
    row = connection.execute(known).one_or_none() if abs(alert_id) <= LARGEST_ID else None
    if row is None:
        raise AlertUnknown(alert_id)
    return _alert(row, survivors(connection))


def acknowledge(connection: Connection, alert_id: int, *, actor: str, at: datetime) -> Alert:
    """Acknowledge an alert; a resolved alert stays resolved.

    `at` is the wall clock, for the audit log only.
    """
    alert = get_alert(connection, alert_id)
    return alert if alert.state != AlertState.OPEN else _move(connection, alert, AlertState.ACKNOWLEDGED, actor, at)


def resolve(connection: Connection, alert_id: int, *, actor: str, at: datetime) -> Alert:
    """Resolve an alert; doing it twice changes nothing.

    `at` is the wall clock, for the audit log only.
    """
    alert = get_alert(connection, alert_id)
    return alert if alert.state == AlertState.RESOLVED else _move(connection, alert, AlertState.RESOLVED, actor, at)


def reopen(connection: Connection, alert_id: int, *, actor: str, at: datetime) -> Alert:
    """Open an alert again that was acknowledged or resolved; an open one stays open.

    `at` is the wall clock, for the audit log only.
    """
    alert = get_alert(connection, alert_id)
    return alert if alert.state == AlertState.OPEN else _move(connection, alert, AlertState.OPEN, actor, at)


def _move(connection: Connection, alert: Alert, state: AlertState, actor: str, at: datetime) -> Alert:
    connection.execute(update(alerts).where(alerts.c.id == alert.alert_id).values(state=state.value))
    record(
        connection, at=at, actor=actor, action=f"alert {state.value}", subject=f"alert {alert.alert_id}",
        detail={"from": str(alert.state)},
    )  # fmt: skip
    note_handled(connection, alert.incident_id, actor=actor, at=at)
    return get_alert(connection, alert.alert_id)


def _alert(row: Row[Any], survivor: dict[int, int]) -> Alert:
    return Alert(
        alert_id=row.id, kind=row.kind, theme_id=survivor.get(row.theme_id, row.theme_id),
        audience=row.audience, opened_at=row.opened_at, reason=row.reason, spike_id=row.spike_id,
        state=row.state, incident_id=row.incident_id,
    )  # fmt: skip
