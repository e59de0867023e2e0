"""The stage of the false-discovery budget: how many false alerts a week an audience accepts."""

from __future__ import annotations

from alerts.gates.signal import AlertSignal, SignalFacts
from models.alert import Gate
from models.decision_path import StageName, StageResult


class FalseDiscoveryStage:
    """Withholds signals that are so weak that alerting them costs more false alerts than the audience accepts."""

    name = StageName.FALSE_DISCOVERY_BUDGET

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Compare what the signal asks for with what its audience accepts, both in false alerts a week."""
        unit, budget = "false alerts a week", facts.budget
        asked = None if signal.spike is None else signal.asks
        if signal.spike is None:
            because = "only spikes are tested against chance"
            return StageResult(
                stage=self.name, passed=True, value="not tested", threshold="no test", unit=unit, reason=because
            )
        if budget is None:
            because = "no audience has a budget of its own, and the detector keeps to the general one"
            return StageResult(
                stage=self.name, passed=True, value=asked, threshold=facts.accepted, unit=unit, reason=because
            )
        refused = signal.asks > budget.false_alerts_per_week
        takes = f"so weak a sign takes {signal.asks:.2g}" if refused else f"this takes {signal.asks:.2g}"
        because = f"{budget.audience} accepts {budget.false_alerts_per_week:g} false alerts a week, and {takes}"
        return StageResult(
            stage=self.name, passed=not refused, value=asked, threshold=budget.false_alerts_per_week, unit=unit, reason=because,
            gate=Gate.BEYOND_FALSE_ALERT_BUDGET if refused else None,
        )  # fmt: skip
