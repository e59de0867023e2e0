"""Why and why not: what an epoch's tests said of one theme and segment, and which of them stopped a signal.

The verdict is the detector's own: `explain` reads the findings and trials of `Detector.judge` and computes windows with
the functions that it used. It decides nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from models.arrays import BucketWindow, Floats, Ints
from models.bucket import BUCKETS_PER_HOUR, start_of
from models.segment import EVERYTHING, Segment
from models.spikes.context import DetectionContext, combined_p, remainder, scope_series, tabulate_some
from models.spikes.episodes.episode import Episode, Finding
from models.spikes.expectation.predict import Expectation
from models.spikes.explain.sentences import sentences
from models.spikes.families.all_tickets import lift_over, under_plan
from models.spikes.families.plan_subset import clearest_part
from models.spikes.launches.common_lift import LearnedLift
from models.spikes.launches.effect import LaunchEffect
from models.spikes.outcome import Family, FamilyOutcome, SuppressedSignal
from models.spikes.series import ALL_TICKETS
from models.spikes.statistics.count_tails import quantile, upper_tail

SignalVerdict = Literal[
    "signal", "going_on", "ended", "warmup", "unknown_then", "shares_envelope", "held", "planned",
    "few_tickets", "not_above", "chance",
]  # fmt: skip

_MOST_MORE = 1 << 20
"""Tickets beyond which nobody asks how many more would signal."""


@dataclass(frozen=True, slots=True)
class WindowTest:
    """One trailing window of buckets [start, end): counts, the 95 % range low to high, and the tail's p-value.

    planned: the part of `expected` that launches add. p_value: 1 where the window is not told, being no more than
    expected or under the fewest tickets.
    """

    start: int
    end: int
    observed: int
    expected: float
    planned: float
    low: float
    high: float
    p_value: float


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


@dataclass(frozen=True, slots=True)
class PlanEnvelope:
    """A running launch that names the theme: what is planned since its start in its scope, and the test against it.

    p_value, needed: None where the plan was not tested, its window being over. near, near_expected: the part of the tickets
    nearest to the plan's text that stands out most, in all segments over the last day; None where it is not known. common: of a
    plan for all themes the multiple that was planned and the one that the other themes have since the launch began, by which
    `expected` is lifted; for all tickets, of which `expected` is the plan's, the one that all themes have.
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
    near: int | None = None
    near_expected: float | None = None
    common: LearnedLift | None = None


@dataclass(frozen=True, slots=True)
class Latch:
    """An episode of the theme that ended lately: until bucket `until` only `least` or more severity opens another."""

    ended: int
    until: int
    least: float


@dataclass(frozen=True, slots=True)
class SignalExplanation:
    """What the detector said of a theme and segment at the end of an epoch, and what stopped it.

    Parameters
    ----------
    end: first bucket after the epoch.
    verdict: `signal`, `going_on` and `ended` are findings of the theme, told in `finding`; the others name what stopped
    one. It is the theme's: an episode may be named by another segment than the one asked about.
    windows: the asked series; empty where nothing could be computed. with_themes: the themes that are judged together,
    the asked one among them.
    tested: the asked series' test. nearest: that of the theme's series nearest to a signal, where it is another.
    growth, missing: the hourly tests of slow growth over days and of missing volume (of a segment of all tickets, where
    everything is asked about); None where they were not made.
    more: further tickets now that would make the asked series signal; None where none would, or it does already.
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
    held: SuppressedSignal | None = None
    finding: Finding | None = None
    growth: TestedSeries | None = None
    missing: TestedSeries | None = None
    history_hours: int = 0
    warmup_hours: int = 0
    min_tickets: int = 0
    budget: float = 0.0

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same in plain sentences, the verdict first."""
        return sentences(self)

    def as_json(self) -> dict[str, Any]:
        """Times in RFC 3339, segments as objects."""
        finding = self.finding
        return {
            "theme_id": self.theme_id, "segment": self.segment.as_dict(), "at": _time(self.end), "verdict": self.verdict,
            "signal": self.verdict == "signal", "sentences": list(self.sentences),
            "observed": self.windows[-1].observed if self.windows else None,
            "expected": self.windows[-1].expected if self.windows else None,
            "windows": [
                {"start": _time(one.start), "end": _time(one.end), "minutes": (one.end - one.start) * 5, **_plain(one)}
                for one in self.windows
            ],
            "p_value": None if self.tested is None else self.tested.p_value,
            "needed": None if self.tested is None else self.tested.needed,
            "tested": None if self.tested is None else _plain(self.tested),
            "nearest": None if self.nearest is None else _plain(self.nearest),
            "growth": None if self.growth is None else _plain(self.growth),
            "missing": None if self.missing is None else _plain(self.missing),
            "more": self.more, "false_alerts_per_week": self.budget, "judged_with": list(self.with_themes),
            "envelopes": [
                {
                    **_plain(one), "start": _time(one.start), "end": _time(one.end),
                    "common": None if one.common is None else one.common.as_json(),
                }
                for one in self.envelopes
            ],
            "latch": None if self.latch is None else {
                "ended": _time(self.latch.ended), "until": _time(self.latch.until), "least_severity": self.latch.least,
            },
            "held": None if self.held is None else _plain(self.held),
            "episode": None if finding is None else {
                "change": finding.change, "signal": finding.signal, "theme_id": finding.theme_id,
                "segment": finding.segment.as_dict(), "start": _time(finding.start),
                "end": None if finding.end is None else _time(finding.end), "observed": finding.observed,
                "expected": finding.expected, "ratio": finding.ratio, "p_value": finding.p_value,
                "q_value": finding.q_value, "severity": finding.severity, "launch_id": finding.launch_id,
                "gate": finding.gate,
            },
        }  # fmt: skip


