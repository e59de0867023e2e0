"""The first stage: themes and usual counts are learned silently at first."""

from __future__ import annotations

from datetime import datetime, timedelta

from alerts.gates.signal import AlertSignal, SignalFacts
from models.alert import AlertKind, Gate
from models.decision_path import StageName, StageResult
from models.formats import utc_minute

HOUR = timedelta(hours=1)


class LearningStage:
    """Withholds new themes and their first bursts, and spikes that were found in the detector's learning period, until it is over."""

    name = StageName.LEARNING

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Compare the length of the record, in hours, with the learning period."""
        until, subject = self._ends(signal, facts)
        learned = (facts.now - facts.record_start) / HOUR
        needed = "nothing to learn" if until is None else round((until - facts.record_start) / HOUR, 2)
        if until is None:
            because = "neither the theme nor its usual counts are new"
        elif facts.now <= until:
            because = f"{subject} are learned silently until {utc_minute(until)}"
        else:
            because = f"{subject} were learned silently until {utc_minute(until)}"
        refused = until is not None and facts.now <= until
        return StageResult(
            stage=self.name, passed=not refused, value=round(learned, 2), threshold=needed,
            unit="hours", reason=because, gate=Gate.LEARNING_PERIOD_LASTS if refused else None,
        )  # fmt: skip

    def _ends(self, signal: AlertSignal, facts: SignalFacts) -> tuple[datetime | None, str]:
        """Return when what concerns the signal is learned, and what that is; the latest where there are several."""
        found: list[tuple[datetime, str]] = []
        new = signal.born_at is not None and signal.start <= signal.born_at + facts.settings.birth
        if signal.kind is AlertKind.NEW_THEME or new:
            found.append((facts.record_start + facts.settings.learning_period, "themes"))
        if signal.learning_until is not None:
            found.append((signal.learning_until, "usual counts"))
        return max(found) if found else (None, "")
