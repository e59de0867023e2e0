"""The incidents of an epoch: signals that passed their gates join the event that they are a sign of, and what is news is sent.

A signal is noted when its alert is opened (`open_alert`). At the end of the epoch, when all of its signals are known, each joins an
incident or opens one, the figures of the others are followed, and the outbox gets at most one row for each incident and audience.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from alerts.gates import AlertDecision, larger_one
from alerts.reason import excess_sentence
from models.alert import AlertKind, Gate
from models.bucket import bucket_of
from models.incidents.incident import Incident, IncidentEvent, IncidentEventKind, IncidentState
from models.incidents.lifecycle import Step, come_back, escalate, follow, join, open_incident
from models.incidents.notification import Notification, notify
from models.incidents.policy import IncidentPolicy
from models.incidents.relation import Match, ThemeLink, find_incident
from models.incidents.signals import Signal
from models.segment import EVERYTHING, Segment
from models.spike import SpikeKind
from models.spikes import SeriesKey
from models.theme import ALL_TICKETS
from models.times import rfc3339
from pipelines.context import EpochContext
from pipelines.state.incidents import PendingSignal
from store.alerts import Alert, AlertState, insert_alert
from store.incidents import alert_states, give_incident, write_incident_events, write_incidents
from store.outbox import enqueue
from store.spikes import StoredSpike, write_spikes
from store.themes import most_moved

SILENT = timedelta(hours=12)
"""A new theme is over as an incident when nobody wrote about it for so long."""
NOT_NEW = timedelta(hours=72)
"""A theme is no longer an incident because it is new: its volume is its level."""
MOVED_WITHIN = timedelta(days=1)
"""Tickets that moved between two themes within this time show that they are one event."""
FEWEST_MOVED = 3
"""Fewer moved tickets than this show nothing."""
REPORTED = frozenset({Gate.PART_OF_ANOTHER_SPIKE, Gate.THEME_ALREADY_ALERTED})
"""Gates that withhold what an incident reports already."""


def open_alert(
    context: EpochContext, decision: AlertDecision, theme_id: int, spike: StoredSpike | None, mix: Counter[Segment]
) -> int:
    """Open an alert; at the end of the epoch it joins the incident that it is a sign of. Returns its id."""
    name = context.state.themes.name_of(theme_id)
    audience = context.rules.ownership.audience_of(mix, theme_id, name).name
    alert = Alert(
        alert_id=context.state.counts.next_id("alert"), kind=decision.kind, theme_id=theme_id,
        spike_id=spike.spike_id if spike else None, state="open", audience=audience,
        opened_at=context.window.detected_at, reason=decision.reason,
    )  # fmt: skip
    insert_alert(context.connection, alert)
    signal = _of_theme(context, theme_id, decision.kind) if spike is None else _of_spike(spike, decision.kind)
    pending = PendingSignal(
        signal.with_(alert_id=alert.alert_id), audience, decision.reason, frozenset(decision.withheld_from), mix
    )
    context.state.incidents.pending.append(pending)
    return alert.alert_id


def settle_incidents(context: EpochContext) -> None:
    """Let the epoch's signals join incidents, follow those that last, and put what is news into the outbox."""
    incidents = context.state.incidents
    before = {one.incident_id: one for one in incidents}
    steps: dict[int, Step] = {}
    for pending in incidents.take_pending():
        _take(context, steps, _join_or_open(context, pending))
    for spike in context.state.episodes.open():
        if spike.incident_id is None and spike.gate in REPORTED:
            step = _join_withheld(context, spike)
            if step is not None:
                _take(context, steps, step)
    acknowledged = _acknowledged(context)
    for incident in incidents.active():
        step = Step(incident)
        if incident.lasts:
            step = follow(incident, _figures(context, incident), context.window.end, _policy(context))
        _take(context, steps, step)
    for step in _merged(context):
        _take(context, steps, step)
    for incident_id, step in sorted(steps.items()):
        _write(context, step, before.get(incident_id), acknowledged=acknowledged.get(incident_id, False))
    if context.window.ends_day:
        incidents.trim(context.window.end, _policy(context).return_window)


def _take(context: EpochContext, steps: dict[int, Step], step: Step) -> None:
    """Keep what a step made of an incident, after the epoch's earlier steps of the same incident."""
    key = step.incident.incident_id
    context.state.incidents.put(step.incident)
    steps[key] = steps[key].then(step) if key in steps else step


