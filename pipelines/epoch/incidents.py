"""The incidents of an epoch: signals that passed their gates join the event that they are a sign of, and what is news is sent.

A signal is noted when its alert is opened (`open_alert`). At the end of the epoch, when all of its signals are known, each joins an
incident or opens one, the figures of the others are followed, and the outbox gets at most one row for each incident and audience.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.gates import AlertDecision, larger_one
from alerts.reason import excess_sentence, since
from models.alert import AlertKind, Gate
from models.formats import counted
from models.incidents.incident import Incident, IncidentEvent, IncidentEventKind, IncidentState, News, WaitingNews
from models.incidents.lifecycle import (
    IncidentStep,
    come_back,
    escalate,
    follow,
    join,
    join_late,
    open_incident,
)
from models.incidents.notification import Notification, notify
from models.incidents.policy import IncidentPolicy
from models.incidents.relation import IncidentMatch, ThemeLink, find_incident
from models.incidents.signals import IncidentSignal
from models.segment import Segment
from models.spike import SpikeKind
from models.theme import ALL_TICKETS
from pipelines.context import EpochContext
from pipelines.epoch.incident_messages import hidden_from, owner_basis, owner_of, send_incident
from pipelines.epoch.incident_returns import calm_since, find_returns, is_over
from pipelines.epoch.incident_signals import figures_of, link_of, signal_of_spike, signal_of_theme, with_recent
from pipelines.incidents import assign_signal, merge_incidents
from pipelines.state.incidents import PendingSignal
from store.alerts import Alert, insert_alert
from store.incidents import alert_states, handled_as, write_incident_events, write_incidents
from store.spikes import StoredSpike

REPORTED = frozenset({None, Gate.PART_OF_ANOTHER_SPIKE, Gate.PART_OF_AN_INCIDENT, Gate.THEME_ALREADY_ALERTED})
"""Gates of spikes that an incident may report already; none: it was over before it could be reported."""


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
    kind = decision.kind
    signal = signal_of_theme(context, theme_id, kind) if spike is None else signal_of_spike(spike, kind)
    pending = PendingSignal(signal.with_(alert_id=alert.alert_id), audience, decision.reason)
    context.state.incidents.pending.append(pending)
    return alert.alert_id


def settle_incidents(context: EpochContext) -> None:
    """Let the epoch's signals join incidents, follow those that last, and put what is news into the outbox."""
    incidents, policy = context.state.incidents, _policy(context)
    before = {one.incident_id: one for one in incidents}
    steps = _Steps(context)
    # First, so that a spike which was judged calm and goes on with the new burst joins it.
    for incident, burst in find_returns(context):
        reason = f"{counted(burst.observed, 'ticket')} since {since(burst.start, context.window.end)}"
        steps.take(come_back(incident, burst, reason, context.window.end))
    for pending in incidents.take_pending():
        steps.take(_join_or_open(context, pending))
    for spike in context.state.episodes.open():
        if spike.incident_id is None and spike.gate in REPORTED and not spike.missing:
            steps.take(_join_withheld(context, spike))
    for incident in incidents.active():
        figures = figures_of(context, incident) if incident.lasts else ()
        steps.take(follow(incident, figures, context.window.end, _policy_of(context, incident)))
    _merge_equal(context, steps)
    _assign_owners(context, steps)
    _uncover(context, steps)
    handled = _handled(context)
    for incident_id, step in sorted(steps.found.items()):
        _write(context, step, before.get(incident_id), handled.get(incident_id, ""))
    if context.window.ends_day:
        incidents.trim(context.window.end, policy.return_window)


class _Steps:
    """What an epoch did to incidents so far; the state has them as they are after it."""

    def __init__(self, context: EpochContext) -> None:
        self._context = context
        self.found: dict[int, IncidentStep] = {}

    def take(self, step: IncidentStep | None) -> None:
        """Keep what a step made of an incident, after the epoch's earlier steps of the same incident."""
        if step is None:
            return
        key = step.incident.incident_id
        self._context.state.incidents.put(step.incident)
        self.found[key] = self.found[key].then(step) if key in self.found else step


