"""The stages of mute rules and silences: what people asked not to be notified of."""

from __future__ import annotations

from alerts.gates.signal import AlertSignal, SignalFacts
from alerts.silences.matching import ActiveSilence, hiding, withheld_audiences
from models.alert import Gate
from models.decision_path import StageName, StageResult
from models.formats import utc_minute
from models.silence import Silence, SilenceKind


class MuteStage:
    """Withholds what a mute rule covers."""

    name = StageName.MUTE_RULE

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Look for a mute rule that hides the signal from everyone."""
        return _judged(self.name, signal, facts, SilenceKind.MUTE)


class SilenceStage:
    """Withholds what a silence covers while it lasts."""

    name = StageName.SILENCE

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Look for a silence that hides the signal from everyone."""
        return _judged(self.name, signal, facts, SilenceKind.SILENCE)


def _judged(stage: StageName, signal: AlertSignal, facts: SignalFacts, kind: SilenceKind) -> StageResult:
    noun, gate = ("mute rule", Gate.MUTED) if kind is SilenceKind.MUTE else ("silence", Gate.SILENCED)
    hides = hiding(facts.silences, kind)
    threshold = f"no {noun} covers it"
    if hides is not None:
        return StageResult(
            stage=stage, passed=False, value=f"{noun} {hides.silence.silence_id}", threshold=threshold,
            reason=_because(noun, hides, signal), gate=gate,
        )  # fmt: skip
    partly = withheld_audiences(one for one in facts.silences if one.silence.kind is kind)
    if not partly:
        return StageResult(
            stage=stage, passed=True, value=f"no {noun}", threshold=threshold, reason=f"no {noun} in force covers it"
        )
    withheld = "; ".join(f"{noun} {one.silence_id} withholds it from {name}" for name, one in sorted(partly.items()))
    value = ", ".join(f"{noun} {one.silence_id}" for one in partly.values())
    return StageResult(stage=stage, passed=True, value=value, threshold=threshold, reason=withheld)


def _because(noun: str, hides: ActiveSilence, signal: AlertSignal) -> str:
    one, close = hides.silence, hides.similar.get(signal.theme_id)
    alike = "" if close is None or hides.threshold is None else (
        f" (its example text is {close:.2f} close to the theme, and {hides.threshold:.2f} is needed)"
    )  # fmt: skip
    return f"{noun} {one.silence_id} of {one.owner} covers it {_until(one)}{alike}"


def _until(silence: Silence) -> str:
    return "until a person ends the rule" if silence.ends_at is None else f"until {utc_minute(silence.ends_at)}"
