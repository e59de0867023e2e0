"""Learnable hours: which hours of the history the baseline of each theme may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from models.arrays import Ints, Mask
from models.bucket import BUCKETS_PER_HOUR
from models.segment import EVERYTHING, Segment
from models.spike import SpikeKind
from models.spikes.completeness import is_incomplete
from models.spikes.episodes.episode import Episode
from models.spikes.inputs import DetectionInputs
from models.spikes.launches.effect import LaunchEffect
from models.spikes.series import SeriesKey
from models.spikes.settings import SpikeSettings
from models.theme import ALL_TICKETS

_NOTICEABLE = 0.05
"""Share of all tickets from which the silence of a source makes the record of its hours incomplete."""


def learnable_hours(hours: Ints, position: Mapping[int, int], inputs: DetectionInputs, settings: SpikeSettings) -> Mask:
    """Decide which hours each theme may learn from, shape (themes, hours).

    Left out are the time before a theme's first ticket, and the hours of launches and episodes. An episode that lasted
    so long that it has become the level (`is_shift`) leaves out the time before it instead. No theme learns from hours in
    which a source with a noticeable share of the tickets was silent, or sent together what it had kept.

    Parameters
    ----------
    hours: consecutive hours counted from 1970-01-01T00:00Z. position: row of each theme.
    """
    allowed = np.ones((len(position), len(hours)), dtype=bool)
    if len(hours) == 0:
        return allowed
    origin = int(hours[0])

    def before(bucket: int) -> slice:
        return slice(0, max(0, bucket // BUCKETS_PER_HOUR - origin))

    def during(start: int, end: int | None) -> slice:
        last = len(hours) if end is None else -(-end // BUCKETS_PER_HOUR) - origin
        return slice(max(0, start // BUCKETS_PER_HOUR - origin), max(0, last))

    for theme, facts in inputs.themes.items():
        if theme in position:
            allowed[position[theme], before(facts.first_seen)] = False
    for launch in inputs.launches:
        allowed[_lifted_by(launch, position), during(*launch.reach)] = False
    for episode in inputs.episodes:
        left_out = before(episode.start) if is_shift(episode, settings) else during(episode.start, episode.end)
        if is_incomplete(episode):
            rows = list(position.values()) if _is_large(episode, hours, inputs) else []
            allowed[rows, during(episode.start, episode.end)] = False
        elif not _is_missing_segment(episode):
            allowed[[position[theme] for theme in episode.themes if theme in position], left_out] = False
    return allowed


def shape_hours(
    allowed: Mask, hours: Ints, position: Mapping[int, int], inputs: DetectionInputs, settings: SpikeSettings
) -> Mask:
    """Decide from which hours before a shift of its level each theme learns the shape of its week all the same.

    A theme that has twice the volume for good keeps its own busy hours; three days of the new level do not show them. Returns the
    hours that are not `allowed`, the mask that `learnable_hours` returned, and of the same shape.
    """
    if not any(is_shift(one, settings) for one in inputs.episodes):
        return np.zeros_like(allowed)
    others = [one for one in inputs.episodes if not is_shift(one, settings)]
    known = learnable_hours(hours, position, replace(inputs, episodes=others), settings)
    for episode in inputs.episodes:
        since = episode.start // BUCKETS_PER_HOUR - int(hours[0])
        # One from before the history says nothing of it: the miner may have forgotten it.
        if since > 0 and is_shift(episode, settings):
            known[[position[theme] for theme in episode.themes if theme in position], since:] = False
    return known & ~allowed


def is_shift(episode: Episode, settings: SpikeSettings) -> bool:
    """Check whether a closed episode lasted so long that it has become the theme's level."""
    return episode.end is not None and episode.end - episode.start >= settings.shift_hours * BUCKETS_PER_HOUR


def _lifted_by(launch: LaunchEffect, position: Mapping[int, int]) -> list[int]:
    """Return the rows of the themes that a launch lifts, and that of all tickets."""
    all_themes = launch.lift_all is not None or launch.common
    lifted = position.values() if all_themes else {position[one] for one in launch.named if one in position}
    return sorted({0, *lifted})


def _is_large(episode: Episode, hours: Ints, inputs: DetectionInputs) -> bool:
    """Check whether the source of an episode has a noticeable share of all tickets of the history."""
    first, last = int(hours[0]), int(hours[-1]) + 1
    keys = (SeriesKey(ALL_TICKETS, segment) for segment in (episode.segment, EVERYTHING))
    of_source, of_all = (int(inputs.counts.by_hour(key, first, last).sum()) for key in keys)
    return of_source >= _NOTICEABLE * of_all


def _is_missing_segment(episode: Episode) -> bool:
    """Check for missing volume in a segment of all tickets, which says nothing about the other segments."""
    return episode.kind == SpikeKind.MISSING_VOLUME and episode.theme_id == ALL_TICKETS


def episodes_before(
    inputs: DetectionInputs, edge: int, settings: SpikeSettings
) -> tuple[tuple[tuple[int, ...], int, int, bool, bool, Segment | None], ...]:
    """List what the baseline before hour `edge` depends on of each episode.

    These are the themes, the hours that the episode covers by then, whether volume is missing, whether it is a shift, and
    the source that is silent, if any. An episode that opens, continues or closes after the guard gap changes nothing yet,
    so that the baseline need not be learned anew.
    """
    found = []
    for episode in inputs.episodes:
        last = edge if episode.end is None else min(-(-episode.end // BUCKETS_PER_HOUR), edge)
        if episode.start // BUCKETS_PER_HOUR < last:
            missing = episode.kind == SpikeKind.MISSING_VOLUME
            shifted = is_shift(episode, settings)
            source = episode.segment if is_incomplete(episode) else None
            found.append((episode.themes, episode.start // BUCKETS_PER_HOUR, last, missing, shifted, source))
    return tuple(found)