def explain(
    scene: DetectionContext, findings: Sequence[Finding], theme_id: int, segment: Segment = EVERYTHING
) -> SignalExplanation:
    """Say why a theme signals in an epoch, or why it does not.

    Parameters
    ----------
    scene, findings: what `Detector.judge` returned for the epoch.
    theme_id: 0 means all tickets, which are judged everywhere only.
    segment: the series whose figures are told; of a theme, any segment that counts are kept of.
    """
    settings = scene.settings
    known = SignalExplanation(
        theme_id, EVERYTHING if theme_id == ALL_TICKETS else segment, scene.end, "unknown_then",
        history_hours=scene.baseline.history_hours, warmup_hours=settings.warmup_hours, min_tickets=settings.min_tickets,
        budget=settings.false_alerts_per_week,
    )  # fmt: skip
    if theme_id not in scene.baseline.place:
        return known
    if scene.baseline.history_hours < settings.warmup_hours:
        return replace(known, verdict="warmup")
    themes, observed, expected = _figures(scene, findings, theme_id, known.segment)
    tests = _tests(scene, theme_id, ("total", "segment", "all"))
    p_value = float(combined_p(observed[None], expected, settings.min_tickets)[0])
    tested = _tested(scene, tests, known.segment, theme_id, p_value)
    others = [one for one in tests if one.segment != known.segment]
    nearest = min(others, key=lambda one: one.p_value / one.needed, default=None)
    finding = _finding(scene, findings, theme_id)
    found = replace(
        known,
        windows=tuple(_windows(scene, observed, expected)),
        with_themes=themes,
        tested=tested,
        nearest=nearest,
        envelopes=tuple(_envelopes(scene, theme_id)),
        latch=_latch(scene, theme_id),
        held=scene.held.get(theme_id),
        finding=finding,
        growth=next(iter(_tests(scene, theme_id, ("growth",))), None),
        missing=min(_of_segment(_tests(scene, theme_id, ("missing",)), known.segment), key=_p_of, default=None),
    )
    verdict = _verdict(scene, found)
    more = None
    if verdict in ("few_tickets", "not_above", "chance"):
        more = _more(observed, expected, tested.needed, settings.min_tickets)
    return replace(found, verdict=verdict, more=more)


def _verdict(scene: DetectionContext, why: SignalExplanation) -> SignalVerdict:
    finding = why.finding
    if finding is not None:
        if finding.theme_id != why.theme_id:
            return "shares_envelope"
        named: Mapping[str, SignalVerdict] = {"opened": "signal", "updated": "going_on", "closed": "ended"}
        return named[finding.change]
    if why.held is not None:
        return "held"
    if any(theme in scene.held for theme in scene.unit(why.theme_id)):
        return "shares_envelope"
    if why.theme_id == ALL_TICKETS and any(scene.lifts_all(launch) for launch in scene.running):
        return "planned"
    return _of_counts(why)


def _of_counts(why: SignalExplanation) -> SignalVerdict:
    if max((one.observed for one in why.windows), default=0) < why.min_tickets:
        return "few_tickets"
    return "not_above" if all(one.p_value == 1.0 for one in why.windows) else "chance"


def _of_segment(tests: Sequence[TestedSeries], segment: Segment) -> list[TestedSeries]:
    """The tests of a segment; of everything, those of all segments: any of them may fall silent."""
    return [one for one in tests if segment in (EVERYTHING, one.segment)]


def _p_of(tested: TestedSeries) -> float:
    return tested.p_value


def _finding(scene: DetectionContext, findings: Iterable[Finding], theme_id: int) -> Finding | None:
    """The theme's finding, a rise before missing volume, or else one of a theme that it shares an envelope with."""
    together = [
        one
        for one in findings
        if one.theme_id == theme_id or (one.signal != "missing_volume" and theme_id in scene.unit(one.theme_id))
    ]
    return min(together, key=lambda one: (one.theme_id != theme_id, one.signal == "missing_volume"), default=None)


