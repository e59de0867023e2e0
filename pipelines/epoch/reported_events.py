"""Reported events: what was alerted already of the event that a spike is a part of.

A problem may be written about in the words of several themes, and its tickets may move between them while they are learned. Each of
these themes rises, and all of the rises are one event: an incident, for which one alert is enough.
"""

from __future__ import annotations

from collections.abc import Iterable

from alerts.gates import ReportedEvent
from models.alert import AlertKind, Gate
from models.incidents.incident import Incident
from models.incidents.lifecycle import open_incident
from models.incidents.relation import SIMILAR_ONSET, Relation, ThemeLink, find_incident
from models.incidents.signals import IncidentSignal
from models.spike import SpikeKind
from models.theme import ALL_TICKETS
from pipelines.context import EpochContext
from pipelines.epoch.incident_signals import link_of, signal_of_spike
from pipelines.state.incidents import PendingSignal
from store.spikes import StoredSpike


def reported_event(context: EpochContext, spike: StoredSpike) -> ReportedEvent | None:
    """Find the alerted event that a rise of a theme is a part of; None where it is an event of its own.

    That is the incident that it joined, or the one that it would join now, of those that last and of what this epoch has alerted. A
    theme that accounts for a rise of all tickets is not a part of it, because it says more. Themes that share tickets are one event
    only if they began to rise within four hours of each other: a theme may hand over tickets days after its own rise.
    """
    if spike.kind is not SpikeKind.SPIKE or spike.theme_id == ALL_TICKETS:
        return None
    if spike.incident_id is not None:
        return _joined_event(context, spike, spike.incident_id)

    def links(one: IncidentSignal, other: IncidentSignal) -> ThemeLink:
        return link_of(context, one, other)

    signal, now = signal_of_spike(spike, AlertKind.SPIKE), context.window.end
    begun = {-at: _begun(context, pending, -at) for at, pending in enumerate(context.state.incidents.pending, 1)}
    lasting = [one for one in context.state.incidents if one.lasts]
    match = find_incident(signal, [*lasting, *begun.values()], links, now, context.rules.alerts.incidents)
    if match is None or match.relation is Relation.CAUSE:
        return None
    incident = begun[match.incident_id] if match.incident_id in begun else context.state.incidents[match.incident_id]
    close = [one for one in incident.signals if _is_together(one, signal)]
    name = f"incident {incident.incident_id}" if incident.incident_id > 0 else _name(incident)
    return _event(name, match.relation.because, close)


def _joined_event(context: EpochContext, spike: StoredSpike, incident_id: int) -> ReportedEvent | None:
    """Return the event of a spike that joined its incident earlier: it stays a part of it while it lasts."""
    name, because = f"incident {incident_id}", "it joined the incident before"
    if incident_id not in context.state.incidents:
        # The incident is long over; what has gone on since then was no news when it was.
        withheld = spike.gate is Gate.PART_OF_AN_INCIDENT
        return ReportedEvent(name, because, None) if withheld else None
    incident = context.state.incidents[incident_id]
    return _event(name, because, (one for one in incident.signals if one.spike_id != spike.spike_id))


def _is_together(one: IncidentSignal, signal: IncidentSignal) -> bool:
    """Check whether two signals may be about one thing: the first of the same theme and going on, or begun in the same hours."""
    if one.theme_id == signal.theme_id and (one.end is None or one.end >= signal.start):
        return True
    return abs(one.start - signal.start) <= SIMILAR_ONSET


def _event(name: str, because: str, signals: Iterable[IncidentSignal]) -> ReportedEvent | None:
    excesses = [one.excess for one in signals if one.alert_id is not None]
    return ReportedEvent(name, because, max(excesses)) if excesses else None


def _begun(context: EpochContext, pending: PendingSignal, number: int) -> Incident:
    """Return the incident that an alert of this epoch would be by itself."""
    return open_incident(number, pending.signal, pending.audience, pending.reason, context.window.end).incident


def _name(incident: Incident) -> str:
    """Name an incident that has no number yet."""
    lead = incident.lead
    return f"spike {lead.spike_id}" if lead.spike_id is not None else f"the new theme {lead.theme_id}"
