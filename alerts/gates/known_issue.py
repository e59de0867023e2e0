"""The stage of known issues: what a specialist knows of already is no news while it stays within its envelope."""

from __future__ import annotations

from alerts.gates.signal import AlertSignal, SignalFacts
from alerts.known_issue import known_issue_envelope
from models.alert import AlertKind, Gate
from models.decision_path import StageName, StageResult
from models.theme import KnownIssue


class KnownIssueStage:
    """Withholds a known issue, and a theme that is archived, up to its own envelope; beyond it, and after its fix, it alerts.

    The envelope of a known issue of several themes is over all of them together.
    """

    name = StageName.KNOWN_ISSUE

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Compare the tickets with the envelope of the known issue."""
        issue = facts.known_issue
        if issue is None:
            return self._passed(signal, "it is not flagged as a known issue")
        gate = Gate.ARCHIVED_UNTIL_ESCALATING if issue.archived else Gate.KNOWN_ISSUE_WITHIN_ENVELOPE
        if signal.kind is AlertKind.NEW_THEME:
            because = "it is archived until it escalates" if issue.archived else "it is flagged as a known issue"
            return StageResult(
                stage=self.name,
                passed=False,
                value=signal.tickets,
                threshold="no known issue",
                unit="tickets",
                reason=because,
                gate=gate,
            )
        if issue.resolved or signal.kind is AlertKind.REGRESSED:
            return self._passed(signal, "the known issue was fixed")
        if not signal.sized:
            return self._passed(signal, "a known issue does not explain volume that does not come")
        tickets = signal.tickets + facts.tickets_of_issue
        most = self._envelope(issue, tickets, signal, facts)
        what = "the theme is archived until it escalates" if issue.archived else "it is a known issue"
        because = f"{what}, and up to {most:,} are within its own envelope"
        if facts.tickets_of_issue:
            because = f"{because}, where all of its themes have {tickets:,}"
        refused = tickets <= most
        return StageResult(
            stage=self.name, passed=not refused, value=tickets, threshold=most, unit="tickets", reason=because,
            gate=gate if refused else None,
        )  # fmt: skip

    def _envelope(self, issue: KnownIssue, tickets: int, signal: AlertSignal, facts: SignalFacts) -> int:
        if issue.usual_per_day is None:
            return tickets  # flagged in this very epoch: what is there now is what was flagged
        hours = (facts.now - signal.start).total_seconds() / 3600
        return known_issue_envelope(issue.usual_per_day, hours, facts.settings.known_issue_growth)

    def _passed(self, signal: AlertSignal, because: str) -> StageResult:
        return StageResult(
            stage=self.name,
            passed=True,
            value=signal.tickets,
            threshold="no known issue",
            unit="tickets",
            reason=because,
        )
