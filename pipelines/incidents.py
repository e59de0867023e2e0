"""Incidents merged and split, with the rows of their signals: by the miner, and by people's decisions."""

from __future__ import annotations

from collections.abc import Sequence

from models.incidents.incident import Incident, IncidentEvent, IncidentEventKind
from models.incidents.lifecycle import IncidentStep
from models.incidents.parts import merged, separated, split
from models.incidents.signals import IncidentSignal
from pipelines.context import EpochContext
from store.decided_signals import set_incident
from store.incidents import give_incident, give_spikes


def assign_signal(context: EpochContext, signal: IncidentSignal, incident_id: int) -> None:
    """Note the incident of a signal in its rows."""
    set_incident(context.connection, incident_id, alert_id=signal.alert_id, spike_id=signal.spike_id)
    if signal.alert_id is not None:
        give_incident(context.connection, [signal.alert_id], incident_id)
    if signal.spike_id is None:
        return
    give_spikes(context.connection, [signal.spike_id], incident_id)
    spike = context.state.episodes.get(signal.spike_id)
    if spike is not None:
        context.state.episodes.put(spike.with_(incident_id=incident_id))


def merge_incidents(
    context: EpochContext, given: Incident, into: Incident, reason: str
) -> tuple[IncidentStep, IncidentStep]:
    """Merge an incident into another one, which has its signals, alerts and spikes from then on."""
    now = context.window.end
    for signal in given.signals:
        assign_signal(context, signal, into.incident_id)
    whole, gone = merged(into, given, now)
    detail = {"incident_id": given.incident_id, "into": into.incident_id}
    kind = IncidentEventKind.MERGED
    here = IncidentEvent(kind, now, f"{reason}; incident {given.incident_id} is a part of it", detail)
    there = IncidentEvent(kind, now, f"{reason}; it goes on as incident {into.incident_id}", detail)
    return IncidentStep(whole, (here,)), IncidentStep(gone, (there,))


def split_incident(
    context: EpochContext, incident: Incident, leaving: Sequence[IncidentSignal], reason: str
) -> tuple[IncidentStep, IncidentStep]:
    """Make some signals of an incident an incident of their own; returns what was left, and the new one.

    Raises `ValueError` where all of the signals, or none, would leave.
    """
    now, counts = context.window.end, context.state.counts
    left, made = split(incident, leaving, counts.last_id("incident") + 1, context.window.detected_at)
    counts.next_id("incident")
    for signal in made.signals:
        assign_signal(context, signal, made.incident_id)
    detail = {"incident_id": made.incident_id, "from": incident.incident_id}
    here = IncidentEvent(
        IncidentEventKind.SPLIT, now, f"{reason}; a part goes on as incident {made.incident_id}", detail
    )
    there = IncidentEvent(
        IncidentEventKind.SPLIT, now, f"{reason}; it was a part of incident {incident.incident_id}", detail
    )
    return IncidentStep(left, (here,)), IncidentStep(made, (there,))


def separate_incidents(
    context: EpochContext, into: Incident, gone: Incident, reason: str
) -> tuple[IncidentStep, IncidentStep]:
    """Undo a merge: the incident that was merged lives again with the signals that it had."""
    now = context.window.end
    keys = {(one.spike_id, one.alert_id) for one in gone.signals}
    left, back = separated(into, gone, keys)
    for signal in back.signals:
        assign_signal(context, signal, gone.incident_id)
    detail = {"incident_id": gone.incident_id, "from": into.incident_id}
    here = IncidentEvent(
        IncidentEventKind.SPLIT, now, f"{reason}; incident {gone.incident_id} is one of its own again", detail
    )
    there = IncidentEvent(
        IncidentEventKind.SPLIT, now, f"{reason}; it is no part of incident {into.incident_id} any more", detail
    )
    return IncidentStep(left, (here,)), IncidentStep(back, (there,))
