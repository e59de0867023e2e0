"""Learnable hours: which hours of the history the baseline of each theme may use."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from models.arrays import Ints, Mask
from models.bucket import BUCKETS_PER_HOUR
from models.spike import SpikeKind
from models.spikes.episodes.episode import Episode
from models.spikes.inputs import DetectionInputs
from models.spikes.settings import SpikeSettings
from models.theme import ALL_TICKETS


def learnable_hours(hours: Ints, position: Mapping[int, int], inputs: DetectionInputs, settings: SpikeSettings) -> Mask:
    """Decide which hours each theme may learn from, shape (themes, hours).

    Left out are the time before a theme's first ticket, and the hours of launches and episodes. An episode that lasted
    so long that it has become the level (`is_shift`) leaves out the time before it instead.

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
        all_themes = launch.lift_all is not None or launch.common
        lifted = position.values() if all_themes else {position[one] for one in launch.named if one in position}
        for at in {0, *lifted}:
            allowed[at, during(*launch.reach)] = False
    for episode in inputs.episodes:
        if episode.theme_id not in position or _is_missing_segment(episode):
            continue
        at = position[episode.theme_id]
        shifted = is_shift(episode, settings)
        allowed[at, before(episode.start) if shifted else during(episode.start, episode.end)] = False
    return allowed


def is_shift(episode: Episode, settings: SpikeSettings) -> bool:
    """Check whether a closed episode lasted so long that it has become the theme's level."""
    return episode.end is not None and episode.end - episode.start >= settings.shift_hours * BUCKETS_PER_HOUR


def _is_missing_segment(episode: Episode) -> bool:
    """Check for missing volume in a segment of all tickets, which says nothing about the other segments."""
    return episode.kind == SpikeKind.MISSING_VOLUME and episode.theme_id == ALL_TICKETS


def episodes_before(
    inputs: DetectionInputs, edge: int, settings: SpikeSettings
) -> tuple[tuple[int, int, int, bool, bool], ...]:
    """List what the baseline before hour `edge` depends on of each episode.

    These are the theme, the hours that the episode covers by then, whether volume is missing, and whether it is a
    shift. An episode that opens, continues or closes after the guard gap changes nothing yet, so that the baseline
    need not be learned anew.
    """
    found = []
    for episode in inputs.episodes:
        last = edge if episode.end is None else min(-(-episode.end // BUCKETS_PER_HOUR), edge)
        if episode.start // BUCKETS_PER_HOUR < last:
            missing = episode.kind == SpikeKind.MISSING_VOLUME
            shifted = is_shift(episode, settings)
            found.append((episode.theme_id, episode.start // BUCKETS_PER_HOUR, last, missing, shifted))
    return tuple(found)
