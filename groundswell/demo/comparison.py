"""What the demo found, compared with what was injected."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from groundswell.demo.scenario import Injected, Scenario
from models.alert import AlertKind
from models.segment import Segment
from models.times import parse_rfc3339

GRACE = timedelta(hours=2)
"""A signal this long after an incident's end is still about it: the tickets of its last hours are in the tested windows."""

SHARE = 0.3
"""A theme is about an issue when at least this share of its tickets is: neighbouring issues may share one theme."""


@dataclass(frozen=True, slots=True)
class DemoSignal:
    """An alert, with the spike that it is about where there is one."""

    theme_id: int
    theme_name: str
    at: datetime
    kind: str
    segments: tuple[Segment, ...]
    changes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One injected incident and the signals about it, earliest first."""

    injected: Injected
    signals: tuple[DemoSignal, ...]

    @property
    def right(self) -> bool:
        """Whether it signals exactly if it should."""
        return bool(self.signals) == self.injected.should_signal

    @property
    def delay(self) -> timedelta | None:
        """From the incident's start to the first signal."""
        return self.signals[0].at - self.injected.start if self.signals else None

    @property
    def segment_named(self) -> bool | None:
        """Whether a signal or a cause names the very segment; None where there is no signal or no segment to name."""
        if not self.signals or not self.injected.segment.pairs or self.injected.kind == AlertKind.NEW_THEME:
            return None
        return any(self.injected.segment in signal.segments for signal in self.signals)

    @property
    def change_named(self) -> bool | None:
        """Whether a cause names the change; None where there is no signal or no change."""
        if not self.signals or self.injected.change_id is None:
            return None
        return any(self.injected.change_id in signal.changes for signal in self.signals)


def compare(
    scenario: Scenario,
    themes: Sequence[Mapping[str, Any]],
    spikes: Sequence[Mapping[str, Any]],
    alerts: Sequence[Mapping[str, Any]],
) -> tuple[list[Comparison], list[DemoSignal]]:
    """Match signals to incidents; returns the comparisons in the story's order, and the signals of launch day that match none.

    `themes` (with members), `spikes` and `alerts` are the listings' rows.
    """
    about = {theme["id"]: _issues(theme, scenario.labels) for theme in themes}
    signals = _signals(themes, spikes, alerts)
    matched: set[int] = set()
    compared = []
    for injected in scenario.truth:
        hits = [at for at, signal in enumerate(signals) if _tells(signal, injected, about)]
        matched.update(hits)
        compared.append(Comparison(injected, tuple(signals[at] for at in hits)))
    left = [signal for at, signal in enumerate(signals) if at not in matched and signal.at >= scenario.launch_day]
    return compared, left


def _tells(signal: DemoSignal, injected: Injected, about: Mapping[int, frozenset[str]]) -> bool:
    return (
        injected.issue is not None
        and injected.issue in about.get(signal.theme_id, ())
        and injected.start <= signal.at <= injected.end + GRACE
    )


def _issues(theme: Mapping[str, Any], labels: Mapping[str, str]) -> frozenset[str]:
    counted = Counter(labels[ticket] for ticket in theme.get("tickets", ()) if ticket in labels)
    total = sum(counted.values())
    return frozenset(issue for issue, n in counted.items() if n >= SHARE * total)


def _signals(
    themes: Sequence[Mapping[str, Any]], spikes: Sequence[Mapping[str, Any]], alerts: Sequence[Mapping[str, Any]]
) -> list[DemoSignal]:
    names = {theme["id"]: theme["name"] for theme in themes}
    by_id = {spike["id"]: spike for spike in spikes}
    found = []
    for alert in alerts:
        spike = by_id.get(alert["spike_id"]) if alert["spike_id"] is not None else None
        own = [spike] if spike else [one for one in spikes if one["theme_id"] == alert["theme_id"]]
        causes = [cause for one in own for cause in one["causes"]]
        segments = [Segment.of(one["segment"]) for one in own] + [
            Segment.of(cause["segment"]) for cause in causes if cause["segment"]
        ]
        found.append(DemoSignal(
            theme_id=alert["theme_id"], theme_name=names.get(alert["theme_id"], "All tickets"),
            at=parse_rfc3339(alert["opened_at"]), kind=alert["kind"], segments=tuple(segments),
            changes=tuple(cause["change_id"] for cause in causes if cause["change_id"]),
        ))  # fmt: skip
    return sorted(found, key=lambda signal: (signal.at, signal.theme_id))
