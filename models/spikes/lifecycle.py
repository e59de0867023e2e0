"""Episodes as they open, go on and close: their figures by the expectation that decided them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import pdtr

from models.arrays import BucketWindow, Floats
from models.bucket import BUCKETS_PER_HOUR
from models.segment import EVERYTHING, Segment
from models.spikes.context import DetectionContext, Remainder, remainder, scope_series
from models.spikes.episodes.episode import Episode, Finding, SpikeSignal
from models.spikes.episodes.localization import narrowest
from models.spikes.expectation.predict import Volume
from models.spikes.families.all_tickets import lift_over, under_plan
from models.spikes.families.plan_subset import PlanSubset, clearest_part
from models.spikes.families.slow_growth import Growth
from models.spikes.outcome import SuppressedSignal
from models.spikes.series import ALL_TICKETS
from models.spikes.statistics.count_tails import upper_tail

_IMPLAUSIBLE = 0.01


@dataclass(frozen=True, slots=True)
class Candidate:
    """A series whose p-value was rejected: it may open an episode of its theme."""

    theme_id: int
    segment: Segment
    start: int
    p_value: float
    q_value: float
    signal: SpikeSignal = "spike"
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
    near: bool = False


def is_young(scene: DetectionContext) -> bool:
    """Whether the stream is still learning, so that what is found is withheld."""
    settings = scene.settings
    return scene.baseline.history_hours + settings.guard_hours < settings.learning_hours


def open_episode(scene: DetectionContext, candidate: Candidate, busy: set[int]) -> Finding | None:
    """A new episode, unless one of the theme ended lately and was at least half as severe."""
    finding = _figures(
        scene,
        candidate.theme_id,
        candidate.segment,
        candidate.start,
        candidate.signal,
        candidate.launch_id,
        busy,
        decided=candidate,
    )
    since = scene.end - scene.settings.rearm_hours * BUCKETS_PER_HOUR
    late = [e.severity for e in scene.episodes if e.theme_id == candidate.theme_id and (e.end or 0) > since]
    least = 2.0 * max(late, default=0.0)
    if finding.observed < scene.settings.min_tickets or finding.severity < least:
        scene.held[candidate.theme_id] = SuppressedSignal(finding.observed, finding.severity, least, candidate.p_value)
        return None
    return finding


def open_growth(scene: DetectionContext, growth: Growth, busy: set[int]) -> Finding | None:
    """A new episode of slow growth, told against the level from before it."""
    decided = Candidate(growth.theme_id, EVERYTHING, growth.start, growth.p_value, growth.q_value)
    finding = open_episode(scene, decided, busy)
    if finding is None:
        return None
    excess = growth.observed - growth.expected
    return replace(
        finding,
        segment=EVERYTHING,
        observed=growth.observed,
        expected=growth.expected,
        ratio=growth.observed / growth.expected,
        excess=excess,
        severity=excess * -float(np.log10(growth.p_value)),
        total_observed=growth.observed,
        total_expected=growth.expected,
    )


def follow(scene: DetectionContext, episode: Episode, busy: set[int]) -> Finding:
    """The figures of an open episode now; closed when its count is calm again or has become the level."""
    shifted = scene.end - episode.start >= scene.settings.shift_hours * BUCKETS_PER_HOUR
    calm_since = scene.end if shifted else _calm_since(scene, episode, busy)
    return _figures(
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


def _calm_since(scene: DetectionContext, episode: Episode, busy: set[int]) -> int | None:
    """First bucket of the calm that ends an episode now; None while it goes on.

    A trailing window is calm when its count is at most mean + 1 sd, and so small that half of the episode's own
    excess is implausible in it: a slow episode needs a longer silence than a fast one.
    """
    since = (episode.start, scene.end)
    themes = _unit(scene, episode.theme_id, episode.segment, since, episode.launch_id)
    lengths = [length for length in scene.settings.calm_buckets if scene.end - length >= episode.start]
    windows = [(episode.start, scene.end), *((scene.end - length, scene.end) for length in lengths)]
    if episode.theme_id == ALL_TICKETS:
        rest = _rest(scene, busy, windows, episode.launch_id)
        seen, expected = rest.observed, rest.expected
    else:
        series = scene.some(themes, episode.segment)
        seen = np.array([series.counted(scene.counts.sums(start, end)).sum() for start, end in windows])
        volume = _volume(scene, episode.theme_id, episode.segment, episode.launch_id, windows[0])
        expected = scene.expected(series, windows, volume)
        expected = expected.summed(np.zeros(len(series), dtype=np.int64), 1)
    mean, deviation = expected.mean[0], np.sqrt(expected.noise[0])
    parts = _nearest(scene, episode.theme_id, episode.launch_id, windows)
    if parts and parts[0].observed > parts[0].expected:
        seen = np.array([part.observed for part in parts])
        mean, deviation = np.array([part.expected for part in parts]), np.array([part.deviation for part in parts])
    rate = max(float(seen[0] - mean[0]), 0.0) / (scene.end - episode.start)
    for at, length in enumerate(lengths, 1):
        going_on = mean[at] + 0.5 * rate * length
        if seen[at] <= mean[at] + deviation[at] and pdtr(seen[at], going_on) <= _IMPLAUSIBLE:
            return scene.end - length
    longest = len(lengths) == len(scene.settings.calm_buckets)
    return windows[-1][0] if longest and seen[-1] <= mean[-1] + deviation[-1] else None


def _nearest(
    scene: DetectionContext, theme_id: int, launch_id: str | None, windows: Sequence[tuple[int, int]]
) -> list[PlanSubset]:
    """The tickets of a theme nearest to the plan's text in each window, where these are known."""
    plans = [one.near_of(theme_id) for one in scene.launches if one.launch_id == launch_id]
    near = next((one for one in plans if one is not None), None)
    return [] if near is None else clearest_part(scene, near, windows)


