"""The stages of minimum volume: enough tickets, from enough people."""

from __future__ import annotations

from alerts.gates.signal import AlertSignal, SignalFacts
from models.alert import Gate
from models.decision_path import StageName, StageResult
from models.formats import counted


class MinimumTicketsStage:
    """Withholds what has too few tickets: below the minimum, chance alone makes groups."""

    name = StageName.MINIMUM_TICKETS

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Compare the tickets with `min_tickets`."""
        return _judged(
            self.name, signal, signal.tickets, facts.settings.min_tickets, "ticket", Gate.FEWER_TICKETS_THAN_MINIMUM
        )


class MinimumRequestersStage:
    """Withholds what too few people wrote: one person who writes often is no pattern."""

    name = StageName.MINIMUM_REQUESTERS

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Compare the requesters with `min_requesters`."""
        return _judged(
            self.name, signal, signal.requesters, facts.settings.min_requesters, "requester",
            Gate.FEWER_REQUESTERS_THAN_MINIMUM,
        )  # fmt: skip


def _judged(stage: StageName, signal: AlertSignal, value: int, least: int, noun: str, gate: Gate) -> StageResult:
    if not signal.sized:
        because = "volume that does not come needs no minimum"
        return StageResult(stage=stage, passed=True, value=value, threshold="none", unit=f"{noun}s", reason=because)
    refused = value < least
    return StageResult(
        stage=stage, passed=not refused, value=value, threshold=least, unit=f"{noun}s",
        reason=f"an alert needs {counted(least, noun)}", gate=gate if refused else None,
    )  # fmt: skip
