"""The path of a signal to people: what was decided about it, and how far its messages are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from alerts.gates.delivery import DeliveryStage
from alerts.gates.grouping import grouped
from alerts.gates.quiet_hours import QuietHoursStage
from alerts.gates.routing import RoutingStage
from alerts.gates.sent import SentMessage
from alerts.ownership import Ownership
from alerts.settings import AlertSettings
from models.bucket import start_of
from models.decision_path import StageName, StageResult
from models.incidents.incident import Incident, IncidentEventKind
from models.spikes.explain.plain_verdict import PlainVerdict, verdict_of_alert
from models.theme import ALL_TICKETS
from models.times import rfc3339
from pipelines.past.explain import PastExplanation, ask, ask_of_spike, figures_of
from pipelines.settings import MiningSettings
from store.alerts import Alert, get_alert
from store.decided_signals import DecidedSignal, read_decision_of_alert, read_decisions
from store.incidents import get_incident, read_incident_events
from store.notifications import StoredNotification, failing_channels, read_notifications
from store.outbox import OutboxState
from store.spikes import StoredSpike, read_spikes, spike_ids_of
from store.survivors import survivors

RECENT = timedelta(hours=24)
"""A decision about a signal that is no spike is shown for so long after it was made."""

LATER = (StageName.ROUTING, StageName.QUIET_HOURS, StageName.DELIVERY)
"""The stages that follow once a message is in the outbox."""

_SENDING = (RoutingStage(), QuietHoursStage(), DeliveryStage())


@dataclass(frozen=True, slots=True, kw_only=True)
class PathRules:
    """What a path is read by: the settings of mining and alerts, the ownership, and the wall clock."""

    mining: MiningSettings
    alerts: AlertSettings
    ownership: Ownership
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalPath:
    """One signal with all its stages, in order; routing, quiet hours and delivery once for each message.

    Parameters
    ----------
    decided: the decision; None of an alert that was opened before decisions were kept.
    alert: the alert that was opened; None where it was withheld.
    spike: its episode; None where it is about none.
    """

    decided: DecidedSignal | None
    alert: Alert | None
    stages: tuple[StageResult, ...]
    spike: StoredSpike | None = None

    @property
    def verdict(self) -> PlainVerdict:
        """Whether it signalled and people were alerted, in one sentence."""
        figures = None if self.spike is None else figures_of(self.spike)
        return verdict_of_alert(self.stages, self._reason, figures, opened=self.alert is not None)

    @property
    def theme_id(self) -> int:
        """The theme that it is about; 0: all tickets."""
        return (
            self.alert.theme_id if self.alert is not None else self.decided.theme_id if self.decided is not None else 0
        )

    @property
    def sentences(self) -> tuple[str, ...]:
        """What happened to the signal, in plain sentences."""
        found = [f"{self._reason}."]
        if self.decided is None:
            found.append("It was decided before decisions were kept: its first stages are not known.")
        return tuple(found)

    @property
    def _reason(self) -> str:
        if self.decided is not None:
            return self.decided.reason
        return self.alert.reason if self.alert is not None else ""

    def as_json(self) -> dict[str, Any]:
        """Write it as `--json` prints it."""
        decided = {} if self.decided is None else self.decided.as_json()
        return {
            **decided, "answer": self.verdict.as_json(), "stages": [one.as_json() for one in self.stages],
            "alert": None if self.alert is None else self.alert.as_json(),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemePath:
    """What became of a theme's signals at a time; without any, what the detector saw says why there was none."""

    theme_id: int
    theme_name: str
    time: datetime
    signals: tuple[SignalPath, ...]
    detector: PastExplanation

    @property
    def verdict(self) -> PlainVerdict:
        """Whether the theme signalled and people were alerted, in one sentence."""
        return plain_verdict_of(self.signals, self.detector)

    @property
    def sentences(self) -> tuple[str, ...]:
        """The answer in plain sentences."""
        if self.signals:
            return tuple(sentence for one in self.signals for sentence in one.sentences)
        return ("Nothing was a signal at this time.", *self.detector.sentences)

    def as_json(self) -> dict[str, Any]:
        """Write it as `--json` prints it."""
        return {
            "theme_id": self.theme_id, "theme_name": self.theme_name, "at": rfc3339(self.time),
            "answer": self.verdict.as_json(), "signals": [one.as_json() for one in self.signals], "why": self.detector.as_json(),
            "sentences": list(self.sentences),
        }  # fmt: skip


def path_of_alert(connection: Connection, rules: PathRules, alert_id: int) -> SignalPath:
    """Read the path of an alert. Raises `AlertUnknown`."""
    alert = get_alert(connection, alert_id)
    return _path(connection, rules, read_decision_of_alert(connection, alert_id), alert)


def explanation_of_alert(connection: Connection, rules: PathRules, alert: Alert) -> PastExplanation | None:
    """Explain the test behind an alert's spike; None where it is about no spike."""
    return None if alert.spike_id is None else ask_of_spike(connection, rules.mining, alert.spike_id)


