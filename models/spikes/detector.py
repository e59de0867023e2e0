"""The detector: judges all series at the end of an epoch and says which episodes open, go on and close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from models.arrays import Floats, Ints
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.segment import EVERYTHING, Segment
from models.spikes.baseline.fit import Baseline, fit_baseline, is_shift
from models.spikes.context import (
    DetectionContext,
    Table,
    combined_p,
    remainder,
    scope_series,
    segment_order,
    shared_envelopes,
    tabulate,
)
from models.spikes.counts import SeriesCounts
from models.spikes.episodes.episode import Episode, ExpectedRange, Finding, SpikeSignal, ThemeFacts
from models.spikes.episodes.localization import onset
from models.spikes.expectation.predict import SeriesRows
from models.spikes.families.all_tickets import under_plan
from models.spikes.families.missing_volume import LOOKS_PER_WEEK as MISSING_LOOKS
from models.spikes.families.missing_volume import judge_missing, missing_only
from models.spikes.families.plan_subset import against_parts
from models.spikes.families.slow_growth import LOOKS_PER_WEEK as GROWTH_LOOKS
from models.spikes.families.slow_growth import judge_growth
from models.spikes.launches.effect import LaunchEffect, ThemeLift
from models.spikes.lifecycle import Candidate, follow, is_young, open_episode, open_growth
from models.spikes.outcome import Family, FamilyOutcome
from models.spikes.series import ALL_TICKETS, SeriesKey
from models.spikes.settings import SpikeSettings
from models.spikes.statistics.count_tails import false_discovery_rates, quantile, simes, upper_tail

LOOKS_PER_WEEK = 336.0
"""Independent looks that the tests of a week's 2,016 epochs are worth, since their windows overlap."""
_MOST_RATE = 0.05
"""Largest false-discovery rate to which an epoch's tests are held, however many false alerts are accepted: calm series are
looked at all the time, an incident only while it lasts."""
_TOTALS, _SEGMENTS, _ALL, _GROWTH, _MISSING = 0.5, 0.3, 0.05, 0.05, 0.1
"""How the budget of false alerts is split: totals of themes, their segments, all tickets together, slow growth of themes,
missing volume."""


def _asked(scene: DetectionContext, finding: Finding) -> float:
    """False alerts a week at which this epoch's tests just speak for a finding; infinite where none does."""
    found = [trial.asked(theme) for trial in scene.trials for theme in scene.unit(finding.theme_id)]
    return min((one for one in found if one is not None), default=np.inf)


