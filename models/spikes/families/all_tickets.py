"""All tickets together, less the themes that account for a rise themselves: against the usual, and against a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.arrays import BucketWindow, Ints, Mask
from models.segment import EVERYTHING
from models.spikes.context import DetectionContext
from models.spikes.episodes.onset import likelihood_gain, onset
from models.spikes.expectation.common_volume import outliers
from models.spikes.expectation.series import Expectation, SeriesRows
from models.spikes.families.error_budget import ErrorBudget
from models.spikes.families.window_table import combined_p
from models.spikes.launches.common_lift import learned_lift_of
from models.spikes.launches.effect import LaunchEffect
from models.spikes.launches.learned_lift import LearnedLift
from models.spikes.outcome import Candidate, Family, FamilyOutcome
from models.theme import ALL_TICKETS


@dataclass(frozen=True, slots=True)
class Remainder:
    """All tickets less those of themes that account for a rise themselves, in windows.

    observed, removed: the remaining and the removed tickets, shape (windows,). expected: shape (1, windows).
    """

    observed: Ints
    removed: Ints
    expected: Expectation


def candidate_of_all(context: DetectionContext, busy: set[int], budget: ErrorBudget) -> Candidate | None:
    """Test all tickets together, without the themes that have an episode; not under a plan for all themes.

    A rise of all tickets is one that the themes have in common: where it is significant, it must be so without the themes
    that rise by themselves too (`_rising_alone`), over which the tickets of one new problem may lie before it is a theme.

    busy: themes with an open episode, and those tested together with them.
    """
    if any(context.lifts_all(launch) for launch in context.running):
        return None
    p_value = _p_value(context, busy)
    if p_value <= budget.all_tickets:
        p_value = max(p_value, _p_value(context, busy | _rising_alone(context, busy)))
    context.outcomes.append(FamilyOutcome(
        Family.ALL, np.array([ALL_TICKETS]), np.array([p_value]), np.array([p_value]), budget.all_tickets, 1,
        segment=EVERYTHING, budget=budget.false_alerts_per_week, judged=ALL_TICKETS not in busy,
    ))  # fmt: skip
    if p_value > budget.all_tickets or ALL_TICKETS in busy:
        return None
    begin = context.end - max(context.settings.window_buckets)
    buckets = [(bucket, bucket + 1) for bucket in range(begin, context.end)]
    by_bucket = remainder(context, busy, buckets)
    start = begin + onset(by_bucket.observed, by_bucket.expected.mean[0], context.settings.min_tickets)
    return Candidate(ALL_TICKETS, EVERYTHING, start, p_value, p_value)


def _p_value(context: DetectionContext, busy: set[int]) -> float:
    rest = remainder(context, busy, context.windows)
    return float(combined_p(rest.observed[None], rest.expected, context.settings.min_tickets)[0])


def _rising_alone(context: DetectionContext, busy: set[int]) -> set[int]:
    """Return the themes that rise far more than all themes do, in one of the tested windows.

    That is where a rate of their own explains their tickets better than the factor that all have in common, by more than
    the price of choosing them: the log of the number of themes, as for segments (`episodes.localization`).
    """
    ids = context.baseline.theme_ids
    apart = context.irregular() | busy | {ALL_TICKETS}
    chosen = np.flatnonzero([int(theme) not in apart for theme in ids])
    series = context.series([int(theme) for theme in ids[chosen]])
    usual, dispersion = context.expected(series, context.windows).mean, context.baseline.dispersion[chosen]
    alone = np.zeros(len(chosen), dtype=bool)
    for at, window in enumerate(context.windows):
        seen = series.counted(context.counts.sums(*window)).astype(np.float64)
        factor = max(float(outliers(seen[None], usual[None, :, at], dispersion)[1][0]), 1.0)
        alone |= likelihood_gain(seen, factor * usual[:, at]) / dispersion > np.log(max(len(chosen), 2))
    return {int(theme) for theme in ids[chosen[alone]]}


def remainder(context: DetectionContext, busy: set[int], windows: Sequence[BucketWindow]) -> Remainder:
    """Subtract the tickets of themes in an episode, a launch or their first days from all tickets."""
    all_tickets = context.series((ALL_TICKETS,))
    removed = context.series(sorted((context.irregular() | busy) - {ALL_TICKETS}))
    seen, gone, old = _counted(context, all_tickets, removed, windows)
    usual = context.expected(removed, windows)
    less = (usual.mean - usual.planned)[old].sum(axis=0)
    expected = context.expected(all_tickets, windows)
    plain = expected.mean - expected.planned
    mean = np.maximum(plain - less, 0.1 * plain)
    rest = Expectation(mean, expected.noise, np.zeros_like(mean), np.zeros_like(mean))
    return Remainder(np.maximum(seen - gone, 0), gone, rest)


def under_plan(
    context: DetectionContext, launch: LaunchEffect, busy: set[int], windows: Sequence[BucketWindow]
) -> Remainder:
    """Subtract from all tickets in the scope of a plan for all themes those with figures of their own.

    Removed are themes that a running plan names, those with an episode of their own, the young ones and known issues.
    The expectation is the plan's.
    """
    plain = context.with_launches([replace(one, expected=()) for one in context.launches])
    segment = context.basis.counted_scope(launch.scope)
    others = (context.with_own_figures() | (busy & context.baseline.position.keys())) - {ALL_TICKETS}
    all_tickets, removed = context.series((ALL_TICKETS,), segment), context.series(sorted(others), segment)
    seen, gone, old = _counted(context, all_tickets, removed, windows)
    less = plain.expected(removed, windows).mean[old].sum(axis=0)
    expected = plain.expected(all_tickets, windows)
    kept = np.maximum(expected.mean - less, 0.1 * expected.mean) / expected.mean
    rest = Expectation(kept * expected.mean, kept * expected.noise, kept * expected.planned, kept * expected.deviation)
    return Remainder(np.maximum(seen - gone, 0), gone, rest)


def _counted(
    context: DetectionContext, all_tickets: SeriesRows, removed: SeriesRows, windows: Sequence[BucketWindow]
) -> tuple[Ints, Ints, Mask]:
    """Count all and the removed tickets in each window, and mark the removed themes that all tickets usually include.

    The tickets of a young theme or a known issue were not yet included in what all tickets usually had.
    """
    sums = [context.counts.sums(start, end) for start, end in windows]
    seen = np.array([all_tickets.counted(each)[0] for each in sums], dtype=np.int64)
    gone = np.array([removed.counted(each).sum() for each in sums], dtype=np.int64)
    flagged = np.isin(context.baseline.theme_ids[removed.themes], sorted(context.known_issues))
    old = context.baseline.age_hours[removed.themes] >= context.settings.young_hours
    return seen, gone, old & ~flagged


def lift_over(
    context: DetectionContext, theme_id: int, window: BucketWindow, launch: LaunchEffect | None = None
) -> LearnedLift | None:
    """Return the common lift with which a theme is compared over a window.

    Of several launches that of `launch`, or of the one that lifts all tickets most. For all tickets it is that of all
    themes with information on it. None where no plan for all lifts the theme then.
    """
    found = [
        one
        for one in (context.launches if launch is None else (launch,))
        if context.lifts_all(one)
        and one.start < window[1]
        and one.end > window[0]
        and not one.names(theme_id)
        and context.is_lifted(theme_id, one)
    ]
    if not found:
        return None
    launch = max(found, key=lambda one: (_added_by(context, one), one.launch_id))
    learned = context.common([window])[launch.launch_id]
    at = context.baseline.position[theme_id]
    factor, variance = float(learned.factor[at, 0]), float(learned.variance[at, 0])
    return learned_lift_of(launch.launch_id, launch.lift_all or 1.0, factor, variance)


def _added_by(context: DetectionContext, launch: LaunchEffect) -> float:
    """Return what a plan for all themes changes of all tickets, as a share of them."""
    return abs((launch.lift_all or 1.0) - 1.0) * context.basis.share_of(ALL_TICKETS, launch.scope)
