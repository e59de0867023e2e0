"""The lifecycle of episodes: how they open, continue and close."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.special import pdtr

from models.arrays import BucketWindow, Floats, Ints
from models.bucket import BUCKETS_PER_HOUR
from models.segment import EVERYTHING
from models.spikes.context import DetectionContext
from models.spikes.episode_figures import (
    episode_figures,
    episode_severity,
    episode_themes,
    episode_volume,
    nearest_subset,
    remainder_of,
)
from models.spikes.episodes.episode import Episode, EpisodeChange, Finding
from models.spikes.families.all_tickets import lift_over
from models.spikes.families.pooled_counts import pooled_counts
from models.spikes.outcome import Candidate, Growth, SuppressedSignal
from models.theme import ALL_TICKETS

_IMPLAUSIBLE = 0.01


def open_episode(context: DetectionContext, candidate: Candidate, busy: set[int]) -> Finding | None:
    """Open an episode, unless one of the theme ended lately and was at least half as severe.

    A signal that opens nothing is kept in the context's `suppressed`.
    """
    episode = Episode(
        candidate.theme_id, candidate.segment, candidate.start, None, candidate.kind, candidate.launch_id,
        theme_ids=candidate.theme_ids,
    )  # fmt: skip
    finding = _finding(context, episode, busy, candidate)
    since = context.end - context.settings.rearm_hours * BUCKETS_PER_HOUR
    late = [e.severity for e in context.episodes if set(e.themes) & set(episode.themes) and (e.end or 0) > since]
    least = 2.0 * max(late, default=0.0)
    if finding.observed < context.settings.min_tickets or finding.severity < least:
        suppressed = SuppressedSignal(finding.observed, finding.severity, least, candidate.p_value)
        context.suppressed[candidate.theme_id] = suppressed
        return None
    return finding


def open_growth(context: DetectionContext, growth: Growth, busy: set[int]) -> Finding | None:
    """Open an episode of slow growth, with figures against the level from before it."""
    decided = Candidate(growth.theme_id, EVERYTHING, growth.start, growth.p_value, growth.q_value)
    finding = open_episode(context, decided, busy)
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


def follow(context: DetectionContext, episode: Episode, busy: set[int]) -> Finding:
    """Update an open episode; it is closed when its count is calm again or has become the level."""
    shifted = context.end - episode.start >= context.settings.shift_hours * BUCKETS_PER_HOUR
    calm_since = context.end if shifted else _calm_since(context, episode, busy)
    end = None if calm_since is None else max(calm_since, episode.start + 1)
    return _finding(context, replace(episode, end=end), busy, shifted=shifted)


def _calm_since(context: DetectionContext, episode: Episode, busy: set[int]) -> int | None:
    """Find the first bucket of the calm that ends an episode now; None while it continues.

    A trailing window is calm when its count is at most mean + 1 sd, and so small that half of the episode's own excess
    is implausible in it: a slow episode needs a longer silence than a fast one.
    """
    end = context.end
    lengths = [length for length in context.settings.calm_buckets if end - length >= episode.start]
    windows = [(episode.start, end), *((end - length, end) for length in lengths)]
    seen, mean, deviation = _over_windows(context, episode, windows, busy)
    rate = max(float(seen[0] - mean[0]), 0.0) / (end - episode.start)
    for at, length in enumerate(lengths, 1):
        half_as_much = mean[at] + 0.5 * rate * length
        if seen[at] <= mean[at] + deviation[at] and pdtr(seen[at], half_as_much) <= _IMPLAUSIBLE:
            return end - length
    longest = len(lengths) == len(context.settings.calm_buckets)
    return windows[-1][0] if longest and seen[-1] <= mean[-1] + deviation[-1] else None


def _over_windows(
    context: DetectionContext, episode: Episode, windows: list[BucketWindow], busy: set[int]
) -> tuple[Ints, Floats, Floats]:
    """Count an episode over windows, the first since its start: tickets, expected mean and deviation, each (windows,)."""
    if episode.theme_id == ALL_TICKETS:
        rest = remainder_of(context, episode, windows, busy)
        seen, expected = rest.observed, rest.expected
    elif episode.pooled:
        series = context.series(episode_themes(context, episode, windows[0]), episode.segment)
        seen, mean, variance = pooled_counts(context, series, windows).total()
        return seen, mean, np.sqrt(variance)
    else:
        series = context.series(episode_themes(context, episode, windows[0]), episode.segment)
        seen = np.array([series.counted(context.counts.sums(start, end)).sum() for start, end in windows])
        expected = context.expected(series, windows, episode_volume(context, episode, windows)).total()
    subset = nearest_subset(context, episode, windows)
    if subset and subset[0].observed > subset[0].expected:
        seen = np.array([one.observed for one in subset])
        return seen, np.array([one.expected for one in subset]), np.array([one.deviation for one in subset])
    return seen, expected.mean[0], np.sqrt(expected.noise[0])


def _finding(
    context: DetectionContext,
    episode: Episode,
    busy: set[int],
    decided: Candidate | None = None,
    *,
    shifted: bool = False,
) -> Finding:
    """Report an episode with its figures; `decided` is given for a new one."""
    theme, launch_id = episode.theme_id, episode.launch_id
    window = (episode.start, context.end if episode.end is None else episode.end)
    figures = episode_figures(context, episode, window, busy)
    p_value = figures.tail if decided is None else decided.p_value
    common = lift_over(context, theme, window) if theme != ALL_TICKETS or launch_id is not None else None
    going_on = EpisodeChange.UPDATED if decided is None else EpisodeChange.OPENED
    return Finding(
        change=going_on if episode.end is None else EpisodeChange.CLOSED,
        kind=episode.kind,
        theme_id=theme,
        segment=figures.segment,
        start=episode.start,
        end=episode.end,
        observed=figures.observed,
        expected=figures.expected,
        ratio=figures.observed / figures.expected,
        excess=figures.observed - figures.expected,
        p_value=p_value,
        q_value=min(1.0, p_value * len(context.baseline.theme_ids)) if decided is None else decided.q_value,
        severity=episode_severity(figures.observed - figures.expected, p_value),
        total_observed=figures.total_observed,
        total_expected=figures.total_expected,
        dispersion=float(context.baseline.dispersion[context.baseline.position[theme]]),
        launch_id=launch_id,
        theme_ids=episode_themes(context, replace(episode, segment=figures.segment), window),
        shifted=shifted,
        nearest=figures.nearest,
        common=common,
        gate=context.gate,
    )
