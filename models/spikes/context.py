"""The detection context: what is known at the end of one epoch, and what every series should count by then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np

from models.alert import Gate
from models.arrays import BucketWindow, Floats, Ints, Mask
from models.bucket import BUCKETS_PER_DAY
from models.segment import EVERYTHING, Segment
from models.spike import SpikeKind
from models.spikes.baseline.baseline import Baseline
from models.spikes.completeness import CompleteCounts, backlogs, gaps_of, is_incomplete
from models.spikes.counts import SeriesCounts
from models.spikes.episodes.episode import Episode, Finding
from models.spikes.expectation.basis import ExpectationBasis
from models.spikes.expectation.common_volume import Volume, VolumeMeter
from models.spikes.expectation.learned_lift import learned_lift
from models.spikes.expectation.predict import expect
from models.spikes.expectation.series import Expectation, SeriesRows
from models.spikes.inputs import DetectionInputs
from models.spikes.launches.common_lift import CommonLift
from models.spikes.launches.effect import LaunchEffect
from models.spikes.outcome import FamilyOutcome, SuppressedSignal
from models.spikes.settings import SpikeSettings
from models.theme import ALL_TICKETS

_NOTICEABLE = 0.05
"""Share of a theme's usual volume that a lift of all themes must add or remove for the theme to be under the plan."""


