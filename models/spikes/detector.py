"""The detector: judges all series at the end of an epoch and says which episodes open, go on and close."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import pdtr

from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.segment import EVERYTHING, Segment
from models.spikes.baseline import Baseline, fit_baseline
from models.spikes.counts import SeriesCounts
from models.spikes.episode import Episode, Finding, Signal, Span, ThemeFacts
from models.spikes.expectation import Series, Volume
from models.spikes.extent import narrowest, onset
from models.spikes.launch import LaunchEffect, ThemeLift
from models.spikes.scene import Scene, Table, combined_p, remainder, segment_order, shared_envelopes, tabulate
from models.spikes.series import ALL_TICKETS, SeriesKey
from models.spikes.settings import SpikeSettings
from models.spikes.tails import false_discovery_rates, quantile, upper_tail

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LOOKS_PER_WEEK = 336.0
"""Independent looks that the tests of a week's 2,016 epochs are worth, since their windows overlap."""
_IMPLAUSIBLE = 0.01
_TOTALS, _SEGMENTS, _ALL = 0.5, 0.4, 0.1
"""How the budget of false alerts is split: totals of themes, their segments, all tickets together."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A series whose p-value was rejected: it may open an episode of its theme."""

    theme_id: int
    segment: Segment
    start: int
    p_value: float
    q_value: float
    signal: Signal = "spike"
    launch_id: str | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """The figures of an episode: of its segment, with the tail of their count, and of the theme in all."""

    segment: Segment
    observed: int
    expected: float
    tail: float
    total_observed: int
    total_expected: float


