"""The stage of grouping: one alert for an episode. What follows is an update of its incident, and is decided there."""

from __future__ import annotations

from alerts.gates.signal import Signal, SignalFacts
from models.alert import Gate
from models.decision_path import StageName, StageResult


class GroupingStage:
    """Withholds a spike that was alerted before: its incident decides what is news about it."""

    name = StageName.GROUPING

    def judge(self, signal: Signal, facts: SignalFacts) -> StageResult:
        """Count the alerts of the same episode."""
        spike = signal.spike
        own = 0 if spike is None else sum(one.spike_id == spike.spike_id for one in facts.past)
        because = "the spike was alerted before" if own else "nothing was sent of it before"
        return StageResult(
            stage=self.name, passed=not own, value=own, threshold=0, unit="alerts", reason=because,
            gate=Gate.SPIKE_ALREADY_ALERTED if own else None,
        )  # fmt: skip
