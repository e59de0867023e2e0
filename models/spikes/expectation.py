"""Expectation: predictive mean and variance of series over windows, common volume and launches in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import special

from models.segment import EVERYTHING, Segment
from models.spikes.baseline import Baseline, adjusted_share
from models.spikes.counts import SeriesCounts
from models.spikes.launch import LaunchEffect
from models.spikes.series import SeriesKey

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Window = tuple[int, int]

_UNSEEN = 0.5
"""Tickets that a segment without any is taken to have: it may have begun a moment ago."""


@dataclass(frozen=True, slots=True)
class Series:
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

    def at(self, chosen: Ints | Mask) -> Series:
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
    recent_window: Window

    def mix_factor(self, series: Series, usual: Floats, baseline: Baseline) -> tuple[Floats, Floats]:
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
    undiminished.
    """

    mean: Floats
    noise: Floats
    planned: Floats
    doubt: Floats

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
    series: Series,
    windows: Sequence[Window],
    hours: Floats,
    baseline: Baseline,
    volume: Volume | None,
    launches: Sequence[LaunchEffect],
    counts: SeriesCounts,
    tolerance_coverage: float,
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
    planned = np.zeros_like(mean)
    doubt = np.zeros_like(mean)
    for launch in launches:
        if not any(start < launch.end and launch.start < end for start, end in windows):
            continue
        inside = _hours_lifted(baseline, launch, windows, hours)
        lift, part = _lift_and_part(series, launch, baseline, counts)
        usual_inside = rates * part[:, None] * inside[themes]
        planned += (lift - 1.0)[:, None] * usual_inside
        scale = launch.tolerance / _deviations(tolerance_coverage)
        doubt += np.where(lift[:, None] != 1.0, scale * lift[:, None] * usual_inside, 0.0)
    mean = np.maximum(mean + planned, 1e-9)
    noise = baseline.dispersion[themes][:, None] * mean + spread * mean**2
    return Expectation(mean, noise, planned, doubt)


def _hours_lifted(baseline: Baseline, launch: LaunchEffect, windows: Sequence[Window], hours: Floats) -> Floats:
    """Usual hours' worth of each window that a launch lifts, shape (themes, windows).

    A plan gives the volume of the whole launch and not its rhythm, so the envelope covers both the usual
    rhythm and an
    even one: the night of a launch is not as quiet as other nights.
    """
    inside = [_overlap(window, launch) for window in windows]
    usual = baseline.hours_in(inside)
    length = np.array([end - start for start, end in inside]) / (launch.end - launch.start)
    even = baseline.hours_in([(launch.start, launch.end)]) * length
    whole = baseline.hours_in(windows)
    return np.maximum(usual, even) * (hours / np.maximum(whole, 1e-12))  # where a theme's windows are clipped


def _overlap(window: Window, launch: LaunchEffect) -> Window:
    start, end = max(window[0], launch.start), min(window[1], launch.end)
    return (start, max(start, end))


def _deviations(coverage: float) -> float:
    """Standard deviations of a normal on each side that hold `coverage` of it."""
    return float(special.ndtri(0.5 + coverage / 2.0))


def _lift_and_part(
    series: Series, launch: LaunchEffect, baseline: Baseline, counts: SeriesCounts
) -> tuple[Floats, Floats]:
    """Lift of each series' theme (1 where the plan is silent), and its part inside the scope."""
    lift = np.ones(len(series))
    part = np.zeros(len(series))
    for at, theme in enumerate(series.themes):
        theme_id = int(baseline.theme_ids[theme])
        planned = lift_over_all(launch, baseline, counts) if theme_id == 0 else launch.lift_of(theme_id)
        if planned is None:
            continue
        segment = series.names[int(series.segments[at])]
        lift[at] = planned
        part[at] = part_in_scope(theme_id, segment, launch.scope, baseline, counts)
    return lift, part


def lift_over_all(launch: LaunchEffect, baseline: Baseline, counts: SeriesCounts) -> float:
    """Lift of all tickets inside the scope that follows from the themes' lifts and usual volumes."""
    everywhere = launch.lift_all or 1.0
    extra = 0.0
    for group in launch.expected:
        for theme_id in sorted(group.theme_ids):
            if theme_id in baseline.place:
                part = share_of(theme_id, launch.scope, baseline, counts)
                usual = baseline.level[baseline.place[theme_id]] * part
                extra += (group.lift - everywhere) * float(usual)
    whole = float(baseline.level[0]) * share_of(0, launch.scope, baseline, counts)
    return max(everywhere + extra / max(whole, 1e-9), 1e-3)


def part_in_scope(theme_id: int, segment: Segment, scope: Segment, baseline: Baseline, counts: SeriesCounts) -> float:
    """Part of a theme's tickets in `segment` that lies in `scope` too; dimensions count as independent."""
    if segment.within(scope):
        return 1.0
    if not segment.compatible(scope):
        return 0.0
    fixed = segment.as_dict()
    rest = Segment.of({name: value for name, value in scope.pairs if name not in fixed})
    return share_of(theme_id, rest, baseline, counts)


def share_of(theme_id: int, segment: Segment, baseline: Baseline, counts: SeriesCounts) -> float:
    """Usual share of a segment in a theme: from its series if kept, else the product over dimensions."""
    if segment == EVERYTHING:
        return 1.0
    known = baseline.shares.get((theme_id, segment))
    if known is not None:
        return known
    segment_id = counts.segment_id(segment)
    sums = baseline.all_sums
    seen = segment_id is not None and segment_id < len(sums) and sums[segment_id] > 0
    if not seen and len(segment.pairs) > 1:
        share = 1.0
        for name, value in segment.pairs:
            share *= share_of(theme_id, Segment.of({name: value}), baseline, counts)
    else:
        row = counts.row(SeriesKey(theme_id, segment))
        rows = np.array([len(baseline.sums) if row is None else row])
        number = np.array([len(baseline.all_sums) if segment_id is None else segment_id])
        place = np.array([baseline.place[theme_id]])
        share = float(baseline.share(rows, place, number, np.array([False]))[0][0])
    baseline.shares[(theme_id, segment)] = share
    return share
