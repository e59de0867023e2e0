"""Gates: the stages that decide whether a signal alerts, each with what it compared and the sentence that says why.

Pure: all that decides is passed in.
"""

from alerts.gates.decide import STAGES, AlertDecision, decide, withhold_calm
from alerts.gates.inhibition import larger_one
from alerts.gates.new_theme import NewThemeCandidate, new_theme_signal, plan_covering
from alerts.gates.signal import AlertSignal, Budget, PastAlert, ReportedEvent, SignalFacts
from alerts.gates.spikes import AlertCandidate, spike_signal

__all__ = [
    "STAGES",
    "AlertCandidate",
    "AlertDecision",
    "AlertSignal",
    "Budget",
    "NewThemeCandidate",
    "PastAlert",
    "ReportedEvent",
    "SignalFacts",
    "decide",
    "larger_one",
    "new_theme_signal",
    "plan_covering",
    "spike_signal",
    "withhold_calm",
]
