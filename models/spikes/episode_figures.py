"""Figures of an episode: its tickets since the start, and what was expected by the expectation that decides it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import BucketWindow
from models.segment import EVERYTHING, Segment
from models.spikes.context import DetectionContext
from models.spikes.episodes.episode import Episode
from models.spikes.episodes.localization import narrowest, selection_penalties
from models.spikes.expectation.common_volume import Volume
from models.spikes.expectation.series import SeriesRows
from models.spikes.families.all_tickets import Remainder, remainder, under_plan
from models.spikes.families.plan_subset import PlanSubset, strongest_subset
from models.spikes.families.pooled_counts import pooled_counts
from models.spikes.statistics.count_tails import upper_tail
from models.theme import ALL_TICKETS


@dataclass(frozen=True, slots=True)
class EpisodeFigures:
    """The figures of an episode in its segment, with the tail of the count, and those of the theme in all segments.

    nearest: whether `observed` and `expected` are those of the tickets nearest to a plan's text.
    """

    segment: Segment
    observed: int
    expected: float
    tail: float
    total_observed: int
    total_expected: float
    nearest: bool = False


def episode_figures(
    context: DetectionContext, episode: Episode, window: BucketWindow, busy: set[int]
) -> EpisodeFigures:
    """Count an episode over a window, in the segment that contains the excess.

    An episode over a launch's plan keeps its segment, and counts all themes under the plan. One of similar themes keeps its
    segment too, and counts all of them. One of all tickets has no
    segment, and the tickets of themes with episodes of their own are expected in it.

    Parameters
    ----------
    busy: themes with an open episode, and those tested together with them.
    """
    if episode.theme_id == ALL_TICKETS:
        return _figures_of_all(context, episode, window, busy)
    if episode.pooled:
        return _figures_of_pool(context, episode, window)
    segment, observed, mean, variance = _in_segment(context, episode, window)
    tail = tail_above(observed, mean, variance)
    in_total = context.series((episode.theme_id,))
    volume = episode_volume(context, episode, [window])
    total = (
        int(in_total.counted(context.counts.sums(*window))[0]),
        float(context.expected(in_total, [window], volume).mean[0, 0]),
    )
    for subset in nearest_subset(context, episode, [window]):
        if subset.tail < tail:
            return EpisodeFigures(segment, subset.observed, subset.expected, subset.tail, *total, nearest=True)
    return EpisodeFigures(segment, observed, mean, tail, *total)


def _figures_of_all(
    context: DetectionContext, episode: Episode, window: BucketWindow, busy: set[int]
) -> EpisodeFigures:
    rest = remainder_of(context, episode, [window], busy)
    left, removed = int(rest.observed[0]), int(rest.removed[0])
    mean = float(rest.expected.mean[0, 0])
    tail = tail_above(left, mean, float(rest.expected.variance[0, 0]))
    if episode.launch_id is None:
        total = left + removed, mean + removed
        return EpisodeFigures(EVERYTHING, *total, tail, *total)
    all_tickets = context.series((ALL_TICKETS,))
    expected = context.expected(all_tickets, [window])
    seen = int(all_tickets.counted(context.counts.sums(*window))[0])
    return EpisodeFigures(episode.segment, left, mean, tail, seen, float(expected.mean[0, 0]))


def _figures_of_pool(context: DetectionContext, episode: Episode, window: BucketWindow) -> EpisodeFigures:
    themes = episode_themes(context, episode, window)
    observed, mean, variance = pooled_counts(context, context.series(themes, episode.segment), [window]).total()
    total = pooled_counts(context, context.series(themes), [window]).total()
    tail = tail_above(int(observed[0]), float(mean[0]), float(variance[0]))
    return EpisodeFigures(episode.segment, int(observed[0]), float(mean[0]), tail, int(total[0][0]), float(total[1][0]))


def _in_segment(context: DetectionContext, episode: Episode, window: BucketWindow) -> tuple[Segment, int, float, float]:
    """Return the segment that contains a theme's excess, its tickets, and their expected mean and variance."""
    volume = episode_volume(context, episode, [window])
    sums = context.counts.sums(*window)
    if episode.launch_id is not None:
        series = context.series(episode_themes(context, episode, window), episode.segment)
        expected = context.expected(series, [window], volume).total()
        return (
            series.segment_at(0), int(series.counted(sums).sum()),
            float(expected.mean[0, 0]), float(expected.variance[0, 0]),
        )  # fmt: skip
    series = _counted_series(context, episode.theme_id, window)
    expected = context.expected(series, [window], volume)
    observed = series.counted(sums)
    names = [series.segment_at(at) for at in range(len(series))]
    penalties = selection_penalties(names)
    share = context.settings.carry_share
    at = narrowest(observed, expected.mean[:, 0], names.index(EVERYTHING), penalties, share)
    return names[at], int(observed[at]), float(expected.mean[at, 0]), float(expected.variance[at, 0])


