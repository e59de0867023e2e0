"""The stage of launches: what a plan expects is no news."""

from __future__ import annotations

from alerts.gates.signal import AlertSignal, SignalFacts
from models.alert import AlertKind, Gate
from models.decision_path import StageName, StageResult
from models.formats import amount, utc_minute


class LaunchEnvelopeStage:
    """Withholds a new theme that a launch plans for, and a rise that is as planned for a theme which is like its own.

    Of another spike it says which plan the detector compared it with.
    """

    name = StageName.LAUNCH_ENVELOPE

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Compare the tickets with what a plan expects."""
        launch = facts.planned_by
        rise = facts.planned_rise
        if rise is not None and signal.kind is AlertKind.SPIKE:
            return StageResult(
                stage=self.name, passed=False, value=rise.observed, threshold=round(rise.expected, 2), unit="tickets",
                gate=Gate.RISES_AS_PLANNED, reason=rise.because,
            )  # fmt: skip
        if launch is None:
            return StageResult(
                stage=self.name, passed=True, value=signal.tickets, threshold="no plan", unit="tickets",
                reason="no launch plans for it",
            )  # fmt: skip
        if signal.kind is AlertKind.NEW_THEME:
            return StageResult(
                stage=self.name, passed=False, value=signal.tickets, threshold="no plan", unit="tickets", gate=Gate.PLANNED_BY_A_LAUNCH,
                reason=f"{launch.title} expects it until {utc_minute(launch.end)}",
            )  # fmt: skip
        expected = None if signal.spike is None else signal.spike.expected
        because = f"{launch.title} plans for it" if expected is None else f"{launch.title} expects {amount(expected)}"
        return StageResult(
            stage=self.name,
            passed=True,
            value=signal.tickets,
            threshold="planned" if expected is None else expected,
            unit="tickets",
            reason=because,
        )
