"""Lifting: what launches add to the expected counts of series, and how uncertain that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from scipy import special

from models.arrays import BucketWindow, Floats
from models.segment import EVERYTHING, Segment
from models.spikes.baseline.fit import Baseline
from models.spikes.counts import SeriesCounts
from models.spikes.launches.common_lift import LiftedShare
from models.spikes.launches.effect import Course, LaunchEffect, Step
from models.spikes.series import ALL_TICKETS, SeriesKey
from models.spikes.statistics.count_tails import upper_tail

if TYPE_CHECKING:
    from models.spikes.expectation.predict import SeriesRows


_LEAST_LIFTED = 0.05
"""Part of the mean below which no lift can be: a normal has no such bound."""


@dataclass(frozen=True, slots=True)
class Lifted:
    """What launches add, each of shape (series, windows).

    planned: tickets that plans add. doubt: standard deviation of what plans say; series under one plan share it. common: tickets
    that the calendar brings without a plan. own, shared: variance of a series' own part of that, and of the part that all share.
    alike: of each plan for all themes by its launch, what it says of series that it does not name.
    """

    planned: Floats
    doubt: Floats
    common: Floats
    own: Floats
    shared: Floats
    alike: dict[str, LiftedShare] = field(default_factory=dict)

    def common_variance(self, *, measured: bool) -> Floats:
        """Variance of what nobody planned; how much all have in common is known where it is measured by the other themes."""
        return self.own if measured else self.own + self.shared


def lift_series(
    series: SeriesRows,
    rates: Floats,
    windows: Sequence[BucketWindow],
    hours: Floats,
    baseline: Baseline,
    launches: Sequence[LaunchEffect],
    counts: SeriesCounts,
    tolerance_coverage: float,
) -> Lifted:
    """Add up the launches.

    Parameters
    ----------
    rates: shape (series, windows), usual tickets an hour's worth.
    hours: shape (themes, windows), usual hours' worth of each window, perhaps clipped.
    tolerance_coverage: probability that a true lift lies within its tolerance; fixes the standard deviation of a lift that has no
        course.
    """
    planned, doubt, common, own, shared = (np.zeros(rates.shape) for _ in range(5))
    found = Lifted(planned, doubt, common, own, shared)
    for launch in launches:
        first, last = launch.reach
        if not any(start < last and first < end for start, end in windows):
            continue
        lift, part, courses = _lift_and_part(series, launch, baseline, counts)
        usual = rates * part[:, None]
        flat = np.array([not course for course in courses], dtype=bool) & (lift != 1.0)
        alike = _alike(series, launch, baseline)
        whole = LiftedShare(np.zeros(rates.shape), np.zeros(rates.shape))
        if flat.any():
            # A plan without a course gives the volume of the whole launch, and not its rhythm.
            window = (launch.start, launch.end)
            inside = usual * _hours_of_step(baseline, window, windows, hours, even=True)[series.themes]
            scale = deviation_of(launch.tolerance, tolerance_coverage)
            found.planned[flat] += ((lift - 1.0)[:, None] * inside)[flat]
            found.doubt[flat] += (scale * lift[:, None] * inside)[flat]
            if launch.lift_all is not None:
                step = Step(launch.start, launch.end, launch.lift_all, scale)
                _add_alike(whole, step, flat & alike, usual, series, windows, hours, baseline)
        for course in dict.fromkeys(course for course in courses if course):
            rows = np.array([one is course or one == course for one in courses], dtype=bool)
            _follow(course, rows, usual, series, windows, hours, baseline, found.planned, found.doubt, even=True)
            for step in course if (rows & alike).any() else ():
                if launch.start <= step.start and step.end <= launch.end:
                    _add_alike(whole, step, rows & alike, usual, series, windows, hours, baseline)
        if alike.any():
            found.alike[launch.launch_id] = whole
        if launch.common:
            _add_common(launch, lift, part, rates, series, windows, hours, baseline, found)
    return found


def _add_alike(
    whole: LiftedShare,
    step: Step,
    rows: npt.NDArray[np.bool_],
    usual: Floats,
    series: SeriesRows,
    windows: Sequence[BucketWindow],
    hours: Floats,
    baseline: Baseline,
) -> None:
    """Add what a step of a plan for all says of the chosen rows: usual volume keeps its rhythm, what is added may come evenly."""
    window = (step.start, step.end)
    natural = usual * _hours_of_step(baseline, window, windows, hours)[series.themes]
    inside = usual * _hours_of_step(baseline, window, windows, hours, even=True)[series.themes]
    whole.mean[rows] += (natural + (step.lift - 1.0) * inside)[rows]
    whole.deviation[rows] += (step.deviation * step.lift * inside)[rows]


def _alike(series: SeriesRows, launch: LaunchEffect, baseline: Baseline) -> npt.NDArray[np.bool_]:
    """Which series a launch lifts only because it lifts all."""
    if launch.lift_all is None:
        return np.zeros(len(series), dtype=bool)
    named = sorted({ALL_TICKETS}.union(*(group.theme_ids for group in launch.expected)))
    return ~np.isin(baseline.theme_ids[series.themes], named)


def _follow(
    course: Course,
    rows: npt.NDArray[np.bool_],
    usual: Floats,
    series: SeriesRows,
    windows: Sequence[BucketWindow],
    hours: Floats,
    baseline: Baseline,
    added: Floats,
    deviation: Floats,
    *,
    even: bool = False,
) -> None:
    """Add a course to the chosen rows. What it is wrong by now it is wrong by later: deviations add up undiminished."""
    for step in course:
        inside = usual * _hours_of_step(baseline, (step.start, step.end), windows, hours, even=even)[series.themes]
        added[rows] += ((step.lift - 1.0) * inside)[rows]
        deviation[rows] += (step.deviation * step.lift * inside)[rows]


def _add_common(
    launch: LaunchEffect,
    lift: Floats,
    part: Floats,
    rates: Floats,
    series: SeriesRows,
    windows: Sequence[BucketWindow],
    hours: Floats,
    baseline: Baseline,
    found: Lifted,
) -> None:
    rows = lift == 1.0
    usual = rates * part[:, None]
    deviation = np.zeros_like(rates)
    before = found.common.copy()
    _follow(launch.common, rows, usual, series, windows, hours, baseline, found.common, deviation)
    lifted = np.zeros_like(rates)
    for step in launch.common:
        lifted += usual * _hours_of_step(baseline, (step.start, step.end), windows, hours)[series.themes]
    total = np.maximum(found.common - before + lifted, 0.0) * rows[:, None]
    # All tickets are the sum of the themes, among which what is their own evens out.
    single = (series.themes != 0)[:, None]
    found.own[:] += np.where(single, (launch.own * total) ** 2, 0.0)
    found.shared[:] += deviation**2


def _hours_of_step(
    baseline: Baseline, step: BucketWindow, windows: Sequence[BucketWindow], hours: Floats, *, even: bool = False
) -> Floats:
    """Usual hours' worth of the part of each window that lies in a step, shape (themes, windows).

    With `even` the larger of the usual rhythm and an even one: the night of a launch is not as quiet as other nights.
    """
    inside = [_cut(window, step) for window in windows]
    worth = baseline.hours_in(inside)
    if even:
        length = np.array([end - start for start, end in inside]) / (step[1] - step[0])
        worth = np.maximum(worth, baseline.hours_in([step]) * length)
    whole = baseline.hours_in(windows)
    return np.asarray(worth * (hours / np.maximum(whole, 1e-12)))  # where a theme's windows are clipped


def since_common(launches: Sequence[LaunchEffect], window: BucketWindow) -> BucketWindow:
    """The part of a window since the newest edge of a day on which the calendar changes the volume of all themes."""
    last = window[1] - 1
    edges = [
        edge
        for launch in launches
        if launch.common and launch.scope == EVERYTHING and launch.reach[0] <= last < launch.reach[1]
        for edge in (launch.start, launch.end)
        if edge <= last
    ]
    return (max([window[0], *edges]), window[1])


def common_lift(launches: Sequence[LaunchEffect], window: BucketWindow, baseline: Baseline) -> tuple[Floats, Floats]:
    """Multiple of its usual volume that the calendar brings each theme over a window without a plan, and its relative deviation.

    Both of shape (themes,); only what holds everywhere counts.
    """
    lift, deviation = np.ones(len(baseline.theme_ids)), np.zeros(len(baseline.theme_ids))
    whole = np.maximum(baseline.hours_in([window])[:, 0], 1e-12)
    for launch in launches:
        for step in launch.common if launch.scope == EVERYTHING else ():
            share = baseline.hours_in([_cut(window, (step.start, step.end))])[:, 0] / whole
            lift += (step.lift - 1.0) * share
            deviation += step.deviation * step.lift * share
    return lift, deviation / np.maximum(lift, 1e-12)


def _cut(window: BucketWindow, to: BucketWindow) -> BucketWindow:
    start, end = max(window[0], to[0]), min(window[1], to[1])
    return (start, max(start, end))


def deviation_of(tolerance: float, coverage: float) -> float:
    """Standard deviation that a tolerance means, a share of the lifted mean, where `coverage` of true lifts lie within it."""
    return tolerance / deviations(coverage)


def deviations(coverage: float) -> float:
    """Standard deviations of a normal on each side that hold `coverage` of it."""
    return float(special.ndtri(0.5 + coverage / 2.0))


def mixed_tail(observed: npt.ArrayLike, mean: npt.ArrayLike, noise: npt.ArrayLike, doubt: npt.ArrayLike) -> Floats:
    """Upper mid-p of counts under a negative binomial whose mean is itself uncertain: normal with standard deviation `doubt`.

    All arguments broadcast. The exact mixture, by Gauss-Hermite quadrature with 15 nodes; where nothing is in doubt it is the
    tail itself. `noise` is the variance at the mean, and in proportion to it at others. Never larger for a larger count.

    References
    ----------
    Abramowitz and Stegun 1964, 25.4.46.
    """
    x, mu, variance, deviation = (
        np.asarray(one, np.float64) for one in np.broadcast_arrays(observed, mean, noise, doubt)
    )
    shape = x.shape
    tail = np.array(upper_tail(x, mu, variance), ndmin=1)
    told = np.array(deviation > 0, ndmin=1)
    if not told.any():
        return tail.reshape(shape)
    x, mu, variance, deviation = (one.reshape(tail.shape)[told] for one in (x, mu, variance, deviation))
    mixed = np.zeros(x.shape)
    for node, weight in zip(*_quadrature(), strict=True):
        at = np.maximum(mu + deviation * node, _LEAST_LIFTED * mu)
        mixed += weight * upper_tail(x, at, variance * at / mu)
    tail[told] = np.minimum(mixed, 1.0)
    return tail.reshape(shape)


@cache
def _quadrature() -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Nodes and weights for a standard normal."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(15)
    return tuple(nodes.tolist()), tuple((weights / weights.sum()).tolist())


def _lift_and_part(
    series: SeriesRows, launch: LaunchEffect, baseline: Baseline, counts: SeriesCounts
) -> tuple[Floats, Floats, list[Course]]:
    """Lift of each series' theme (1 where the plan is silent), its part inside the scope, and its course."""
    lift = np.ones(len(series))
    part = np.zeros(len(series))
    courses: list[Course] = [()] * len(series)
    for at, theme in enumerate(series.themes):
        theme_id = int(baseline.theme_ids[theme])
        planned = lift_over_all(launch, baseline, counts) if theme_id == 0 else launch.lift_of(theme_id)
        if planned is None or (theme_id == ALL_TICKETS and not launch.expected and launch.lift_all is None):
            planned = 1.0
            if not launch.common:
                continue
        else:
            courses[at] = () if theme_id == ALL_TICKETS and launch.expected else launch.course_of(theme_id)
        segment = series.names[int(series.segments[at])]
        lift[at] = planned
        part[at] = part_in_scope(theme_id, segment, launch.scope, baseline, counts)
    return lift, part, courses


def lift_over_all(launch: LaunchEffect, baseline: Baseline, counts: SeriesCounts) -> float:
    """Lift of all tickets inside the scope that follows from the themes' lifts and usual volumes.

    Of the themes that share a line the one that it means most is lifted: what is planned comes once, in whichever of them.
    """
    everywhere = launch.lift_all or 1.0
    extra = 0.0
    for group in launch.expected:
        for theme_id in sorted(group.theme_ids) if group.core is None else [group.core]:
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
