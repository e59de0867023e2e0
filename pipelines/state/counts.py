"""Counts in the miner's state: tickets by bucket and series, the numbers of segments, and the counters of ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from models.segment import EVERYTHING, Segment
from models.spikes import SeriesCounts, SeriesKey

Counter = Literal["spike", "alert", "lineage", "segment", "incident", "transition", "issue_event"]
"""What gets an id from a counter."""
COUNTERS: tuple[Counter, ...] = ("spike", "alert", "lineage", "segment", "incident", "transition", "issue_event")


class CountState:
    """What was counted.

    Parameters
    ----------
    series: counts by bucket and series, as the detector reads them.
    segments: number of each segment, by its key.
    counters: last id of each kind that was used; missing kinds begin with 1.
    """

    def __init__(
        self, series: SeriesCounts, segments: Mapping[str, int], counters: Mapping[str, int] | None = None
    ) -> None:
        self.series = series
        self._segments = dict(segments)
        self._numbers: dict[Segment, int] = {}
        # The same by segment, of those that were asked for.
        self._counters: dict[Counter, int] = {name: (counters or {}).get(name, 0) for name in COUNTERS}

    def add(self, bucket: int, key: SeriesKey, n: int = 1) -> None:
        """Count tickets; a negative `n` takes them back."""
        self.series.add(bucket, key, n)

    def add_all(self, changes: Iterable[tuple[tuple[int, int, Segment], int]]) -> None:
        """Count tickets by (bucket, theme, segment), as `add` does one after the other."""
        self.series.add_all(changes)

    def restore(self, cells: NDArray[np.int64]) -> None:
        """Count stored cells of shape (n, 4): theme id, number of the segment, bucket, tickets."""
        self.series.restore_cells(cells, self.segments())

    def total(self, key: SeriesKey, start: int, end: int) -> int:
        """Return the tickets of a series in the buckets [start, end)."""
        return self.series.total(key, start, end)

    def by_bucket(self, key: SeriesKey, start: int, end: int) -> NDArray[np.int64]:
        """Return the tickets of a series in each bucket of [start, end), shape (end - start,)."""
        return self.series.by_bucket(key, start, end)

    def trim(self, end_bucket: int) -> None:
        """Forget the counts that detection at the end of the epoch before `end_bucket`, and later, does not read."""
        self.series.trim(end_bucket)

    # -- segments
    # ------------------------------------------------------------------------------------------

    def number(self, segment: Segment) -> int:
        """Return the number of a segment that has one. Raises `KeyError`."""
        number = self._numbers.get(segment)
        if number is None:
            number = self._numbers[segment] = self._segments[segment.key]
        return number

    def number_of(self, segment: Segment) -> int | None:
        """Return the number of a segment; None where no ticket had its values."""
        return self._segments.get(segment.key)

    @property
    def everything(self) -> int:
        """The number of the segment that holds every ticket; -1, which no row has, before the first ticket."""
        return self._segments.get(EVERYTHING.key, -1)

    def segments(self) -> dict[int, Segment]:
        """Return the segments by number."""
        return {number: Segment.from_key(key) for key, number in self._segments.items()}

    def values_of(self, dimension: str) -> list[str]:
        """Return the values of a dimension that is counted by itself, in the order of their first ticket."""
        found = (Segment.from_key(key) for key in self._segments)
        return [segment.as_dict()[dimension] for segment in found if segment.dimensions == (dimension,)]

    def number_new(self, segments: Collection[Segment]) -> dict[str, int]:
        """Number segments that have no number yet, in the order of their keys; returns the numbers that are new."""
        unknown = {segment.key for segment in segments if segment not in self._numbers}
        added = {key: self.next_id("segment") for key in sorted(unknown - self._segments.keys())}
        self._segments.update(added)
        return added

    # -- ids
    # ------------------------------------------------------------------------------------------

    def next_id(self, counter: Counter) -> int:
        """Return the next id of a kind, from 1; it is used up only if the epoch commits."""
        self._counters[counter] += 1
        return self._counters[counter]

    def last_id(self, counter: Counter) -> int:
        """Return the last id of a kind that was used; 0 before the first."""
        return self._counters[counter]

    def continue_after(self, counter: Counter, last: int) -> None:
        """Let the next id of a kind be the one after `last`."""
        self._counters[counter] = last

    def counters(self) -> dict[str, int]:
        """Return the last id of each kind, as the miner's row stores them."""
        return {str(name): last for name, last in self._counters.items()}
