"""Lift: what launches add to the expected counts of series, and how uncertain that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import special

from models.arrays import BucketWindow, Floats, Mask
from models.segment import EVERYTHING
from models.spikes.baseline.baseline import Baseline
from models.spikes.expectation.basis import ExpectationBasis
from models.spikes.expectation.series import SeriesRows, SeriesWindows
from models.spikes.launches.common_lift import LiftedShare
from models.spikes.launches.effect import LaunchEffect, LiftCurve, LiftStep
from models.theme import ALL_TICKETS


@dataclass(frozen=True, slots=True)
class Lifted:
    """What launches add, each of shape (series, windows).

    planned: tickets that plans add. deviation: standard deviation of `planned`; series under one plan share it.
    common: tickets that the calendar brings without a plan. own, shared: variance of what a series has of that by
    itself, and of what all share. for_all: by launch with a plan for all themes, what the plan expects of series that
    it does not name.
    """

    planned: Floats
    deviation: Floats
    common: Floats
    own: Floats
    shared: Floats
    for_all: dict[str, LiftedShare] = field(default_factory=dict)

    def common_variance(self, *, measured: bool) -> Floats:
        """Return the variance of `common`; what all share is known where it is measured on the other themes."""
        return self.own if measured else self.own + self.shared


@dataclass(frozen=True, slots=True)
class _ScopedVolume:
    """The usual volume of series inside a launch's scope, `usual` tickets an hour, shape (series, windows)."""

    baseline: Baseline
    asked: SeriesWindows
    usual: Floats

    def inside(self, step: BucketWindow, *, even: bool = False) -> Floats:
        """Return the usual tickets of each window inside a step; with `even` see `_hours_of_step`."""
        hours = _hours_of_step(self.baseline, step, self.asked, even=even)
        return np.asarray(self.usual * hours[self.asked.series.themes])


@dataclass(frozen=True, slots=True)
class _SeriesLifts:
    """A launch's lift of each series' theme (1 where the plan has none), its share inside the scope, and its curve."""

    lift: Floats
    share: Floats
    curves: list[LiftCurve]


def lift_series(basis: ExpectationBasis, asked: SeriesWindows, rates: Floats) -> Lifted:
    """Add up the launches.

    Parameters
    ----------
    rates: shape (series, windows), usual tickets an hour.
    """
    planned, deviation, common, own, shared = (np.zeros(rates.shape) for _ in range(5))
    found = Lifted(planned, deviation, common, own, shared)
    for launch in basis.launches:
        first, last = launch.reach
        if not any(start < last and first < end for start, end in asked.windows):
            continue
        lifts = _lifts_of(basis, asked.series, launch)
        volume = _ScopedVolume(basis.baseline, asked, rates * lifts.share[:, None])
        unnamed = _unnamed(asked.series, launch, basis.baseline)
        for_all = LiftedShare(np.zeros(rates.shape), np.zeros(rates.shape))
        flat = np.array([not curve for curve in lifts.curves], dtype=bool) & (lifts.lift != 1.0)
        if flat.any():
            scale = deviation_of(launch.tolerance, basis.settings.tolerance_coverage)
            _add_flat(found, launch, lifts.lift, flat, volume, scale)
            if launch.lift_all is not None:
                step = LiftStep(launch.start, launch.end, launch.lift_all, scale)
                _add_for_all(for_all, step, flat & unnamed, volume)
        for curve in dict.fromkeys(curve for curve in lifts.curves if curve):
            rows = np.array([one is curve or one == curve for one in lifts.curves], dtype=bool)
            _add_curve((found.planned, found.deviation), curve, rows, volume, even=True)
            for step in curve if (rows & unnamed).any() else ():
                if launch.start <= step.start and step.end <= launch.end:
                    _add_for_all(for_all, step, rows & unnamed, volume)
        if unnamed.any():
            found.for_all[launch.launch_id] = for_all
        if launch.common:
            _add_common(found, launch, lifts.lift == 1.0, volume)
    return found


def _lifts_of(basis: ExpectationBasis, series: SeriesRows, launch: LaunchEffect) -> _SeriesLifts:
    lift = np.ones(len(series))
    share = np.zeros(len(series))
    curves: list[LiftCurve] = [()] * len(series)
    for at, theme in enumerate(series.themes):
        theme_id = int(basis.baseline.theme_ids[theme])
        planned = basis.lift_over_all(launch) if theme_id == ALL_TICKETS else launch.lift_of(theme_id)
        if planned is None or (theme_id == ALL_TICKETS and not launch.expected and launch.lift_all is None):
            planned = 1.0
            if not launch.common:
                continue
        else:
            curves[at] = () if theme_id == ALL_TICKETS and launch.expected else launch.curve_of(theme_id)
        lift[at] = planned
        share[at] = basis.share_in_scope(theme_id, series.segment_at(at), launch.scope)
    return _SeriesLifts(lift, share, curves)


def _unnamed(series: SeriesRows, launch: LaunchEffect, baseline: Baseline) -> Mask:
    """Mark the series that a launch lifts only because it lifts all themes."""
    if launch.lift_all is None:
        return np.zeros(len(series), dtype=bool)
    return ~np.isin(baseline.theme_ids[series.themes], sorted({ALL_TICKETS} | launch.named))


