"""The scene: what is known at the end of one epoch, and every series' observed and expected counts in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.arrays import BucketWindow, Floats, Ints, Mask
from models.bucket import BUCKETS_PER_DAY
from models.segment import EVERYTHING, Segment
from models.spikes.baseline.fit import Baseline
from models.spikes.counts import CountCells, SeriesCounts
from models.spikes.episodes.episode import Episode, Finding
from models.spikes.expectation.lift import common_lift, deviation_of, mixed_tail, share_of, since_common
from models.spikes.expectation.predict import Expectation, Mix, SeriesRows, Volume, expect
from models.spikes.launches.common_lift import FEW_TICKETS, OUTLYING, CommonLift, common_factor
from models.spikes.launches.effect import LaunchEffect
from models.spikes.outcome import FamilyOutcome, SuppressedSignal
from models.spikes.series import ALL_TICKETS, SeriesKey
from models.spikes.settings import SpikeSettings
from models.spikes.statistics.count_tails import simes

_NOTICEABLE = 0.05
"""Part of a theme's usual volume that a lift of all themes must add or take for the theme to be under it."""
_ROUNDS = 3
"""Deviations above which a theme's tickets no longer count in the common volume, the number that always do, and
rounds in which the common factor and the outliers are found."""
_RECENT_BUCKETS = 36
"""Buckets of the newest mix of segments: three hours, within which a rollout reaches the expectation."""


@dataclass(frozen=True, slots=True)
class Table:
    """Series with what was observed and expected in each window, and their combined p-values."""

    series: SeriesRows
    observed: Ints
    expected: Expectation
    p_values: Floats


