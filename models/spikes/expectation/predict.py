"""Expectation: predictive mean and variance of series over windows, common volume and launches in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from models.arrays import BucketWindow, Floats, Ints, Mask
from models.segment import Segment
from models.spikes.baseline.fit import Baseline, adjusted_share
from models.spikes.counts import SeriesCounts
from models.spikes.expectation.lift import Lifted, lift_series
from models.spikes.launches.common_lift import CommonLift, LiftedShare
from models.spikes.launches.effect import LaunchEffect

_UNSEEN = 0.5
"""Tickets that a segment without any is taken to have: it may have begun a moment ago."""


@dataclass(frozen=True, slots=True)
class SeriesRows:
    """Series to be judged, in canonical order (theme id, then segment).

    rows: rows of the counts. themes: places in the baseline. segments: numbers in the counts, `names` by
    number.
    total: whether the segment is everything.
    """

    rows: Ints
    themes: Ints
    segments: Ints
    total: Mask
    names: Mapping[int, Segment]

    def __len__(self) -> int:
        """Number of series."""
        return len(self.rows)

    def counted(self, sums: Ints) -> Ints:
        """The entries of an array by row; 0 for series that have no row."""
        out = np.zeros(len(self.rows), dtype=np.int64)
        inside = self.rows < len(sums)
        out[inside] = sums[self.rows[inside]]
        return out

    def at(self, chosen: Ints | Mask) -> SeriesRows:
        """The chosen series, in the order asked for."""
        return replace(
            self,
            rows=self.rows[chosen],
            themes=self.themes[chosen],
            segments=self.segments[chosen],
            total=self.total[chosen],
        )


@dataclass(frozen=True, slots=True)
class Mix:
    """Tickets by segment of themes in their usual state, over one window.

    by_theme: shape (themes, segments), rows of zeros for themes that are not in their usual state. totals:
    shape (themes,). in_all, total: their sums over themes. strength: tickets that what was known before
    counts for against them.
    """

    by_theme: Floats
    totals: Floats
    in_all: Floats
    total: float
    strength: float

    def others(self, themes: Ints, segments: Ints) -> tuple[Floats, Floats]:
        """Tickets of the themes other than each of `themes`: in each segment, and in all."""
        known = segments < len(self.in_all)
        inside = np.zeros(len(segments))
        inside[known] = self.in_all[segments[known]] - self.by_theme[themes[known], segments[known]]
        return inside, self.total - self.totals[themes]


@dataclass(frozen=True, slots=True)
class Volume:
    """How the common volume of late compares with usual, for each theme without its own part in it.

    factor, variance: shape (themes,): seen to usual volume of the other themes, and its relative variance.
    day, recent: the mix of segments over the last day and the last hours; `recent_window` are the latter, as
    buckets.
    """

    factor: Floats
    variance: Floats
    day: Mix
    recent: Mix
    recent_window: BucketWindow

    def mix_factor(self, series: SeriesRows, usual: Floats, baseline: Baseline) -> tuple[Floats, Floats]:
        """By how much each segment's share of the other themes has moved from usual, and its relative variance.

        The larger of the last day's and the last hours' factor: a version that is being rolled out has more
        each hour, and one that has begun to shrink may still be in the tested windows. The last hours are
        compared with what is usual at these hours, and shrunk to the day.
        """
        inside, whole = self.day.others(series.themes, series.segments)
        known = self.day.strength * usual + inside + _UNSEEN
        factor = known / ((self.day.strength + whole) * usual)
        inside, whole = self.recent.others(series.themes, series.segments)
        hourly = usual * baseline.hour_factor(series.segments, [self.recent_window])[:, 0]
        newly = self.recent.strength * factor * hourly + inside
        recent = newly / ((self.recent.strength + whole) * hourly)
        fixed = (series.themes == 0) | series.total
        variance = 1.0 / np.where(recent > factor, newly, known)
        return np.where(fixed, 1.0, np.maximum(factor, recent)), np.where(fixed, 0.0, variance)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What counts should be, each of shape (series, windows).

    mean: predictive mean. noise: variance apart from the doubt about launches. planned: the part of the mean
    that launches add. doubt: standard deviation of that part; series under one plan share it, so it adds up
    undiminished. alike: by launch, what plans for all themes say of those that they do not name.
    """

    mean: Floats
    noise: Floats
    planned: Floats
    doubt: Floats
    alike: Mapping[str, LiftedShare] = field(default_factory=dict)

    @property
    def variance(self) -> Floats:
        """Predictive variance."""
        return self.noise + self.doubt**2

    def summed(self, group: Ints, groups: int) -> Expectation:
        """Add up series that are judged together; `group` is the number of each series' group."""

        def add(values: Floats) -> Floats:
            out = np.zeros((groups, values.shape[1]))
            np.add.at(out, group, values)
            return out

        return Expectation(add(self.mean), add(self.noise), add(self.planned), add(self.doubt))


