"""Plan subsets: the tickets nearest to a plan's text, compared with their share of the theme's envelope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import BucketWindow, Ints
from models.bucket import BUCKETS_PER_DAY
from models.spikes.context import DetectionContext
from models.spikes.expectation.series import Expectation
from models.spikes.families.window_table import combined_p
from models.spikes.launches.nearest_tickets import NearestTickets
from models.spikes.statistics.count_tails import upper_tail


@dataclass(frozen=True, slots=True)
class PlanSubset:
    """The subset of a theme that stands out most: its tickets, what was expected of them, and the tail of their count."""

    observed: int
    expected: float
    deviation: float
    tail: float


def subset_tests(
    context: DetectionContext, nearest: NearestTickets, windows: Sequence[BucketWindow]
) -> list[tuple[float, int]]:
    """Test each subset of the tickets nearest to a text over trailing windows against its envelope.

    Nearest tickets are known for the last day; windows that reach back further are left out. Returns the p-value of
    each subset, and the start of the window in which it stands out most.
    """
    known = [window for window in windows if window[0] >= context.end - BUCKETS_PER_DAY]
    if not known:
        return []
    observed, expected = _table(context, nearest, known)
    p_values = combined_p(observed, expected, context.settings.min_tickets)
    tails = upper_tail(observed, expected.mean, expected.variance)
    return [(float(p_value), known[at][0]) for p_value, at in zip(p_values, tails.argmin(axis=1).tolist(), strict=True)]


def strongest_subset(
    context: DetectionContext, nearest: Sequence[NearestTickets], windows: Sequence[BucketWindow]
) -> list[PlanSubset]:
    """Return the subset that stands out most in the first window, in each of the windows, within the last day.

    Empty where none of `nearest` has a theme whose volume is known.
    """
    since = context.end - BUCKETS_PER_DAY
    recent = [(min(max(start, since), end), end) for start, end in windows]
    found: list[list[PlanSubset]] = []
    for one in nearest:
        if not any(theme in context.baseline.position for theme in one.theme_ids):
            continue
        observed, expected = _table(context, one, recent)
        tails = np.where(observed > expected.mean, upper_tail(observed, expected.mean, expected.variance), 1.0)
        at = int(np.argmin(tails[:, 0]))
        figures = zip(observed[at], expected.mean[at], expected.noise[at], tails[at], strict=True)
        found.append(
            [
                PlanSubset(int(seen), float(mean), float(np.sqrt(noise)), float(tail))
                for seen, mean, noise, tail in figures
            ]
        )
    return min(found, key=lambda subsets: subsets[0].tail, default=[])


def share_expected(nearest: NearestTickets, of_theme: Expectation, dispersion: float) -> Expectation:
    """Predict the subsets, shape (subsets, windows), from the prediction of their themes together, shape (1, windows).

    A share that was determined from n tickets is known up to a relative variance of (1 - share) / (share n).
    """
    share = np.array(nearest.shares)[:, None]
    mean = share * of_theme.mean
    relative_variance = (1.0 - share) / (share * nearest.known)
    noise = dispersion * mean + share**2 * (of_theme.noise - dispersion * of_theme.mean) + relative_variance * mean**2
    return Expectation(mean, noise, share * of_theme.planned, share * of_theme.deviation)


def _table(
    context: DetectionContext, nearest: NearestTickets, windows: Sequence[BucketWindow]
) -> tuple[Ints, Expectation]:
    themes = [theme for theme in nearest.theme_ids if theme in context.baseline.position]
    together = context.expected(context.series(themes, nearest.segment), windows).total()
    dispersion = max(float(context.baseline.dispersion[context.baseline.position[theme]]) for theme in themes)
    return nearest.seen(windows), share_expected(nearest, together, dispersion)