@dataclass(frozen=True, slots=True)
class DetectionContext:
    """All that one judgement depends on.

    end: first bucket after the epoch. running: launches of the last day. episodes: of live themes, in
    canonical order.
    units: themes that share an envelope, by theme. floors: first bucket that counts for a theme whose last
    episode ended within the tested windows, so that its tickets do not open another. volumes, lifts: the common
    volume, and the common lifts under plans for all themes, over windows asked about so far.
    """

    end: int
    counts: SeriesCounts
    baseline: Baseline
    settings: SpikeSettings
    launches: tuple[LaunchEffect, ...]
    running: tuple[LaunchEffect, ...]
    episodes: tuple[Episode, ...]
    units: Mapping[int, tuple[int, ...]]
    floors: Mapping[int, int]
    known_issues: frozenset[int]
    segment_order: Ints
    volumes: dict[BucketWindow, Volume] = field(default_factory=dict, compare=False)
    lifts: dict[tuple[BucketWindow, ...], dict[str, CommonLift]] = field(default_factory=dict, compare=False)
    trials: list[FamilyOutcome] = field(default_factory=list, compare=False)
    held: dict[int, SuppressedSignal] = field(default_factory=dict, compare=False)

    @property
    def windows(self) -> list[BucketWindow]:
        """The trailing windows that are tested, as buckets [start, end)."""
        return [(self.end - width, self.end) for width in self.settings.window_buckets]

    def unit(self, theme_id: int) -> tuple[int, ...]:
        """Themes that are judged together with this one, itself among them."""
        return self.units.get(theme_id, (theme_id,))

    def series_of(self, theme_id: int) -> SeriesRows:
        """All series of a theme, by segment."""
        rows = np.array(self.counts.rows_of(theme_id), dtype=np.int64)
        return self.ordered(rows, np.full(len(rows), self.baseline.place[theme_id]))

    def some(self, theme_ids: Iterable[int], segment: Segment) -> SeriesRows:
        """The series of themes in one segment, also those that were never counted in."""
        themes = list(theme_ids)
        rows = [self.counts.row(SeriesKey(theme, segment)) for theme in themes]
        number = self.counts.segment_id(segment)
        known = len(self.counts.segments) if number is None else number
        return SeriesRows(
            np.array([len(self.counts) if row is None else row for row in rows], dtype=np.int64),
            np.array([self.baseline.place[theme] for theme in themes], dtype=np.int64),
            np.full(len(themes), known),
            np.full(len(themes), segment == EVERYTHING),
            {known: segment},
        )

    def ordered(self, rows: Ints, themes: Ints) -> SeriesRows:
        """The series of rows, in canonical order, which does not depend on the order of counting."""
        segments = self.counts.index()[1][rows]
        order = np.lexsort((self.segment_order[segments], themes))
        everything = self.counts.segment_id(EVERYTHING)
        chosen = segments[order]
        names = dict(enumerate(self.counts.segments))
        return SeriesRows(
            rows[order], themes[order], chosen, chosen == (-1 if everything is None else everything), names
        )

    def expected(
        self, series: SeriesRows, windows: Sequence[BucketWindow], volume: Volume | None, hours: Floats | None = None
    ) -> Expectation:
        """What the series should count in each window; without `volume` as planned, and nothing learned from other themes."""
        return expect(
            series,
            windows,
            self.baseline.hours_in(windows) if hours is None else hours,
            self.baseline,
            volume,
            self.launches,
            self.counts,
            self.settings.tolerance_coverage,
            None if volume is None else self.common(windows),
        )

    def busy(self, episodes: Iterable[Episode | Finding]) -> set[int]:
        """Themes that some episodes are of, and those that share an envelope with them."""
        return {theme for one in episodes for theme in self.unit(one.theme_id)}

    def common(self, windows: Sequence[BucketWindow]) -> dict[str, CommonLift]:
        """The common lift under each launch that lifts all themes, over windows that it reaches."""
        key = tuple(windows)
        if key not in self.lifts:
            reached = [
                launch
                for launch in self.launches
                if self.lifts_all(launch) and any(a < launch.end and launch.start < b for a, b in windows)
            ]
            self.lifts[key] = {launch.launch_id: learned_lift(self, launch, windows) for launch in reached}
        return self.lifts[key]

    def lifts_all(self, launch: LaunchEffect) -> bool:
        """Tell whether a launch changes the volume of all themes noticeably."""
        return launch.lift_all is not None and abs(launch.lift_all - 1.0) >= _NOTICEABLE

    def apart(self) -> set[int]:
        """Themes that say nothing about what themes have in common: young, known, in an episode lately, or planned by name."""
        named = {theme for launch in self.running for theme in _named(launch)}
        return (self.irregular(mix=True) | named) & self.baseline.place.keys()

    def launch_over(self, theme_id: int, start: int, end: int) -> LaunchEffect | None:
        """The launch that lifts a theme during part of [start, end); of several the one that adds most to it."""
        lifting = [
            launch
            for launch in self.running
            if launch.start < end and launch.end > start and self.is_lifted(theme_id, launch)
        ]
        if len(lifting) < 2:
            return lifting[0] if lifting else None
        series, window = self.some((theme_id,), EVERYTHING), [(start, end)]
        added = {
            launch.launch_id: abs(float(replace(self, launches=(launch,)).expected(series, window, None).planned[0, 0]))
            for launch in lifting
        }
        return max(lifting, key=lambda launch: (added[launch.launch_id], launch.start, launch.launch_id))

    def is_lifted(self, theme_id: int, launch: LaunchEffect) -> bool:
        """Tell whether a launch names a theme, or lifts all and so changes this one's volume noticeably."""
        if launch.names(theme_id):
            return True
        if launch.lift_all is None:
            return False
        part = 1.0 if theme_id == ALL_TICKETS else share_of(theme_id, launch.scope, self.baseline, self.counts)
        return part * abs(launch.lift_all - 1.0) >= _NOTICEABLE

    def above_plan(self, theme_id: int, start: int, end: int) -> bool:
        """Tell whether a theme, with those of its envelope, has more than expected in all segments together."""
        series = self.some(self.unit(theme_id), EVERYTHING)
        expected = self.expected(series, [(start, end)], self.volume(start, end))
        return bool(series.counted(self.counts.sums(start, end)).sum() > expected.mean.sum())

    def volume(self, start: int, end: int) -> Volume:
        """Common volume over [start, end), or the longest tested window if that is longer."""
        window = (min(start, end - max(self.settings.window_buckets)), end)
        if window not in self.volumes:
            self.volumes[window] = common_volume(self, window)
        return self.volumes[window]

    def irregular(self, *, mix: bool = False) -> set[int]:
        """Themes that are not in their usual state, and so say nothing about common volume.

        With `mix`, those that say nothing about the mix of segments: a lift of all themes leaves them in.
        """
        places = self.baseline.place
        young = {
            int(theme)
            for theme, age in zip(self.baseline.theme_ids, self.baseline.age_hours, strict=True)
            if age < self.settings.young_hours
        }
        launched = {
            theme
            for launch in self.running
            for theme in (_named(launch) if mix else places)
            if theme != ALL_TICKETS and theme in places and self.is_lifted(theme, launch)
        }
        spiking = {e.theme_id for e in self.episodes if e.end is None or e.end > self.end - BUCKETS_PER_DAY}
        return (young | launched | spiking | self.known_issues) - {ALL_TICKETS}


