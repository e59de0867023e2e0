"""The interface of the stages that decide whether a signal alerts."""

from __future__ import annotations

from typing import Protocol

from alerts.gates.signal import AlertSignal, SignalFacts
from models.decision_path import StageName, StageResult


class Stage(Protocol):
    """One stage of a decision. Pure: it judges by the signal and the facts alone."""

    @property
    def name(self) -> StageName:
        """Which stage it is."""

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Judge a signal: whether it passes, what was compared with what, and why in one sentence."""