def _figures(
    scene: DetectionContext, findings: Sequence[Finding], theme_id: int, segment: Segment
) -> tuple[tuple[int, ...], Ints, Expectation]:
    """The themes judged together, and what they count and should count in the tested windows."""
    if theme_id == ALL_TICKETS:
        rises = [one for one in findings if one.theme_id != ALL_TICKETS and one.signal != "missing_volume"]
        busy = scene.busy(rises)
        rest = remainder(scene, busy, scene.windows)
        return (ALL_TICKETS,), rest.observed, rest.expected
    table = tabulate_some(scene, scene.unit(theme_id), segment)
    if len(table.series) == 1:
        return (theme_id,), table.observed[0], table.expected
    # Of themes that share an envelope only those with tickets are added up, as where they are judged.
    seen = np.flatnonzero(table.observed.max(axis=1) > 0)
    if not len(seen):
        seen = np.arange(1)
    expected = table.expected
    chosen = Expectation(expected.mean[seen], expected.noise[seen], expected.planned[seen], expected.doubt[seen])
    together = chosen.summed(np.zeros(len(seen), dtype=np.int64), 1)
    return scene.unit(theme_id), table.observed[seen].sum(axis=0), together


def _windows(scene: DetectionContext, observed: Ints, expected: Expectation) -> Iterable[WindowTest]:
    mean, variance = expected.mean[0], expected.variance[0]
    low, high = quantile(0.025, mean, variance), quantile(0.975, mean, variance)
    for at, (start, end) in enumerate(scene.windows):
        told = observed[at] >= scene.settings.min_tickets and observed[at] > mean[at]
        p_value = float(upper_tail(observed[at], mean[at], variance[at])) if told else 1.0
        yield WindowTest(
            start, end, int(observed[at]), float(mean[at]), float(expected.planned[0, at]), float(low[at]),
            float(high[at]), p_value,
        )  # fmt: skip


def _tests(scene: DetectionContext, theme_id: int, families: Sequence[Family]) -> list[TestedSeries]:
    """The tests of a theme that were made in the epoch, of some families."""
    unit = np.array(scene.unit(theme_id))
    return [
        _test(scene, trial, int(at))
        for trial in scene.trials
        if trial.family in families
        for at in np.flatnonzero(np.isin(trial.theme_ids, unit))
    ]


def _test(scene: DetectionContext, trial: FamilyOutcome, at: int) -> TestedSeries:
    segment = trial.segment if trial.segments is None else scene.counts.segments[int(trial.segments[at])]
    others = np.delete(trial.p_values, at) if trial.judged else _judged_with(scene, trial)
    budget = float(trial.rates[at]) / trial.level * trial.budget if trial.budget else None
    return TestedSeries(
        trial.family, segment or EVERYTHING, float(trial.p_values[at]),
        needed_p(others, trial.level, trial.tests), trial.level, trial.tests, budget,
    )  # fmt: skip


def _judged_with(scene: DetectionContext, trial: FamilyOutcome) -> Floats:
    """P-values of the tests that were made in a trial's family."""
    made = [one.p_values for one in scene.trials if one.family == trial.family and one.judged]
    return np.concatenate(made) if made else np.zeros(0)


def _tested(
    scene: DetectionContext, tests: Sequence[TestedSeries], segment: Segment, theme_id: int, p_value: float
) -> TestedSeries:
    """The asked series' test; where it was not among those made, what it would have been held against."""
    made = next((one for one in tests if one.segment == segment), None)
    if made is not None:
        return made
    family: Family = "all" if theme_id == ALL_TICKETS else "total" if segment == EVERYTHING else "segment"
    trial = next((one for one in scene.trials if one.family == family and one.judged), None)
    if trial is None:
        return TestedSeries(family, segment, p_value, 0.0, 0.0, 0, None)
    needed = needed_p(_judged_with(scene, trial), trial.level, trial.tests)
    budget = min(p_value * trial.tests, 1.0) / trial.level * trial.budget
    return TestedSeries(family, segment, p_value, needed, trial.level, trial.tests, budget)


def needed_p(others: Floats, level: float, tests: int) -> float:
    """Greatest p-value at which one more test would be rejected beside the others by Benjamini-Hochberg at `level`.

    `tests` counts all tests of the family, those whose p is 1 and that are not listed included.

    References
    ----------
    Benjamini and Hochberg 1995, JRSS-B 57.
    """
    tests = max(tests, len(others) + 1)
    ranks = np.arange(1, len(others) + 2)
    below = np.searchsorted(np.sort(others), level * ranks / tests, side="right")
    reached = ranks[below >= ranks - 1]
    return float(level * reached.max() / tests)


