"""Series to be predicted, the windows over which they are, and the prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.arrays import BucketWindow, Floats, Ints, Mask
from models.segment import Segment
from models.spikes.launches.common_lift import LiftedShare


@dataclass(frozen=True, slots=True)
class SeriesRows:
    """Series in canonical order (theme id, then segment).

    rows: rows of the counts. themes: positions in the baseline. segments: numbers in the counts, `names` by number.
    total: whether the segment is everything.
    """

    rows: Ints
    themes: Ints
    segments: Ints
    total: Mask
    names: Mapping[int, Segment]

    def __len__(self) -> int:
        """Return the number of series."""
        return len(self.rows)

    def counted(self, sums: Ints) -> Ints:
        """Return the entries of an array by row; 0 for series that have no row."""
        out = np.zeros(len(self.rows), dtype=np.int64)
        inside = self.rows < len(sums)
        out[inside] = sums[self.rows[inside]]
        return out

    def at(self, chosen: Ints | Mask) -> SeriesRows:
        """Return the chosen series, in the given order."""
        return replace(
            self,
            rows=self.rows[chosen],
            themes=self.themes[chosen],
            segments=self.segments[chosen],
            total=self.total[chosen],
        )

    def segment_at(self, at: int) -> Segment:
        """Return the segment of one series."""
        return self.names[int(self.segments[at])]


@dataclass(frozen=True, slots=True)
class SeriesWindows:
    """Series whose counts over some windows are predicted.

    hours: shape (themes, windows), usual hours in each window, from `Baseline.hours_in` (perhaps clipped).
    """

    series: SeriesRows
    windows: Sequence[BucketWindow]
    hours: Floats


@dataclass(frozen=True, slots=True)
class Expectation:
    """What counts should be, each of shape (series, windows).

    mean: predictive mean. noise: variance apart from the uncertainty of launches. planned: what launches add to the
    mean. deviation: standard deviation of that; series under one plan share it, so it adds up undiminished. for_all:
    by launch, what plans for all themes expect of series that they do not name.
    """

    mean: Floats
    noise: Floats
    planned: Floats
    deviation: Floats
    for_all: Mapping[str, LiftedShare] = field(default_factory=dict)

    @property
    def variance(self) -> Floats:
        """Predictive variance."""
        return self.noise + self.deviation**2

    def at(self, chosen: Ints) -> Expectation:
        """Return the expectation of the chosen series."""
        return Expectation(self.mean[chosen], self.noise[chosen], self.planned[chosen], self.deviation[chosen])

    def summed(self, group: Ints, groups: int) -> Expectation:
        """Add up series that are tested together; `group` is the number of each series' group."""

        def add(values: Floats) -> Floats:
            out = np.zeros((groups, values.shape[1]))
            np.add.at(out, group, values)
            return out

        return Expectation(add(self.mean), add(self.noise), add(self.planned), add(self.deviation))

    def total(self) -> Expectation:
        """Add up all series, shape (1, windows)."""
        return self.summed(np.zeros(len(self.mean), dtype=np.int64), 1)