def _join_or_open(context: EpochContext, pending: PendingSignal) -> IncidentStep:
    signal, now, incidents = with_recent(context, pending.signal), context.window.end, context.state.incidents
    match = _find(context, signal)
    if match is None:
        incident_id = context.state.counts.next_id("incident")
        step = open_incident(incident_id, signal, pending.audience, pending.reason, now)
        basis = owner_basis(context.rules.ownership, signal.theme_id)
        opened = step.incident.with_(owned_by=basis, opened_at=context.window.detected_at)
        step = IncidentStep(opened, step.events)
    elif incidents[match.incident_id].lasts:
        step = join(incidents[match.incident_id], signal, match.relation, pending.reason, now)
        if signal.kind is AlertKind.ESCALATING:
            step = step.then(escalate(step.incident, pending.reason, now))
    elif incidents[match.incident_id].is_over(signal, _policy(context)):
        calm = is_over(context, signal)
        step = join_late(incidents[match.incident_id], signal, pending.reason, now, calm=calm)
    else:
        step = come_back(incidents[match.incident_id], signal, pending.reason, now)
    assign_signal(context, signal, step.incident.incident_id)
    return step


def _join_withheld(context: EpochContext, spike: StoredSpike) -> IncidentStep | None:
    """Let a spike that a gate withheld join the incident that reports it; None where none does."""
    part_of = None
    if spike.gate is Gate.PART_OF_ANOTHER_SPIKE:
        others = [one for one in context.state.episodes if one.incident_id is not None and one.kind is SpikeKind.SPIKE]
        larger = larger_one(spike, others)
        part_of = None if larger is None else larger.spike_id
    signal = signal_of_spike(spike, AlertKind(spike.kind.value))
    match = _find(context, signal, part_of)
    incident = None if match is None else context.state.incidents[match.incident_id]
    if match is None or incident is None:
        return None
    alone, together = spike.theme_id != ALL_TICKETS, len(spike.together)
    reason = excess_sentence(spike, context.window.end, alone=alone, together=together)
    if incident.lasts:
        step = join(incident, signal, match.relation, reason, context.window.end)
    elif incident.is_over(signal, _policy(context)):
        step = join_late(incident, signal, reason, context.window.end, calm=True)
    else:
        return None
    assign_signal(context, signal, match.incident_id)
    return step


def _find(context: EpochContext, signal: IncidentSignal, part_of: int | None = None) -> IncidentMatch | None:
    def links(one: IncidentSignal, other: IncidentSignal) -> ThemeLink:
        return link_of(context, one, other)

    return find_incident(signal, context.state.incidents, links, context.window.end, _policy(context), part_of)


def _merge_equal(context: EpochContext, steps: _Steps) -> None:
    """Merge incidents that last and turned out to be about one theme: the younger ones into the oldest."""
    by_theme: defaultdict[tuple[int, bool], list[Incident]] = defaultdict(list)
    for one in context.state.incidents:
        if one.lasts:
            by_theme[one.theme_id, one.missing].append(one)
    for oldest, *younger in by_theme.values():
        for other in younger:
            if other.incident_id not in oldest.apart:
                into = context.state.incidents[oldest.incident_id]
                for step in merge_incidents(context, other, into, "both are about the same theme"):
                    steps.take(step)


def _assign_owners(context: EpochContext, steps: _Steps) -> None:
    """Find the owners anew of incidents whose theme, or the ownership file, is another one than when their owner was found."""
    for incident in [one for one in context.state.incidents if one.lasts]:
        basis = owner_basis(context.rules.ownership, incident.theme_id)
        if basis == incident.owned_by:
            continue
        owner, before = owner_of(context, incident), incident.audience
        owned = incident.with_(owned_by=basis, audience=owner)
        if owner == before:
            steps.take(IncidentStep(owned))
            continue
        now = context.window.end
        event = IncidentEvent(
            IncidentEventKind.ASSIGNED,
            now,
            f"{owner} owns it now, no longer {before}",
            {"before": before, "owner": owner},
        )
        waiting = (*(one for one in owned.waiting if one.news is not News.ASSIGNED), WaitingNews(News.ASSIGNED, now))
        steps.take(IncidentStep(owned.with_(waiting=waiting) if owned.audiences else owned, (event,)))


