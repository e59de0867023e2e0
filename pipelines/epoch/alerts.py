"""The alerts of an epoch: new themes are decided first, then open spikes; each decision is kept, each alert joins an incident."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection

from alerts.gates import (
    AlertCandidate,
    AlertDecision,
    AlertSignal,
    Budget,
    NewThemeCandidate,
    PastAlert,
    ReportedEvent,
    SignalFacts,
    decide,
    larger_one,
    new_theme_signal,
    plan_covering,
    spike_signal,
    withhold_calm,
)  # fmt: skip
from alerts.ownership import Audience
from models.alert import AlertKind, Gate
from models.bucket import bucket_of
from models.event import MATCHED
from models.recurring import FEWEST, Recurrence, is_beyond, recurrence_of
from models.segment import Segment
from models.spike import SpikeKind
from models.spikes import SeriesKey
from models.spikes.launches.learned_lift import LearnedLift
from models.theme import ALL_TICKETS, ThemeStatus
from models.themes import Birth, LineageReason
from pipelines.context import EpochContext
from pipelines.epoch.incident_returns import calm_since
from pipelines.epoch.incident_signals import signal_of_spike
from pipelines.epoch.incidents import open_alert
from pipelines.epoch.planned_rises import planned_rise
from pipelines.epoch.reported_events import reported_event
from pipelines.epoch.silences import NEWS_FOR, report_silences, uncover
from pipelines.launches.resolve_plans import planned_themes
from pipelines.ticket_mix import MIX_TICKETS, mix_of, newest_mix
from store.alerts import alerted_spikes, list_alerts
from store.decided_signals import DecidedSignal, note_decision
from store.spikes import StoredSpike, read_ended_spikes, write_spikes
from store.tickets import read_attributes

EventOf = Callable[[StoredSpike], ReportedEvent | None]
"""Finds the alerted event that a spike is a part of."""

PAST_RISES = 200
"""Earlier episodes of a theme that are looked at: eight weeks of three a day."""


def decide_alerts(context: EpochContext, births: Sequence[Birth], touched: Sequence[StoredSpike]) -> None:
    """Decide new themes and the spikes that opened or changed, in this order: a theme born with a burst is alerted once.

    A new theme that is still too small for an alert is decided again at each epoch, for as long as its birth is news. What an ended
    silence hid, and what still lasts, is decided again.
    """
    state, uncovered = context.state, uncover(context)
    state.newcomers += [birth.theme_id for birth in births if birth.reason is LineageReason.EMERGED]
    state.newcomers += [theme for theme in uncovered.themes if theme not in state.newcomers]
    state.newcomers = [theme for theme in state.newcomers if _decide_newcomer(context, theme, uncovered.themes)]
    ongoing = {spike.spike_id: spike for spike in touched if spike.end is None}
    for spike_id in uncovered.spikes:
        ongoing.setdefault(spike_id, state.episodes[spike_id])
    alerted = alerted_spikes(context.connection, sorted(ongoing))
    for spike in sorted(ongoing.values(), key=_order):
        if spike.spike_id not in alerted:
            _decide_spike(context, spike)
    report_silences(context)


def _order(spike: StoredSpike) -> tuple[bool, float, int]:
    """Order the spikes of an epoch: of those that are one event the most severe is alerted, and themes before all tickets."""
    return spike.theme_id == ALL_TICKETS, -spike.severity, spike.spike_id


def past_alerts(connection: Connection, theme: int) -> list[PastAlert]:
    """Read all alerts that a theme ever had, those of themes merged into it included, in the order in which they were opened."""
    found = list_alerts(connection, theme_ids=[theme])
    return [PastAlert(AlertKind(one.kind), one.opened_at, one.spike_id) for one in found]


def _decide_newcomer(context: EpochContext, theme: int, uncovered: Collection[int]) -> bool:
    """Decide a new theme; True while it is to be decided again."""
    state, window = context.state, context.window
    record = state.themes[theme]
    news_since = record.last_seen if theme in uncovered else window.end_of(record.born_epoch)
    if not record.live or record.first_seen is None or news_since is None or window.end - news_since > NEWS_FOR:
        return False
    tickets = read_attributes(context.connection, [theme], None, window.end + timedelta(days=1), MIX_TICKETS, MATCHED)
    people = len({one.person for one in tickets})
    signal = new_theme_signal(NewThemeCandidate(theme, record.name, record.size, people, record.first_seen), window.end)
    facts = signal_facts(
        context, signal, past=past_alerts(context.connection, theme), known_issue=record.handling,
        planned_by=plan_covering(theme, window.end, window.launches, planned_themes(state)),
    )  # fmt: skip
    decision = decide(signal, facts)
    alert = open_alert(context, decision, theme, None, mix_of(tickets)) if decision.notify else None
    note(context, signal, decision, alert)
    return not decision.notify and not decision.final


def signal_facts(context: EpochContext, signal: AlertSignal, **known: Any) -> SignalFacts:
    """Return what a signal is judged by; `known` are the facts that its kind needs (see `SignalFacts`)."""
    return SignalFacts(
        now=context.window.end, record_start=_record_start(context), settings=context.rules.alerts,
        accepted=context.rules.mining.spikes.false_alerts_per_week,
        silences=context.silences.covering(context.state, signal.theme_id, signal.segment),
        only_language=context.state.themes.only_language(signal.theme_id), **known,
    )  # fmt: skip


def note(context: EpochContext, signal: AlertSignal, decision: AlertDecision, alert_id: int | None) -> int:
    """Write a decision where it is another one than before; returns the number of its row."""
    decided = DecidedSignal(
        epoch=context.window.number, at=context.window.end, kind=decision.kind, theme_id=signal.theme_id,
        spike_id=None if signal.spike is None else signal.spike.spike_id, alert_id=alert_id, gate=decision.gate,
        silence_id=decision.silence_id, reason=decision.reason, stages=decision.stages,
    )  # fmt: skip
    return note_decision(context.connection, decided)


def _decide_spike(context: EpochContext, spike: StoredSpike) -> None:
    past = past_alerts(context.connection, spike.theme_id)
    signal, decision = decide_open(
        context, spike, past=past, budget=budget_of(context, spike), event_of=partial(reported_event, context)
    )
    decided = apply_gate(context, spike, decision)
    if decided is not spike:
        write_spikes(context.connection, [decided])
    alert = None
    # The spike keeps no gate: it is judged again at each epoch, and alerted when it goes on.
    calm = calm_since(context, signal_of_spike(decided, decision.kind), opened=False) if decision.notify else None
    if calm is not None:
        decision = withhold_calm(decision, calm)
    if decision.notify:
        mix = mix_of_spike(context.connection, decided, context.window.end)
        alert = open_alert(context, decision, decided.theme_id, decided, mix)
    note(context, signal, decision, alert)


def apply_gate(context: EpochContext, spike: StoredSpike, decision: AlertDecision) -> StoredSpike:
    """Note the gate of a decision on its spike, in the state; returns the spike as it is then.

    A spike whose gate no longer withholds it counts as detected in this epoch.
    """
    if decision.gate == spike.gate:
        return spike
    detected_at = spike.detected_at if decision.gate else context.window.detected_at
    decided = spike.with_(gate=decision.gate, detected_at=detected_at)
    context.state.episodes.put(decided)
    return decided


def decide_open(
    context: EpochContext, spike: StoredSpike, *, past: Sequence[PastAlert], budget: Budget | None, event_of: EventOf
) -> tuple[AlertSignal, AlertDecision]:
    """Decide an open spike by what is known of its theme; nothing is written.

    `event_of` finds the event of a spike that nothing else withholds.
    """
    window = context.window
    record = context.state.themes.get(spike.theme_id)
    launch = window.launch(spike.launch_id)
    issue, others = context.state.themes.handling_of(record) if record else (None, [])
    candidate = AlertCandidate(
        spike=spike,
        requesters=spike.state.requesters,
        status=record.status if record else ThemeStatus.ONGOING,
        born_at=window.end_of(record.born_epoch) if record else None,
        known_issue=issue,
        launch_title=launch.title if launch else None,
        missing=spike.missing,
        common=LearnedLift(**spike.state.common) if spike.state.common else None,
        asks=spike.state.budget,
        learning_until=_learning_until(context, spike),
        theme_name=context.state.themes.name_of(spike.theme_id),
        together=len(spike.together),
    )
    larger = None
    if spike.kind is SpikeKind.SPIKE:
        larger = larger_one(spike, _others_alerted(context.state.episodes, spike))
    signal = spike_signal(candidate, window.end)
    facts = signal_facts(
        context,
        signal,
        past=tuple(past),
        known_issue=issue,
        tickets_of_issue=sum(_tickets_during(context, spike, one.theme_id) for one in others),
        budget=budget,
        larger=larger,
        planned_by=launch,
        recurring=known_recurrence(context, spike),
        planned_rise=planned_rise(context, spike),
    )
    decision = decide(signal, facts)
    event = event_of(spike) if decision.notify and signal.kind is AlertKind.SPIKE else None
    return signal, decision if event is None else decide(signal, replace(facts, event=event))


def known_recurrence(context: EpochContext, spike: StoredSpike) -> Recurrence | None:
    """Return how a rise came before at the same hours; None where it did not, and while it brings more or lasts longer than then."""
    if spike.kind is not SpikeKind.SPIKE:
        return None
    past = read_ended_spikes(context.connection, [spike.theme_id], spike.kind.value, spike.start, PAST_RISES)
    alike = [one for one in past if one.segment.compatible(spike.segment)]
    if len(alike) < FEWEST:
        return None
    known = recurrence_of(spike.start, alike, _record_start(context))
    if known is None or is_beyond(spike.observed, spike.expected, context.window.end - spike.start, known):
        return None
    return known


def _tickets_during(context: EpochContext, spike: StoredSpike, theme: int) -> int:
    """Count the tickets of another theme since a spike began, in the spike's segment."""
    key = SeriesKey(theme, spike.segment)
    return context.state.counts.total(key, bucket_of(spike.start), context.window.bucket)


