"""Listings of incidents: what `--json` prints, the JSON API serves and the page shows. Only what people did has wall-clock times."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, Row, select

from models.incidents.incident import Incident, IncidentState
from models.incidents.recurrence import period_of
from models.times import rfc3339
from store.incidents import (
    alert_states,
    get_incident,
    handled_as,
    read_all_incidents,
    read_incident_events,
)
from store.listings import Listing
from store.schema import alerts, spikes, themes
from store.survivors import survivors


def list_incidents(connection: Connection) -> Listing:
    """List incidents by id."""
    return _listed(connection, read_all_incidents(connection))


def describe_incident(connection: Connection, incident_id: int) -> dict[str, Any]:
    """Describe an incident as `list_incidents` does, with its signals and its timeline. Raises `IncidentUnknown`."""
    incident = get_incident(connection, incident_id)
    (listed,) = _listed(connection, [incident])
    names = _names(connection)
    events = read_incident_events(connection, [incident_id]).get(incident_id, [])
    return {
        **listed,
        "signals": [
            {
                "kind": one.kind.value, "theme_id": one.theme_id, "theme_name": names.get(one.theme_id, "All tickets"),
                "segment": one.segment.as_dict(), "start": rfc3339(one.start), "end": rfc3339(one.end), "observed": one.observed,
                "expected": one.expected, "severity": one.severity, "spike_id": one.spike_id, "alert_id": one.alert_id,
            }
            for one in incident.signals
        ],
        "events": [_event(one) for one in events],
    }  # fmt: skip


def _listed(connection: Connection, found: Collection[Incident]) -> Listing:
    ids = [one.incident_id for one in found]
    names, survivor = _names(connection), survivors(connection)
    states, rows = alert_states(connection, ids), _rows_by_incident(connection, ids)
    return [
        {
            "id": one.incident_id, "state": state_of(one, states.get(one.incident_id, frozenset())),
            "theme_id": survivor.get(one.theme_id, one.theme_id),
            "theme_name": names.get(survivor.get(one.theme_id, one.theme_id), "All tickets"),
            "segment": one.segment.as_dict(), "opened_at": rfc3339(one.opened_at), "start": rfc3339(one.start), "end": rfc3339(one.end),
            "audience": one.audience, "severity": one.severity, "observed": one.lead.observed, "expected": one.lead.expected,
            "bursts": one.bursts, "period_hours": _hours(one), "revision": one.revision, "merged_into": one.merged_into,
            "alert_ids": rows["alerts"].get(one.incident_id, []), "spike_ids": rows["spikes"].get(one.incident_id, []),
        }
        for one in found
    ]  # fmt: skip


def state_of(incident: Incident, states: Collection[str]) -> str:
    """Return the state that people see: `open`, `acknowledged` or `resolved` by them, `ended`, or `merged`."""
    lasts = incident.state is IncidentState.OPEN
    return (handled_as(states) if lasts else "") or incident.state.value


def _hours(incident: Incident) -> float | None:
    period = period_of(incident.onsets)
    return None if period is None else period.total_seconds() / 3600


def _names(connection: Connection) -> dict[int, str]:
    return {row.id: row.name for row in connection.execute(select(themes.c.id, themes.c.name))}


def _rows_by_incident(connection: Connection, ids: Collection[int]) -> Mapping[str, dict[int, list[int]]]:
    """Read the ids of the alerts and of the spikes of incidents, each ascending."""
    found: dict[str, dict[int, list[int]]] = {"alerts": {}, "spikes": {}}
    for table in (alerts, spikes):
        query = select(table.c.id, table.c.incident_id).where(table.c.incident_id.in_(list(ids))).order_by(table.c.id)
        for row_id, incident_id in connection.execute(query):
            found[table.name].setdefault(incident_id, []).append(row_id)
    return found


def _event(row: Row[Any]) -> dict[str, Any]:
    return {
        "at": rfc3339(row.at), "kind": row.kind, "revision": row.revision, "notified": row.notified, "actor": row.actor,
        "reason": row.reason, "detail": dict(row.detail),
    }  # fmt: skip
