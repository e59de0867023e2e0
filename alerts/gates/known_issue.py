"""The stage of known issues: what a specialist knows of already is no news while it stays within its envelope."""

from __future__ import annotations

from alerts.gates.signal import Signal, SignalFacts
from alerts.known_issue import known_issue_envelope
from models.alert import AlertKind, Gate
from models.decision_path import StageName, StageResult
from models.theme import KnownIssue


class KnownIssueStage:
    """Withholds a known issue up to its own envelope; beyond it, and after its fix, it alerts."""

    name = StageName.KNOWN_ISSUE

    def judge(self, signal: Signal, facts: SignalFacts) -> StageResult:
        """Compare the tickets with the envelope of the known issue."""
        issue = facts.known_issue
        if issue is None:
            return self._passed("it is not flagged as a known issue")
        if signal.kind is AlertKind.NEW_THEME:
            return StageResult(
                stage=self.name, passed=False, value=signal.tickets, unit="tickets", reason="it is flagged as a known issue",
                gate=Gate.KNOWN_ISSUE_WITHIN_ENVELOPE,
            )  # fmt: skip
        if issue.resolved or signal.kind is AlertKind.REGRESSED:
            return self._passed("the known issue was fixed")
        if not signal.sized:
            return self._passed("a known issue does not explain volume that does not come")
        most = self._envelope(issue, signal, facts)
        refused = signal.tickets <= most
        because = f"it is a known issue, and up to {most:,} are within its own envelope"
        return StageResult(
            stage=self.name, passed=not refused, value=signal.tickets, threshold=most, unit="tickets", reason=because,
            gate=Gate.KNOWN_ISSUE_WITHIN_ENVELOPE if refused else None,
        )  # fmt: skip

    def _envelope(self, issue: KnownIssue, signal: Signal, facts: SignalFacts) -> int:
        if issue.usual_per_day is None:
            return signal.tickets  # flagged in this very epoch: what is there now is what was flagged
        hours = (facts.now - signal.start).total_seconds() / 3600
        return known_issue_envelope(issue.usual_per_day, hours, facts.settings.known_issue_growth)

    def _passed(self, because: str) -> StageResult:
        return StageResult(stage=self.name, passed=True, unit="tickets", reason=because)