def _others_alerted(spikes: Iterable[StoredSpike], spike: StoredSpike) -> list[StoredSpike]:
    """List the other rises that are alerted, or would be without a silence: what is silenced inhibits its side effects all the same."""
    return [
        one
        for one in spikes
        if one.spike_id != spike.spike_id
        and one.kind is SpikeKind.SPIKE
        and one.gate in (None, Gate.SILENCED, Gate.MUTED)
    ]


def _learning_until(context: EpochContext, spike: StoredSpike) -> datetime | None:
    """Return the end of the detector's learning period for a spike that was found in it; None for other spikes."""
    if spike.gate is not Gate.LEARNING_PERIOD_LASTS:
        return None
    return _record_start(context) + timedelta(hours=context.state.detector.settings.learning_hours)


def _record_start(context: EpochContext) -> datetime:
    return context.state.record_start or context.window.end


def budget_of(context: EpochContext, spike: StoredSpike) -> Budget | None:
    """Return how many false alerts the spike's audience accepts; None where no audience names a number of its own."""
    if context.rules.ownership.most_accepted is None:
        return None
    owner = audience_of(context, spike, mix_of_spike(context.connection, spike, context.window.end))
    accepted = context.rules.mining.spikes.false_alerts_per_week
    return Budget(owner.name, accepted if owner.false_alerts_per_week is None else owner.false_alerts_per_week)


def audience_of(context: EpochContext, spike: StoredSpike, mix: Counter[Segment]) -> Audience:
    """Return the audience of a spike whose tickets have these attributes."""
    return context.rules.ownership.audience_of(mix, spike.theme_id, context.state.themes.name_of(spike.theme_id))


def mix_of_spike(connection: Connection, spike: StoredSpike, end: datetime) -> Counter[Segment]:
    """Count the attributes of a spike's newest tickets before `end`."""
    return newest_mix(connection, spike.theme_id, end, start=spike.start)


def open_for_spike(context: EpochContext, decision: AlertDecision, spike: StoredSpike) -> int:
    """Open the alert that was decided about a spike; its audience follows from its theme's newest tickets. Returns its id."""
    mix = newest_mix(context.connection, spike.theme_id, context.window.end)
    return open_alert(context, decision, spike.theme_id, spike, mix)
