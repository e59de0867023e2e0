"""The explanation of a signal, or of its absence: its records, and their form in JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from models.bucket import start_of
from models.segment import Segment
from models.spikes.episodes.episode import Finding
from models.spikes.launches.learned_lift import LearnedLift
from models.spikes.outcome import Family, SuppressedSignal
from models.times import rfc3339


class SignalVerdict(StrEnum):
    """What the detector reported of a theme, or what prevented a signal."""

    SIGNAL = "signal"
    GOING_ON = "going_on"
    ENDED = "ended"
    WARMUP = "warmup"
    UNKNOWN_THEN = "unknown_then"
    SHARES_ENVELOPE = "shares_envelope"
    POOLED = "pooled"
    SUPPRESSED = "held"
    PLANNED = "planned"
    FEW_TICKETS = "few_tickets"
    NOT_ABOVE = "not_above"
    CHANCE = "chance"


@dataclass(frozen=True, slots=True)
class WindowTest:
    """One trailing window of buckets [start, end): counts, the 95 % range low to high, and the tail's p-value.

    planned: what launches add to `expected`. p_value: 1 where the window is not tested, having no more than expected or
    too few tickets.
    """

    start: int
    end: int
    observed: int
    expected: float
    planned: float
    low: float
    high: float
    p_value: float

    def as_json(self) -> dict[str, Any]:
        """Return times in RFC 3339, and the figures."""
        return {
            "start": _time(self.start), "end": _time(self.end), "minutes": (self.end - self.start) * 5,
            "observed": self.observed, "expected": self.expected, "planned": self.planned, "low": self.low,
            "high": self.high, "p_value": self.p_value,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class TestedSeries:
    """The combined test of one series: its p-value, and the p-value at which it would have signalled.

    family: the tests that shared the error level `level` with it; there were `tests` of them. segment: the series.
    budget: expected false alerts a week at which it would just signal; None where its level does not follow from them.
    """

    family: Family
    segment: Segment
    p_value: float
    needed: float
    level: float
    tests: int
    budget: float | None

    def as_json(self) -> dict[str, Any]:
        """Return the figures, the segment as an object."""
        return {
            "family": self.family, "segment": self.segment.as_dict(), "p_value": self.p_value, "needed": self.needed,
            "level": self.level, "tests": self.tests, "budget": self.budget,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlanEnvelope:
    """A running launch that names the theme: what is planned since its start in its scope, and the test against it.

    p_value, needed: None where the plan was not tested, its window being over. nearest, nearest_expected: the subset of
    the tickets nearest to the plan's text that stands out most, in all segments over the last day; None where it is not
    known. common: of a plan for all themes the planned multiple and the one that the other themes have since the launch
    began, by which `expected` is lifted; for all tickets, of which `expected` is the plan's, that of all themes.
    """

    launch_id: str
    segment: Segment
    start: int
    end: int
    observed: int
    expected: float
    low: float
    high: float
    p_value: float | None
    needed: float | None
    nearest: int | None = None
    nearest_expected: float | None = None
    common: LearnedLift | None = None

    def as_json(self) -> dict[str, Any]:
        """Return times in RFC 3339, the segment as an object, and the figures."""
        return {
            "launch_id": self.launch_id, "segment": self.segment.as_dict(), "observed": self.observed,
            "expected": self.expected, "low": self.low, "high": self.high, "p_value": self.p_value,
            "needed": self.needed, "near": self.nearest, "near_expected": self.nearest_expected,
            "common": None if self.common is None else self.common.as_json(),
            "start": _time(self.start), "end": _time(self.end),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Latch:
    """An episode of the theme that ended lately: until bucket `until` only a severity of `least` opens another."""

    ended: int
    until: int
    least: float

    def as_json(self) -> dict[str, Any]:
        """Return times in RFC 3339, and the severity."""
        return {"ended": _time(self.ended), "until": _time(self.until), "least_severity": self.least}


@dataclass(frozen=True, slots=True)
class SignalExplanation:
    """What the detector reported of a theme and segment at the end of an epoch, and what prevented a signal.

    Parameters
    ----------
    end: first bucket after the epoch.
    verdict: `signal`, `going_on` and `ended` are findings of the theme, given in `finding`; the others name what
    prevented one. It is the theme's verdict: an episode may be named by another segment than the one asked about.
    windows: of the asked series; empty where nothing could be computed. with_themes: the themes that are tested
    together, including the asked one.
    tested: the asked series' test. nearest: that of the theme's series closest to a signal, where it is another.
    more: further tickets now that would make the asked series signal; None where none would, or it does already.
    suppressed: the signal of the theme that opened nothing.
    pooled: the hourly test of the small theme together with similar ones, as the one with the most excess.
    growth, missing: the hourly tests of slow growth over days and of missing volume (of a segment of all tickets, where
    everything is asked about); None where they were not made.
    sentences: the same in plain sentences, the verdict first.
    """

    theme_id: int
    segment: Segment
    end: int
    verdict: SignalVerdict
    windows: tuple[WindowTest, ...] = ()
    with_themes: tuple[int, ...] = ()
    tested: TestedSeries | None = None
    nearest: TestedSeries | None = None
    more: int | None = None
    envelopes: tuple[PlanEnvelope, ...] = ()
    latch: Latch | None = None
    suppressed: SuppressedSignal | None = None
    finding: Finding | None = None
    growth: TestedSeries | None = None
    pooled: TestedSeries | None = None
    missing: TestedSeries | None = None
    history_hours: int = 0
    warmup_hours: int = 0
    min_tickets: int = 0
    budget: float = 0.0
    sentences: tuple[str, ...] = field(default=(), compare=False)

    def as_json(self) -> dict[str, Any]:
        """Return times in RFC 3339, segments as objects."""
        held = self.suppressed
        return {
            "theme_id": self.theme_id, "segment": self.segment.as_dict(), "at": _time(self.end), "verdict": self.verdict,
            "signal": self.verdict == SignalVerdict.SIGNAL, "sentences": list(self.sentences),
            "observed": self.windows[-1].observed if self.windows else None,
            "expected": self.windows[-1].expected if self.windows else None,
            "windows": [one.as_json() for one in self.windows],
            "p_value": None if self.tested is None else self.tested.p_value,
            "needed": None if self.tested is None else self.tested.needed,
            "tested": None if self.tested is None else self.tested.as_json(),
            "nearest": None if self.nearest is None else self.nearest.as_json(),
            "growth": None if self.growth is None else self.growth.as_json(),
            "pooled": None if self.pooled is None else self.pooled.as_json(),
            "missing": None if self.missing is None else self.missing.as_json(),
            "more": self.more, "false_alerts_per_week": self.budget, "judged_with": list(self.with_themes),
            "envelopes": [one.as_json() for one in self.envelopes],
            "latch": None if self.latch is None else self.latch.as_json(),
            "held": None if held is None else {
                "observed": held.observed, "severity": held.severity, "least": held.least, "p_value": held.p_value,
            },
            "episode": None if self.finding is None else _finding_json(self.finding),
        }  # fmt: skip


def _finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "change": finding.change, "signal": finding.kind, "theme_id": finding.theme_id,
        "segment": finding.segment.as_dict(), "start": _time(finding.start),
        "end": None if finding.end is None else _time(finding.end), "observed": finding.observed,
        "expected": finding.expected, "ratio": finding.ratio, "p_value": finding.p_value,
        "q_value": finding.q_value, "severity": finding.severity, "launch_id": finding.launch_id,
        "gate": finding.gate, "theme_ids": list(finding.theme_ids),
    }  # fmt: skip


def _time(bucket: int) -> str:
    return rfc3339(start_of(bucket))
