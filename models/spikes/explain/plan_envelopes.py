"""Plan envelopes: what running launches plan for a theme, and what came."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from models.arrays import BucketWindow
from models.segment import EVERYTHING, Segment
from models.spikes.context import DetectionContext
from models.spikes.expectation.series import Expectation
from models.spikes.explain.explanation import PlanEnvelope
from models.spikes.families.all_tickets import lift_over, under_plan
from models.spikes.families.plan_subset import strongest_subset
from models.spikes.launches.effect import LaunchEffect
from models.spikes.outcome import FamilyOutcome
from models.spikes.statistics.count_tails import quantile
from models.theme import ALL_TICKETS


def plan_envelopes(context: DetectionContext, theme_id: int) -> Iterator[PlanEnvelope]:
    """Describe the envelope of each running launch that lifts a theme (0: all tickets)."""
    for launch in context.running:
        group = next((one.theme_ids for one in launch.expected if theme_id in one.theme_ids), None)
        if group is not None:
            yield _of_group(context, launch, theme_id, group)
        elif context.lifts_all(launch) and context.is_lifted(theme_id, launch):
            yield _for_all(context, launch, theme_id)


def _of_group(context: DetectionContext, launch: LaunchEffect, theme_id: int, group: frozenset[int]) -> PlanEnvelope:
    """Describe the plan for a group of themes, which are counted together."""
    themes = [theme for theme in sorted(group) if theme in context.baseline.position]
    outcome, at = _outcome(context, launch, themes)
    segment = EVERYTHING if outcome is None or outcome.segment is None else outcome.segment
    window = _window(context, launch)
    series = context.series(themes, segment)
    expected = context.expected(series, [window]).total()
    observed = int(series.counted(context.counts.sums(*window)).sum())
    found = _envelope(launch, segment, observed, expected, (outcome, at))
    subsets = strongest_subset(context, launch.nearest_of(theme_id), [window])
    if not subsets:
        return found
    subset = subsets[0]
    return replace(found, nearest=subset.observed, nearest_expected=subset.expected)


def _for_all(context: DetectionContext, launch: LaunchEffect, theme_id: int) -> PlanEnvelope:
    """Describe a plan for all themes: all tickets against the plan, a theme against what the others have."""
    window, segment = _window(context, launch), context.basis.counted_scope(launch.scope)
    common = lift_over(context, theme_id, window, launch)
    if theme_id == ALL_TICKETS:
        busy = context.busy(one for one in context.episodes if one.end is None)
        rest = under_plan(context, launch, busy, [window])
        seen, expected = int(rest.observed[0]), rest.expected
    else:
        series = context.series((theme_id,), segment)
        seen = int(series.counted(context.counts.sums(*window))[0])
        expected = context.expected(series, [window], context.volume([window]))
    found = _envelope(launch, segment, seen, expected, _outcome(context, launch, [theme_id]))
    return replace(found, common=common)


def _window(context: DetectionContext, launch: LaunchEffect) -> BucketWindow:
    return launch.start, min(context.end, launch.end)


def _envelope(
    launch: LaunchEffect,
    segment: Segment,
    observed: int,
    expected: Expectation,
    outcome: tuple[FamilyOutcome | None, int],
) -> PlanEnvelope:
    family, at = outcome
    mean, variance = expected.mean[0], expected.variance[0]
    return PlanEnvelope(
        launch_id=launch.launch_id,
        segment=segment,
        start=launch.start,
        end=launch.end,
        observed=observed,
        expected=float(mean[0]),
        low=float(quantile(0.025, mean, variance)[0]),
        high=float(quantile(0.975, mean, variance)[0]),
        p_value=None if family is None else float(family.p_values[at]),
        needed=None if family is None else family.level / family.tests,
    )


def _outcome(
    context: DetectionContext, launch: LaunchEffect, themes: Sequence[int]
) -> tuple[FamilyOutcome | None, int]:
    """Find the outcome of a launch's tests, and the position of the themes' test in it."""
    for outcome in context.outcomes:
        if outcome.launch_id == launch.launch_id:
            for at in np.flatnonzero(np.isin(outcome.theme_ids, themes)):
                return outcome, int(at)
    return None, 0
