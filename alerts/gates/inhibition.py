"""The stage of inhibition: what another alert reports already, because it is the same event."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from alerts.gates.signal import AlertSignal, ReportedEvent, SignalFacts
from alerts.reason import where
from models.alert import AlertKind, Gate
from models.decision_path import StageName, StageResult
from models.recurring import FEWEST
from models.spike import Spike

TOGETHER = timedelta(hours=6)
"""Onsets so close are taken for one: the longest window that localizes an onset, in which that of a small theme may show."""
LARGER = 4.0
"""How much more severe a spike is than its side effects: twice what would open it again soon after its end."""
OWN_EXCESS = 2.0
"""How many times the excess of what was alerted makes a part of an event an alert: it is then what the incident is named for."""


class InhibitionStage:
    """Withholds what alerts reported already: a theme, the burst that it began with, side effects, and what comes each week or day."""

    name = StageName.INHIBITION

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Look for the alert that reports the event: of the theme itself, else of a spike or an incident that this one is a part of."""
        if signal.kind is AlertKind.NEW_THEME:
            if facts.past:
                return self._refused(
                    Gate.THEME_ALREADY_ALERTED, "the theme was alerted before", len(facts.past), 0, "alerts"
                )
            return self._passed("the theme was never alerted", 0, 0, "alerts")
        born = [one.opened_at for one in facts.past if one.kind is AlertKind.NEW_THEME]
        birth = facts.settings.birth
        if signal.spike is not None and any(signal.start <= opened + birth for opened in born):
            because = "it is the burst that the new theme's own alert reported"
            after = max(
                (signal.start - opened) / timedelta(hours=1) for opened in born if signal.start <= opened + birth
            )
            needed = birth / timedelta(hours=1)
            return self._refused(Gate.THEME_ALREADY_ALERTED, because, round(after, 2), needed, "hours after that alert")
        return self._part(signal, facts)

    def _part(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        severity = None if signal.spike is None else round(signal.spike.severity, 2)
        if facts.recurring is not None:
            because = f"it comes {facts.recurring.when()}, x{facts.recurring.times + 1}, and brings no more than before; plan it"
            return self._refused(Gate.RECURRING, because, facts.recurring.times, FEWEST, "earlier times")
        larger = facts.larger
        if larger is None and signal.spike is not None and facts.event is not None:
            return self._part_of_event(signal.spike, facts.event)
        if larger is None or severity is None:
            lone = "no severity" if severity is None else severity
            return self._passed("it is no part of a larger spike", lone, "no larger spike", "severity")
        because = f"it is a part of spike {larger.spike_id}, which is larger and began with it{where(larger.segment)}"
        needed = round(larger.severity / LARGER, 2)
        return self._refused(Gate.PART_OF_ANOTHER_SPIKE, because, severity, needed, "severity")

    def _part_of_event(self, spike: Spike, event: ReportedEvent) -> StageResult:
        excess = round(spike.observed - spike.expected, 1)
        needed = "an excess that is known" if event.excess is None else round(OWN_EXCESS * event.excess, 1)
        if not isinstance(needed, str) and excess >= needed:
            return self._passed(f"it is larger than all that was alerted of {event.name}", excess, needed, "excess")
        because = f"it is a part of {event.name}, which is reported: {event.because}"
        return self._refused(Gate.PART_OF_AN_INCIDENT, because, excess, needed, "excess")

    def _refused(self, gate: Gate, because: str, value: float, threshold: float | str, unit: str) -> StageResult:
        return StageResult(
            stage=self.name, passed=False, value=value, threshold=threshold, unit=unit, reason=because, gate=gate
        )

    def _passed(self, because: str, value: float | str, threshold: float | str, unit: str) -> StageResult:
        return StageResult(stage=self.name, passed=True, value=value, threshold=threshold, unit=unit, reason=because)


def larger_one(spike: Spike, others: Iterable[Spike]) -> Spike | None:
    """Find the largest spike of another theme that a spike is a part of: in the same segment, begun at the same time.

    An event in one segment rarely is limited to one theme: another theme that rises there at the same time, and is less than a quarter
    as severe, is a side effect, and one alert is enough. The segment is that of a spike, or one that contains it. Spikes of all
    segments are never parts of each other, because they share only their time.
    """
    found = [
        one
        for one in others
        if (one.end is None or one.end > spike.start)
        and one.theme_id != spike.theme_id
        and one.severity > LARGER * spike.severity
        and abs(one.start - spike.start) <= TOGETHER
        and bool(one.segment.pairs and spike.segment.pairs)
        and (one.segment.within(spike.segment) or spike.segment.within(one.segment))
    ]
    return max(found, key=lambda one: (one.severity, -one.spike_id), default=None)
