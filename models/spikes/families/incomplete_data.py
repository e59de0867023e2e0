"""Incomplete data: sources that send nothing, against their own rhythm; reported once, and never as fewer tickets of a theme."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from models.arrays import Ints
from models.bucket import BUCKET_SECONDS, BUCKETS_PER_DAY, BUCKETS_PER_HOUR, start_of
from models.freshness import EarlierWait, SourceRhythm
from models.segment import Segment
from models.source_silence import source_of
from models.spike import SpikeKind
from models.spikes.completeness import SourceVolume, gaps_of
from models.spikes.context import DetectionContext
from models.spikes.episodes.episode import Episode, EpisodeChange, Finding
from models.spikes.families.error_budget import ErrorBudget
from models.spikes.statistics.count_tails import lower_tail
from models.theme import ALL_TICKETS

_FRESH = 3
"""Buckets: a source with a ticket in the last quarter of an hour is not tested."""
_RECENT = 6 * BUCKETS_PER_HOUR
"""Buckets before a silence that show how busy the day is: a quiet holiday explains a longer silence."""
_RECENT_STRENGTH = 5.0
_KNOWN_BUCKETS = 8 * BUCKETS_PER_DAY
_FOLLOWING = 10
"""Tickets whose mean gap is that of the hour, as in what the console shows of a source."""
_CALM = BUCKETS_PER_HOUR
"""Buckets with usual volume after which a source is back."""
_IMPLAUSIBLE = 0.01
_EPOCHS_PER_WEEK = 2_016


def incomplete_data(context: DetectionContext, budget: ErrorBudget) -> list[Finding]:
    """Report the silence of sources: open episodes are followed, and new ones are opened.

    A source is silent when it has been for longer than on earlier days at this time (`SourceRhythm`), and when that is
    implausible at what it had in these hours of earlier weeks and in the hours before the silence. Every gap between two
    tickets is a test. The episode goes on until the source has been back for an hour; what came in together then is part of it.
    """
    silent = {one.segment: one for one in context.incomplete if one.end is None}
    found = [_followed(context, one) for one in silent.values()]
    for segment in _sources(context):
        if segment not in silent:
            finding = _opened(context, segment, budget)
            found += [] if finding is None else [finding]
    return found


def _sources(context: DetectionContext) -> list[Segment]:
    """List the sources that sent nothing of late, in canonical order."""
    counts = context.complete_from
    sums = counts.sums(context.end - _FRESH, context.end)
    found = ((row, counts.keys[row].segment) for row in counts.rows_of(ALL_TICKETS))
    return sorted(segment for row, segment in found if source_of(segment) is not None and sums[row] == 0)


def _volume(context: DetectionContext, segment: Segment) -> SourceVolume:
    gaps = gaps_of([one for one in context.incomplete if one.segment == segment], context.end)
    return SourceVolume(context.complete_from, source_of(segment) or "", gaps)


def _opened(context: DetectionContext, segment: Segment, budget: ErrorBudget) -> Finding | None:
    volume = _volume(context, segment)
    newest = _newest(volume, context.end)
    if newest is None or any(one.segment == segment and (one.end or 0) > newest for one in context.incomplete):
        return None
    start = newest + 1
    p_value, mean = _chance_of_none(context, volume, start, context.end)
    a_week = int(volume.usual(context.end - 7 * BUCKETS_PER_DAY, context.end).mean)
    level = budget.incomplete(min(max(a_week, 1), _EPOCHS_PER_WEEK))
    if p_value > level or context.end - start < _usual_silence(volume, newest):
        return None
    finding = _finding(context, Episode(ALL_TICKETS, segment, start, kind=SpikeKind.MISSING_VOLUME), 0, mean, p_value)
    return budget.needed(finding, level)


def _newest(volume: SourceVolume, end: int) -> int | None:
    """Find the bucket of a source's newest ticket of the last eight days."""
    for length in (BUCKETS_PER_DAY, _KNOWN_BUCKETS):
        found = np.flatnonzero(volume.counts.by_bucket(volume.key, end - length, end))
        if len(found):
            return end - length + int(found[-1])
    return None


def _chance_of_none(context: DetectionContext, volume: SourceVolume, start: int, end: int) -> tuple[float, float]:
    """Compute the probability that the source is silent from `start` to `end` by chance, and the tickets that are expected."""
    before, usual = volume.usual(start - _RECENT, start), volume.usual(start, end)
    seen = volume.counts.total(volume.key, start - _RECENT, start)
    busy = min((seen + _RECENT_STRENGTH) / (before.mean + _RECENT_STRENGTH), 1.0)
    mean, dispersion = busy * usual.mean, float(context.baseline.dispersion[0])
    if mean <= 0.0:
        return 1.0, 0.0
    uncertain = dispersion / (seen + _RECENT_STRENGTH) + dispersion / (usual.tickets + 1.0)
    return float(lower_tail(0, mean, dispersion * mean + uncertain * mean**2)), mean


