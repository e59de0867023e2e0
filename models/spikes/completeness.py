"""Completeness: which sources of tickets have fallen silent, and which tickets came in together when they were back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import BucketWindow, Floats, Ints
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.source_silence import segment_of_source, source_of
from models.spike import SpikeKind
from models.spikes.counts import CountCells, SeriesCounts
from models.spikes.episodes.episode import Episode
from models.spikes.series import SeriesKey
from models.spikes.statistics.count_tails import upper_tail
from models.theme import ALL_TICKETS

_WEEK_HOURS = 168
_WEEKS = 4
"""Earlier weeks whose same hours are the rhythm of a source."""
_TOGETHER = 1e-4
"""Chance below which the tickets of one bucket came in together, of a source that was silent just before."""
_FEWEST_TOGETHER = 5
_TIMES = 2.0
"""Multiple of its usual tickets below which a bucket is not a backlog, however unlikely it is."""


def is_incomplete(episode: Episode) -> bool:
    """Check whether an episode is the silence of a source: the record is incomplete, and nothing is known of the volume."""
    silent = episode.kind == SpikeKind.MISSING_VOLUME and episode.theme_id == ALL_TICKETS
    return silent and source_of(episode.segment) is not None


@dataclass(frozen=True, slots=True)
class UsualVolume:
    """What a source usually has over some buckets: the mean, and the tickets from which it is known."""

    mean: float
    tickets: int


@dataclass(frozen=True, slots=True)
class SourceVolume:
    """The volume of one source by its own rhythm: that of the same hours of up to four earlier weeks.

    gaps: buckets in which it was silent before, which say nothing of its rhythm.
    """

    counts: SeriesCounts
    source: str
    gaps: tuple[BucketWindow, ...] = ()

    @property
    def key(self) -> SeriesKey:
        """The series of the source."""
        return SeriesKey(ALL_TICKETS, segment_of_source(self.source))

    def usual(self, start: int, end: int) -> UsualVolume:
        """Return what the source usually has in the buckets [start, end)."""
        hours, share = _hours_of(start, end)
        seen, weeks = self._earlier(hours)
        mean = np.where(weeks > 0, seen / np.maximum(weeks, 1), 0.0)
        return UsualVolume(float((share * mean).sum()), int(seen.sum()))

    def backlog(self, start: int, end: int) -> list[int]:
        """Return the buckets of [start, end) whose tickets came in together, after a silence that began at `start`."""
        seen = self.counts.by_bucket(self.key, start, end)
        buckets = start + np.flatnonzero(seen >= _FEWEST_TOGETHER)
        if not len(buckets):
            return []
        by_hour = {int(hour): self.usual(*_bounds(int(hour))).mean for hour in np.unique(buckets // BUCKETS_PER_HOUR)}
        mean = np.array([max(by_hour[int(one) // BUCKETS_PER_HOUR] / BUCKETS_PER_HOUR, 0.1) for one in buckets])
        many = seen[buckets - start]
        together = (upper_tail(many, mean, 2.0 * mean) < _TOGETHER) & (many > _TIMES * mean)
        return [int(one) for one in buckets[together]]

    def _earlier(self, hours: Ints) -> tuple[Floats, Ints]:
        """Count the tickets in the same hours of earlier weeks, and the weeks in which they are known; each (hours,)."""
        seen, weeks = np.zeros(len(hours)), np.zeros(len(hours), dtype=np.int64)
        first = self._first_hour(int(hours[0]))
        for back in range(1, _WEEKS + 1):
            then = hours - back * _WEEK_HOURS
            known = np.ones(len(then), dtype=bool)
            for start, end in self.gaps:
                known &= ((then + 1) * BUCKETS_PER_HOUR <= start) | (then * BUCKETS_PER_HOUR >= end)
            # Before its first ticket a source was not there; nothing says that it was silent.
            known &= then >= first
            seen += np.where(known, self.counts.by_hour(self.key, int(then[0]), int(then[-1]) + 1), 0)
            weeks += known
        return seen, weeks

    def _first_hour(self, hour: int) -> int:
        first = self.counts.first_hour_of(self.key, hour - _WEEKS * _WEEK_HOURS, hour)
        return hour if first is None else first


def _hours_of(start: int, end: int) -> tuple[Ints, Floats]:
    """Return the hours that the buckets [start, end) touch, and the share of each that they are."""
    hours = np.arange(start // BUCKETS_PER_HOUR, -(-end // BUCKETS_PER_HOUR))
    edges = hours * BUCKETS_PER_HOUR
    inside = np.minimum(edges + BUCKETS_PER_HOUR, end) - np.maximum(edges, start)
    return hours, inside / BUCKETS_PER_HOUR


def _bounds(hour: int) -> BucketWindow:
    return hour * BUCKETS_PER_HOUR, (hour + 1) * BUCKETS_PER_HOUR


def gaps_of(episodes: Sequence[Episode], end: int) -> tuple[BucketWindow, ...]:
    """Return the buckets in which some source was silent; `end` is that of open episodes."""
    return tuple((one.start, end if one.end is None else one.end) for one in episodes if is_incomplete(one))


def backlogs(counts: SeriesCounts, episodes: Sequence[Episode], end: int) -> tuple[BucketWindow, ...]:
    """Return the buckets in which tickets of a source came in together after its silence, of the last eight days."""
    found: set[int] = set()
    for one in episodes:
        until = end if one.end is None else one.end
        if is_incomplete(one) and until > end - 8 * BUCKETS_PER_DAY:
            source = SourceVolume(counts, source_of(one.segment) or "", ((one.start, until),))
            found.update(source.backlog(one.start, until))
    return tuple((bucket, bucket + 1) for bucket in sorted(found))


class CompleteCounts(SeriesCounts):
    """Counts of an epoch without the buckets in which tickets came in together; a view that shares what was counted.

    Parameters
    ----------
    left_out: buckets [start, end) that are read as empty.
    """

    def __init__(self, counts: SeriesCounts, left_out: Sequence[BucketWindow]) -> None:
        self.__dict__.update(counts.__dict__)
        self._cells, self._sums = {}, {}
        self._left_out = tuple(left_out)

    def recent(self, start: int, end: int) -> CountCells:
        """Return the cells of the buckets in [start, end) that are not left out."""
        cells = super().recent(start, end)
        kept = np.ones(len(cells.slots), dtype=bool)
        for first, last in self._left_out:
            kept &= (cells.slots < first) | (cells.slots >= last)
        return CountCells(cells.rows[kept], cells.slots[kept], cells.counts[kept])

    def _cells_between(self, start: int, end: int) -> list[CountCells]:
        if any(first < end and start < last for first, last in self._left_out):
            return [self.recent(start, end)]
        return super()._cells_between(start, end)

    def by_bucket(self, key: SeriesKey, start: int, end: int) -> Ints:
        """Return the tickets of one series in each bucket of [start, end), 0 where it is left out."""
        out = super().by_bucket(key, start, end)
        for first, last in self._left_out:
            out[max(first - start, 0) : max(last - start, 0)] = 0
        return out

    def hourly(self, start_hour: int, end_hour: int) -> CountCells:
        """Return the cells of the hours in [start_hour, end_hour), less what is left out, as cells of negative counts."""
        parts = [super().hourly(start_hour, end_hour)]
        for first, last in self._left_out:
            if start_hour * BUCKETS_PER_HOUR <= first and last <= end_hour * BUCKETS_PER_HOUR:
                cells = super().recent(first, last)
                parts.append(CountCells(cells.rows, cells.slots // BUCKETS_PER_HOUR, -cells.counts))
        rows, slots, tickets = ([getattr(one, name) for one in parts] for name in ("rows", "slots", "counts"))
        return CountCells(np.concatenate(rows), np.concatenate(slots), np.concatenate(tickets))
