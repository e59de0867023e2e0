"""The stage that withholds what is about several problems: an alert says that one thing happens."""

from __future__ import annotations

from alerts.gates.signal import AlertSignal, SignalFacts
from models.alert import Gate
from models.decision_path import StageName, StageResult


class OneProblemStage:
    """Withholds signals of a theme whose tickets have only a language in common, one that the embedding model does not read."""

    name = StageName.ONE_PROBLEM

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Look at whether the theme stands for a language."""
        language = facts.only_language
        because = (
            "the theme is of one problem, or of all tickets"
            if language is None
            else f"its tickets have only the language in common, {language}, which the embedding model does not read"
        )
        return StageResult(
            stage=self.name, passed=language is None, value="one" if language is None else "several", threshold="one",
            unit="problems", reason=because, gate=None if language is None else Gate.SEVERAL_PROBLEMS,
        )  # fmt: skip
