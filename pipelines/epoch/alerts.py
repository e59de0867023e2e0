"""The alerts of an epoch: new themes are decided first, then open spikes; each alert is written with its outbox row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from alerts.gates import (
    AlertCandidate,
    AlertDecision,
    Budget,
    NewThemeCandidate,
    PastAlert,
    decide_new_theme,
    decide_spike,
    larger_one,
    plan_covering,
)  # fmt: skip
from alerts.ownership import Audience
from models.alert import AlertKind, Gate
from models.event import MATCHED
from models.segment import Segment
from models.spike import SpikeKind
from models.spikes.launches.common_lift import LearnedLift
from models.theme import ALL_TICKETS, ThemeStatus
from models.themes import Birth, LineageReason
from pipelines.context import EpochContext
from pipelines.launches.resolve_plans import planned_themes
from store.alerts import Alert, alerted_spikes, insert_alert, list_alerts
from store.outbox import enqueue
from store.spikes import StoredSpike, write_spikes
from store.tickets import TicketAttributes, read_attributes

MIX_TICKETS = 500
"""The newest tickets of a theme, from whose attributes its audience is derived."""

NEWS_FOR = timedelta(hours=24)
"""A theme that stayed too small for an alert for this long after its birth is not news any more."""


def decide_alerts(context: EpochContext, births: Sequence[Birth], touched: Sequence[StoredSpike]) -> None:
    """Decide new themes and the spikes that opened or changed, in this order: a theme born with a burst is alerted once.

    A new theme that is still too small for an alert is decided again at each epoch, for as long as its birth is news.
    """
    state = context.state
    state.newcomers += [birth.theme_id for birth in births if birth.reason is LineageReason.EMERGED]
    state.newcomers = [theme for theme in state.newcomers if _decide_newcomer(context, theme)]
    ongoing = [spike for spike in touched if spike.end is None]
    alerted = alerted_spikes(context.connection, [spike.spike_id for spike in ongoing])
    for spike in ongoing:
        if spike.spike_id not in alerted:
            _decide_spike(context, spike)


def past_alerts(connection: Connection, theme: int) -> list[PastAlert]:
    """Read all alerts that a theme ever had, those of themes merged into it included, in the order in which they were opened."""
    found = list_alerts(connection, theme_ids=[theme])
    return [PastAlert(AlertKind(one.kind), one.opened_at, one.spike_id) for one in found]


def _decide_newcomer(context: EpochContext, theme: int) -> bool:
    """Decide a new theme; True while it is to be decided again."""
    state, window = context.state, context.window
    record = state.themes[theme]
    born_at = window.end_of(record.born_epoch)
    if not record.live or record.first_seen is None or window.end - born_at > NEWS_FOR:
        return False
    tickets = read_attributes(context.connection, [theme], None, window.end + timedelta(days=1), MIX_TICKETS, MATCHED)
    people = len({one.person for one in tickets})
    decision = decide_new_theme(
        NewThemeCandidate(theme, record.name, record.size, people, record.first_seen),
        now=window.end, record_start=_record_start(context), settings=context.rules.alerts,
        past=past_alerts(context.connection, theme),
        planned_by=plan_covering(theme, window.end, window.launches, planned_themes(state)), known_issue=record.issue,
    )  # fmt: skip
    if decision.notify:
        open_alert(context, decision, theme, None, _mix(tickets))
    return decision.gate is not None and decision.gate.passing


def _decide_spike(context: EpochContext, spike: StoredSpike) -> None:
    past = past_alerts(context.connection, spike.theme_id)
    decision = decide_open(context, spike, past=past, budget=budget_of(context, spike))
    decided = apply_gate(context, spike, decision)
    if decided is not spike:
        write_spikes(context.connection, [decided])
    if decision.notify:
        open_alert(
            context, decision, decided.theme_id, decided, mix_of(context.connection, decided, context.window.end)
        )


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
    context: EpochContext, spike: StoredSpike, *, past: Sequence[PastAlert], budget: Budget | None
) -> AlertDecision:
    """Decide an open spike by what is known of its theme; nothing is written."""
    window = context.window
    record = context.state.themes.get(spike.theme_id)
    launch = window.launch(spike.launch_id)
    candidate = AlertCandidate(
        spike=spike,
        requesters=spike.state.requesters,
        status=record.status if record else ThemeStatus.ONGOING,
        born_at=window.end_of(record.born_epoch) if record else None,
        known_issue=record.issue if record else None,
        launch_title=launch.title if launch else None,
        missing=spike.missing,
        common=LearnedLift(**spike.state.common) if spike.state.common else None,
        asks=spike.state.budget,
        learning_until=_learning_until(context, spike),
    )
    larger = None
    if spike.kind is SpikeKind.SPIKE:
        larger = larger_one(spike, _others_alerted(context.state.episodes, spike))
    return decide_spike(
        candidate, now=window.end, record_start=_record_start(context), settings=context.rules.alerts, past=past,
        budget=budget, larger=larger,
    )  # fmt: skip


def _others_alerted(spikes: Iterable[StoredSpike], spike: StoredSpike) -> list[StoredSpike]:
    """List the other rises that no gate withholds."""
    return [
        one for one in spikes if one.spike_id != spike.spike_id and one.gate is None and one.kind is SpikeKind.SPIKE
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
    owner = audience_of(context, spike, mix_of(context.connection, spike, context.window.end))
    accepted = context.rules.mining.spikes.false_alerts_per_week
    return Budget(owner.name, accepted if owner.false_alerts_per_week is None else owner.false_alerts_per_week)


def audience_of(context: EpochContext, spike: StoredSpike, mix: Counter[Segment]) -> Audience:
    """Return the audience of a spike whose tickets have these attributes."""
    return context.rules.ownership.audience_of(mix, spike.theme_id, context.state.themes.name_of(spike.theme_id))


def mix_of(connection: Connection, spike: StoredSpike, end: datetime) -> Counter[Segment]:
    """Count the attributes of a spike's newest tickets before `end`."""
    return _mix(read_attributes(connection, _themes(spike), spike.start, end, MIX_TICKETS, MATCHED))


