"""Incidents: their rows, their timelines, and what listings show of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, insert, or_, select, true, update

from models.incidents.incident import Incident, IncidentEvent, IncidentEventKind, IncidentState
from models.segment import Segment
from store.errors import StoreError
from store.schema import alerts, incident_events, incidents, spikes
from store.types import LARGEST_ID
from store.upsert import upsert


class IncidentUnknown(StoreError):
    """No incident has the id."""

    def __init__(self, incident_id: int) -> None:
        self.incident_id = incident_id
        super().__init__(
            f"received incident {incident_id}, which does not exist; `groundswell incidents list` shows those that do"
        )


def write_incidents(connection: Connection, found: Sequence[Incident]) -> None:
    """Insert incidents, or replace those of the same id."""
    upsert(connection, incidents, [_row_of(one) for one in found], ["id"])


def read_incidents(connection: Connection, incident_ids: Collection[int]) -> list[Incident]:
    """Read incidents by their ids, in the order of these; ids that do not exist are left out."""
    return _read(connection, incidents.c.id.in_(list(incident_ids)) if incident_ids else false())


def read_all_incidents(connection: Connection) -> list[Incident]:
    """Read all incidents in the order of their ids."""
    return _read(connection, true())


def read_current_incidents(connection: Connection, ended_after: datetime) -> list[Incident]:
    """Read the incidents that last, that have something to be sent, or that ended after a time, in the order of their ids."""
    lasting = incidents.c.state == IncidentState.OPEN.value
    return _read(connection, or_(lasting, incidents.c.end.is_(None), incidents.c.end > ended_after))


@dataclass(frozen=True, slots=True)
class IncidentKey:
    """What an incident is sorted and chosen by."""

    incident_id: int
    segment: Segment
    severity: float
    end: datetime | None


def read_open_keys(connection: Connection) -> list[IncidentKey]:
    """Read what the open incidents are chosen by, the most severe first, and of the same severity the newest."""
    chosen = incidents.c.state == IncidentState.OPEN.value
    return _keys(connection, chosen, (incidents.c.severity.desc(), incidents.c.id.desc()))


def read_ended_keys(connection: Connection, since: datetime) -> list[IncidentKey]:
    """Read what the incidents are chosen by that ended after a time, the one that ended last first."""
    chosen = and_(incidents.c.state == IncidentState.ENDED.value, incidents.c.end > since)
    return _keys(connection, chosen, (incidents.c.end.desc(), incidents.c.id.desc()))


def _keys(
    connection: Connection, chosen: ColumnElement[bool], order: Sequence[ColumnElement[Any]]
) -> list[IncidentKey]:
    columns = (incidents.c.id, incidents.c.segment, incidents.c.severity, incidents.c.end)
    rows = connection.execute(select(*columns).where(chosen).order_by(*order))
    return [IncidentKey(row.id, Segment.of(row.segment), row.severity, row.end) for row in rows]


def get_incident(connection: Connection, incident_id: int) -> Incident:
    """Read one incident by its id. Raises `IncidentUnknown`."""
    found = read_incidents(connection, [incident_id]) if abs(incident_id) <= LARGEST_ID else []
    if not found:
        raise IncidentUnknown(incident_id)
    return found[0]


def surviving_incident(connection: Connection, incident_id: int) -> Incident:
    """Read the incident that an incident was merged into, directly or through others. Raises `IncidentUnknown`."""
    found = get_incident(connection, incident_id)
    while found.merged_into is not None:
        found = get_incident(connection, found.merged_into)
    return found


def write_incident_events(
    connection: Connection,
    incident: Incident,
    events: Iterable[IncidentEvent],
    *,
    notified: bool = False,
    actor: str | None = None,
) -> None:
    """Append lines to the timeline of an incident; `notified`: the message of its present revision reports them."""
    rows = [
        {
            "incident_id": incident.incident_id, "at": one.at, "kind": one.kind.value, "revision": incident.revision,
            "notified": notified, "actor": actor, "reason": one.reason, "detail": dict(one.detail),
        }
        for one in events
    ]  # fmt: skip
    if rows:
        connection.execute(insert(incident_events), rows)


def read_incident_events(connection: Connection, incident_ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    """Read the timelines of incidents, each in the order in which it happened."""
    query = select(incident_events).where(incident_events.c.incident_id.in_(list(incident_ids)))
    found: dict[int, list[Row[Any]]] = {}
    for row in connection.execute(query.order_by(incident_events.c.id)):
        found.setdefault(row.incident_id, []).append(row)
    return found


def give_incident(connection: Connection, alert_ids: Collection[int], incident_id: int) -> None:
    """Note the incident that alerts are about."""
    if alert_ids:
        connection.execute(update(alerts).where(alerts.c.id.in_(list(alert_ids))).values(incident_id=incident_id))


def give_spikes(connection: Connection, spike_ids: Collection[int], incident_id: int) -> None:
    """Note the incident that spikes are signs of."""
    if spike_ids:
        connection.execute(update(spikes).where(spikes.c.id.in_(list(spike_ids))).values(incident_id=incident_id))


def alert_states(connection: Connection, incident_ids: Collection[int]) -> dict[int, set[str]]:
    """Read the states that the alerts of incidents have, by incident."""
    if not incident_ids:
        return {}
    query = select(alerts.c.incident_id, alerts.c.state).where(alerts.c.incident_id.in_(list(incident_ids)))
    found: dict[int, set[str]] = {}
    for incident_id, state in connection.execute(query.distinct()):
        found.setdefault(incident_id, set()).add(state)
    return found


def handled_as(states: Collection[str]) -> str:
    """Return `resolved` or `acknowledged` where all alerts of these states are that at least; an empty text where one is open."""
    if not states or "open" in states:
        return ""
    return "acknowledged" if "acknowledged" in states else "resolved"


def note_handled(connection: Connection, incident_id: int | None, *, actor: str, at: datetime) -> None:
    """Note in an incident's timeline that a person acknowledged or resolved the last of its alerts; its message follows."""
    found = read_incidents(connection, [] if incident_id is None else [incident_id])
    handled = handled_as(alert_states(connection, [one.incident_id for one in found]).get(incident_id or 0, ()))
    for incident in found if handled else ():
        event = IncidentEvent(IncidentEventKind(handled), at, f"all of its alerts are {handled}", {})
        write_incident_events(connection, incident, [event], actor=actor)


def _read(connection: Connection, chosen: ColumnElement[bool]) -> list[Incident]:
    rows = connection.execute(select(incidents).where(chosen).order_by(incidents.c.id))
    return [_incident(dict(row)) for row in rows.mappings()]


_SAME = ("theme_id", "opened_at", "start", "end", "audience", "severity", "merged_into", "revision")
"""Fields whose columns have the same name and the same form."""


def _incident(row: Mapping[str, Any]) -> Incident:
    columns = {
        **{name: row[name] for name in _SAME}, "incident_id": row["id"], "state": IncidentState(row["state"]),
        "segment": Segment.of(row["segment"]),
    }  # fmt: skip
    return Incident.restore(columns, row["state_data"])


def _row_of(incident: Incident) -> dict[str, Any]:
    return {
        **{name: getattr(incident, name) for name in _SAME},
        "id": incident.incident_id,
        "state": incident.state.value,
        "segment": incident.segment.as_dict(),
        "state_data": incident.state_data(),
    }
