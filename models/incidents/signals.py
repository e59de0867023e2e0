"""Signals: what one detector or gate has to say about one theme in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Self

from models.alert import AlertKind
from models.incidents.level import Level, LevelReading
from models.segment import Segment
from models.times import parse_rfc3339

LONGEST_TRACK = timedelta(hours=7)
"""Readings older than this are not needed: the longest window of a level is 6 hours."""
READ_EVERY = timedelta(minutes=30)
"""Two readings of a track are at least this far apart, apart from the newest one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSignal:
    """A new theme, a spike, an excess over a plan, missing volume, an escalation or a return after a fix.

    Parameters
    ----------
    start: its onset. end: when it was over; None while it lasts.
    observed, expected: tickets since its onset, and how many the calendar leads one to expect.
    spike_id, alert_id: its rows; a signal without an alert is one that a gate withheld, because its incident reports it already.
    launch_id: the plan that it is about. burst: which return of its incident it is, where the detector has not found it.
    usual: tickets that are usual in an hour, of a burst.
    track: its figures at earlier times, the oldest first, since its theme or segment last changed.
    recent: its tickets in trailing windows, by the time at which they came, where these are counted. They are not stored: tickets that
    move between themes change what a theme had in an hour long ago, which differences of its figures would take for a rise.
    """

    kind: AlertKind
    theme_id: int
    segment: Segment
    start: datetime
    observed: int
    expected: float
    severity: float = 0.0
    end: datetime | None = None
    spike_id: int | None = None
    alert_id: int | None = None
    launch_id: str | None = None
    burst: int | None = None
    usual: float = 0.0
    track: tuple[LevelReading, ...] = ()
    recent: tuple[Level, ...] = field(default=(), compare=False)

    @property
    def missing(self) -> bool:
        """Whether it is about volume that does not come."""
        return self.kind is AlertKind.MISSING_VOLUME

    @property
    def excess(self) -> float:
        """Tickets beyond what was expected since its onset; below 0 where volume is missing."""
        return self.observed - self.expected

    def same_as(self, other: IncidentSignal) -> bool:
        """Check whether two records are about the same row."""
        if self.spike_id is not None or other.spike_id is not None:
            return self.spike_id == other.spike_id
        if self.burst is not None or other.burst is not None:
            return self.burst == other.burst
        return self.alert_id is not None and self.alert_id == other.alert_id

    def with_(self, **changes: Any) -> Self:
        """Copy the signal with some fields replaced."""
        return replace(self, **changes)

    def read_at(self, time: datetime, now: IncidentSignal) -> IncidentSignal:
        """Take over the figures that the same signal has at a time.

        The track begins anew where the theme or the segment is another one, since their counts cannot be compared.
        """
        moved = (self.theme_id, self.segment) != (now.theme_id, now.segment)
        track = () if moved else self.track
        if (moved or not track) and time > now.start:
            first = LevelReading(now.start, 0, 0.0) if not moved else LevelReading(time, now.observed, now.expected)
            track = (first,)
        if track and time - track[-1].at >= READ_EVERY:
            track = (*track, LevelReading(time, now.observed, now.expected))
        # One reading beyond the longest window stays, so that the window is covered.
        while len(track) > 1 and time - track[1].at > LONGEST_TRACK:
            track = track[1:]
        return now.with_(track=track, alert_id=self.alert_id if now.alert_id is None else now.alert_id)

    def level(self, time: datetime, window: timedelta) -> Level | None:
        """Return its level over the window before `time`; None where its track does not reach back far enough.

        A signal younger than the window has had no excess before its onset.
        """
        if self.end is not None:
            return Level(0, 0.0, window)
        if self.recent:
            counted = next((one for one in self.recent if one.time >= window), self.recent[-1])
            earlier = [one for one in self.track if time - one.at >= counted.time]
            # What was expected of all tickets at night is not what is expected by day.
            expected = self.expected - earlier[-1].expected if earlier else counted.expected
            return Level(counted.observed, max(0.0, expected), counted.time)
        if not self.track:
            return None
        before = [one for one in self.track if time - one.at >= window]
        first = self.track[0]
        if not before and (first.observed or first.at != self.start):
            return None
        base = before[-1] if before else first
        covered = max(window, time - base.at)
        return Level(max(0, self.observed - base.observed), max(0.0, self.expected - base.expected), covered)

    def as_json(self) -> dict[str, Any]:
        """Write the signal as an incident stores it."""
        return {
            "kind": self.kind.value, "theme": self.theme_id, "segment": self.segment.as_dict(), "start": self.start.isoformat(),
            "observed": self.observed, "expected": self.expected, "severity": self.severity,
            "end": self.end.isoformat() if self.end else None, "spike": self.spike_id, "alert": self.alert_id,
            "launch": self.launch_id, "burst": self.burst, "usual": self.usual, "track": [one.as_json() for one in self.track],
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `as_json` wrote."""
        return cls(
            kind=AlertKind(value["kind"]), theme_id=value["theme"], segment=Segment.of(value["segment"]),
            start=datetime.fromisoformat(value["start"]), observed=value["observed"], expected=value["expected"],
            severity=value["severity"], end=parse_rfc3339(value["end"]), spike_id=value["spike"], alert_id=value["alert"],
            launch_id=value["launch"], burst=value["burst"], usual=value["usual"],
            track=tuple(LevelReading.from_json(one) for one in value["track"]),
        )  # fmt: skip


def level_of(signals: Sequence[IncidentSignal], time: datetime, window: timedelta) -> Level | None:
    """Add up the levels of signals over the window before `time`, each theme once; None where a track is too short.

    Of several signals of one theme the one with most tickets counts, since the others are parts of it. All tickets count only
    where no theme is among the signals.
    """
    themes: dict[int, IncidentSignal] = {}
    for signal in signals:
        known = themes.get(signal.theme_id)
        if signal.end is None and not signal.missing and (known is None or signal.observed > known.observed):
            themes[signal.theme_id] = signal
    if len(themes) > 1:
        themes.pop(0, None)
    levels = [one.level(time, window) for one in themes.values()]
    known_levels = [one for one in levels if one is not None]
    if not known_levels or len(known_levels) < len(levels):
        return None
    total = known_levels[0]
    for one in known_levels[1:]:
        total = total.plus(one)
    return total
