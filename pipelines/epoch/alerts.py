"""Decide alerts: new themes first, then open spikes; each alert is written with its outbox row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
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
from alerts.ownership import Audience, Ownership
from alerts.settings import AlertSettings
from models.segment import Segment
from models.spike import Spike
from models.spikes import ALL_TICKETS
from models.spikes.episodes.episode import MISSING
from models.spikes.launches.common_lift import LearnedLift
from models.theme import KnownIssue, ThemeStatus
from models.themes import Birth, LineageReason
from pipelines.context import EpochWindow
from pipelines.launches.resolve_plans import planned_themes
from pipelines.state import MinerState, ThemeRecord
from store.alerts import Alert, insert_alert
from store.outbox import enqueue
from store.spikes import StoredSpike, write_spikes
from store.tickets import read_attributes

MIX_TICKETS = 500
"""The newest tickets of a theme say whose it is."""

NEWS_FOR = timedelta(hours=24)
"""A theme that stayed too small to tell of for so long after its birth is no news any more."""


def decide_alerts(
    connection: Connection,
    memory: MinerState,
    moment: EpochWindow,
    births: Sequence[Birth],
    touched: Sequence[StoredSpike],
    ownership: Ownership,
    settings: AlertSettings,
    accepted: float,
) -> None:
    """Decide new themes and the spikes that opened or moved, in this order: a theme born with a burst is told once.

    A new theme that is still too small to tell of is decided again at each epoch, for as long as its birth is news.
    `accepted` is the general number of false alerts a week, of audiences that name none of their own.
    """
    start = memory.record_start or moment.end
    memory.newcomers += [birth.theme_id for birth in births if birth.reason is LineageReason.EMERGED]
    memory.newcomers = [
        theme for theme in memory.newcomers if _wait_for(connection, memory, moment, theme, ownership, settings, start)
    ]
    for spike in touched:
        if spike.end is None and not _told(memory, spike):
            _tell_spike(connection, memory, moment, spike, ownership, settings, start, accepted)


def _told(memory: MinerState, spike: StoredSpike) -> bool:
    return any(one.spike_id == spike.spike_id for one in memory.past.get(spike.theme_id, ()))


def _wait_for(
    connection: Connection,
    memory: MinerState,
    moment: EpochWindow,
    theme: int,
    ownership: Ownership,
    settings: AlertSettings,
    start: datetime,
) -> bool:
    """Decide a new theme; True while it is to be decided again."""
    record = memory.themes[theme]
    if not record.live or record.first_seen is None or moment.end - _born_at(record, moment) > NEWS_FOR:
        return False
    tickets = read_attributes(connection, [theme], None, moment.end + timedelta(days=1), MIX_TICKETS)
    decision = decide_new_theme(
        NewThemeCandidate(theme, record.name, record.size, len({one[2] or one[0] for one in tickets}), record.first_seen),
        now=moment.end, record_start=start, settings=settings, past=memory.past.get(theme, ()),
        planned_by=plan_covering(theme, moment.end, moment.launches, planned_themes(memory)),
        known_issue=known_issue(record),
    )  # fmt: skip
    if decision.notify:
        _open(connection, memory, moment, decision, record, None, _mix(tickets), ownership)
    return decision.gate is not None and decision.gate.passing


def _tell_spike(
    connection: Connection,
    memory: MinerState,
    moment: EpochWindow,
    spike: StoredSpike,
    ownership: Ownership,
    settings: AlertSettings,
    start: datetime,
    accepted: float,
) -> None:
    budget = budget_of(connection, memory, moment, spike, ownership, accepted)
    past = memory.past.get(spike.theme_id, ())
    decision = decide_open(memory, moment, spike, settings, start, past=past, budget=budget)
    gate = None if decision.gate is None else decision.gate.value
    if gate != spike.gate:
        spike = memory.spikes[spike.spike_id] = spike.with_(
            gate=gate, detected_at=spike.detected_at if gate else moment.detected_at
        )
        write_spikes(connection, [spike])
    if decision.notify:
        mix = mix_of(connection, spike, moment.end)
        _open(connection, memory, moment, decision, memory.themes.get(spike.theme_id), spike, mix, ownership)


def decide_open(
    memory: MinerState,
    moment: EpochWindow,
    spike: StoredSpike,
    settings: AlertSettings,
    start: datetime,
    *,
    past: Sequence[PastAlert],
    budget: Budget | None,
) -> AlertDecision:
    """Decide an open spike by what is known of its theme; nothing is written."""
    record = memory.themes.get(spike.theme_id)
    episode = AlertCandidate(
        spike=_as_spike(spike),
        requesters=int(spike.state.get("requesters", 0)),
        status=ThemeStatus(record.status) if record else ThemeStatus.ONGOING,
        born_at=_born_at(record, moment) if record else None,
        known_issue=known_issue(record) if record else None,
        launch_title=next((one.title for one in moment.launches if one.launch_id == spike.launch_id), None),
        missing=spike.kind == MISSING,
        common=LearnedLift(**spike.state["common"]) if spike.state.get("common") else None,
        asks=float(spike.state.get("budget", 0.0)),
    )
    larger = larger_one(_as_spike(spike), _telling(memory, spike)) if spike.kind == "spike" else None
    return decide_spike(
        episode, now=moment.end, record_start=start, settings=settings, past=past, budget=budget, larger=larger
    )


def _telling(memory: MinerState, spike: StoredSpike) -> list[Spike]:
    """The other rises that are not withheld."""
    return [
        _as_spike(one)
        for one in memory.spikes.values()
        if one.spike_id != spike.spike_id and one.gate is None and one.kind == "spike"
    ]


def budget_of(
    connection: Connection,
    memory: MinerState,
    moment: EpochWindow,
    spike: StoredSpike,
    ownership: Ownership,
    accepted: float,
) -> Budget | None:
    """How many false alerts the spike's audience accepts; None where no audience names a number of its own."""
    if ownership.most_accepted is None:
        return None
    owner = audience_of(memory, spike, mix_of(connection, spike, moment.end), ownership)
    own = owner.false_alerts_per_week
    return Budget(owner.name, accepted if own is None else own)