@dataclass(frozen=True, slots=True)
class DetectionContext:
    """Everything that detection in one epoch depends on, and the outcomes of its tests.

    end: first bucket after the epoch.
    basis: baseline, counts, launches and settings.
    running: launches of the last day.
    episodes: those of live themes in which volume rose, in canonical order.
    missing: those of missing volume without a launch, except those of sources.
    incomplete: those in which a source is silent. complete_from: all counts; those of `basis` leave out what came in together
    after such a silence.
    units: themes that share an envelope, by theme.
    floors: first bucket that counts for a theme whose last episode ended within the tested windows, so that its tickets
    do not open another.
    segment_order: canonical rank of each segment.
    families: groups of similar themes.
    volumes, lifts: the common volume, and the common lifts under plans for all themes, over windows queried so far.
    meters, irregulars: what measures the common volume, and the themes of `irregular`, once they were queried.
    outcomes, suppressed: what the families add: outcomes of their tests, and signals that opened nothing, by theme.
    """

    end: int
    basis: ExpectationBasis
    running: tuple[LaunchEffect, ...]
    episodes: tuple[Episode, ...]
    missing: tuple[Episode, ...]
    incomplete: tuple[Episode, ...]
    complete_from: SeriesCounts
    units: Mapping[int, tuple[int, ...]]
    floors: Mapping[int, int]
    known_issues: frozenset[int]
    segment_order: Ints
    families: tuple[tuple[int, ...], ...] = ()
    volumes: dict[tuple[BucketWindow, ...], Volume] = field(default_factory=dict, compare=False)
    lifts: dict[tuple[BucketWindow, ...], dict[str, CommonLift]] = field(default_factory=dict, compare=False)
    meters: list[VolumeMeter] = field(default_factory=list, compare=False)
    irregulars: dict[bool, frozenset[int]] = field(default_factory=dict, compare=False)
    outcomes: list[FamilyOutcome] = field(default_factory=list, compare=False)
    suppressed: dict[int, SuppressedSignal] = field(default_factory=dict, compare=False)

    @classmethod
    def of(cls, inputs: DetectionInputs, baseline: Baseline, settings: SpikeSettings, order: Ints) -> Self:
        """Build the context of an epoch from canonical inputs.

        order: canonical rank of each segment, see `segment_order`.
        """
        end, launches = inputs.end_bucket, tuple(inputs.launches)
        rises = [one for one in inputs.episodes if one.kind != SpikeKind.MISSING_VOLUME]
        silences = [one for one in inputs.episodes if one.kind == SpikeKind.MISSING_VOLUME and one.launch_id is None]
        left_out = backlogs(inputs.counts, inputs.episodes, end)
        counts = CompleteCounts(inputs.counts, left_out) if left_out else inputs.counts
        baseline = replace(baseline, left_out=left_out, hours={}) if left_out else baseline
        running = tuple(launch for launch in launches if launch.start < end and launch.end > end - BUCKETS_PER_DAY)
        return cls(
            end=end,
            basis=ExpectationBasis(baseline, counts, launches, settings),
            running=running,
            episodes=tuple(one for one in rises if one.theme_id in baseline.position),
            missing=tuple(one for one in silences if not is_incomplete(one)),
            incomplete=tuple(one for one in silences if is_incomplete(one)),
            complete_from=inputs.counts,
            units=shared_envelopes(running, baseline.position),
            floors=_floors(rises, end, settings),
            known_issues=frozenset(
                theme for theme, facts in inputs.themes.items() if facts.known_issue_since is not None
            ),
            segment_order=order,
            families=tuple(tuple(one) for one in inputs.families),
        )

    @property
    def baseline(self) -> Baseline:
        """What is usual."""
        return self.basis.baseline

    @property
    def counts(self) -> SeriesCounts:
        """The tickets of all series."""
        return self.basis.counts

    @property
    def launches(self) -> tuple[LaunchEffect, ...]:
        """All launches that may lift a window."""
        return self.basis.launches

    @property
    def settings(self) -> SpikeSettings:
        """The settings of detection."""
        return self.basis.settings

    @property
    def windows(self) -> list[BucketWindow]:
        """The trailing windows that are tested, as buckets [start, end)."""
        return [(self.end - width, self.end) for width in self.settings.window_buckets]

    @property
    def gaps(self) -> tuple[BucketWindow, ...]:
        """The buckets in which some source was silent."""
        return gaps_of(self.incomplete, self.end)

    @property
    def gate(self) -> Gate | None:
        """`learning_period_lasts` while the stream is so young that findings are withheld."""
        young = self.baseline.history_hours + self.settings.guard_hours < self.settings.learning_hours
        return Gate.LEARNING_PERIOD_LASTS if young else None

    def with_launches(self, launches: Sequence[LaunchEffect]) -> DetectionContext:
        """Return the context with other launches; the outcomes of tests are shared."""
        return replace(self, basis=replace(self.basis, launches=tuple(launches)), volumes={}, lifts={}, meters=[])

    # -- series and themes
    # ---------------------------------------------------------------------------------------------

    def unit(self, theme_id: int) -> tuple[int, ...]:
        """Return the themes that are tested together with this one, including itself."""
        return self.units.get(theme_id, (theme_id,))

    def busy(self, episodes: Iterable[Episode | Finding]) -> set[int]:
        """Return the themes of some episodes, and those that share an envelope with them."""
        own = {theme for one in episodes for theme in (one.theme_id, *one.theme_ids)}
        return {theme for one in own for theme in self.unit(one)}

    def series(self, theme_ids: Iterable[int], segment: Segment = EVERYTHING) -> SeriesRows:
        """Return the series of themes in one segment, including those that never had counts."""
        return self.basis.series(theme_ids, segment)

    def series_of(self, theme_id: int) -> SeriesRows:
        """Return all series of a theme, by segment."""
        rows = np.array(self.counts.rows_of(theme_id), dtype=np.int64)
        return self.ordered(rows, np.full(len(rows), self.baseline.position[theme_id]))

    def ordered(self, rows: Ints, themes: Ints) -> SeriesRows:
        """Return the series of rows in canonical order, which does not depend on the order of counting."""
        segments = self.counts.index()[1][rows]
        order = np.lexsort((self.segment_order[segments], themes))
        everything = self.counts.segment_id(EVERYTHING)
        chosen = segments[order]
        return SeriesRows(
            rows[order],
            themes[order],
            chosen,
            chosen == (-1 if everything is None else everything),
            self.counts.segment_names(),
        )

    # -- expectations
    # ---------------------------------------------------------------------------------------------

    def expected(
        self,
        series: SeriesRows,
        windows: Sequence[BucketWindow],
        volume: Volume | None = None,
        hours: Floats | None = None,
    ) -> Expectation:
        """Predict the series in each window; without `volume` as planned, without what the other themes show."""
        common = None if volume is None else self.common(windows)
        return expect(self.basis, series, windows, volume=volume, hours=hours, common=common)

    def volume(self, windows: Sequence[BucketWindow]) -> Volume:
        """Return the common volume over each of some windows, known better from the longest tested one before the last end."""
        key = tuple(windows)
        if key not in self.volumes:
            end = max(until for _, until in key)
            around = (min(*(start for start, _ in key), end - max(self.settings.window_buckets)), end)
            self.volumes[key] = self._meter().over((*key, around)).first(len(key))
        return self.volumes[key]

    def _meter(self) -> VolumeMeter:
        if not self.meters:
            regular, regular_mix = self._regular(self.irregular()), self._regular(self.irregular(mix=True))
            self.meters.append(VolumeMeter(self.basis, regular, regular_mix, self.gaps))
        return self.meters[0]

    def common(self, windows: Sequence[BucketWindow]) -> dict[str, CommonLift]:
        """Return the common lift under each launch that lifts all themes, over windows that it reaches."""
        key = tuple(windows)
        if key not in self.lifts:
            reached = [
                launch
                for launch in self.launches
                if self.lifts_all(launch) and any(a < launch.end and launch.start < b for a, b in windows)
            ]
            self.lifts[key] = {launch.launch_id: self._learned_lift(launch, windows) for launch in reached}
        return self.lifts[key]

    def _learned_lift(self, launch: LaunchEffect, windows: Sequence[BucketWindow]) -> CommonLift:
        own_figures = self.with_own_figures()
        informative = np.array([
            theme != ALL_TICKETS and theme not in own_figures and self.is_lifted(theme, launch)
            for theme in (int(each) for each in self.baseline.theme_ids)
        ], dtype=bool)  # fmt: skip
        return learned_lift(self.basis, launch, windows, informative, self.end)

    def above_plan(self, theme_id: int, start: int, end: int) -> bool:
        """Check whether a theme, with those of its envelope, has more than expected in all segments together."""
        series = self.series(self.unit(theme_id))
        expected = self.expected(series, [(start, end)], self.volume([(start, end)]))
        return bool(series.counted(self.counts.sums(start, end)).sum() > expected.mean.sum())

    # -- launches over themes
    # ---------------------------------------------------------------------------------------------

    def lifts_all(self, launch: LaunchEffect) -> bool:
        """Check whether a launch changes the volume of all themes noticeably."""
        return launch.lift_all is not None and abs(launch.lift_all - 1.0) >= _NOTICEABLE

    def is_lifted(self, theme_id: int, launch: LaunchEffect) -> bool:
        """Check whether a launch names a theme, or lifts all and so changes this one's volume noticeably."""
        if launch.names(theme_id):
            return True
        if launch.lift_all is None:
            return False
        share = 1.0 if theme_id == ALL_TICKETS else self.basis.share_of(theme_id, launch.scope)
        return share * abs(launch.lift_all - 1.0) >= _NOTICEABLE

    def launch_over(self, theme_id: int, start: int, end: int) -> LaunchEffect | None:
        """Find the launch that lifts a theme within [start, end); of several the one that adds most to it."""
        lifting = [
            launch
            for launch in self.running
            if launch.start < end and launch.end > start and self.is_lifted(theme_id, launch)
        ]
        if len(lifting) < 2:
            return lifting[0] if lifting else None
        series, window = self.series((theme_id,)), [(start, end)]
        added = {
            launch.launch_id: abs(float(self.with_launches((launch,)).expected(series, window).planned[0, 0]))
            for launch in lifting
        }
        return max(lifting, key=lambda launch: (added[launch.launch_id], launch.start, launch.launch_id))

    # -- themes in their usual state
    # ---------------------------------------------------------------------------------------------

    def irregular(self, *, mix: bool = False) -> frozenset[int]:
        """Return the themes that are not in their usual state, and so carry no information on the common volume.

        With `mix`, those without information on the mix of segments: a lift of all themes does not exclude them.
        """
        if mix not in self.irregulars:
            self.irregulars[mix] = self._irregular(mix=mix)
        return self.irregulars[mix]

    def _irregular(self, *, mix: bool) -> frozenset[int]:
        positions = self.baseline.position
        young = set(self.baseline.theme_ids[self.baseline.age_hours < self.settings.young_hours].tolist())
        launched = {
            theme
            for launch in self.running
            for theme in (launch.named if mix else positions)
            if theme != ALL_TICKETS and theme in positions and self.is_lifted(theme, launch)
        }
        since = self.end - BUCKETS_PER_DAY
        apart = {t for e in (*self.episodes, *self.missing) if e.end is None or e.end > since for t in e.themes}
        return frozenset(young | launched | apart | self.known_issues) - {ALL_TICKETS}

    def with_own_figures(self) -> frozenset[int]:
        """Return the themes that do not show what is common: young, known, in an episode lately, or planned by name."""
        named = {theme for launch in self.running for theme in launch.named}
        return (self.irregular(mix=True) | named) & self.baseline.position.keys()

    def _regular(self, irregular: frozenset[int]) -> Mask:
        position = self.baseline.position
        regular = np.ones(len(position), dtype=bool)
        regular[[position[theme] for theme in (ALL_TICKETS, *irregular) if theme in position]] = False
        return regular


def _floors(rises: Iterable[Episode], end: int, settings: SpikeSettings) -> dict[int, int]:
    """Return the end of each theme's last episode, where it is within the tested windows."""
    floors: dict[int, int] = {}
    for episode in rises:
        if episode.end is not None and episode.end > end - max(settings.window_buckets):
            for theme in episode.themes:
                floors[theme] = max(episode.end, floors.get(theme, episode.end))
    return floors


def shared_envelopes(launches: Iterable[LaunchEffect], known: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Return the themes that share an envelope, by theme; overlapping groups of several launches are merged."""
    of: dict[int, frozenset[int]] = {}
    live = frozenset(known)
    for launch in launches:
        for group in launch.expected:
            together = (group.theme_ids & live).union(*(of[theme] for theme in group.theme_ids if theme in of))
            if len(together) > 1:
                of.update(dict.fromkeys(together, together))
    return {theme: tuple(sorted(together)) for theme, together in of.items()}


def segment_order(segments: Sequence[Segment]) -> Ints:
    """Rank each segment among all, by its canonical key."""
    order = np.empty(len(segments), dtype=np.int64)
    order[sorted(range(len(segments)), key=lambda number: segments[number].pairs)] = np.arange(len(segments))
    return order
