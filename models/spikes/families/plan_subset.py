"""Parts of a theme against a plan: the tickets nearest to the plan's text, held against their share of the theme's envelope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import BucketWindow, Ints
from models.bucket import BUCKETS_PER_DAY
from models.segment import EVERYTHING
from models.spikes.context import DetectionContext, combined_p
from models.spikes.expectation.predict import Expectation
from models.spikes.launches.nearest_tickets import NearestTickets
from models.spikes.statistics.count_tails import upper_tail


@dataclass(frozen=True, slots=True)
class PlanSubset:
    """The part of a theme that speaks most clearly: its tickets, what was expected of them, and the tail of their count."""

    observed: int
    expected: float
    deviation: float
    tail: float


def against_parts(
    scene: DetectionContext, near: NearestTickets, windows: Sequence[BucketWindow]
) -> list[tuple[float, int]]:
    """p-value of each of a theme's nearest parts over trailing windows against its envelope, and its telling start.

    What is near is known of the last day: windows that reach back further say nothing.
    """
    known = [window for window in windows if window[0] >= scene.end - BUCKETS_PER_DAY]
    if not known:
        return []
    observed, expected = _table(scene, near, known)
    p_values = combined_p(observed, expected, scene.settings.min_tickets)
    tails = upper_tail(observed, expected.mean, expected.variance)
    return [(float(p_value), known[at][0]) for p_value, at in zip(p_values, tails.argmin(axis=1).tolist(), strict=True)]


def clearest_part(scene: DetectionContext, near: NearestTickets, windows: Sequence[BucketWindow]) -> list[PlanSubset]:
    """The part that stands out most in the first window, in each of the windows, of which the last day counts."""
    since = scene.end - BUCKETS_PER_DAY
    observed, expected = _table(scene, near, [(min(max(start, since), end), end) for start, end in windows])
    tails = np.where(observed > expected.mean, upper_tail(observed, expected.mean, expected.variance), 1.0)
    at = int(np.argmin(tails[:, 0]))
    return [
        PlanSubset(int(seen), float(mean), float(np.sqrt(noise)), float(tail))
        for seen, mean, noise, tail in zip(observed[at], expected.mean[at], expected.noise[at], tails[at], strict=True)
    ]


def share_expected(near: NearestTickets, whole: Expectation, dispersion: float) -> Expectation:
    """What the parts should count, shape (parts, windows), given what is expected of the theme, shape (1, windows).

    A share that was told from n tickets is known up to a relative variance of (1 - share) / (share n).
    """
    share = np.array(near.shares)[:, None]
    mean = share * whole.mean
    unsure = (1.0 - share) / (share * near.known)
    noise = dispersion * mean + share**2 * (whole.noise - dispersion * whole.mean) + unsure * mean**2
    return Expectation(mean, noise, share * whole.planned, share * whole.doubt)


def _table(scene: DetectionContext, near: NearestTickets, windows: Sequence[BucketWindow]) -> tuple[Ints, Expectation]:
    whole = scene.expected(scene.some((near.theme_id,), EVERYTHING), windows, None)
    dispersion = float(scene.baseline.dispersion[scene.baseline.place[near.theme_id]])
    return near.seen(windows), share_expected(near, whole, dispersion)