def _add_flat(
    found: Lifted, launch: LaunchEffect, lift: Floats, rows: Mask, volume: _ScopedVolume, deviation: float
) -> None:
    """Add a plan without a curve, which gives the volume of the entire launch and not its distribution over the hours."""
    inside = volume.inside(launch.window, even=True)
    found.planned[rows] += ((lift - 1.0)[:, None] * inside)[rows]
    found.deviation[rows] += (deviation * lift[:, None] * inside)[rows]


def _add_for_all(for_all: LiftedShare, step: LiftStep, rows: Mask, volume: _ScopedVolume) -> None:
    """Add what a step of a plan for all expects of the chosen rows.

    Usual volume keeps its distribution over the hours; what is added may come evenly.
    """
    natural = volume.inside(step.window)
    inside = volume.inside(step.window, even=True)
    for_all.mean[rows] += (natural + (step.lift - 1.0) * inside)[rows]
    for_all.deviation[rows] += (step.deviation * step.lift * inside)[rows]


def _add_curve(
    to: tuple[Floats, Floats], curve: LiftCurve, rows: Mask, volume: _ScopedVolume, *, even: bool = False
) -> None:
    """Add a curve to the mean and deviation of the chosen rows.

    A curve's error in one step is its error in later steps too: deviations add up undiminished.
    """
    mean, deviation = to
    for step in curve:
        inside = volume.inside(step.window, even=even)
        mean[rows] += ((step.lift - 1.0) * inside)[rows]
        deviation[rows] += (step.deviation * step.lift * inside)[rows]


def _add_common(found: Lifted, launch: LaunchEffect, rows: Mask, volume: _ScopedVolume) -> None:
    """Add what the calendar brings without a plan."""
    deviation = np.zeros_like(found.common)
    before = found.common.copy()
    _add_curve((found.common, deviation), launch.common, rows, volume)
    lifted = np.zeros_like(found.common)
    for step in launch.common:
        lifted += volume.inside(step.window)
    total = np.maximum(found.common - before + lifted, 0.0) * rows[:, None]
    # All tickets are the sum of the themes, in which the deviations of single themes even out.
    single = (volume.asked.series.themes != 0)[:, None]
    found.own[:] += np.where(single, (launch.own * total) ** 2, 0.0)
    found.shared[:] += deviation**2


def _hours_of_step(baseline: Baseline, step: BucketWindow, asked: SeriesWindows, *, even: bool = False) -> Floats:
    """Return the usual hours of each window inside a step, shape (themes, windows).

    With `even` the larger of the usual distribution and an even one: the night of a launch is not as quiet as others.
    """
    inside = [_cut(window, step) for window in asked.windows]
    usual = baseline.hours_in(inside)
    if even:
        length = np.array([end - start for start, end in inside]) / (step[1] - step[0])
        usual = np.maximum(usual, baseline.hours_in([step]) * length)
    unclipped = baseline.hours_in(asked.windows)
    # Where a theme's windows are clipped, its hours are fewer than the windows have.
    return np.asarray(usual * (asked.hours / np.maximum(unclipped, 1e-12)))


def since_common(launches: Sequence[LaunchEffect], window: BucketWindow) -> BucketWindow:
    """Cut a window to begin at the newest edge of a day on which the calendar changes the volume of all themes."""
    last = window[1] - 1
    edges = [
        edge
        for launch in launches
        if launch.common and launch.scope == EVERYTHING and launch.reach[0] <= last < launch.reach[1]
        for edge in (launch.start, launch.end)
        if edge <= last
    ]
    return (max([window[0], *edges]), window[1])


def calendar_lift(launches: Sequence[LaunchEffect], window: BucketWindow, baseline: Baseline) -> tuple[Floats, Floats]:
    """Compute the multiple of its usual volume that the calendar brings each theme over a window without a plan.

    Returns the multiple and its relative deviation, both of shape (themes,); only launches without a scope count.
    """
    lift, deviation = np.ones(len(baseline.theme_ids)), np.zeros(len(baseline.theme_ids))
    if not any(launch.common for launch in launches):
        return lift, deviation
    hours = np.maximum(baseline.hours_in([window])[:, 0], 1e-12)
    for launch in launches:
        for step in launch.common if launch.scope == EVERYTHING else ():
            share = baseline.hours_in([_cut(window, step.window)])[:, 0] / hours
            lift += (step.lift - 1.0) * share
            deviation += step.deviation * step.lift * share
    return lift, deviation / np.maximum(lift, 1e-12)


def _cut(window: BucketWindow, to: BucketWindow) -> BucketWindow:
    start, end = max(window[0], to[0]), min(window[1], to[1])
    return (start, max(start, end))


def deviation_of(tolerance: float, coverage: float) -> float:
    """Convert a tolerance to a standard deviation, both relative to the lifted mean.

    coverage: probability with which the true lift is within the tolerance.
    """
    return tolerance / deviations(coverage)


def deviations(coverage: float) -> float:
    """Return the number of standard deviations around the mean of a normal that contain `coverage` of it."""
    return float(special.ndtri(0.5 + coverage / 2.0))