def open_for_spike(context: EpochContext, decision: AlertDecision, spike: StoredSpike) -> None:
    """Open the alert that was decided about a spike; its audience follows from its theme's newest tickets."""
    tickets = read_attributes(context.connection, _themes(spike), None, context.window.end, MIX_TICKETS, MATCHED)
    open_alert(context, decision, spike.theme_id, spike, _mix(tickets))


def _themes(spike: StoredSpike) -> list[int]:
    """The theme whose tickets are read; none, which means all tickets, for a spike of all tickets."""
    return [] if spike.theme_id == ALL_TICKETS else [spike.theme_id]


def _mix(tickets: Iterable[TicketAttributes]) -> Counter[Segment]:
    return Counter(Segment.of(one.attributes) for one in tickets)


def open_alert(
    context: EpochContext, decision: AlertDecision, theme_id: int, spike: StoredSpike | None, mix: Counter[Segment]
) -> None:
    """Open an alert, with the row in the outbox that delivers it."""
    name = context.state.themes.name_of(theme_id)
    audience = context.rules.ownership.audience_of(mix, theme_id, name).name
    alert = Alert(
        alert_id=context.state.counts.next_id("alert"), kind=decision.kind, theme_id=theme_id,
        spike_id=spike.spike_id if spike else None, state="open", audience=audience,
        opened_at=context.window.detected_at, reason=decision.reason,
    )  # fmt: skip
    insert_alert(context.connection, alert)
    payload: dict[str, Any] = {**alert.as_json(), "theme_name": name}
    enqueue(context.connection, key=f"alert:{alert.alert_id}", kind="alert", audience=audience, payload=payload)
