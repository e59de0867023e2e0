"""The stage of grouping: one alert for an episode. What follows is an update of its incident, and is decided there."""

from __future__ import annotations

from datetime import timedelta

from alerts.gates.signal import AlertSignal, SignalFacts
from alerts.settings import AlertSettings
from models.alert import Gate
from models.decision_path import StageName, StageResult
from models.formats import utc_minute
from models.incidents.incident import Incident


class GroupingStage:
    """Withholds a spike that was alerted before: its incident decides what is news about it."""

    name = StageName.GROUPING

    def judge(self, signal: AlertSignal, facts: SignalFacts) -> StageResult:
        """Count the alerts of the same episode."""
        spike = signal.spike
        own = 0 if spike is None else sum(one.spike_id == spike.spike_id for one in facts.past)
        because = "the spike was alerted before" if own else "nothing was sent of it before"
        return StageResult(
            stage=self.name, passed=not own, value=own, threshold=0, unit="alerts", reason=because,
            gate=Gate.SPIKE_ALREADY_ALERTED if own else None,
        )  # fmt: skip


def grouped(settings: AlertSettings, incident: Incident, what: str) -> StageResult:
    """Say which incident a signal belongs to, what it did to it, and by which times its messages are grouped."""
    times = (("wait", settings.group_wait), ("interval", settings.group_interval), ("repeat", settings.repeat_interval))
    written = ", ".join(f"{name} {length(time)}" for name, time in times)
    done = what.replace("_", " ")
    because = f"it is part of incident {incident.incident_id}, of which {_messages(incident)}"
    return StageResult(
        stage=StageName.GROUPING, passed=True, value=f"incident {incident.incident_id}: {done}", threshold=written,
        reason=because,
    )  # fmt: skip


def length(time: timedelta) -> str:
    """Write a length of time: `15 min`, `3 d`, `1 h 30 min`; `0 min` for none."""
    minutes = int(time.total_seconds() // 60)
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "0 min"


def _messages(incident: Incident) -> str:
    if incident.reported_at is None:
        return "nothing was sent yet"
    waits = ", ".join(one.news.value.replace("_", " ") for one in incident.waiting)
    last = f"the last message was due at {utc_minute(incident.reported_at)}"
    return f"{last}; what waits for the next one: {waits}" if waits else last
