"""The path of a decision: the stages that a signal passes on its way to people, in order, and what each of them found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from models.alert import Gate


class StageName(StrEnum):
    """The stages in their order. The values are stored and shown.

    The miner decides up to `inhibition` when it judges the signal. Grouping, routing, quiet hours and delivery follow later.
    """

    LEARNING = "learning"
    ONE_PROBLEM = "one_problem"
    MINIMUM_TICKETS = "minimum_tickets"
    MINIMUM_REQUESTERS = "minimum_requesters"
    FALSE_DISCOVERY_BUDGET = "false_discovery_budget"
    LAUNCH_ENVELOPE = "launch_envelope"
    KNOWN_ISSUE = "known_issue"
    MUTE_RULE = "mute_rule"
    SILENCE = "silence"
    INHIBITION = "inhibition"
    GROUPING = "grouping"
    ROUTING = "routing"
    QUIET_HOURS = "quiet_hours"
    DELIVERY = "delivery"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """What one stage found about a signal.

    Parameters
    ----------
    stage: which one.
    passed: whether it lets the signal go on; None where it was not reached or does not know yet.
    value, threshold: what was compared, as numbers in `unit` or as text; None where there is nothing to compare.
    reason: one sentence without a capital and a full stop, so that it can follow `because`.
    gate: what it is called where it withholds the signal; None where it does not.
    """

    stage: StageName
    passed: bool | None
    value: float | str | None = None
    threshold: float | str | None = None
    unit: str = ""
    reason: str
    gate: Gate | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read the form that `as_json` writes."""
        gate = stored.get("gate")
        return cls(
            stage=StageName(stored["stage"]), passed=stored["passed"], value=stored.get("value"),
            threshold=stored.get("threshold"), unit=stored.get("unit", ""), reason=stored["reason"],
            gate=None if gate is None else Gate(gate),
        )  # fmt: skip

    def as_json(self) -> dict[str, Any]:
        """Write it as it is stored, and as `--json` prints it."""
        return {
            "stage": self.stage.value, "passed": self.passed, "value": self.value, "threshold": self.threshold,
            "unit": self.unit, "reason": self.reason, "gate": None if self.gate is None else self.gate.value,
        }  # fmt: skip