def _named(launch: LaunchEffect) -> set[int]:
    return {theme for group in launch.expected for theme in group.theme_ids}


def shared_envelopes(launches: Iterable[LaunchEffect], known: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Themes that share an envelope, by theme; groups of several launches that overlap are put together."""
    of: dict[int, frozenset[int]] = {}
    live = frozenset(known)
    for launch in launches:
        for group in launch.expected:
            together = (group.theme_ids & live).union(*(of[theme] for theme in group.theme_ids if theme in of))
            if len(together) > 1:
                of.update(dict.fromkeys(together, together))
    return {theme: tuple(sorted(together)) for theme, together in of.items()}


def segment_order(segments: Sequence[Segment]) -> Ints:
    """Rank of each segment among all, by its canonical key."""
    order = np.empty(len(segments), dtype=np.int64)
    order[sorted(range(len(segments)), key=lambda number: segments[number].pairs)] = np.arange(len(segments))
    return order


def tabulate(scene: DetectionContext) -> Table:
    """Observed, expected and p-value of every series that could open an episode.

    Series with fewer than `min_tickets` in the longest window are left out, except those of themes that share
    an envelope, whose counts are added up.
    """
    settings, baseline, counts = scene.settings, scene.baseline, scene.counts
    windows = scene.windows
    widest = min(range(len(windows)), key=lambda at: windows[at][0])
    row_themes = _theme_places(scene)
    everything = counts.recent(windows[widest][0], scene.end)
    sums = _sum_windows(_above_floors(everything, row_themes, scene), windows, len(row_themes))
    noted = {baseline.place[theme] for theme in scene.units if theme in baseline.place}
    chosen = (sums[:, widest] >= settings.min_tickets) & (row_themes >= 0)
    if noted:
        chosen |= (sums[:, widest] > 0) & np.isin(row_themes, sorted(noted))
    rows = np.flatnonzero(chosen)
    return _judged(scene, scene.ordered(rows, row_themes[rows]), sums)


def tabulate_some(scene: DetectionContext, theme_ids: Iterable[int], segment: Segment) -> Table:
    """The same of the named themes in one segment, however few tickets they have."""
    row_themes = _theme_places(scene)
    everything = scene.counts.recent(min(start for start, _ in scene.windows), scene.end)
    sums = _sum_windows(_above_floors(everything, row_themes, scene), scene.windows, len(row_themes))
    return _judged(scene, scene.some(theme_ids, segment), sums)


def _judged(scene: DetectionContext, series: SeriesRows, sums: Ints) -> Table:
    windows = scene.windows
    widest = min(windows, key=lambda window: window[0])
    expected = scene.expected(series, windows, scene.volume(*widest), _clipped_hours(scene))
    observed = np.zeros((len(series), len(windows)), dtype=np.int64)
    counted = series.rows < len(sums)
    observed[counted] = sums[series.rows[counted]]
    return Table(series, observed, expected, combined_p(observed, expected, scene.settings.min_tickets))


@dataclass(frozen=True, slots=True)
class Remainder:
    """All tickets less those of themes that account for a rise themselves, in windows.

    observed, taken: tickets that are left, and those taken out, shape (windows,). expected: shape (1,
    windows).
    """

    observed: Ints
    taken: Ints
    expected: Expectation


def remainder(scene: DetectionContext, busy: set[int], windows: Sequence[BucketWindow]) -> Remainder:
    """All tickets less those of themes in an episode, a launch or their first days."""
    whole = scene.some((ALL_TICKETS,), EVERYTHING)
    parts = scene.some(sorted((scene.irregular() | busy) - {ALL_TICKETS}), EVERYTHING)
    seen, taken, old = counted_apart(scene, whole, parts, windows)
    usual = scene.expected(parts, windows, None)
    less = (usual.mean - usual.planned)[old].sum(axis=0)
    expected = scene.expected(whole, windows, None)
    plain = expected.mean - expected.planned
    mean = np.maximum(plain - less, 0.1 * plain)
    rest = Expectation(mean, expected.noise, np.zeros_like(mean), np.zeros_like(mean))
    return Remainder(np.maximum(seen - taken, 0), taken, rest)


def counted_apart(
    scene: DetectionContext, whole: SeriesRows, parts: SeriesRows, windows: Sequence[BucketWindow]
) -> tuple[Ints, Ints, Mask]:
    """Tickets of all and of the parts in each window, and which parts all tickets usually hold.

    What a young theme or a known issue has was not yet part of what all tickets usually had.
    """
    sums = [scene.counts.sums(start, end) for start, end in windows]
    seen = np.array([whole.counted(each)[0] for each in sums], dtype=np.int64)
    taken = np.array([parts.counted(each).sum() for each in sums], dtype=np.int64)
    flagged = np.isin(scene.baseline.theme_ids[parts.themes], sorted(scene.known_issues))
    return seen, taken, (scene.baseline.age_hours[parts.themes] >= scene.settings.young_hours) & ~flagged


def combined_p(observed: Ints, expected: Expectation, min_tickets: int) -> Floats:
    """One p-value a series over its windows; a window with fewer than `min_tickets` has p = 1."""
    tails = np.ones(observed.shape)
    told = (observed >= min_tickets) & (observed > expected.mean)
    tails[told] = mixed_tail(observed[told], expected.mean[told], expected.noise[told], expected.doubt[told])
    return simes(tails) if len(tails) else np.zeros(0)


def common_volume(scene: DetectionContext, window: BucketWindow) -> Volume:
    """Volume of the other regular themes: over the window in all, over a day and some hours by segment."""
    baseline, settings = scene.baseline, scene.settings
    window = since_common(scene.launches, window)
    irregular = scene.irregular()
    regular = _among(baseline, irregular)
    totals = scene.some([int(theme) for theme in baseline.theme_ids], EVERYTHING)
    seen = np.where(regular, totals.counted(scene.counts.sums(*window)), 0.0)
    lift, doubt = common_lift(scene.launches, window, baseline)
    usual = np.where(regular, baseline.level * baseline.hours_in([window])[:, 0] * lift, 0.0)
    seen = _without_outliers(seen, usual, baseline.dispersion)
    others_seen, others_usual = seen.sum() - seen, usual.sum() - usual
    strength = np.full(len(regular), settings.exposure_strength)
    # A holiday's own doubt about the common volume is the prior's: the other themes then say how it is today.
    unsure = doubt**2 * settings.exposure_strength > 1.0
    strength[unsure] = 1.0 / doubt[unsure] ** 2
    factor = (others_seen + strength) / (others_usual + strength)
    variance = np.where(unsure, 1.0 / (others_usual + strength), others_usual / (others_usual + strength) ** 2)
    factor[0], variance[0] = 1.0, 0.0
    end = window[1]
    recent = (end - _RECENT_BUCKETS, end)
    regular = _among(baseline, scene.irregular(mix=True))
    part = settings.mix_strength * _RECENT_BUCKETS / BUCKETS_PER_DAY
    return Volume(
        factor,
        variance,
        _mix(scene, (end - BUCKETS_PER_DAY, end), regular, settings.mix_strength),
        _mix(scene, recent, regular, part),
        recent,
    )


def learned_lift(scene: DetectionContext, launch: LaunchEffect, windows: Sequence[BucketWindow]) -> CommonLift:
    """The factor on a plan for all themes, as all but each theme tell it: first of the last hours, then of each window.

    A short window is drawn to what the hours around it had, these to the plan.
    """
    baseline, settings = scene.baseline, scene.settings
    last = min(scene.end, launch.end)
    around = (min(max(launch.start, last - max(settings.window_buckets)), last - 1), last)
    apart = scene.apart()
    ids = [int(theme) for theme in baseline.theme_ids]
    speaking = np.array([
        theme != ALL_TICKETS and theme not in apart and scene.is_lifted(theme, launch) for theme in ids
    ], dtype=bool)  # fmt: skip
    series = scene.some(ids, scope_series(scene, launch.scope))
    every = [around, *windows]
    # What is to come has no tickets yet.
    known = [(start, max(start, min(end, scene.end))) for start, end in every]
    plan = scene.expected(series, known, None)
    seen = np.stack([series.counted(scene.counts.sums(*window)) for window in known], axis=1).astype(np.float64)
    inside = plan.alike[launch.launch_id].mean if launch.launch_id in plan.alike else np.zeros(seen.shape)
    deviation = deviation_of(launch.tolerance, settings.tolerance_coverage)

    def factor(chosen: slice, prior: Floats | float) -> tuple[Floats, Floats]:
        told = seen[:, chosen], plan.mean[:, chosen], inside[:, chosen]
        return common_factor(*told, baseline.dispersion, speaking, deviation, prior)

    return CommonLift(*factor(slice(1, None), factor(slice(0, 1), 1.0)[0]))


def scope_series(scene: DetectionContext, scope: Segment) -> Segment:
    """A launch's scope where series of it are kept, else everything."""
    number = scene.counts.segment_id(scope)
    sums = scene.baseline.all_sums
    return scope if number is not None and number < len(sums) and sums[number] > 0 else EVERYTHING


def _without_outliers(seen: Floats, usual: Floats, dispersion: Floats) -> Floats:
    """Tickets of themes, those far above usual times the common factor put at it: a theme's own rise is not common."""
    kept = seen
    for _ in range(_ROUNDS):
        mean = usual * kept.sum() / max(usual.sum(), 1e-9)
        most = np.maximum(mean + OUTLYING * np.sqrt(dispersion * mean), FEW_TICKETS)
        kept = np.where(seen > most, mean, seen)
    return np.asarray(kept)


def _among(baseline: Baseline, irregular: set[int]) -> Mask:
    return np.array([theme != ALL_TICKETS and int(theme) not in irregular for theme in baseline.theme_ids])


def _mix(scene: DetectionContext, window: BucketWindow, regular: Mask, strength: float) -> Mix:
    """Tickets of regular themes by theme and segment."""
    row_themes, row_segments = _theme_places(scene), scene.counts.index()[1]
    cells = scene.counts.recent(*window)
    at = row_themes[cells.rows]
    used = at >= 0
    used[used] = regular[at[used]]
    n_themes, n_segments = len(regular), len(scene.counts.segments)
    flat = at[used] * n_segments + row_segments[cells.rows[used]]
    mix = np.bincount(flat, cells.counts[used], n_themes * n_segments).astype(np.float64)
    mix = mix.reshape(n_themes, n_segments)
    everything = scene.counts.segment_id(EVERYTHING)
    totals: Floats = mix[:, everything].copy() if everything is not None else np.zeros(n_themes)
    return Mix(mix, totals, mix.sum(axis=0), float(totals.sum()), strength)


def _theme_places(scene: DetectionContext) -> Ints:
    """Place of each row's theme in the baseline, -1 for themes that are not live."""
    ids = scene.baseline.theme_ids
    row_themes = scene.counts.index()[0]
    near = np.minimum(np.searchsorted(ids, row_themes), len(ids) - 1)
    return np.where(ids[near] == row_themes, near, -1)


def _above_floors(cells: CountCells, row_themes: Ints, scene: DetectionContext) -> CountCells:
    if not scene.floors:
        return cells
    floors = np.full(len(scene.baseline.theme_ids) + 1, -1, dtype=np.int64)
    for theme, floor in scene.floors.items():
        if theme in scene.baseline.place:
            floors[scene.baseline.place[theme]] = floor
    # Rows of themes that are not live have place -1: the last entry, which is no floor.
    kept = cells.slots >= floors[row_themes[cells.rows]]
    return CountCells(cells.rows[kept], cells.slots[kept], cells.counts[kept])


def _clipped_hours(scene: DetectionContext) -> Floats:
    hours = scene.baseline.hours_in(scene.windows)
    for theme, floor in scene.floors.items():
        if theme in scene.baseline.place:
            at = scene.baseline.place[theme]
            clipped = [(min(max(start, floor), end), end) for start, end in scene.windows]
            hours[at] = scene.baseline.hours_in(clipped)[at]
    return hours


def _sum_windows(cells: CountCells, windows: Sequence[BucketWindow], rows: int) -> Ints:
    """Tickets of every row in each trailing window, shape (rows, windows)."""
    out = np.zeros((rows, len(windows)), dtype=np.int64)
    for at, (start, _) in enumerate(windows):
        inside = cells.slots >= start
        # Weights are whole numbers far below 2^53, so the float sums of bincount are exact.
        out[:, at] = np.bincount(cells.rows[inside], weights=cells.counts[inside], minlength=rows)
    return out