def _tail(observed: int, mean: float, variance: float) -> float:
    return float(upper_tail(observed, mean, variance)) if observed > mean else 1.0


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
        scene = self._scene(end_bucket, counts, themes, episodes, launches)
        if scene.baseline.history_hours < self.settings.warmup_hours:
            return []
        open_episodes = [episode for episode in scene.episodes if episode.end is None]
        busy = {theme for episode in open_episodes for theme in scene.unit(episode.theme_id)}
        findings = [self._follow(scene, episode, busy) for episode in open_episodes]
        table = tabulate(scene)
        for candidate in (*self._over_envelope(scene), *self._over_usual(scene, table, busy)):
            finding = None if candidate.theme_id in busy else self._open(scene, candidate, busy)
            if finding is not None:
                findings.append(finding)
                busy |= set(scene.unit(finding.theme_id))
        if ALL_TICKETS not in busy:
            findings += self._over_all(scene, busy)
        return sorted(findings, key=lambda finding: (finding.theme_id, finding.start))

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
    ) -> list[Span]:
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
            Span(start, end, float(expected.mean[0, at]), float(low[at]), float(high[at]))
            for at, (start, end) in enumerate(spans)
        ]

    # -- what is known
    # -----------------------------------------------------------------------------------------

    def _scene(
        self,
        end: int,
        counts: SeriesCounts,
        themes: Mapping[int, ThemeFacts],
        episodes: Sequence[Episode],
        launches: Sequence[LaunchEffect],
    ) -> Scene:
        episodes = sorted(episodes, key=lambda e: (e.theme_id, e.start, e.segment, -1 if e.end is None else e.end))
        launches = sorted(launches, key=lambda launch: launch.launch_id)
        baseline = self._baseline(end, counts, themes, episodes, launches)
        floors: dict[int, int] = {}
        for episode in episodes:
            if episode.end is not None and episode.end > end - max(self.settings.window_buckets):
                floors[episode.theme_id] = max(episode.end, floors.get(episode.theme_id, episode.end))
        running = tuple(launch for launch in launches if launch.start < end and launch.end > end - BUCKETS_PER_DAY)
        if self._order[0] is not counts or len(self._order[1]) != len(counts.segments):
            self._order = (counts, segment_order(counts.segments))
        live = tuple(episode for episode in episodes if episode.theme_id in baseline.place)
        return Scene(
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
            tuple(episodes),
            tuple(launches),
        )
        if self._fitted is None or self._fitted_on is not counts or self._fitted[0] != key:
            counts.trim(end)
            self._fitted = (key, fit_baseline(counts, end, themes, episodes, launches, self.settings))
            self._fitted_on = counts
        return self._fitted[1]

    def _level(self, share: float) -> float:
        """Error level of a family of tests in one epoch, from its share of the budget."""
        return min(share * self.settings.false_alerts_per_week / LOOKS_PER_WEEK, 0.2)

    def _gate(self, scene: Scene) -> bool:
        return scene.baseline.history_hours + self.settings.guard_hours < self.settings.learning_hours

    # -- the families of tests
    # ---------------------------------------------------------------------------------

    def _over_envelope(self, scene: Scene) -> list[_Candidate]:
        """Themes of running launches above the plan, by group, inside the scope since the launch began."""
        found = []
        for launch in scene.running:
            if scene.end > launch.end or not launch.expected:
                continue
            starts = sorted({max(launch.start, scene.end - width) for width in (BUCKETS_PER_DAY // 4, BUCKETS_PER_DAY)})
            windows = [(start, scene.end) for start in (launch.start, *(s for s in starts if s > launch.start))]
            judged = [self._against_plan(scene, launch, group, windows) for group in launch.expected]
            told = [each for each in judged if each is not None]
            rates = false_discovery_rates(np.array([p for p, _, _ in told]), len(launch.expected))
            for (p_value, theme, start), rate in zip(told, rates, strict=True):
                if rate <= self.settings.launch_level:
                    found.append(
                        _Candidate(
                            theme,
                            self._scope_series(scene, launch.scope),
                            start,
                            p_value,
                            float(rate),
                            "launch_excess",
                            launch.launch_id,
                        )
                    )
        return found

    def _against_plan(
        self, scene: Scene, launch: LaunchEffect, group: ThemeLift, windows: list[tuple[int, int]]
    ) -> tuple[float, int, int] | None:
        """p-value of a group against its envelope, the theme with most excess, and the telling start."""
        themes = [theme for theme in sorted(group.theme_ids) if theme in scene.baseline.place]
        if not themes:
            return None
        series = scene.some(themes, self._scope_series(scene, launch.scope))
        expected = scene.expected(series, windows, None)
        observed = np.stack([series.counted(scene.counts.sums(start, end)) for start, end in windows], axis=1)
        excess = observed - expected.mean
        together = expected.summed(np.zeros(len(themes), dtype=np.int64), 1)
        seen = observed.sum(axis=0, keepdims=True)
        p_value = float(combined_p(seen, together, self.settings.min_tickets)[0])
        tails = upper_tail(seen[0], together.mean[0], together.variance[0])
        return p_value, themes[int(np.argmax(excess[:, 0]))], windows[int(np.argmin(tails))][0]

    def _scope_series(self, scene: Scene, scope: Segment) -> Segment:
        """The launch's scope where series of it are kept, else everything."""
        number = scene.counts.segment_id(scope)
        sums = scene.baseline.all_sums
        return scope if number is not None and number < len(sums) and sums[number] > 0 else EVERYTHING

    def _over_usual(self, scene: Scene, table: Table, busy: set[int]) -> list[_Candidate]:
        """Themes whose total, or else one of whose segments, is above the usual."""
        series, p_values = self._by_unit(scene, table)
        ids = scene.baseline.theme_ids[series.themes]
        n_themes = len(scene.baseline.theme_ids) - 1
        n_series = int((scene.baseline.sums > 0).sum())
        free = np.array([theme != ALL_TICKETS and not busy & set(scene.unit(int(theme))) for theme in ids], dtype=bool)
        totals = np.flatnonzero(free & series.total)
        candidates: list[tuple[int, float]] = []
        taken: set[int] = set()
        rates = false_discovery_rates(p_values[totals], n_themes)
        for at, rate in zip(totals, rates, strict=True):
            if rate <= self._level(_TOTALS):
                taken.add(int(ids[at]))
                candidates.append((int(at), float(rate)))
        rest = free & ~series.total & ~np.isin(ids, sorted(taken))
        segments = np.flatnonzero(rest)
        rates = false_discovery_rates(p_values[segments], max(n_series - n_themes, len(segments)))
        best: dict[int, tuple[int, float]] = {}
        for at, rate in zip(segments, rates, strict=True):
            theme = int(ids[at])
            if rate <= self._level(_SEGMENTS) and (theme not in best or p_values[at] < p_values[best[theme][0]]):
                best[theme] = (int(at), float(rate))
        return [
            self._candidate(scene, series, at, float(p_values[at]), rate) for at, rate in [*candidates, *best.values()]
        ]

    def _by_unit(self, scene: Scene, table: Table) -> tuple[Series, Floats]:
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

    def _candidate(self, scene: Scene, series: Series, at: int, p_value: float, rate: float) -> _Candidate:
        theme = int(scene.baseline.theme_ids[series.themes[at]])
        segment = series.names[int(series.segments[at])]
        start = self._onset(scene, series.at(np.array([at])), theme, segment)
        launch = scene.launch_over(theme, start, scene.end)
        if segment != EVERYTHING and not scene.above_plan(theme, start, scene.end):
            launch = None  # the plan holds: the rise is the segment's own
        signal: Signal = "spike" if launch is None else "launch_excess"
        return _Candidate(theme, segment, start, p_value, rate, signal, None if launch is None else launch.launch_id)

    def _onset(self, scene: Scene, series: Series, theme: int, segment: Segment) -> int:
        begin = max(scene.end - max(self.settings.window_buckets), scene.floors.get(theme, 0))
        buckets = [(bucket, bucket + 1) for bucket in range(begin, scene.end)]
        counts = scene.counts.by_bucket(SeriesKey(theme, segment), begin, scene.end)
        expected = scene.expected(series, buckets, scene.volume(begin, scene.end))
        return begin + onset(counts, expected.mean[0], self.settings.min_tickets)

    def _over_all(self, scene: Scene, busy: set[int]) -> list[Finding]:
        """All tickets together, less the themes that account for a rise themselves."""
        if any(launch.lift_all is not None for launch in scene.running):
            return []
        rest = remainder(scene, busy, scene.windows)
        p_value = float(combined_p(rest.observed[None], rest.expected, self.settings.min_tickets)[0])
        if p_value > self._level(_ALL):
            return []
        begin = scene.end - max(self.settings.window_buckets)
        buckets = [(bucket, bucket + 1) for bucket in range(begin, scene.end)]
        by_bucket = remainder(scene, busy, buckets)
        start = begin + onset(by_bucket.observed, by_bucket.expected.mean[0], self.settings.min_tickets)
        finding = self._open(scene, _Candidate(ALL_TICKETS, EVERYTHING, start, p_value, p_value), busy)
        return [] if finding is None else [finding]

    # -- episodes
    # ----------------------------------------------------------------------------------------------

    def _open(self, scene: Scene, candidate: _Candidate, busy: set[int]) -> Finding | None:
        """A new episode, unless one of the theme ended lately and was at least half as severe."""
        finding = self._figures(
            scene,
            candidate.theme_id,
            candidate.segment,
            candidate.start,
            candidate.signal,
            candidate.launch_id,
            busy,
            decided=candidate,
        )
        since = scene.end - self.settings.rearm_hours * BUCKETS_PER_HOUR
        late = [e.severity for e in scene.episodes if e.theme_id == candidate.theme_id and (e.end or 0) > since]
        if finding.observed < self.settings.min_tickets or finding.severity < 2.0 * max(late, default=0.0):
            return None
        return finding

    def _follow(self, scene: Scene, episode: Episode, busy: set[int]) -> Finding:
        """The figures of an open episode now; closed when its count is calm again or has become the level."""
        shifted = scene.end - episode.start >= self.settings.shift_hours * BUCKETS_PER_HOUR
        calm_since = scene.end if shifted else self._calm_since(scene, episode, busy)
        return self._figures(
            scene,
            episode.theme_id,
            episode.segment,
            episode.start,
            episode.signal,
            episode.launch_id,
            busy,
            end=None if calm_since is None else max(calm_since, episode.start + 1),
            shifted=shifted,
        )

    def _calm_since(self, scene: Scene, episode: Episode, busy: set[int]) -> int | None:
        """First bucket of the calm that ends an episode now; None while it goes on.

        A trailing window is calm when its count is at most mean + 1 sd, and so small that half of the episode's own
        excess is implausible in it: a slow episode needs a longer silence than a fast one.
        """
        themes = self._unit(scene, episode)
        lengths = [length for length in self.settings.calm_buckets if scene.end - length >= episode.start]
        windows = [(episode.start, scene.end), *((scene.end - length, scene.end) for length in lengths)]
        if episode.theme_id == ALL_TICKETS:
            rest = remainder(scene, busy, windows)
            seen, expected = rest.observed, rest.expected
        else:
            series = scene.some(themes, episode.segment)
            seen = np.array([series.counted(scene.counts.sums(start, end)).sum() for start, end in windows])
            volume = self._volume(scene, episode.segment, episode.launch_id, windows[0])
            expected = scene.expected(series, windows, volume)
            expected = expected.summed(np.zeros(len(series), dtype=np.int64), 1)
        mean, deviation = expected.mean[0], np.sqrt(expected.noise[0])
        rate = max(float(seen[0] - mean[0]), 0.0) / (scene.end - episode.start)
        for at, length in enumerate(lengths, 1):
            going_on = mean[at] + 0.5 * rate * length
            if seen[at] <= mean[at] + deviation[at] and pdtr(seen[at], going_on) <= _IMPLAUSIBLE:
                return scene.end - length
        longest = len(lengths) == len(self.settings.calm_buckets)
        return windows[-1][0] if longest and seen[-1] <= mean[-1] + deviation[-1] else None

    def _unit(self, scene: Scene, episode: Episode) -> tuple[int, ...]:
        return (episode.theme_id,) if episode.launch_id is None else scene.unit(episode.theme_id)

    def _figures(
        self,
        scene: Scene,
        theme_id: int,
        segment: Segment,
        start: int,
        signal: Signal,
        launch_id: str | None,
        busy: set[int],
        *,
        end: int | None = None,
        shifted: bool = False,
        decided: _Candidate | None = None,
    ) -> Finding:
        """Observed and expected from `start`, by the expectation that decides."""
        until = scene.end if end is None else end
        told = self._told(scene, theme_id, segment, (start, until), launch_id, busy)
        p_value = told.tail if decided is None else decided.p_value
        return Finding(
            change="closed" if end is not None else "updated" if decided is None else "opened",
            signal=signal,
            theme_id=theme_id,
            segment=told.segment,
            start=start,
            end=end,
            observed=told.observed,
            expected=told.expected,
            ratio=told.observed / told.expected,
            excess=told.observed - told.expected,
            p_value=p_value,
            q_value=min(1.0, p_value * len(scene.baseline.theme_ids)) if decided is None else decided.q_value,
            severity=max(told.observed - told.expected, 0.0) * -float(np.log10(p_value)),
            total_observed=told.total_observed,
            total_expected=told.total_expected,
            dispersion=float(scene.baseline.dispersion[scene.baseline.place[theme_id]]),
            launch_id=launch_id,
            theme_ids=(theme_id,) if launch_id is None else scene.unit(theme_id),
            shifted=shifted,
            gate="learning" if self._gate(scene) else None,
        )

    def _told(
        self,
        scene: Scene,
        theme_id: int,
        segment: Segment,
        window: tuple[int, int],
        launch_id: str | None,
        busy: set[int],
    ) -> _Told:
        """Counts over an episode, in the segment that carries the excess.

        An episode over a launch's plan keeps its segment and counts all themes under the plan. One of all
        tickets has no segment, and what themes with episodes of their own have is expected in it.
        """
        if theme_id == ALL_TICKETS:
            rest = remainder(scene, busy, [window])
            left, taken = int(rest.observed[0]), int(rest.taken[0])
            mean = float(rest.expected.mean[0, 0])
            tail = _tail(left, mean, float(rest.expected.variance[0, 0]))
            return _Told(EVERYTHING, left + taken, mean + taken, tail, left + taken, mean + taken)
        volume = self._volume(scene, segment, launch_id, window)
        sums = scene.counts.sums(*window)
        whole = scene.some((theme_id,), EVERYTHING)
        total = int(whole.counted(sums)[0]), float(scene.expected(whole, [window], volume).mean[0, 0])
        if launch_id is None:
            series = scene.series_of(theme_id)
            # A series that was counted in and taken back must not weigh: after a restart it is not there.
            series = series.at((series.counted(sums) > 0) | series.total)
            series = series if series.total.any() else whole
        else:
            series = scene.some(scene.unit(theme_id), segment)
        expected = scene.expected(series, [window], volume)
        observed = series.counted(sums)
        names = [series.names[int(number)] for number in series.segments]
        if launch_id is None:
            everywhere, penalties = names.index(EVERYTHING), self._penalties(names)
            at = narrowest(observed, expected.mean[:, 0], everywhere, penalties, self.settings.carry_share)
        else:
            expected = expected.summed(np.zeros(len(series), dtype=np.int64), 1)
            observed, at = observed.sum(keepdims=True), 0
        seen, mean = int(observed[at]), float(expected.mean[at, 0])
        return _Told(names[at], seen, mean, _tail(seen, mean, float(expected.variance[at, 0])), *total)

    def _volume(self, scene: Scene, segment: Segment, launch_id: str | None, window: tuple[int, int]) -> Volume | None:
        """The common volume an episode is judged with: a plan, in its scope, is judged as it was made."""
        scopes = [self._scope_series(scene, one.scope) for one in scene.launches if one.launch_id == launch_id]
        return None if segment in scopes else scene.volume(*window)

    def _penalties(self, names: Sequence[Segment]) -> Floats:
        """Log of the number of segments that share a segment's dimensions; 0 for everything."""
        kinds: dict[tuple[str, ...], int] = {}
        for name in names:
            kinds[name.dimensions] = kinds.get(name.dimensions, 0) + 1
        return np.array(
            [np.log(max(kinds[name.dimensions], 2)) + np.log(11.0) if name.pairs else 0.0 for name in names]
        )
