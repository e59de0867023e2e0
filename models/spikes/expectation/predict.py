"""Prediction: mean and variance of the counts of series over windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from models.arrays import BucketWindow, Floats
from models.spikes.baseline.baseline import adjusted_share
from models.spikes.expectation.basis import ExpectationBasis
from models.spikes.expectation.common_volume import Volume
from models.spikes.expectation.lift import Lifted, lift_series
from models.spikes.expectation.series import Expectation, SeriesRows, SeriesWindows
from models.spikes.launches.common_lift import CommonLift


def expect(
    basis: ExpectationBasis,
    series: SeriesRows,
    windows: Sequence[BucketWindow],
    *,
    volume: Volume | None = None,
    hours: Floats | None = None,
    common: Mapping[str, CommonLift] | None = None,
) -> Expectation:
    """Predict the counts of series over windows.

    The mean is exposure x level x profile x share, lifted by launches; the share follows the hour of the day and, with
    `volume`, the mix of segments of late. The variance is `dispersion x mean + (relative variance of level, share and
    exposure) x mean^2`, and the variance of each launch's lift adds that of the planned mean: the predictive
    distribution mixed over the lift, matched in its first two moments.

    Parameters
    ----------
    volume: how common volume is now; None for a plain forecast.
    hours: shape (themes, windows), usual hours in each window; those of `Baseline.hours_in` if not given.
    common: by launch with a plan for all themes, the factor on it that was learned from the other themes over these
        windows; a launch that is missing is expected as planned.
    """
    asked = SeriesWindows(series, windows, basis.baseline.hours_in(windows) if hours is None else hours)
    rates, relative_variance = _rates(basis, asked, volume)
    mean = rates * asked.hours[series.themes]
    lifted = lift_series(basis, asked, rates)
    beyond, deviation, extra = _learned(series, lifted, common or {})
    extra += lifted.common_variance(measured=volume is not None)
    mean = np.maximum(mean + lifted.common + lifted.planned + beyond, 1e-9)
    dispersion = basis.baseline.dispersion[series.themes][:, None]
    noise = dispersion * mean + relative_variance * mean**2 + extra
    return Expectation(mean, noise, lifted.planned, deviation, lifted.for_all)


def _rates(basis: ExpectationBasis, asked: SeriesWindows, volume: Volume | None) -> tuple[Floats, Floats]:
    """Predict the tickets in a usual hour, and their relative variance, each of shape (series, windows)."""
    baseline, series = basis.baseline, asked.series
    themes = series.themes
    share, share_variance = baseline.share(series.rows, themes, series.segments, series.total)
    usual = baseline.usual_share(series.segments)
    moved = baseline.hour_factor(series.segments, asked.windows)
    rate = baseline.level[themes][:, None]
    spread = (baseline.level_variance[themes] + share_variance)[:, None]
    mix_variance = np.zeros(len(series))
    if volume is not None:
        factor, mix_variance = volume.mix_factor(series, usual, baseline)
        moved = moved * factor[:, None]
        rate = rate * volume.factor[themes]
        spread = spread + volume.variance[themes]
    now = adjusted_share(share[:, None], usual[:, None], moved)
    now = np.where(series.total[:, None], 1.0, now)
    # The mix carries little information on a theme that is nearly entirely inside the segment.
    relative_variance = spread + mix_variance[:, None] * (1.0 - now) ** 2
    return rate * now, relative_variance


def _learned(series: SeriesRows, lifted: Lifted, common: Mapping[str, CommonLift]) -> tuple[Floats, Floats, Floats]:
    """Apply learned common lifts to plans for all themes.

    Returns what they add to the mean, the deviation of the lifts then, and the variance of what was learned.
    """
    beyond, deviation, variance = np.zeros_like(lifted.planned), lifted.deviation, np.zeros_like(lifted.planned)
    for launch_id, plan in lifted.for_all.items():
        if launch_id in common:
            less = common[launch_id].factor[series.themes] - 1.0
            beyond = beyond + less * plan.mean
            deviation = deviation + less * plan.deviation
            variance = variance + common[launch_id].variance[series.themes] * plan.mean**2
    return beyond, deviation, variance