def _usual_silence(volume: SourceVolume, newest: int) -> float:
    """Return the longest usual silence after a source's newest ticket, in buckets, from the same time of earlier days."""
    first = newest + 1 - _KNOWN_BUCKETS
    seen = volume.counts.by_bucket(volume.key, first, newest + 1)
    earlier = []
    for days in range(1, 8):
        anchor = newest - days * BUCKETS_PER_DAY
        if not any(start <= anchor < end for start, end in volume.gaps):
            earlier += _wait_after(seen, anchor - first, days)
    rhythm = SourceRhythm(volume.source, start_of(newest + 1), tuple(earlier))
    return rhythm.usual_silence / timedelta(seconds=BUCKET_SECONDS)


def _wait_after(seen: Ints, anchor: int, days: int) -> list[EarlierWait]:
    """Measure the wait for the next ticket after a bucket, and the mean gap of those that followed; none before the first ticket."""
    after = np.flatnonzero(seen[anchor + 1 :])
    if not len(after) or not seen[: anchor + 1].any():
        return []
    step = timedelta(seconds=BUCKET_SECONDS)
    total = np.cumsum(seen[anchor + 1 + after[0] :])
    last = int(np.searchsorted(total, total[0] + _FOLLOWING))
    gap = None if last >= len(total) else (last + 1) * step / float(total[last])
    return [EarlierWait(days, (int(after[0]) + 1) * step, gap)]


def _followed(context: DetectionContext, episode: Episode) -> Finding:
    """Update an open episode; it is closed when the source is back, or when it has been gone for so long that it is not expected."""
    volume, end = _volume(context, episode.segment), context.end
    seen = volume.counts.by_bucket(volume.key, episode.start, end)
    shifted = end - episode.start >= context.settings.shift_hours * BUCKETS_PER_HOUR
    over = end if shifted else _back_since(context, volume, episode.start, seen)
    until = end if over is None else max(over, episode.start + 1)
    arrived = np.flatnonzero(seen)
    silent_until = max(episode.start + int(arrived[0]), episode.start + 1) if len(arrived) else end
    p_value = _chance_of_none(context, volume, episode.start, silent_until)[0]
    mean, tickets = _chance_of_none(context, volume, episode.start, until)[1], int(seen[: until - episode.start].sum())
    return _finding(context, episode, tickets, mean, p_value, end=None if over is None else until, shifted=shifted)


def _back_since(context: DetectionContext, volume: SourceVolume, start: int, seen: Ints) -> int | None:
    """Find the bucket from which a source has its usual volume again; what came in together belongs to the silence."""
    arrived = np.flatnonzero(seen)
    if not len(arrived):
        return None
    together = volume.backlog(start, context.end)
    since = max([start + int(arrived[0]), *(bucket + 1 for bucket in together)])
    if context.end - since < _CALM:
        return None
    usual, dispersion = volume.usual(since, context.end), float(context.baseline.dispersion[0])
    mean = max(usual.mean, 1e-9)
    now = int(seen[since - start :].sum())
    variance = dispersion * mean + dispersion * mean**2 / (usual.tickets + 1.0)
    return since if float(lower_tail(now, mean, variance)) > _IMPLAUSIBLE else None


def _finding(
    context: DetectionContext,
    episode: Episode,
    seen: int,
    mean: float,
    p_value: float,
    *,
    end: int | None = None,
    shifted: bool = False,
) -> Finding:
    """Report a silence; its figures are those of the source alone."""
    going_on = EpisodeChange.UPDATED if episode in context.incomplete else EpisodeChange.OPENED
    expected = max(mean, 1e-9)
    return Finding(
        change=going_on if end is None else EpisodeChange.CLOSED, kind=SpikeKind.MISSING_VOLUME, theme_id=ALL_TICKETS,
        segment=episode.segment, start=episode.start, end=end, observed=seen, expected=expected, ratio=seen / expected,
        excess=seen - expected, p_value=p_value, q_value=p_value,
        severity=max(expected - seen, 0.0) * -float(np.log10(p_value)), total_observed=seen, total_expected=expected,
        dispersion=float(context.baseline.dispersion[0]), theme_ids=(ALL_TICKETS,), shifted=shifted, gate=context.gate,
    )  # fmt: skip
