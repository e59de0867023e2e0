"""Learned lift: the factor on a plan for all themes, as the counts of the other themes show it so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.arrays import BucketWindow, Floats, Mask
from models.spikes.expectation.basis import ExpectationBasis
from models.spikes.expectation.lift import deviation_of
from models.spikes.expectation.predict import expect
from models.spikes.launches.common_lift import CommonLift, common_factor
from models.spikes.launches.effect import LaunchEffect


def learned_lift(
    basis: ExpectationBasis, launch: LaunchEffect, windows: Sequence[BucketWindow], informative: Mask, end: int
) -> CommonLift:
    """Learn the factor on a plan for all themes: first over the last hours, then over each window.

    A short window is shrunk to the factor of the hours around it, and these to the plan.

    Parameters
    ----------
    informative: shape (themes,): themes whose counts carry information on what is common.
    end: first bucket after the epoch; there are no counts yet from it on.
    """
    last = min(end, launch.end)
    around = (min(max(launch.start, last - max(basis.settings.window_buckets)), last - 1), last)
    ids = [int(theme) for theme in basis.baseline.theme_ids]
    series = basis.series(ids, basis.counted_scope(launch.scope))
    known = [(start, max(start, min(until, end))) for start, until in [around, *windows]]
    plan = expect(basis, series, known)
    seen = np.stack([series.counted(basis.counts.sums(*window)) for window in known], axis=1).astype(np.float64)
    inside = plan.for_all[launch.launch_id].mean if launch.launch_id in plan.for_all else np.zeros(seen.shape)
    deviation = deviation_of(launch.tolerance, basis.settings.tolerance_coverage)

    def factor(chosen: slice, prior: Floats | float) -> tuple[Floats, Floats]:
        figures = seen[:, chosen], plan.mean[:, chosen], inside[:, chosen]
        return common_factor(*figures, basis.baseline.dispersion, informative, deviation, prior)

    return CommonLift(*factor(slice(1, None), factor(slice(0, 1), 1.0)[0]))
