"""The whole under a plan for all themes: the tickets in its scope that it does not plan for by theme, against the plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.arrays import BucketWindow
from models.spikes.context import DetectionContext, Remainder, counted_apart, scope_series
from models.spikes.expectation.lift import share_of
from models.spikes.expectation.predict import Expectation
from models.spikes.launches.common_lift import LearnedLift, learned_lift_of
from models.spikes.launches.effect import LaunchEffect
from models.spikes.series import ALL_TICKETS


def under_plan(
    scene: DetectionContext, launch: LaunchEffect, busy: set[int], windows: Sequence[BucketWindow]
) -> Remainder:
    """All tickets in the scope of a plan for all themes, in windows, and what the plan leads to expect of them.

    Left out are themes that a running plan names, those with an episode of their own, the young ones and known issues: they are
    held against other figures.
    """
    plain = replace(scene, launches=tuple(replace(one, expected=()) for one in scene.launches), volumes={}, lifts={})
    segment = scope_series(scene, launch.scope)
    apart = (scene.apart() | (busy & scene.baseline.place.keys())) - {ALL_TICKETS}
    whole, parts = scene.some((ALL_TICKETS,), segment), scene.some(sorted(apart), segment)
    seen, taken, old = counted_apart(scene, whole, parts, windows)
    less = plain.expected(parts, windows, None).mean[old].sum(axis=0)
    expected = plain.expected(whole, windows, None)
    kept = np.maximum(expected.mean - less, 0.1 * expected.mean) / expected.mean
    rest = Expectation(kept * expected.mean, kept * expected.noise, kept * expected.planned, kept * expected.doubt)
    return Remainder(np.maximum(seen - taken, 0), taken, rest)


def lift_over(
    scene: DetectionContext, theme_id: int, window: BucketWindow, launch: LaunchEffect | None = None
) -> LearnedLift | None:
    """The common lift that a theme is held against over a window; of several launches `launch`, or the one that lifts it most.

    For all tickets it is that of all themes that tell of it. None where no plan for all lifts the theme then.
    """
    found = [
        one
        for one in (scene.launches if launch is None else (launch,))
        if scene.lifts_all(one)
        and one.start < window[1]
        and one.end > window[0]
        and not one.names(theme_id)
        and scene.is_lifted(theme_id, one)
    ]
    if not found:
        return None
    launch = max(found, key=lambda one: (abs((one.lift_all or 1.0) - 1.0) * _part(scene, one), one.launch_id))
    learned = scene.common([window])[launch.launch_id]
    at = scene.baseline.place[theme_id]
    return learned_lift_of(
        launch.launch_id, launch.lift_all or 1.0, float(learned.factor[at, 0]), float(learned.variance[at, 0])
    )


def _part(scene: DetectionContext, launch: LaunchEffect) -> float:
    return share_of(ALL_TICKETS, launch.scope, scene.baseline, scene.counts)
