"""Plan excess: themes, and all tickets together, above the plan of a running launch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from models.arrays import BucketWindow
from models.bucket import BUCKETS_PER_DAY
from models.spike import SpikeKind
from models.spikes.context import DetectionContext
from models.spikes.families.all_tickets import under_plan
from models.spikes.families.plan_subset import subset_tests
from models.spikes.families.window_table import combined_p
from models.spikes.launches.effect import LaunchEffect, ThemeLift
from models.spikes.outcome import Candidate, Family, FamilyOutcome
from models.spikes.statistics.count_tails import upper_tail
from models.spikes.statistics.multiple_testing import simes
from models.theme import ALL_TICKETS


class _LineTest(NamedTuple):
    """The test of a line of a plan: its p-value, the theme with the most excess, and the bucket since which it has it."""

    p_value: float
    theme_id: int
    start: int


def candidates_over_plans(context: DetectionContext, busy: set[int]) -> list[Candidate]:
    """Test themes of running launches against the plan, by line of the plan, inside the scope since the launch began.

    A plan for all themes is a line of its own: all tickets in the scope that no other line covers.

    Parameters
    ----------
    busy: themes with an open episode, and those tested together with them.
    """
    return [
        one
        for launch in context.running
        if context.end <= launch.end and (launch.expected or context.lifts_all(launch))
        for one in _candidates(context, launch, busy)
    ]


def _candidates(context: DetectionContext, launch: LaunchEffect, busy: set[int]) -> Iterator[Candidate]:
    level, end = context.settings.launch_level, context.end
    starts = sorted({max(launch.start, end - width) for width in (BUCKETS_PER_DAY // 4, BUCKETS_PER_DAY)})
    windows = [(start, end) for start in (launch.start, *(each for each in starts if each > launch.start))]
    tested = [_line_test(context, launch, group, windows) for group in launch.expected]
    for_all = context.lifts_all(launch)
    if for_all:
        tested.append(_test_of_all(context, launch, busy, windows))
    made = [each for each in tested if each is not None]
    tests = len(launch.expected) + for_all
    # A plan line that has exceeded its plan keeps exceeding it all day. Under Benjamini-Hochberg that would lower the bar for
    # the other lines, so the level is shared evenly (Bonferroni).
    p_values = np.array([each.p_value for each in made])
    rates = np.minimum(p_values * tests, 1.0)
    segment = context.basis.counted_scope(launch.scope)
    theme_ids = np.array([each.theme_id for each in made], dtype=np.int64)
    context.outcomes.append(FamilyOutcome(
        Family.ENVELOPE, theme_ids, p_values, rates, level, tests, segment=segment, launch_id=launch.launch_id
    ))  # fmt: skip
    for each, rate in zip(made, rates, strict=True):
        if rate <= level:
            yield Candidate(
                each.theme_id, segment, each.start, each.p_value, float(rate), SpikeKind.LAUNCH_EXCESS, launch.launch_id
            )


def _line_test(
    context: DetectionContext, launch: LaunchEffect, group: ThemeLift, windows: Sequence[BucketWindow]
) -> _LineTest | None:
    """Test a line of a plan; None where no theme of it is live."""
    tests = [_theme_test(context, launch, themes, windows) for themes in _tested_sets(context, group)]
    made = [each for each in tests if each is not None]
    if not made:
        return None
    # The core theme and its subsets are nested, and are one look in addition to the one at all themes together, which has
    # the tickets nearest to the text in any of them.
    *together, core = made
    nested = [core]
    for nearest in group.nearest:
        if all(_is_settled(context, theme) for theme in nearest.theme_ids[:1]):
            # Of several themes the excess is that of the one that has most of it.
            look, theme = (nested, core.theme_id) if len(nearest.theme_ids) == 1 else (together, made[0].theme_id)
            look += [_LineTest(p_value, theme, start) for p_value, start in subset_tests(context, nearest, windows)]
    looks = [float(simes(np.array([one.p_value for one in each]))) for each in (together, nested) if each]
    strongest = min(together + nested)
    return _LineTest(float(simes(np.array(looks))), strongest.theme_id, strongest.start)


def _tested_sets(context: DetectionContext, group: ThemeLift) -> list[list[int]]:
    """List the sets of a line's themes that are tested: all of them, and the core theme by itself.

    An example text also reaches themes that are only related, and do not rise: in their envelope an excess could go
    unnoticed. A young core theme is not tested by itself, since planned tickets may have moved into it.
    """
    themes = [theme for theme in sorted(group.theme_ids) if theme in context.baseline.position]
    if len(themes) < 2 or group.core is None or not _is_settled(context, group.core):
        return [themes]
    return [themes, [group.core]]


def _is_settled(context: DetectionContext, theme_id: int) -> bool:
    at = context.baseline.position.get(theme_id)
    return at is not None and bool(context.baseline.age_hours[at] >= context.settings.young_hours)


def _theme_test(
    context: DetectionContext, launch: LaunchEffect, themes: Sequence[int], windows: Sequence[BucketWindow]
) -> _LineTest | None:
    """Test themes together against their envelope."""
    if not themes:
        return None
    series = context.series(themes, context.basis.counted_scope(launch.scope))
    expected = context.expected(series, windows)
    observed = np.stack([series.counted(context.counts.sums(start, end)) for start, end in windows], axis=1)
    excess = observed - expected.mean
    together = expected.total()
    seen = observed.sum(axis=0, keepdims=True)
    p_value = float(combined_p(seen, together, context.settings.min_tickets)[0])
    tails = upper_tail(seen[0], together.mean[0], together.variance[0])
    return _LineTest(p_value, themes[int(np.argmax(excess[:, 0]))], windows[int(np.argmin(tails))][0])


def _test_of_all(
    context: DetectionContext, launch: LaunchEffect, busy: set[int], windows: Sequence[BucketWindow]
) -> _LineTest:
    """Test all tickets against a plan for all themes."""
    rest = under_plan(context, launch, busy, windows)
    p_value = float(combined_p(rest.observed[None], rest.expected, context.settings.min_tickets)[0])
    tails = upper_tail(rest.observed, rest.expected.mean[0], rest.expected.variance[0])
    return _LineTest(p_value, ALL_TICKETS, windows[int(np.argmin(tails))][0])
