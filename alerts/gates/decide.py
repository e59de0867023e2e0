"""Deciding a signal: every stage judges it, and the first that refuses gives the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.gates.false_discovery import FalseDiscoveryStage
from alerts.gates.grouping import GroupingStage
from alerts.gates.inhibition import InhibitionStage
from alerts.gates.known_issue import KnownIssueStage
from alerts.gates.launch_envelope import LaunchEnvelopeStage
from alerts.gates.learning import LearningStage
from alerts.gates.one_problem import OneProblemStage
from alerts.gates.signal import AlertSignal, SignalFacts
from alerts.gates.silenced import MuteStage, SilenceStage
from alerts.gates.stage import Stage
from alerts.gates.volume import MinimumRequestersStage, MinimumTicketsStage
from alerts.silences.matching import hiding, withheld_audiences
from models.alert import AlertKind, Gate
from models.decision_path import StageName, StageResult
from models.formats import utc_minute
from models.silence import Silence, SilenceKind

STAGES: tuple[Stage, ...] = (
    LearningStage(),
    OneProblemStage(),
    MinimumTicketsStage(),
    MinimumRequestersStage(),
    FalseDiscoveryStage(),
    LaunchEnvelopeStage(),
    KnownIssueStage(),
    MuteStage(),
    SilenceStage(),
    InhibitionStage(),
    GroupingStage(),
)
"""The stages that event time alone decides, in their order."""


@dataclass(frozen=True, slots=True)
class AlertDecision:
    """Whether to notify, and as what.

    Parameters
    ----------
    gate: what withheld the alert; None where `notify` is true.
    stages: what every stage found, in their order.
    silence_id: the silence or mute rule that hides it from everyone, or from one audience; None without one, and where a stage before
        refuses.
    withheld_from: the audiences that get no message of it because of a silence of theirs.
    """

    notify: bool
    gate: Gate | None
    kind: AlertKind
    reason: str
    stages: tuple[StageResult, ...] = ()
    silence_id: int | None = None
    withheld_from: frozenset[str] = frozenset()

    @property
    def final(self) -> bool:
        """Whether a gate withholds it that does not open later."""
        return any(gate is not None and not gate.passing for gate in (self.gate, *(one.gate for one in self.stages)))


def decide(signal: AlertSignal, facts: SignalFacts, stages: Sequence[Stage] = STAGES) -> AlertDecision:
    """Decide a signal by the first stage that refuses; notify where none does. All stages are judged, so that all are shown."""
    found = tuple(stage.judge(signal, facts) for stage in stages)
    refused = next((one for one in found if one.gate is not None), None)
    gate = None if refused is None else refused.gate
    withheld = withheld_audiences(facts.silences)
    reason = signal.sentence if refused is None else f"{signal.sentence}; withheld because {refused.reason}"
    return AlertDecision(
        notify=refused is None, gate=gate, kind=signal.kind, reason=reason, stages=found,
        silence_id=_silence_of(gate, facts, withheld), withheld_from=frozenset(withheld),
    )  # fmt: skip


def _silence_of(gate: Gate | None, facts: SignalFacts, withheld: Mapping[str, Silence]) -> int | None:
    """Return the silence that hides a signal: what another gate withholds first would not have been sent without it either."""
    kind = {Gate.MUTED: SilenceKind.MUTE, Gate.SILENCED: SilenceKind.SILENCE}.get(gate) if gate is not None else None
    hides = None if kind is None else hiding(facts.silences, kind)
    if hides is not None:
        return hides.silence.silence_id
    return withheld[min(withheld)].silence_id if gate is None and withheld else None


def withhold_calm(decision: AlertDecision, since: datetime) -> AlertDecision:
    """Withhold an alert about what was over before it could be sent: nothing beyond the usual has come since a time."""
    reason = f"nothing beyond the usual has come since {utc_minute(since)}"
    grouping = StageResult(
        stage=StageName.GROUPING, passed=False, value=f"calm since {utc_minute(since)}", threshold="not calm", reason=reason,
        gate=Gate.CALM_AGAIN,
    )  # fmt: skip
    stages = tuple(grouping if one.stage is StageName.GROUPING else one for one in decision.stages)
    return replace(
        decision,
        notify=False,
        gate=Gate.CALM_AGAIN,
        reason=f"{decision.reason}; withheld because {reason}",
        stages=stages,
    )
