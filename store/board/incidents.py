"""Incidents for people: their list, and for each its signals, alerts, spikes, evidence and timeline."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from models.incidents.incident import Incident
from models.incidents.recurrence import period_of, period_text
from models.incidents.signals import IncidentSignal
from store.alerts import Alert
from store.alerts import list_alerts as stored_alerts
from store.board.spikes import SpikeRow, spike_rows
from store.board.theme_quotes import Quote, quotes_of
from store.incident_listings import state_of
from store.incidents import alert_states, get_incident, read_all_incidents, read_incident_events
from store.schema import spikes, themes
from store.survivors import survivors

LISTED = 200
"""Newest incidents that the list shows."""
QUOTES = 6
SPIKES = 20


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident as the list shows it; `state` is that which people see, `title` the name of its theme."""

    incident: Incident
    title: str
    theme_id: int
    state: str
    every: str | None


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """All that an incident's page shows."""

    row: IncidentRow
    signals: tuple[tuple[IncidentSignal, str], ...]
    alerts: tuple[Alert, ...]
    spikes: tuple[SpikeRow, ...]
    quotes: tuple[Quote, ...]
    events: tuple[Row[Any], ...]

    @property
    def lasted(self) -> timedelta | None:
        """How long its last burst was; None while it lasts."""
        incident = self.row.incident
        end: datetime | None = incident.end
        return None if end is None else end - incident.start


def incident_rows(connection: Connection) -> tuple[IncidentRow, ...]:
    """List incidents, those that last first, and then the newest first."""
    found = _rows(connection, read_all_incidents(connection))
    ordered = sorted(found, key=lambda one: (not one.incident.lasts, -one.incident.start.timestamp()))
    return tuple(ordered[:LISTED])


def incident_page(connection: Connection, incident_id: int) -> IncidentPage:
    """Read an incident. Raises `IncidentUnknown`."""
    (row,) = _rows(connection, [get_incident(connection, incident_id)])
    names, survivor = _names(connection), survivors(connection)
    signals = [
        (one, names.get(survivor.get(one.theme_id, one.theme_id), "All tickets")) for one in row.incident.signals
    ]
    episodes = spike_rows(connection, spikes.c.incident_id == incident_id)
    evidence = list(dict.fromkeys(ticket for episode in episodes for ticket in episode.evidence))
    alerts = [one for one in stored_alerts(connection) if one.incident_id == incident_id]
    events = read_incident_events(connection, [incident_id]).get(incident_id, [])
    return IncidentPage(
        row, tuple(signals), tuple(alerts), tuple(episodes[:SPIKES]), quotes_of(connection, evidence)[:QUOTES], tuple(events)
    )  # fmt: skip


def _rows(connection: Connection, found: Collection[Incident]) -> list[IncidentRow]:
    names, survivor = _names(connection), survivors(connection)
    states = alert_states(connection, [one.incident_id for one in found])
    rows = []
    for one in found:
        theme, period = survivor.get(one.theme_id, one.theme_id), period_of(one.onsets)
        state = state_of(one, states.get(one.incident_id, ()))
        every = None if period is None else period_text(period)
        rows.append(IncidentRow(one, names.get(theme, "All tickets"), theme, state, every))
    return rows


def _names(connection: Connection) -> Mapping[int, str]:
    return {row.id: row.name for row in connection.execute(select(themes.c.id, themes.c.name))}