def _counted_series(context: DetectionContext, theme_id: int, window: BucketWindow) -> SeriesRows:
    """Return the series of a theme with tickets in a window, and its total."""
    series = context.series_of(theme_id)
    # A series whose tickets were all removed again must not count: after a restart it does not exist.
    series = series.at((series.counted(context.counts.sums(*window)) > 0) | series.total)
    return series if series.total.any() else context.series((theme_id,))


def episode_themes(context: DetectionContext, episode: Episode, window: BucketWindow) -> tuple[int, ...]:
    """Return the themes in which an episode is counted.

    Over a plan these are all under the envelope, if they exceed it; of similar themes those that are still live.
    """
    if episode.pooled:
        return tuple(theme for theme in episode.themes if theme in context.baseline.position)
    unit = context.unit(episode.theme_id)
    if episode.launch_id is None or len(unit) < 2:
        return (episode.theme_id,)
    series = context.series(unit, episode.segment)
    expected = context.expected(series, [window], episode_volume(context, episode, [window]))
    exceeded = series.counted(context.counts.sums(*window)).sum() > expected.mean.sum()
    return unit if exceeded else (episode.theme_id,)


def episode_volume(context: DetectionContext, episode: Episode, windows: Sequence[BucketWindow]) -> Volume | None:
    """Return the common volume for an episode in each window; None in the scope of a plan for its theme, which is taken as planned."""
    scopes = [
        context.basis.counted_scope(one.scope)
        for one in context.launches
        if one.launch_id == episode.launch_id and one.names(episode.theme_id)
    ]
    return None if episode.segment in scopes else context.volume(windows)


def nearest_subset(context: DetectionContext, episode: Episode, windows: Sequence[BucketWindow]) -> list[PlanSubset]:
    """Return the tickets nearest to the plan's text for a theme that stand out most, in each window; empty where not known."""
    plans = [one.nearest_of(episode.theme_id) for one in context.launches if one.launch_id == episode.launch_id]
    return strongest_subset(context, next(iter(plans), ()), windows)


def remainder_of(
    context: DetectionContext, episode: Episode, windows: Sequence[BucketWindow], busy: set[int]
) -> Remainder:
    """Return all tickets less those of themes tested by themselves; over a plan for all themes, those in its scope."""
    plan = next((one for one in context.launches if one.launch_id == episode.launch_id), None)
    return remainder(context, busy, windows) if plan is None else under_plan(context, plan, busy, windows)


def tail_above(observed: int, mean: float, variance: float) -> float:
    """Compute the upper tail of a count; 1 where it is not above the mean."""
    return float(upper_tail(observed, mean, variance)) if observed > mean else 1.0


def episode_severity(excess: float, p_value: float) -> float:
    """Compute excess x -log10 p, 0 where there is no excess."""
    return max(excess, 0.0) * -float(np.log10(p_value))
