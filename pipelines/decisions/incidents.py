"""Decisions about incidents: those that are one event, and alerts or parts that are an event of their own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from models.incidents.incident import Incident
from models.incidents.lifecycle import IncidentStep
from pipelines.decisions.effects import DecisionEffects, DecisionOutcome, DecisionRefused
from pipelines.decisions.preview import DecisionInvalid
from pipelines.incidents import merge_incidents, separate_incidents, split_incident
from store.decisions import NO_THEME, Decision, DecisionKind, append_decision
from store.incidents import (
    read_incidents,
    surviving_incident,
    write_incident_events,
    write_incidents,
)


def decide_merge(
    connection: Connection, from_ids: Sequence[int], into_id: int, *, actor: str, at: datetime, why: str | None = None
) -> Decision:
    """Append that incidents are one event. Raises `IncidentUnknown`, `DecisionInvalid`."""
    into, given = check_merge(connection, from_ids, into_id)
    payload = {"incident": into.incident_id, "incidents": sorted(one.incident_id for one in given)}
    return append_decision(connection, NO_THEME, DecisionKind.INCIDENT_MERGE, payload, actor=actor, at=at, why=why)


def check_merge(connection: Connection, from_ids: Sequence[int], into_id: int) -> tuple[Incident, list[Incident]]:
    """Return the incident that others would be merged into, and these. Raises `IncidentUnknown`, `DecisionInvalid`."""
    into = surviving_incident(connection, into_id)
    given = [one for one in _survivors(connection, from_ids) if one.incident_id != into.incident_id]
    if not given:
        raise DecisionInvalid(
            f"all of these incidents are incident {into.incident_id} already; there is nothing to merge"
        )
    if any(one.missing != into.missing for one in given):
        raise DecisionInvalid(
            "received incidents of too many tickets and of missing ones; valid are incidents of one kind"
        )
    return into, given


def decide_split(
    connection: Connection,
    incident_id: int,
    alert_ids: Collection[int],
    *,
    spike_ids: Collection[int] = (),
    actor: str,
    at: datetime,
    why: str | None = None,
) -> Decision:
    """Append that alerts of an incident, and spikes of it without an alert, are an event of their own.

    Raises `IncidentUnknown`, `DecisionInvalid`.
    """
    incident = surviving_incident(connection, incident_id)
    check_split(incident, alert_ids, spike_ids)
    payload: dict[str, Any] = {"incident": incident.incident_id, "alerts": sorted(alert_ids)}
    if spike_ids:
        payload["spikes"] = sorted(spike_ids)
    return append_decision(connection, NO_THEME, DecisionKind.INCIDENT_SPLIT, payload, actor=actor, at=at, why=why)


def apply_incident_merge(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Merge incidents into one. Raises `DecisionRefused` where they are one already."""
    into = _loaded(effects, decision.payload["incident"])
    asked = dict.fromkeys(_loaded(effects, one).incident_id for one in decision.payload["incidents"])
    given = [one for one in asked if one != into.incident_id]
    if not given:
        raise DecisionRefused(f"all of these incidents are incident {into.incident_id} already")
    for one in given:
        incidents = effects.context.state.incidents
        steps = merge_incidents(
            effects.context, incidents[one], incidents[into.incident_id], f"{decision.actor} merged them"
        )
        _write(effects, decision, steps)
    return {"incidents": given}


def apply_incident_split(effects: DecisionEffects, decision: Decision) -> DecisionOutcome:
    """Make alerts of an incident an incident of their own. Raises `DecisionRefused` where they do not divide it any more."""
    incident = _loaded(effects, decision.payload["incident"])
    alert_ids, spike_ids = decision.payload["alerts"], decision.payload.get("spikes", ())
    try:
        check_split(incident, alert_ids, spike_ids)
    except DecisionInvalid as invalid:
        raise DecisionRefused(str(invalid)) from invalid
    leaving = [one for one in incident.signals if one.alert_id in alert_ids or one.spike_id in spike_ids]
    steps = split_incident(effects.context, incident, leaving, f"{decision.actor} split them")
    _write(effects, decision, steps)
    return {"incident_made": steps[1].incident.incident_id}


def undo_incident_merge(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    """Undo a merge: each incident lives again with the signals that it had."""
    for one in (undone.outcome or {})["incidents"]:
        incidents = effects.context.state.incidents
        into = _loaded(effects, undone.payload["incident"])
        incidents.load(read_incidents(effects.context.connection, [one]))
        steps = separate_incidents(effects.context, into, incidents[one], "the merge was undone")
        _write(effects, undone, steps)
    return {}


def undo_incident_split(effects: DecisionEffects, undone: Decision) -> DecisionOutcome:
    """Undo a split: the incident that it made is a part of the other one again."""
    into = _loaded(effects, undone.payload["incident"])
    made = _loaded(effects, (undone.outcome or {})["incident_made"])
    if made.incident_id == into.incident_id:
        return {}
    steps = merge_incidents(effects.context, made, into, "the split was undone")
    _write(effects, undone, steps)
    return {}


def check_split(incident: Incident, alert_ids: Collection[int], spike_ids: Collection[int] = ()) -> None:
    """Check that alerts, and spikes without one, divide an incident: another alert stays. Raises `DecisionInvalid`."""
    own = {one.alert_id for one in incident.signals if one.alert_id is not None}
    spikes = {one.spike_id for one in incident.signals if one.alert_id is None}
    named = [
        *(f"alert {one}" for one in sorted(set(alert_ids) - own)),
        *(f"spike {one}" for one in sorted(set(spike_ids) - spikes)),
    ]
    if named:
        kind = named[0].split()[0]
        raise DecisionInvalid(
            f"{named[0]} is not about incident {incident.incident_id}{'' if kind == 'alert' else ', or has an alert'}; "
            f"`groundswell incidents show {incident.incident_id}` lists its {kind}s"
        )
    if not {*alert_ids, *spike_ids} or own <= set(alert_ids):
        raise DecisionInvalid(
            f"received {'all' if alert_ids else 'none'} of the alerts of incident {incident.incident_id}; name some of them, so that "
            "others stay"
        )


def _survivors(connection: Connection, ids: Iterable[int]) -> list[Incident]:
    return list({one.incident_id: one for one in (surviving_incident(connection, key) for key in ids)}.values())


def _loaded(effects: DecisionEffects, incident_id: int) -> Incident:
    """Return the incident that an incident survives in, from the state, into which an old one is loaded."""
    incidents = effects.context.state.incidents
    found = surviving_incident(effects.context.connection, incident_id)
    incidents.load([found])
    return incidents[found.incident_id]


def _write(effects: DecisionEffects, decision: Decision, steps: tuple[IncidentStep, IncidentStep]) -> None:
    for step in steps:
        effects.context.state.incidents.put(step.incident)
        write_incidents(effects.context.connection, [step.incident])
        write_incident_events(effects.context.connection, step.incident, step.events, actor=decision.actor)