def _uncover(context: EpochContext, steps: _Steps) -> None:
    """Show incidents to the audiences that missed news of them, once no silence hides them; of ended ones, update the message."""
    for incident in [one for one in context.state.incidents if one.missed and one.state is not IncidentState.MERGED]:
        hidden = hidden_from(context, incident)
        shown = [] if None in hidden else [one for one in incident.missed if one not in hidden]
        if not shown or any(one.news is News.UNCOVERED for one in incident.waiting):
            continue
        now = context.window.end
        reason = f"no silence hides it from {', '.join(shown)} any more"
        event = IncidentEvent(IncidentEventKind.UNCOVERED, now, reason, {"audiences": shown})
        if incident.lasts:
            steps.take(
                IncidentStep(incident.with_(waiting=(*incident.waiting, WaitingNews(News.UNCOVERED, now))), (event,))
            )
        else:
            missed = tuple(one for one in incident.missed if one not in shown)
            steps.take(IncidentStep(incident.with_(missed=missed), (event,)))


def _handled(context: EpochContext) -> dict[int, str]:
    """Return what people did with the incidents that last, see `Incident.handled`."""
    ids = [one.incident_id for one in context.state.incidents if one.lasts]
    return {incident: handled_as(found) for incident, found in alert_states(context.connection, ids).items()}


def _write(context: EpochContext, step: IncidentStep, before: Incident | None, handled: str) -> None:
    """Send what is due of an incident, and write it with what happened to it."""
    incident = step.incident.with_(handled=handled) if step.incident.lasts else step.incident
    changed = bool(step.events) or incident.handled != step.incident.handled
    notification = None
    if not _is_calm_unreported(context, incident):
        incident, notification = notify(incident, context.window.end, _policy_of(context, incident), changed=changed)
    if notification is not None:
        incident = send_incident(context, incident, notification, step.events)
    context.state.incidents.put(incident)
    if incident != before:
        write_incidents(context.connection, [incident])
    events = (*step.events, *_late_event(step, notification, context.window.end))
    sent = notification is not None and notification.news is not None
    write_incident_events(context.connection, incident, events, notified=sent)


def _late_event(step: IncidentStep, notification: Notification | None, now: datetime) -> tuple[IncidentEvent, ...]:
    """Return the line of the timeline for a message about what happened in an earlier epoch: a reminder, or news that waited."""
    news = None if notification is None else notification.news
    if notification is None or news is None or any(one.kind.value == news.value for one in step.events):
        return ()
    reason = "; ".join(notification.sentences) or "the first message was sent"
    return (IncidentEvent(IncidentEventKind(news.value), now, reason, {}),)


def _is_calm_unreported(context: EpochContext, incident: Incident) -> bool:
    """Check whether an incident whose first message waits for the group brings nothing any more: it may be over unreported."""
    waits = any(one.news is News.OPENED for one in incident.waiting) and _policy(context).group_wait
    return bool(waits) and all(calm_since(context, one, opened=False) is not None for one in incident.lasting)


def _policy(context: EpochContext) -> IncidentPolicy:
    return context.rules.alerts.incidents


def _policy_of(context: EpochContext, incident: Incident) -> IncidentPolicy:
    """Return the policy of an incident: a known issue is news only where its gate finds that it escalates, and needs no reminder."""
    record = context.state.themes.get(context.state.themes.survivor(incident.theme_id))
    issue = None if record is None else record.issue
    if issue is None or issue.resolved:
        return _policy(context)
    return replace(_policy(context), escalation=math.inf, repeat_interval=timedelta(0))
