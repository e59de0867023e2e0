"""Pooled counts: what series that are added up have, and should have at the level of the day before."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import BucketWindow, Floats
from models.spikes.context import DetectionContext
from models.spikes.expectation.series import Expectation, SeriesRows
from models.spikes.statistics.subsets import GroupCounts


def pooled_counts(context: DetectionContext, series: SeriesRows, windows: Sequence[BucketWindow]) -> GroupCounts:
    """Count and predict series that are added up, at the level of the day before: a rise must not hide itself.

    What moves all themes alike adds up undiminished. A series has the same figures whichever others are asked for with it.
    """
    volume = context.volume(windows)
    mean, noise = _at_level_before(context, series, context.expected(series, windows, volume))
    common = volume.variance[series.themes]
    if not series.total.all():
        common = (
            common
            + volume.mix_factor(series, context.baseline.usual_share(series.segments), context.baseline)[1][:, None]
        )
    shared = np.minimum(np.sqrt(common) * mean, np.sqrt(noise))
    observed = np.stack([series.counted(context.counts.sums(*window)) for window in windows], axis=1)
    return GroupCounts(observed, mean, noise, shared)


def _at_level_before(context: DetectionContext, series: SeriesRows, expected: Expectation) -> tuple[Floats, Floats]:
    """Return mean and variance of counts at the level of the day before instead of the present one."""
    baseline, themes = context.baseline, series.themes
    known = (expected.variance - baseline.dispersion[themes][:, None] * expected.mean) / expected.mean**2
    moved = (baseline.day_before_variance - baseline.level_variance)[themes][:, None]
    mean = expected.mean * (baseline.day_before / baseline.level)[themes][:, None]
    return mean, baseline.dispersion[themes][:, None] * mean + np.maximum(known + moved, 0.0) * mean**2
