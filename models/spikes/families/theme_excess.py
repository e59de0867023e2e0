"""Theme excess: themes whose total, or one of whose segments, is above the usual."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.segment import EVERYTHING, Segment
from models.spike import SpikeKind
from models.spikes.context import DetectionContext
from models.spikes.episodes.onset import onset
from models.spikes.expectation.series import SeriesRows
from models.spikes.families.error_budget import ErrorBudget
from models.spikes.families.window_table import WindowTable, combined_p
from models.spikes.launches.effect import LaunchEffect
from models.spikes.outcome import Candidate, Family, FamilyOutcome
from models.spikes.series import SeriesKey
from models.spikes.statistics.multiple_testing import false_discovery_rates
from models.theme import ALL_TICKETS


@dataclass(frozen=True, slots=True)
class _TestedSeries:
    """Series with their combined p-values; `theme_ids` has one entry per series."""

    context: DetectionContext
    budget: ErrorBudget
    series: SeriesRows
    p_values: Floats
    theme_ids: Ints

    def rates(self, family: Family, at: Ints, blocked: Ints, tests: int) -> Floats:
        """Adjust the p-values of the series at some positions, and keep the outcome.

        blocked: positions of series of the family that cannot signal. tests: number of tests in the family.
        """
        rates = false_discovery_rates(self.p_values[at], tests)
        self._keep(family, at, rates, tests, judged=True)
        self._keep(family, blocked, np.minimum(self.p_values[blocked] * tests, 1.0), tests, judged=False)
        return rates

    def _keep(self, family: Family, at: Ints, rates: Floats, tests: int, *, judged: bool) -> None:
        level = self.budget.totals if family == Family.TOTAL else self.budget.segments
        self.context.outcomes.append(FamilyOutcome(
            family, self.theme_ids[at], self.p_values[at], rates, level, tests,
            segments=self.series.segments[at], budget=self.budget.false_alerts_per_week, judged=judged,
        ))  # fmt: skip


def candidates_over_usual(
    context: DetectionContext, table: WindowTable, busy: set[int], budget: ErrorBudget
) -> list[Candidate]:
    """Test the totals of themes, then the segments of the themes whose total does not signal.

    busy: themes with an open episode, and those tested together with them.
    """
    series, p_values = _by_unit(context, table)
    ids = context.baseline.theme_ids[series.themes]
    tested = _TestedSeries(context, budget, series, p_values, ids)
    free = np.array([theme != ALL_TICKETS and not busy & set(context.unit(int(theme))) for theme in ids], dtype=bool)
    totals = _signalling_totals(tested, free)
    taken = sorted({int(ids[at]) for at, _ in totals})
    segments = _signalling_segments(tested, free, free & ~series.total & ~np.isin(ids, taken))
    return [_candidate(context, series, at, float(p_values[at]), rate) for at, rate in [*totals, *segments]]


def _counted_series(context: DetectionContext) -> tuple[int, int]:
    """Return the number of themes, and that of series with counts."""
    return len(context.baseline.theme_ids) - 1, int((context.baseline.sums > 0).sum())


def _signalling_totals(tested: _TestedSeries, free: Mask) -> list[tuple[int, float]]:
    n_themes, n_series = _counted_series(tested.context)
    at = np.flatnonzero(free & tested.series.total)
    blocked = np.flatnonzero(~free & (tested.theme_ids != ALL_TICKETS) & tested.series.total)
    rates = tested.rates(Family.TOTAL, at, blocked, n_themes)
    level = tested.budget.totals if n_series > n_themes + 1 else tested.budget.totals_alone
    return [(int(each), float(rate)) for each, rate in zip(at, rates, strict=True) if rate <= level]


def _signalling_segments(tested: _TestedSeries, free: Mask, chosen: Mask) -> list[tuple[int, float]]:
    """Return the strongest signalling segment of each theme."""
    n_themes, n_series = _counted_series(tested.context)
    positions = np.flatnonzero(chosen)
    blocked = np.flatnonzero(~free & (tested.theme_ids != ALL_TICKETS) & ~tested.series.total)
    rates = tested.rates(Family.SEGMENT, positions, blocked, max(n_series - n_themes, len(positions)))
    best: dict[int, tuple[int, float]] = {}
    for at, rate in zip(positions, rates, strict=True):
        theme = int(tested.theme_ids[at])
        stronger = theme not in best or tested.p_values[at] < tested.p_values[best[theme][0]]
        if rate <= tested.budget.segments and stronger:
            best[theme] = (int(at), float(rate))
    return list(best.values())


def _by_unit(context: DetectionContext, table: WindowTable) -> tuple[SeriesRows, Floats]:
    """Return series and their p-values, with those that share an envelope added up."""
    series = table.series
    if not context.units or not len(series):
        return series, table.p_values
    ids = context.baseline.theme_ids[series.themes]
    lead = np.array([context.unit(int(theme))[0] for theme in ids])
    pairs = np.stack([lead, context.segment_order[series.segments]], axis=1)
    _, first, group = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
    group = group.reshape(-1)
    n_groups = len(first)
    observed = np.zeros((n_groups, table.observed.shape[1]), dtype=np.int64)
    np.add.at(observed, group, table.observed)
    expected = table.expected.summed(group, n_groups)
    # The theme with the most excess represents those with which it shares an envelope.
    excess = (table.observed - table.expected.mean).max(axis=1)
    order = np.lexsort((-excess, group))
    leading = order[np.searchsorted(group[order], np.arange(n_groups))]
    p_values = combined_p(observed, expected, context.settings.min_tickets)
    return series.at(leading), p_values


def _candidate(context: DetectionContext, series: SeriesRows, at: int, p_value: float, rate: float) -> Candidate:
    theme = int(context.baseline.theme_ids[series.themes[at]])
    segment = series.segment_at(at)
    start = _onset(context, series.at(np.array([at])), theme, segment)
    launch = _exceeded_launch(context, theme, segment, start)
    kind = SpikeKind.SPIKE if launch is None else SpikeKind.LAUNCH_EXCESS
    return Candidate(theme, segment, start, p_value, rate, kind, None if launch is None else launch.launch_id)


def _exceeded_launch(context: DetectionContext, theme: int, segment: Segment, start: int) -> LaunchEffect | None:
    """Return the launch whose plan the rise of a theme exceeds; None where the rise is not one over a plan."""
    launch = context.launch_over(theme, start, context.end)
    if launch is not None and not launch.names(theme) and not _above_plan_for_all(context, theme, start):
        return None  # within the plan, but the other themes have less: the rise is the theme's own
    if segment != EVERYTHING and not context.above_plan(theme, start, context.end):
        return None  # the theme is within the plan: the rise is the segment's own
    return launch


def _above_plan_for_all(context: DetectionContext, theme: int, start: int) -> bool:
    """Check whether a theme has more than a plan for all themes expects of it, whatever the others have."""
    series, window = context.series((theme,)), (start, context.end)
    planned = context.expected(series, [window]).mean[0, 0]
    return bool(series.counted(context.counts.sums(*window))[0] > planned)


def _onset(context: DetectionContext, series: SeriesRows, theme: int, segment: Segment) -> int:
    begin = max(context.end - max(context.settings.window_buckets), context.floors.get(theme, 0))
    buckets = [(bucket, bucket + 1) for bucket in range(begin, context.end)]
    counts = context.counts.by_bucket(SeriesKey(theme, segment), begin, context.end)
    expected = context.expected(series, buckets, context.volume([(begin, context.end)]))
    return begin + onset(counts, expected.mean[0], context.settings.min_tickets)