def audience_of(memory: MinerState, spike: StoredSpike, mix: Counter[Segment], ownership: Ownership) -> Audience:
    """Who hears of a spike whose tickets are so mixed."""
    record = memory.themes.get(spike.theme_id)
    return ownership.audience_of(mix, spike.theme_id, record.name if record else "All tickets")


def mix_of(connection: Connection, spike: StoredSpike, end: datetime) -> Counter[Segment]:
    """The attributes of a spike's newest tickets before `end`."""
    chosen = [] if spike.theme_id == ALL_TICKETS else [spike.theme_id]
    return _mix(read_attributes(connection, chosen, spike.start, end, MIX_TICKETS))


def _born_at(record: ThemeRecord, moment: EpochWindow) -> datetime:
    return moment.end - (moment.epoch - record.born_epoch) * moment.length


def _as_spike(one: StoredSpike) -> Spike:
    return Spike(
        one.spike_id, one.theme_id, one.segment, one.start, one.end, one.detected_at, one.observed, one.expected, one.ratio,
        one.p_value, one.q_value, one.severity, one.launch_id, one.gate,
    )  # fmt: skip


def known_issue(record: ThemeRecord) -> KnownIssue | None:
    """The flag of a theme, as the gates read it."""
    told = record.known_issue
    if told is None:
        return None
    since = datetime.fromisoformat(told["since"]) if told.get("since") else None
    return KnownIssue(told["title"], told.get("jira"), told.get("workaround"), since, told.get("usual_per_day"))


def _mix(tickets: Sequence[tuple[str, datetime, str | None, dict[str, str | None]]]) -> Counter[Segment]:
    return Counter(Segment.of(one[3]) for one in tickets)


def _open(
    connection: Connection,
    memory: MinerState,
    moment: EpochWindow,
    decision: AlertDecision,
    record: ThemeRecord | None,
    spike: StoredSpike | None,
    mix: Counter[Segment],
    ownership: Ownership,
) -> None:
    theme_id = record.theme_id if record else ALL_TICKETS
    name = record.name if record else "All tickets"
    audience = ownership.audience_of(mix, theme_id, name).name
    alert = Alert(
        alert_id=memory.next_id("alert"), kind=decision.kind, theme_id=theme_id, spike_id=spike.spike_id if spike else None,
        state="open", audience=audience, opened_at=moment.detected_at, reason=decision.reason,
    )  # fmt: skip
    insert_alert(connection, alert)
    payload: dict[str, Any] = {**alert.as_json(), "theme_name": name}
    enqueue(connection, key=f"alert:{alert.alert_id}", kind="alert", audience=audience, payload=payload)
    memory.past.setdefault(theme_id, []).append(PastAlert(decision.kind, moment.detected_at, alert.spike_id))


def open_for_spike(
    connection: Connection,
    memory: MinerState,
    moment: EpochWindow,
    decision: AlertDecision,
    spike: StoredSpike,
    ownership: Ownership,
) -> None:
    """Open the alert that was decided about a spike; whose it is, its theme's newest tickets say."""
    chosen = [] if spike.theme_id == ALL_TICKETS else [spike.theme_id]
    tickets = read_attributes(connection, chosen, None, moment.end, MIX_TICKETS)
    record = memory.themes.get(spike.theme_id)
    _open(connection, memory, moment, decision, record, spike, _mix(tickets), ownership)