def _unit(
    scene: DetectionContext, theme_id: int, segment: Segment, window: tuple[int, int], launch_id: str | None
) -> tuple[int, ...]:
    """The themes that an episode is counted in: over a plan all under the envelope, if it is they that exceed it."""
    unit = scene.unit(theme_id)
    if launch_id is None or len(unit) < 2:
        return (theme_id,)
    series = scene.some(unit, segment)
    expected = scene.expected(series, [window], _volume(scene, theme_id, segment, launch_id, window))
    return unit if series.counted(scene.counts.sums(*window)).sum() > expected.mean.sum() else (theme_id,)


def _figures(
    scene: DetectionContext,
    theme_id: int,
    segment: Segment,
    start: int,
    signal: SpikeSignal,
    launch_id: str | None,
    busy: set[int],
    *,
    end: int | None = None,
    shifted: bool = False,
    decided: Candidate | None = None,
) -> Finding:
    """Observed and expected from `start`, by the expectation that decides."""
    until = scene.end if end is None else end
    told = _told(scene, theme_id, segment, (start, until), launch_id, busy)
    p_value = told.tail if decided is None else decided.p_value
    common = lift_over(scene, theme_id, (start, until)) if theme_id != ALL_TICKETS or launch_id is not None else None
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
        theme_ids=_unit(scene, theme_id, told.segment, (start, until), launch_id),
        shifted=shifted,
        near=told.near,
        common=common,
        gate="learning" if is_young(scene) else None,
    )


def _told(
    scene: DetectionContext,
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
        rest = _rest(scene, busy, [window], launch_id)
        left, taken = int(rest.observed[0]), int(rest.taken[0])
        mean = float(rest.expected.mean[0, 0])
        tail = _tail(left, mean, float(rest.expected.variance[0, 0]))
        if launch_id is not None:
            all_tickets = scene.some((ALL_TICKETS,), EVERYTHING)
            expected = scene.expected(all_tickets, [window], None)
            total_seen = int(all_tickets.counted(scene.counts.sums(*window))[0])
            return _Told(segment, left, mean, tail, total_seen, float(expected.mean[0, 0]))
        return _Told(EVERYTHING, left + taken, mean + taken, tail, left + taken, mean + taken)
    volume = _volume(scene, theme_id, segment, launch_id, window)
    sums = scene.counts.sums(*window)
    whole = scene.some((theme_id,), EVERYTHING)
    total = int(whole.counted(sums)[0]), float(scene.expected(whole, [window], volume).mean[0, 0])
    if launch_id is None:
        series = scene.series_of(theme_id)
        # A series that was counted in and taken back must not weigh: after a restart it is not there.
        series = series.at((series.counted(sums) > 0) | series.total)
        series = series if series.total.any() else whole
    else:
        series = scene.some(_unit(scene, theme_id, segment, window, launch_id), segment)
    expected = scene.expected(series, [window], volume)
    observed = series.counted(sums)
    names = [series.names[int(number)] for number in series.segments]
    if launch_id is None:
        everywhere, penalties = names.index(EVERYTHING), _penalties(names)
        at = narrowest(observed, expected.mean[:, 0], everywhere, penalties, scene.settings.carry_share)
    else:
        expected = expected.summed(np.zeros(len(series), dtype=np.int64), 1)
        observed, at = observed.sum(keepdims=True), 0
    seen, mean = int(observed[at]), float(expected.mean[at, 0])
    tail = _tail(seen, mean, float(expected.variance[at, 0]))
    for part in _nearest(scene, theme_id, launch_id, [window]):
        if part.tail < tail:
            return _Told(names[at], part.observed, part.expected, part.tail, *total, near=True)
    return _Told(names[at], seen, mean, tail, *total)


def _rest(scene: DetectionContext, busy: set[int], windows: Sequence[BucketWindow], launch_id: str | None) -> Remainder:
    """All tickets less those of themes that are judged by themselves; over a plan for all themes, those in its scope."""
    plan = next((one for one in scene.launches if one.launch_id == launch_id), None)
    return remainder(scene, busy, windows) if plan is None else under_plan(scene, plan, busy, windows)


def _volume(
    scene: DetectionContext, theme_id: int, segment: Segment, launch_id: str | None, window: tuple[int, int]
) -> Volume | None:
    """The common volume an episode is judged with: a plan for a theme, in its scope, is judged as it was made."""
    scopes = [
        scope_series(scene, one.scope) for one in scene.launches if one.launch_id == launch_id and one.names(theme_id)
    ]
    return None if segment in scopes else scene.volume(*window)


def _penalties(names: Sequence[Segment]) -> Floats:
    """Log of the number of segments that share a segment's dimensions; 0 for everything."""
    kinds: dict[tuple[str, ...], int] = {}
    for name in names:
        kinds[name.dimensions] = kinds.get(name.dimensions, 0) + 1
    return np.array([np.log(max(kinds[name.dimensions], 2)) + np.log(11.0) if name.pairs else 0.0 for name in names])


def _tail(observed: int, mean: float, variance: float) -> float:
    return float(upper_tail(observed, mean, variance)) if observed > mean else 1.0