def path_of_theme(connection: Connection, rules: PathRules, theme_id: int, time: datetime | None) -> ThemePath:
    """Read what became of a theme's signals at a time (default: the end of the last mined epoch).

    Raises as `pipelines.past.explain.ask` does.
    """
    detector = ask(connection, rules.mining, theme_id, time)
    found = signals_of(connection, rules, theme_id, detector, time)
    return ThemePath(
        theme_id=theme_id, theme_name=detector.theme_name, time=_time(detector, time), signals=found, detector=detector
    )


def plain_verdict_of(signals: Sequence[SignalPath], detector: PastExplanation) -> PlainVerdict:
    """Say whether a theme signalled and people were alerted: of its signals the first that reached them, else the first."""
    reached = [one.verdict for one in signals if one.alert is not None]
    return next(iter([*reached, *(one.verdict for one in signals)]), detector.verdict)


def signals_of(
    connection: Connection, rules: PathRules, theme_id: int, detector: PastExplanation, time: datetime | None
) -> tuple[SignalPath, ...]:
    """Read the signals of a theme that were decided, and lasted, at a time (default: the end of the epoch that was explained)."""
    at = _time(detector, time)
    return tuple(_path(connection, rules, one, _alert(connection, one)) for one in _in_force(connection, theme_id, at))


def _time(detector: PastExplanation, time: datetime | None) -> datetime:
    return time if time is not None else start_of(detector.why.end)


def _in_force(connection: Connection, theme_id: int, time: datetime) -> Iterator[DecidedSignal]:
    """Yield the decisions about a theme's signals that lasted at a time."""
    merged = [one for one, last in survivors(connection).items() if last == theme_id] if theme_id != ALL_TICKETS else []
    spike_ids = spike_ids_of(connection, theme_id)
    spikes = {one.spike_id: one for one in read_spikes(connection, spike_ids=spike_ids)}
    for one in read_decisions(connection, theme_ids=[theme_id, *merged], spike_ids=spike_ids, until=time):
        spike = None if one.spike_id is None else spikes.get(one.spike_id)
        lasts = time - one.at <= RECENT if spike is None else spike.end is None or spike.end > time
        if lasts:
            yield one


def _alert(connection: Connection, decided: DecidedSignal) -> Alert | None:
    return None if decided.alert_id is None else get_alert(connection, decided.alert_id)


def _path(connection: Connection, rules: PathRules, decided: DecidedSignal | None, alert: Alert | None) -> SignalPath:
    first = () if decided is None else decided.stages
    spike_id = alert.spike_id if alert is not None else None if decided is None else decided.spike_id
    spike = next(iter(read_spikes(connection, spike_ids=[spike_id])), None) if spike_id is not None else None
    incident = _incident(connection, alert, spike)
    if incident is not None:
        first = (*(one for one in first if one.stage is not StageName.GROUPING), grouped(rules.alerts, *incident))
    later = _unreached(decided) if alert is None else _sent(connection, rules, alert)
    return SignalPath(decided=decided, alert=alert, stages=(*first, *later), spike=spike)


def _incident(connection: Connection, alert: Alert | None, spike: StoredSpike | None) -> tuple[Incident, str] | None:
    """Read the incident that a signal belongs to, with what the signal did to it; None where it belongs to none."""
    spike_id = None if spike is None else spike.spike_id
    incident_id = None if alert is None else alert.incident_id
    if incident_id is None and spike is not None:
        incident_id = spike.incident_id
    if incident_id is None:
        return None
    events = [
        one
        for one in read_incident_events(connection, [incident_id]).get(incident_id, [])
        if (alert is not None and one.detail.get("alert_id") == alert.alert_id)
        or (spike_id is not None and one.detail.get("spike_id") == spike_id)
    ]
    return get_incident(connection, incident_id), events[0].kind if events else IncidentEventKind.JOINED.value


def _unreached(decided: DecidedSignal | None) -> Sequence[StageResult]:
    gate = "a stage before" if decided is None or decided.gate is None else decided.gate.value.replace("_", " ")
    because = f"it was not reached: {gate}"
    return [StageResult(stage=stage, passed=None, reason=because) for stage in LATER]


def _sent(connection: Connection, rules: PathRules, alert: Alert) -> Sequence[StageResult]:
    notifications = read_notifications(connection, alert.alert_id, alert.incident_id)
    if not notifications:
        because = "no message of it is in the outbox: it was withheld from its audience, or removed since"
        route = StageResult(
            stage=StageName.ROUTING, passed=True, value=alert.audience, reason=f"{alert.audience} has to act on it"
        )
        return [route, *(StageResult(stage=stage, passed=None, reason=because) for stage in LATER[1:])]
    failing = failing_channels(connection)
    found = []
    for one in _shown(notifications):
        sent = SentMessage(
            notification=one, audience=rules.ownership.audience(one.audience), now=rules.now,
            attempts=rules.alerts.delivery_attempts, failing=failing,
        )  # fmt: skip
        found += [stage.judge(sent) for stage in _SENDING]
    return found


def _shown(notifications: Sequence[StoredNotification]) -> list[StoredNotification]:
    """Choose what is shown of the messages: of each audience the first with news, else its newest; and all that were not sent."""
    first: dict[str, StoredNotification] = {}
    for one in notifications:
        known = first.get(one.audience)
        if known is None or known.news is None:
            first[one.audience] = one
    return [one for one in notifications if one is first[one.audience] or one.state is not OutboxState.SENT]