def _join_or_open(context: EpochContext, pending: PendingSignal) -> Step:
    signal, now, incidents = pending.signal, context.window.end, context.state.incidents
    match = _find(context, signal)
    if match is None:
        incident_id = context.state.counts.next_id("incident")
        step = open_incident(incident_id, signal, pending.audience, pending.reason, context.window.detected_at)
        step = Step(step.incident.with_(withheld_from=tuple(sorted(pending.withheld_from))), step.events)
    elif incidents[match.incident_id].lasts:
        step = join(incidents[match.incident_id], signal, match.relation, pending.reason, now)
        if signal.kind is AlertKind.ESCALATING:
            step = step.then(escalate(step.incident, pending.reason, now))
    else:
        step = come_back(incidents[match.incident_id], signal, pending.reason, now)
    _assign(context, signal, step.incident.incident_id)
    # A silence of one audience holds while it hides every signal of the incident.
    withheld = tuple(one for one in step.incident.withheld_from if one in pending.withheld_from)
    return Step(step.incident.with_(withheld_from=withheld), step.events)


def _join_withheld(context: EpochContext, spike: StoredSpike) -> Step | None:
    """Let a spike that a gate withheld join the incident that reports it; None where none does."""
    part_of = None
    if spike.gate is Gate.PART_OF_ANOTHER_SPIKE:
        others = [one for one in context.state.episodes if one.incident_id is not None and one.kind is SpikeKind.SPIKE]
        larger = larger_one(spike, others)
        part_of = None if larger is None else larger.spike_id
    signal = _of_spike(spike, AlertKind(spike.kind.value))
    match = _find(context, signal, part_of)
    if match is None or not context.state.incidents[match.incident_id].lasts:
        return None
    _assign(context, signal, match.incident_id)
    reason = excess_sentence(spike, context.window.end, alone=spike.theme_id != ALL_TICKETS)
    return join(context.state.incidents[match.incident_id], signal, match.relation, reason, context.window.end)


def _find(context: EpochContext, signal: Signal, part_of: int | None = None) -> Match | None:
    def links(one: Signal, other: Signal) -> ThemeLink:
        return _link(context, one, other)

    return find_incident(signal, context.state.incidents, links, context.window.end, _policy(context), part_of)


def _link(context: EpochContext, one: Signal, other: Signal) -> ThemeLink:
    state, window = context.state, context.window
    likeness = state.index.recent_likeness((one.theme_id, one.start), (other.theme_id, other.start))
    since = window.number - int(MOVED_WITHIN / window.length)
    moved = most_moved(context.connection, one.theme_id, other.theme_id, since)
    if moved < FEWEST_MOVED:
        return ThemeLink(likeness)
    sizes = [
        state.counts.total(SeriesKey(signal.theme_id, EVERYTHING), bucket_of(signal.start), window.bucket)
        for signal in (one, other)
    ]
    # Where one of the themes has lost all that it took since, what is left of both counts.
    return ThemeLink(likeness, min(1.0, moved / (min(sizes) or max(1, *sizes))))


def _assign(context: EpochContext, signal: Signal, incident_id: int) -> None:
    """Note the incident of a signal in its rows."""
    if signal.alert_id is not None:
        give_incident(context.connection, [signal.alert_id], incident_id)
    if signal.spike_id is not None and signal.spike_id in context.state.episodes:
        spike = context.state.episodes[signal.spike_id].with_(incident_id=incident_id)
        context.state.episodes.put(spike)
        write_spikes(context.connection, [spike])


def _merged(context: EpochContext) -> list[Step]:
    """Merge incidents that last and turned out to be about one theme: the younger ones into the oldest."""
    by_theme: defaultdict[tuple[int, bool], list[Incident]] = defaultdict(list)
    for one in context.state.incidents:
        if one.lasts:
            by_theme[one.theme_id, one.missing].append(one)
    return [
        step
        for found in by_theme.values()
        for other in found[1:]
        if other.incident_id not in found[0].apart
        for step in merge_incidents(context, other, found[0].incident_id, "both are about the same theme now")
    ]


def merge_incidents(context: EpochContext, given: Incident, into_id: int, reason: str) -> tuple[Step, Step]:
    """Merge an incident into another one, which has its signals, alerts and spikes from then on."""
    now, state = context.window.end, context.state
    into = state.incidents[into_id]
    for signal in given.signals:
        into = into.put(signal)
        _assign(context, signal, into_id)
    into = into.with_(severity=max(into.severity, given.severity), start=min(into.start, given.start))
    gone = given.with_(state=IncidentState.MERGED, merged_into=into_id, end=given.end or now, waiting=())
    detail = {"incident_id": given.incident_id, "into": into_id}
    event = IncidentEvent(
        IncidentEventKind.MERGED, now, f"{reason}; incident {given.incident_id} is a part of it", detail
    )
    moved = IncidentEvent(IncidentEventKind.MERGED, now, f"{reason}; it goes on as incident {into_id}", detail)
    state.incidents.put(into)
    return Step(into, (event,)), Step(gone, (moved,))


