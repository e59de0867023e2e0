"""What needs a person: the incidents that are open, each with what explains it, and those that ended."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from models.access import AccessScope
from models.incidents.incident import Incident
from models.incidents.signals import IncidentSignal
from models.segment import Segment
from store.board.theme_rows import theme_of
from store.incident_listings import state_of
from store.incidents import IncidentKey, alert_states, handled_as, read_ended_keys, read_incidents, read_open_keys
from store.schema import alerts, spikes, themes
from store.scoped import scoped_themes
from store.survivors import survivors

SHOWN = 8
"""Incidents that the first page shows."""

LOOKED_INTO = 400
"""Incidents of a limited scope, the first ones, whose signals are looked at."""

ALL_TICKETS_NAME = "All tickets"


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSummary:
    """An incident in one line: what, where, since when, why, who, how much, and what people see as its state.

    `theme_id` is the surviving theme, 0 for all tickets. `why` is the sentence of the best cause, or of the alert where no spike was
    found; "" where neither is kept, and within a limited scope, because a cause may be outside. `missing`: tickets are missing instead
    of too many.
    """

    incident_id: int
    title: str
    theme_id: int
    segment: Segment
    state: str
    start: datetime
    end: datetime | None
    audience: str
    severity: float
    observed: int
    expected: float
    missing: bool
    why: str

    @property
    def waits(self) -> bool:
        """Whether nobody has acknowledged or resolved it."""
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class IncidentList:
    """Incidents: how many there are, how many of them wait for a person, and the first of them."""

    number: int = 0
    waiting: int = 0
    shown: tuple[IncidentSummary, ...] = ()


def open_incidents(connection: Connection, scope: AccessScope) -> IncidentList:
    """Read the open incidents that are inside a scope, those that wait for a person first, each part by severity."""
    ids = _inside(connection, read_open_keys(connection), scope)
    states = alert_states(connection, ids)
    waiting = [one for one in ids if not handled_as(states.get(one, frozenset()))]
    ordered = [*waiting, *(one for one in ids if one not in set(waiting))]
    return IncidentList(len(ids), len(waiting), _summaries(connection, ordered[:SHOWN], scope))


def ended_incidents(connection: Connection, scope: AccessScope, since: datetime) -> IncidentList:
    """Read the incidents inside a scope that ended after a time, the last one first."""
    ids = _inside(connection, read_ended_keys(connection, since), scope)
    return IncidentList(len(ids), 0, _summaries(connection, ids[:SHOWN], scope))


def _inside(connection: Connection, found: Sequence[IncidentKey], scope: AccessScope) -> list[int]:
    """Choose the incidents that are founded on tickets of the scope only; their rows are looked into where a part of all is visible."""
    ids = [one.incident_id for one in found if scope.contains(one.segment)]
    if scope.is_everything:
        return ids
    inside = {one.incident_id for one in read_incidents(connection, ids[:LOOKED_INTO]) if _is_inside(one, scope)}
    return [one for one in ids if one in inside]


def _summaries(connection: Connection, ids: Sequence[int], scope: AccessScope) -> tuple[IncidentSummary, ...]:
    read = {one.incident_id: one for one in read_incidents(connection, ids)}
    found = [read[one] for one in ids if read[one].signals]
    if not found:
        return ()
    survivor = survivors(connection)
    theme_ids = {one.incident_id: survivor.get(one.theme_id, one.theme_id) for one in found}
    names = _names(connection, set(theme_ids.values()), scope)
    states = alert_states(connection, list(theme_ids))
    reasons = _reasons(connection, [one.lead for one in found]) if scope.is_everything else [""] * len(found)
    return tuple(
        IncidentSummary(
            incident_id=one.incident_id,
            title=names.get(theme_ids[one.incident_id], ALL_TICKETS_NAME),
            theme_id=theme_ids[one.incident_id],
            segment=one.segment,
            state=state_of(one, states.get(one.incident_id, frozenset())),
            start=one.start,
            end=one.end,
            audience=one.audience,
            severity=one.severity,
            observed=one.lead.observed,
            expected=one.lead.expected,
            missing=one.missing,
            why=why,
        )
        for one, why in zip(found, reasons, strict=True)
    )


def _is_inside(incident: Incident, scope: AccessScope) -> bool:
    """Check that an incident is founded on tickets of the scope only: its figures are those of its leading signal."""
    return scope.contains(incident.segment) and all(scope.contains(one.segment) for one in incident.signals)


def _names(connection: Connection, theme_ids: Collection[int], scope: AccessScope) -> Mapping[int, str]:
    """Read the names of themes, as a person with the scope may see them."""
    rows = connection.execute(select(themes).where(themes.c.id.in_(theme_ids)))
    seen = scoped_themes(connection, scope, [theme_of(row) for row in rows])
    return {theme_id: theme.name for theme_id, theme in seen.items()}


def _reasons(connection: Connection, leads: Sequence[IncidentSignal]) -> list[str]:
    """Return the verdict of each signal's spike, else the reason of its alert."""
    explained = _texts(connection, spikes.c.id, spikes.c.verdict, {one.spike_id for one in leads})
    alerted = _texts(connection, alerts.c.id, alerts.c.reason, {one.alert_id for one in leads})
    return [explained.get(one.spike_id or 0) or alerted.get(one.alert_id or 0, "") for one in leads]


def _texts(connection: Connection, key: object, text: object, ids: Collection[int | None]) -> dict[int, str]:
    wanted = [one for one in ids if one is not None]
    if not wanted:
        return {}
    rows = connection.execute(select(key, text).where(key.in_(wanted)))  # type: ignore[attr-defined,call-overload]
    return {row[0]: row[1] for row in rows}