def _left_out(
    episodes: Sequence[Episode], edge: int, settings: SpikeSettings
) -> tuple[tuple[int, int, int, bool, bool], ...]:
    """What of episodes the baseline before an hour depends on: the hours they cover by then, and whether they are a new level.

    An episode that opens, goes on or closes behind the guard gap changes nothing yet, so that nothing is learned anew.
    """
    found = []
    for episode in episodes:
        last = edge if episode.end is None else min(-(-episode.end // BUCKETS_PER_HOUR), edge)
        if episode.start // BUCKETS_PER_HOUR < last:
            silent = episode.signal == "missing_volume"
            shift = is_shift(episode, settings)
            found.append((episode.theme_id, episode.start // BUCKETS_PER_HOUR, last, silent, shift))
    return tuple(found)


class Detector:
    """Finds themes and segments with more tickets than their calendar and plans lead one to expect.

    Each series is tested over nested trailing windows with the exact tail of a negative binomial, combined by
    Simes; Benjamini-Hochberg holds the false-discovery rate of an epoch, first over the themes' totals, then
    over segments of the other themes, at levels that follow from `false_alerts_per_week`. A theme has one
    open episode at a time. All tickets are judged last, in their total alone, without the themes that have
    an episode.

    The answer is a function of the arguments alone: the baseline is kept between calls, and learned again
    whenever anything that it depends on has changed.

    Parameters
    ----------
    settings: see `SpikeSettings`.
    """

    def __init__(self, settings: SpikeSettings | None = None) -> None:
        self.settings = settings or SpikeSettings()
        self._fitted: tuple[object, Baseline] | None = None
        self._fitted_on: SeriesCounts | None = None
        self._order: tuple[SeriesCounts | None, Ints] = (None, np.zeros(0, dtype=np.int64))

    def detect(
        self,
        end_bucket: int,
        counts: SeriesCounts,
        *,
        themes: Mapping[int, ThemeFacts],
        episodes: Sequence[Episode] = (),
        launches: Sequence[LaunchEffect] = (),
    ) -> list[Finding]:
        """Judge all series at the end of an epoch.

        Parameters
        ----------
        end_bucket: first bucket after the epoch; counts in it and later ones are not looked at.
        themes: the live themes; series of other themes are ignored.
        episodes: all open episodes, and the closed ones of the last 8 weeks.
        launches: all launches whose window touches the last 8 weeks, or lies ahead.

        Returns
        -------
        Findings in the order of theme ids: one for every open episode (`updated` or `closed`) and every new
        one.
        """
        return self.judge(end_bucket, counts, themes=themes, episodes=episodes, launches=launches)[1]

    def judge(
        self,
        end_bucket: int,
        counts: SeriesCounts,
        *,
        themes: Mapping[int, ThemeFacts],
        episodes: Sequence[Episode] = (),
        launches: Sequence[LaunchEffect] = (),
    ) -> tuple[DetectionContext, list[Finding]]:
        """`detect`, with the scene that was judged and the trials in it: what `why` explains."""
        scene = self._scene(end_bucket, counts, themes, episodes, launches)
        if scene.baseline.history_hours < self.settings.warmup_hours:
            return scene, []
        open_episodes = [episode for episode in scene.episodes if episode.end is None]
        busy = scene.busy(open_episodes)
        findings = [follow(scene, episode, busy) for episode in open_episodes]
        table = tabulate(scene)
        for candidate in (*self._over_envelope(scene, busy), *self._over_usual(scene, table, busy)):
            finding = None if candidate.theme_id in busy else open_episode(scene, candidate, busy)
            if finding is not None:
                findings.append(finding)
                busy |= set(scene.unit(finding.theme_id))
        grown: list[Finding] = []
        for growth in judge_growth(scene, busy, self._growth_level()):
            finding = open_growth(scene, growth, busy)
            if finding is not None:
                grown.append(self._asking(finding, self._growth_level()))
                busy.add(growth.theme_id)
        findings += self._over_all(scene, busy)
        told = [replace(finding, budget=_asked(scene, finding)) for finding in findings] + grown
        gate: Literal["learning"] | None = "learning" if is_young(scene) else None
        missing = judge_missing(scene, missing_only(episodes), self._missing_level(), gate)
        told += [self._asking(finding, self._missing_level()) for finding in missing]
        return scene, sorted(told, key=lambda finding: (finding.theme_id, finding.signal, finding.start))

    def band(
        self,
        key: SeriesKey,
        spans: Sequence[tuple[int, int]],
        counts: SeriesCounts,
        *,
        end_bucket: int,
        themes: Mapping[int, ThemeFacts],
        episodes: Sequence[Episode] = (),
        launches: Sequence[LaunchEffect] = (),
    ) -> list[ExpectedRange]:
        """Expected mean and 95 % range of a series over spans of buckets, as known at `end_bucket`.

        Under a launch it is the envelope. Empty for a theme that is not among `themes`.
        """
        scene = self._scene(end_bucket, counts, themes, episodes, launches)
        if not spans or key.theme_id not in scene.baseline.place:
            return []
        expected = scene.expected(scene.some((key.theme_id,), key.segment), list(spans), None)
        low = quantile(0.025, expected.mean[0], expected.variance[0])
        high = quantile(0.975, expected.mean[0], expected.variance[0])
        return [
            ExpectedRange(start, end, float(expected.mean[0, at]), float(low[at]), float(high[at]))
            for at, (start, end) in enumerate(spans)
        ]

    def forecast(
        self,
        theme_ids: Sequence[int],
        segment: Segment,
        windows: Sequence[tuple[int, int]],
        counts: SeriesCounts,
        *,
        end_bucket: int,
        themes: Mapping[int, ThemeFacts],
        episodes: Sequence[Episode] = (),
        launches: Sequence[LaunchEffect] = (),
        lift: float = 1.0,
    ) -> tuple[list[int], Floats, Floats]:
        """What would be usual without any launch, times `lift`, as known at `end_bucket`.

        Returns the themes of those asked for that are known, and the mean and variance of their counts, each of shape
        (themes, windows).
        """
        scene = self._scene(end_bucket, counts, themes, episodes, launches)
        known = [theme for theme in theme_ids if theme in scene.baseline.place]
        if not known or not windows:
            return known, np.zeros((len(known), len(windows))), np.zeros((len(known), len(windows)))
        usual = replace(scene, launches=()).expected(scene.some(known, segment), list(windows), None)
        counting = scene.baseline.dispersion[[scene.baseline.place[theme] for theme in known]][:, None] * usual.mean
        return known, lift * usual.mean, lift * counting + lift**2 * (usual.variance - counting)

    # -- what is known
    # -----------------------------------------------------------------------------------------

    def _scene(
        self,
        end: int,
        counts: SeriesCounts,
        themes: Mapping[int, ThemeFacts],
        episodes: Sequence[Episode],
        launches: Sequence[LaunchEffect],
    ) -> DetectionContext:
        episodes = sorted(episodes, key=lambda e: (e.theme_id, e.start, e.segment, -1 if e.end is None else e.end))
        launches = sorted(launches, key=lambda launch: launch.launch_id)
        baseline = self._baseline(end, counts, themes, episodes, launches)
        floors: dict[int, int] = {}
        rises = [episode for episode in episodes if episode.signal != "missing_volume"]
        for episode in rises:
            if episode.end is not None and episode.end > end - max(self.settings.window_buckets):
                floors[episode.theme_id] = max(episode.end, floors.get(episode.theme_id, episode.end))
        running = tuple(launch for launch in launches if launch.start < end and launch.end > end - BUCKETS_PER_DAY)
        if self._order[0] is not counts or len(self._order[1]) != len(counts.segments):
            self._order = (counts, segment_order(counts.segments))
        live = tuple(episode for episode in rises if episode.theme_id in baseline.place)
        return DetectionContext(
            end,
            counts,
            baseline,
            self.settings,
            tuple(launches),
            running,
            live,
            shared_envelopes(running, baseline.place),
            floors,
            frozenset(theme for theme, facts in themes.items() if facts.known_issue_since is not None),
            self._order[1],
        )

    def _baseline(
        self,
        end: int,
        counts: SeriesCounts,
        themes: Mapping[int, ThemeFacts],
        episodes: Sequence[Episode],
        launches: Sequence[LaunchEffect],
    ) -> Baseline:
        edge = end // BUCKETS_PER_HOUR - self.settings.guard_hours
        flagged = [f.known_issue_since // BUCKETS_PER_HOUR for f in themes.values() if f.known_issue_since is not None]
        seen = counts.revision_before(max([edge, *flagged]))
        key = (
            edge,
            seen,
            tuple(sorted(themes.items(), key=lambda item: item[0])),
            _left_out(episodes, edge, self.settings),
            tuple(launches),
        )
        if self._fitted is None or self._fitted_on is not counts or self._fitted[0] != key:
            counts.trim(end)
            self._fitted = (key, fit_baseline(counts, end, themes, episodes, launches, self.settings))
            self._fitted_on = counts
        return self._fitted[1]

    def _level(self, share: float) -> float:
        """Error level of a family of tests in one epoch, from its share of the budget."""
        return min(share * self.settings.false_alerts_per_week / LOOKS_PER_WEEK, _MOST_RATE)

    def _growth_level(self) -> float:
        """Error level of the hourly tests of slow growth."""
        return min(_GROWTH * self.settings.false_alerts_per_week / GROWTH_LOOKS, _MOST_RATE)

    def _missing_level(self) -> float:
        """Error level of the hourly tests of missing volume."""
        return min(_MISSING * self.settings.false_alerts_per_week / MISSING_LOOKS, _MOST_RATE)

    def _asking(self, finding: Finding, level: float) -> Finding:
        """A finding of a family that is held to `level`, with the false alerts a week at which it would just signal."""
        return replace(finding, budget=finding.q_value / level * self.settings.false_alerts_per_week)

    # -- the families of tests
    # ---------------------------------------------------------------------------------

    def _over_envelope(self, scene: DetectionContext, busy: set[int]) -> list[Candidate]:
        """Themes of running launches above the plan, by group, inside the scope since the launch began.

        A plan for all themes is a line of its own: all tickets in the scope that no other line is for.
        """
        found = []
        for launch in scene.running:
            whole = scene.lifts_all(launch)
            if scene.end > launch.end or not (launch.expected or whole):
                continue
            starts = sorted({max(launch.start, scene.end - width) for width in (BUCKETS_PER_DAY // 4, BUCKETS_PER_DAY)})
            windows = [(start, scene.end) for start in (launch.start, *(s for s in starts if s > launch.start))]
            judged = [self._against_line(scene, launch, group, windows) for group in launch.expected]
            if whole:
                judged.append(self._against_whole(scene, launch, busy, windows))
            told = [each for each in judged if each is not None]
            tests = len(launch.expected) + whole
            # A line that exceeds its plan goes on to, all day long: by Benjamini-Hochberg it would make it easier for the others.
            p_values = np.array([p for p, _, _ in told])
            rates = np.minimum(p_values * tests, 1.0)
            scene.trials.append(FamilyOutcome(
                "envelope", np.array([theme for _, theme, _ in told], dtype=np.int64), p_values, rates,
                self.settings.launch_level, tests,
                segment=scope_series(scene, launch.scope), launch_id=launch.launch_id,
            ))  # fmt: skip
            for (p_value, theme, start), rate in zip(told, rates, strict=True):
                if rate <= self.settings.launch_level:
                    found.append(
                        Candidate(
                            theme,
                            scope_series(scene, launch.scope),
                            start,
                            p_value,
                            float(rate),
                            "launch_excess",
                            launch.launch_id,
                        )
                    )
        return found

    def _against_line(
        self, scene: DetectionContext, launch: LaunchEffect, group: ThemeLift, windows: list[tuple[int, int]]
    ) -> tuple[float, int, int] | None:
        """p-value of a line of a plan, the theme that speaks most clearly, and the telling start; None where no theme is known."""
        judged = [self._against_plan(scene, launch, part, windows) for part in self._parts(scene, group)]
        told = [each for each in judged if each is not None]
        if not told:
            return None
        # The nearest theme and its parts lie in each other, and are one look beside that at all themes together.
        *wide, nearest = told
        nested = [nearest]
        near = None if group.core is None else launch.near_of(group.core)
        if near is not None and self._is_settled(scene, near.theme_id):
            nested += [(p, near.theme_id, start) for p, start in against_parts(scene, near, windows)]
        looks = [float(simes(np.array([p for p, _, _ in each]))) for each in (wide, nested) if each]
        _, theme, start = min(wide + nested)
        return float(simes(np.array(looks))), theme, start

    def _against_whole(
        self, scene: DetectionContext, launch: LaunchEffect, busy: set[int], windows: list[tuple[int, int]]
    ) -> tuple[float, int, int]:
        """p-value of all tickets against a plan for all themes, and the telling start."""
        rest = under_plan(scene, launch, busy, windows)
        p_value = float(combined_p(rest.observed[None], rest.expected, self.settings.min_tickets)[0])
        tails = upper_tail(rest.observed, rest.expected.mean[0], rest.expected.variance[0])
        return p_value, ALL_TICKETS, windows[int(np.argmin(tails))][0]

    def _is_settled(self, scene: DetectionContext, theme: int) -> bool:
        place = scene.baseline.place.get(theme)
        return place is not None and bool(scene.baseline.age_hours[place] >= self.settings.young_hours)

    def _parts(self, scene: DetectionContext, group: ThemeLift) -> list[list[int]]:
        """What of a group is held against its envelope: all of it, and the theme that is meant most by itself.

        An example text reaches themes that are only related, and do not rise: in their envelope an excess would go unnoticed. A
        young theme says nothing by itself, since what is planned may have moved into it.
        """
        themes = [theme for theme in sorted(group.theme_ids) if theme in scene.baseline.place]
        if len(themes) < 2 or group.core is None or not self._is_settled(scene, group.core):
            return [themes]
        return [themes, [group.core]]

    def _against_plan(
        self, scene: DetectionContext, launch: LaunchEffect, themes: Sequence[int], windows: list[tuple[int, int]]
    ) -> tuple[float, int, int] | None:
        """p-value of themes against their envelope, the theme with most excess, and the telling start."""
        if not themes:
            return None
        series = scene.some(themes, scope_series(scene, launch.scope))
        expected = scene.expected(series, windows, None)
        observed = np.stack([series.counted(scene.counts.sums(start, end)) for start, end in windows], axis=1)
        excess = observed - expected.mean
        together = expected.summed(np.zeros(len(themes), dtype=np.int64), 1)
        seen = observed.sum(axis=0, keepdims=True)
        p_value = float(combined_p(seen, together, self.settings.min_tickets)[0])
        tails = upper_tail(seen[0], together.mean[0], together.variance[0])
        return p_value, themes[int(np.argmax(excess[:, 0]))], windows[int(np.argmin(tails))][0]

    def _over_usual(self, scene: DetectionContext, table: Table, busy: set[int]) -> list[Candidate]:
        """Themes whose total, or else one of whose segments, is above the usual."""
        series, p_values = self._by_unit(scene, table)
        ids = scene.baseline.theme_ids[series.themes]
        n_themes = len(scene.baseline.theme_ids) - 1
        n_series = int((scene.baseline.sums > 0).sum())
        free = np.array([theme != ALL_TICKETS and not busy & set(scene.unit(int(theme))) for theme in ids], dtype=bool)
        held = ~free & (ids != ALL_TICKETS)
        totals = np.flatnonzero(free & series.total)
        candidates: list[tuple[int, float]] = []
        taken: set[int] = set()
        rates = false_discovery_rates(p_values[totals], n_themes)
        self._note(scene, "total", series, p_values, totals, rates, n_themes)
        self._note(scene, "total", series, p_values, np.flatnonzero(held & series.total), None, n_themes)
        for at, rate in zip(totals, rates, strict=True):
            # Where no segments are kept, their share of the budget goes to the totals.
            if rate <= self._level(_TOTALS if n_series > n_themes + 1 else _TOTALS + _SEGMENTS):
                taken.add(int(ids[at]))
                candidates.append((int(at), float(rate)))
        rest = free & ~series.total & ~np.isin(ids, sorted(taken))
        segments = np.flatnonzero(rest)
        n_segments = max(n_series - n_themes, len(segments))
        rates = false_discovery_rates(p_values[segments], n_segments)
        self._note(scene, "segment", series, p_values, segments, rates, n_segments)
        self._note(scene, "segment", series, p_values, np.flatnonzero(held & ~series.total), None, n_segments)
        best: dict[int, tuple[int, float]] = {}
        for at, rate in zip(segments, rates, strict=True):
            theme = int(ids[at])
            if rate <= self._level(_SEGMENTS) and (theme not in best or p_values[at] < p_values[best[theme][0]]):
                best[theme] = (int(at), float(rate))
        return [
            self._candidate(scene, series, at, float(p_values[at]), rate) for at, rate in [*candidates, *best.values()]
        ]

    def _note(
        self,
        scene: DetectionContext,
        family: Family,
        series: SeriesRows,
        p_values: Floats,
        at: Ints,
        rates: Floats | None,
        tests: int,
    ) -> None:
        """Keep what a family of tests said; `rates` is None for series that were not free to signal."""
        found = np.minimum(p_values[at] * tests, 1.0) if rates is None else rates
        level = self._level(_TOTALS if family == "total" else _SEGMENTS)
        scene.trials.append(FamilyOutcome(
            family, scene.baseline.theme_ids[series.themes[at]], p_values[at], found, level, tests,
            segments=series.segments[at], budget=self.settings.false_alerts_per_week, judged=rates is not None,
        ))  # fmt: skip

    def _by_unit(self, scene: DetectionContext, table: Table) -> tuple[SeriesRows, Floats]:
        """Series and their p-values, with those that share an envelope added up."""
        series = table.series
        if not scene.units or not len(series):
            return series, table.p_values
        ids = scene.baseline.theme_ids[series.themes]
        lead = np.array([scene.unit(int(theme))[0] for theme in ids])
        pairs = np.stack([lead, scene.segment_order[series.segments]], axis=1)
        _, first, group = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
        group = group.reshape(-1)
        n_groups = len(first)
        observed = np.zeros((n_groups, table.observed.shape[1]), dtype=np.int64)
        np.add.at(observed, group, table.observed)
        expected = table.expected.summed(group, n_groups)
        # The theme with the most excess stands for those it shares an envelope with.
        excess = (table.observed - table.expected.mean).max(axis=1)
        order = np.lexsort((-excess, group))
        stands = order[np.searchsorted(group[order], np.arange(n_groups))]
        p_values = combined_p(observed, expected, self.settings.min_tickets)
        return series.at(stands), p_values

    def _candidate(
        self, scene: DetectionContext, series: SeriesRows, at: int, p_value: float, rate: float
    ) -> Candidate:
        theme = int(scene.baseline.theme_ids[series.themes[at]])
        segment = series.names[int(series.segments[at])]
        start = self._onset(scene, series.at(np.array([at])), theme, segment)
        launch = scene.launch_over(theme, start, scene.end)
        if launch is not None and not launch.names(theme) and not self._above_plan_for_all(scene, theme, start):
            launch = None  # within the plan, but the other themes have less: the rise is the theme's own
        if segment != EVERYTHING and not scene.above_plan(theme, start, scene.end):
            launch = None  # the plan holds: the rise is the segment's own
        signal: SpikeSignal = "spike" if launch is None else "launch_excess"
        return Candidate(theme, segment, start, p_value, rate, signal, None if launch is None else launch.launch_id)

    def _above_plan_for_all(self, scene: DetectionContext, theme: int, start: int) -> bool:
        """Tell whether a theme has more than a plan for all themes says of it, whatever the others have."""
        series, window = scene.some((theme,), EVERYTHING), (start, scene.end)
        planned = scene.expected(series, [window], None).mean[0, 0]
        return bool(series.counted(scene.counts.sums(*window))[0] > planned)

    def _onset(self, scene: DetectionContext, series: SeriesRows, theme: int, segment: Segment) -> int:
        begin = max(scene.end - max(self.settings.window_buckets), scene.floors.get(theme, 0))
        buckets = [(bucket, bucket + 1) for bucket in range(begin, scene.end)]
        counts = scene.counts.by_bucket(SeriesKey(theme, segment), begin, scene.end)
        expected = scene.expected(series, buckets, scene.volume(begin, scene.end))
        return begin + onset(counts, expected.mean[0], self.settings.min_tickets)

    def _over_all(self, scene: DetectionContext, busy: set[int]) -> list[Finding]:
        """All tickets together, less the themes that account for a rise themselves."""
        if any(scene.lifts_all(launch) for launch in scene.running):
            return []
        rest = remainder(scene, busy, scene.windows)
        p_value = float(combined_p(rest.observed[None], rest.expected, self.settings.min_tickets)[0])
        scene.trials.append(FamilyOutcome(
            "all", np.array([ALL_TICKETS]), np.array([p_value]), np.array([p_value]), self._level(_ALL), 1,
            segment=EVERYTHING, budget=self.settings.false_alerts_per_week, judged=ALL_TICKETS not in busy,
        ))  # fmt: skip
        if p_value > self._level(_ALL) or ALL_TICKETS in busy:
            return []
        begin = scene.end - max(self.settings.window_buckets)
        buckets = [(bucket, bucket + 1) for bucket in range(begin, scene.end)]
        by_bucket = remainder(scene, busy, buckets)
        start = begin + onset(by_bucket.observed, by_bucket.expected.mean[0], self.settings.min_tickets)
        finding = open_episode(scene, Candidate(ALL_TICKETS, EVERYTHING, start, p_value, p_value), busy)
        return [] if finding is None else [finding]