def _figures(context: EpochContext, incident: Incident) -> list[Signal]:
    """Return the signals of an incident that last, with the figures and themes that they have now."""
    found = []
    for one in incident.lasting:
        if one.spike_id is None:
            found.append(_of_theme(context, context.state.themes.survivor(one.theme_id), one.kind, one))
        elif one.spike_id in context.state.episodes:
            found.append(_of_spike(context.state.episodes[one.spike_id], one.kind, one))
    return found


def _of_spike(spike: StoredSpike, kind: AlertKind, known: Signal | None = None) -> Signal:
    return Signal(
        kind=kind, theme_id=spike.theme_id, segment=spike.segment, start=spike.start, end=spike.end, observed=spike.observed,
        expected=spike.expected, severity=spike.severity, spike_id=spike.spike_id, launch_id=spike.launch_id,
        alert_id=known.alert_id if known else None,
    )  # fmt: skip


def _of_theme(context: EpochContext, theme: int, kind: AlertKind, known: Signal | None = None) -> Signal:
    """Make the signal of an alert that has no spike: all tickets of the theme since its onset count."""
    record, window = context.state.themes[theme], context.window
    start = known.start if known else record.first_seen or window.end
    tickets = context.state.counts.total(SeriesKey(theme, EVERYTHING), bucket_of(start), window.bucket)
    end = None
    if known is not None:
        last = record.last_seen or start
        if not record.live or window.end - last >= SILENT:
            end = min(max(last, start), window.end)
        elif window.end - start >= NOT_NEW:
            end = window.end
    return Signal(
        kind=kind, theme_id=theme, segment=EVERYTHING, start=start, end=end, observed=tickets, expected=0.0,
        alert_id=known.alert_id if known else None,
    )  # fmt: skip


def _acknowledged(context: EpochContext) -> dict[int, bool]:
    """Return which of the incidents that last people have in hand: none of their alerts is open."""
    ids = [one.incident_id for one in context.state.incidents if one.lasts]
    states = alert_states(context.connection, ids)
    return {incident: AlertState.OPEN.value not in found for incident, found in states.items()}


def _write(context: EpochContext, step: Step, before: Incident | None, *, acknowledged: bool) -> None:
    incident = step.incident
    changed = bool(step.events) or acknowledged != incident.acknowledged
    incident = incident.with_(acknowledged=acknowledged)
    incident, notification = notify(incident, context.window.end, _policy(context), changed=changed)
    if notification is not None:
        _send(context, incident, notification, step.events)
    context.state.incidents.put(incident)
    if incident != before:
        write_incidents(context.connection, [incident])
    notified = notification is not None and notification.news is not None
    write_incident_events(context.connection, incident, step.events, notified=notified)


def _send(
    context: EpochContext, incident: Incident, notification: Notification, events: Sequence[IncidentEvent]
) -> None:
    """Put a message about an incident into the outbox, for each of its audiences."""
    payload = _payload(context, incident, notification, events)
    for audience, why in _recipients(incident):
        enqueue(
            context.connection, key=f"incident:{incident.incident_id}:{incident.revision}:{audience}", kind="incident",
            audience=audience, payload={**payload, "why": why}, sequence=f"incident:{incident.incident_id}:{audience}",
        )  # fmt: skip


def _recipients(incident: Incident) -> list[tuple[str, str]]:
    return [(incident.audience, "owner")] if incident.audience not in incident.withheld_from else []


def _payload(
    context: EpochContext, incident: Incident, notification: Notification, events: Sequence[IncidentEvent]
) -> dict[str, Any]:
    lead, themes = incident.lead, context.state.themes
    launch = context.window.launch(lead.launch_id)
    spike = context.state.episodes.get(lead.spike_id)
    name = themes.name_of(incident.theme_id)
    return {
        "incident_id": incident.incident_id, "revision": incident.revision,
        "news": None if notification.news is None else notification.news.value, "state": incident.state.value,
        "title": name, "reason": _reason(context, incident, events), "theme_id": incident.theme_id, "theme_name": name,
        "segment": incident.segment.as_dict(), "severity": incident.severity, "observed": lead.observed,
        "expected": lead.expected, "since": rfc3339(lead.start), "end": rfc3339(incident.end),
        "alert_ids": [one.alert_id for one in incident.signals if one.alert_id is not None],
        "plan": launch.title if launch else None, "evidence": list(spike.evidence) if spike else [], "returns": incident.bursts - 1,
    }  # fmt: skip


def _reason(context: EpochContext, incident: Incident, events: Sequence[IncidentEvent]) -> str:
    """Return the sentence of a message: what happened, or the figures where nothing did."""
    if events:
        return events[-1].reason
    lead, now = incident.lead, context.window.end
    spike = context.state.episodes.get(lead.spike_id)
    if spike is not None:
        return excess_sentence(spike, now, alone=spike.theme_id != ALL_TICKETS)
    return f"{lead.observed} tickets since {rfc3339(lead.start)}"


def _policy(context: EpochContext) -> IncidentPolicy:
    return context.rules.alerts.incidents