def _envelopes(scene: DetectionContext, theme_id: int) -> Iterable[PlanEnvelope]:
    for launch in scene.running:
        group = next((one.theme_ids for one in launch.expected if theme_id in one.theme_ids), None)
        if group is None:
            if scene.lifts_all(launch) and scene.is_lifted(theme_id, launch):
                yield _for_all(scene, launch, theme_id)
            continue
        themes = [theme for theme in sorted(group) if theme in scene.baseline.place]
        trial, at = _against(scene, launch, themes)
        segment = EVERYTHING if trial is None or trial.segment is None else trial.segment
        window = (launch.start, min(scene.end, launch.end))
        observed, mean, low, high = _planned(scene, themes, segment, window)
        near = launch.near_of(theme_id)
        part = None if near is None else clearest_part(scene, near, [window])[0]
        yield PlanEnvelope(
            launch.launch_id, segment, launch.start, launch.end, observed, mean, low, high,
            None if trial is None else float(trial.p_values[at]),
            None if trial is None else trial.level / trial.tests,
            None if part is None else part.observed, None if part is None else part.expected,
        )  # fmt: skip


def _for_all(scene: DetectionContext, launch: LaunchEffect, theme_id: int) -> PlanEnvelope:
    """A plan for all themes: all tickets against the plan, a theme against what the others have."""
    window, segment = (launch.start, min(scene.end, launch.end)), scope_series(scene, launch.scope)
    common = lift_over(scene, theme_id, window, launch)
    if theme_id == ALL_TICKETS:
        busy = scene.busy(one for one in scene.episodes if one.end is None)
        rest = under_plan(scene, launch, busy, [window])
        seen, expected = int(rest.observed[0]), rest.expected
    else:
        series = scene.some((theme_id,), segment)
        seen = int(series.counted(scene.counts.sums(*window))[0])
        expected = scene.expected(series, [window], scene.volume(*window))
    mean, variance = expected.mean[0], expected.variance[0]
    trial, at = _against(scene, launch, [theme_id])
    return PlanEnvelope(
        launch.launch_id, segment, launch.start, launch.end, seen, float(mean[0]),
        float(quantile(0.025, mean, variance)[0]), float(quantile(0.975, mean, variance)[0]),
        None if trial is None else float(trial.p_values[at]), None if trial is None else trial.level / trial.tests,
        common=common,
    )  # fmt: skip


def _against(scene: DetectionContext, launch: LaunchEffect, themes: Sequence[int]) -> tuple[FamilyOutcome | None, int]:
    for trial in scene.trials:
        if trial.launch_id == launch.launch_id:
            for at in np.flatnonzero(np.isin(trial.theme_ids, themes)):
                return trial, int(at)
    return None, 0


def _planned(
    scene: DetectionContext, themes: Sequence[int], segment: Segment, window: BucketWindow
) -> tuple[int, float, float, float]:
    series = scene.some(themes, segment)
    expected = scene.expected(series, [window], None).summed(np.zeros(len(series), dtype=np.int64), 1)
    mean, variance = expected.mean[0], expected.variance[0]
    low, high = quantile(0.025, mean, variance), quantile(0.975, mean, variance)
    return int(series.counted(scene.counts.sums(*window)).sum()), float(mean[0]), float(low[0]), float(high[0])


def _latch(scene: DetectionContext, theme_id: int) -> Latch | None:
    hours = scene.settings.rearm_hours * BUCKETS_PER_HOUR
    late = [_ended(one) for one in scene.episodes if one.theme_id == theme_id and _ended(one)[0] > scene.end - hours]
    if not late:
        return None
    ended = max(end for end, _ in late)
    return Latch(ended, ended + hours, 2.0 * max(severity for _, severity in late))


def _ended(episode: Episode) -> tuple[int, float]:
    return episode.end or 0, episode.severity


def _more(observed: Ints, expected: Expectation, needed: float, min_tickets: int) -> int | None:
    """Fewest further tickets now, which all windows hold, that bring the combined p-value down to `needed`."""

    def signals(more: int) -> bool:
        return float(combined_p(observed[None] + more, expected, min_tickets)[0]) <= needed

    high = 1
    while not signals(high):
        high *= 2
        if high > _MOST_MORE:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if signals(middle) else (middle, high)
    return high


def _plain(one: Any) -> dict[str, Any]:
    values = {name: getattr(one, name) for name in one.__dataclass_fields__ if name not in ("start", "end")}
    return {name: value.as_dict() if isinstance(value, Segment) else value for name, value in values.items()}


def _time(bucket: int) -> str:
    return start_of(bucket).isoformat().replace("+00:00", "Z")