def expect(
    series: SeriesRows,
    windows: Sequence[BucketWindow],
    hours: Floats,
    baseline: Baseline,
    volume: Volume | None,
    launches: Sequence[LaunchEffect],
    counts: SeriesCounts,
    tolerance_coverage: float,
    common: Mapping[str, CommonLift] | None = None,
) -> Expectation:
    """Predict the counts of series over windows.

    The mean is exposure x level x profile x share, lifted by launches; the share follows the hour of the day
    and, with `volume`, the mix of segments of late. The variance is `dispersion x mean +
    (relative variance of level, share and exposure) x mean^2`, and the variance of each launch's lift adds
    that of the planned mean: the predictive distribution mixed over the lift, matched in its first two
    moments.

    Parameters
    ----------
    hours: shape (themes, windows), usual hours' worth of each window, from `Baseline.hours_in` (perhaps
    clipped).
    volume: how common volume is now; None for a plain forecast.
    tolerance_coverage: probability that the true lift lies within its tolerance; fixes the lift's standard
    deviation.
    common: by launch with a plan for all themes, the factor on it that was learned from the others over these windows; a launch
    that is missing is expected as planned.
    """
    themes = series.themes
    share, share_variance = baseline.share(series.rows, themes, series.segments, series.total)
    usual = baseline.usual_share(series.segments)
    moved = baseline.hour_factor(series.segments, windows)
    rate = baseline.level[themes]
    spread = baseline.level_variance[themes] + share_variance
    mix_variance = np.zeros(len(series))
    if volume is not None:
        factor, mix_variance = volume.mix_factor(series, usual, baseline)
        moved = moved * factor[:, None]
        rate = rate * volume.factor[themes]
        spread = spread + volume.variance[themes]
    now = adjusted_share(share[:, None], usual[:, None], moved)
    now = np.where(series.total[:, None], 1.0, now)
    # The mix says little about a theme that is nearly all inside the segment.
    spread = spread[:, None] + mix_variance[:, None] * (1.0 - now) ** 2
    rates = rate[:, None] * now
    mean = rates * hours[themes]
    lifted = lift_series(series, rates, windows, hours, baseline, launches, counts, tolerance_coverage)
    beyond, doubt, unsure = _learned(series, lifted, common or {})
    unsure += lifted.common_variance(measured=volume is not None)
    mean = np.maximum(mean + lifted.common + lifted.planned + beyond, 1e-9)
    noise = baseline.dispersion[themes][:, None] * mean + spread * mean**2 + unsure
    return Expectation(mean, noise, lifted.planned, doubt, lifted.alike)


def _learned(series: SeriesRows, lifted: Lifted, common: Mapping[str, CommonLift]) -> tuple[Floats, Floats, Floats]:
    """What learned common lifts add to plans for all themes, the doubt about lifts then, and the variance of what was learned."""
    beyond, doubt, unsure = np.zeros_like(lifted.planned), lifted.doubt, np.zeros_like(lifted.planned)
    for launch_id, plan in lifted.alike.items():
        if launch_id in common:
            less = common[launch_id].factor[series.themes] - 1.0
            beyond = beyond + less * plan.mean
            doubt = doubt + less * plan.deviation
            unsure = unsure + common[launch_id].variance[series.themes] * plan.mean**2
    return beyond, doubt, unsure
