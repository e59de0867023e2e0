"""Pooled excess: small themes that rise together with similar ones, each of which has too few tickets to be judged alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

import numpy as np

from models.arrays import BucketWindow, Floats, Ints
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.segment import EVERYTHING
from models.spikes.baseline.dispersion import BLOCK
from models.spikes.baseline.seasonal_profile import hours_of_week
from models.spikes.context import DetectionContext
from models.spikes.episodes.onset import onset
from models.spikes.families.error_budget import ErrorBudget
from models.spikes.families.pooled_counts import pooled_counts
from models.spikes.families.pooled_segments import segment_tests
from models.spikes.families.pooled_tests import PooledSignal, PooledTests, tails_above
from models.spikes.outcome import Candidate, Family, FamilyOutcome
from models.spikes.series import SeriesKey
from models.spikes.statistics.multiple_testing import false_discovery_rates, simes
from models.spikes.statistics.outlying import anscombe, outlier_weights
from models.spikes.statistics.subsets import GroupCounts, strongest_subset
from models.theme import ALL_TICKETS

WINDOW_HOURS, ALONE_HOURS = (3, 6, 12, 24), (12, 24)
"""Trailing windows in which groups are tested, and those for a theme alone, whose shorter ones are tested at each epoch."""
SMALL = 1.0
"""Tickets an hour up to which a theme is pooled: above it, its own tests find a rise of five times within six hours in most cases."""
_PAST_DAYS = 28
"""Days before the longest window in which it is measured how much the sum of a group varies."""
_OWN_BLOCKS = 40.0
"""Blocks of six hours that the members' own dispersion counts as in that of their sum, as the pool's counts in a theme's."""


def pooled_candidates(
    context: DetectionContext, busy: set[int], budget: ErrorBudget
) -> Iterator[tuple[Candidate, float]]:
    """Test at full hours whether small themes have more than expected: alone, with similar ones, and in a segment of these.

    A theme alone is tested over half a day and a day: one of .2 tickets an hour that has five times as many shows nothing within
    six hours. In a family the strongest subset of two or more is tested (`strongest_subset`), so that a rise of some and of all
    members is found; then the sum of all members in each segment. Themes that rise or that a plan names or lifts, young ones and
    known issues are left out.

    Parameters
    ----------
    busy: themes that have an open episode, or are tested together with one; it is read again before each candidate.

    Yields
    ------
    Candidates with the level of their tests, the strongest first.
    """
    if context.end % BUCKETS_PER_HOUR:
        return
    free = _free_themes(context, busy)
    yield from _signalling(context, _alone_tests(context, free), len(free), budget.alone)
    groups = _groups(context, free - busy)
    yield from _signalling(context, _total_tests(context, groups), len(groups), budget.pooled)
    groups = _groups(context, free - busy)
    tests, in_all = segment_tests(context, groups, _windows(context))
    yield from _signalling(context, tests, in_all, budget.pooled_segments)


def _windows(context: DetectionContext, hours: Sequence[int] = WINDOW_HOURS) -> list[BucketWindow]:
    return [(context.end - each * BUCKETS_PER_HOUR, context.end) for each in hours]


def _free_themes(context: DetectionContext, busy: set[int]) -> set[int]:
    """Return the small themes that may signal."""
    baseline = context.baseline
    return set(baseline.theme_ids[baseline.day_before <= SMALL].tolist()) - busy - context.irregular() - {ALL_TICKETS}


def _groups(context: DetectionContext, free: set[int]) -> list[tuple[int, ...]]:
    """List the families of the small themes that may signal, where there are at least two."""
    groups = (tuple(theme for theme in family if theme in free) for family in context.families)
    return [group for group in groups if len(group) > 1]


def _alone_tests(context: DetectionContext, free: set[int]) -> PooledTests | None:
    """Test each theme over long windows, if it has enough tickets in the longest one; None where no theme has."""
    windows = _windows(context, ALONE_HOURS)
    sums = context.counts.sums(*windows[-1])
    series = context.series(sorted(free))
    series = series.at(series.counted(sums) >= context.settings.min_tickets)
    if not len(series):
        return None
    counts = pooled_counts(context, series, windows)
    p_values = simes(tails_above(counts.observed, counts.mean, counts.noise, context.settings.min_tickets))
    themes = context.baseline.theme_ids[series.themes]
    return PooledTests(
        p_values, themes, series.segments,
        lambda at: PooledSignal((int(themes[at]),), EVERYTHING, float(p_values[at]), (int(themes[at]),), int(themes[at])),
    )  # fmt: skip


def _total_tests(context: DetectionContext, groups: Sequence[tuple[int, ...]]) -> PooledTests | None:
    """Test the subsets of each group that has enough tickets; None where none has. All groups are counted in one pass."""
    windows, least = _windows(context), context.settings.min_tickets
    series = context.series(theme for group in groups for theme in group)
    tickets = series.counted(context.counts.sums(*windows[-1]))
    edges = pairwise(accumulate((len(group) for group in groups), initial=0))
    tested = [
        (group, slice(*edge)) for group, edge in zip(groups, edges, strict=True) if tickets[slice(*edge)].sum() >= least
    ]
    if not tested:
        return None
    counts = pooled_counts(context, series, windows)
    signals = [_total_signal(group, counts.at(members), least) for group, members in tested]
    return PooledTests.of(signals, int(series.segments[0]))


def _total_signal(group: tuple[int, ...], counts: GroupCounts, min_tickets: int) -> PooledSignal:
    """Test the subsets of a group."""
    found = strongest_subset(counts, min_tickets, fewest=2)
    at = int(np.argmin(found.p_values))
    excess = counts.observed[:, at] - counts.mean[:, at]
    return PooledSignal.of(group, EVERYTHING, float(simes(found.p_values)), found.members[at], excess)


def _as_one(counts: GroupCounts) -> GroupCounts:
    """Add up a group as one series."""
    observed, mean, variance = counts.total()
    return GroupCounts(observed[None], mean[None], variance[None], np.zeros((1, len(mean))))


def _signalling(
    context: DetectionContext, tests: PooledTests | None, in_all: int, level: float
) -> Iterator[tuple[Candidate, float]]:
    """Adjust the p-values of tests that share a level, keep the outcome, and yield what signals, the strongest first.

    in_all: the number of tests, those included that have too few tickets to be listed.
    """
    if tests is None:
        return
    p_values = tests.p_values.copy()
    # How much the sum of a group varied is measured only where it decides: it makes no p-value smaller.
    for at in np.flatnonzero(false_discovery_rates(p_values, in_all) <= level).tolist():
        p_values[at] = _with_own_variance(context, tests.signal(at))
    rates = false_discovery_rates(p_values, in_all)
    context.outcomes.append(FamilyOutcome(
        Family.POOLED, tests.leads, p_values, rates, level, in_all,
        segments=tests.segments, budget=context.settings.false_alerts_per_week,
    ))  # fmt: skip
    for at in np.lexsort((tests.leads, p_values)).tolist():
        signal = tests.signal(at) if rates[at] <= level else None
        if signal is not None and signal.subset:
            yield _candidate(context, signal, float(p_values[at]), float(rates[at])), level


def _with_own_variance(context: DetectionContext, signal: PooledSignal) -> float:
    """Return the p-value of a signal with the dispersion that the sum of its themes had in the past, where that is larger.

    Similar themes have busy days in common, so that their sum varies more than if they were independent.
    """
    if len(signal.subset) < 2:
        return signal.p_value
    windows = _windows(context)
    wider = _dispersion_ratio(context, signal)
    counts = pooled_counts(context, context.series(signal.themes, signal.segment), windows)
    widened = GroupCounts(counts.observed, counts.mean, counts.noise * wider, counts.shared)
    fewest = 2 if signal.segment == EVERYTHING else 1
    asked = widened if signal.segment == EVERYTHING else _as_one(widened)
    p_value = float(simes(strongest_subset(asked, context.settings.min_tickets, fewest=fewest).p_values))
    return max(p_value, signal.p_value)


def _dispersion_ratio(context: DetectionContext, signal: PooledSignal) -> float:
    """Estimate the dispersion of a sum over blocks of six hours, as a multiple of that of its members, at least 1."""
    baseline, newest = context.baseline, max(WINDOW_HOURS)
    rows = np.array([baseline.position[theme] for theme in signal.subset])
    known = min(_PAST_DAYS * 24, int(baseline.age_hours[rows].min()) - newest, baseline.history_hours)
    last = context.end // BUCKETS_PER_HOUR - newest
    hours = np.arange(last - max(known, 0) // BLOCK * BLOCK, last)
    rate = baseline.day_before[rows, None] * baseline.profile[rows][:, hours_of_week(hours, baseline.timezone)]
    seen, usual = _blocks(_hourly(context, signal, hours)), _blocks(rate.sum(axis=0))
    if not len(seen) or not seen.sum():
        return 1.0
    usual = np.maximum(usual * (seen.sum() / usual.sum()), 1e-9)
    own = float(np.average(baseline.dispersion[rows], weights=baseline.day_before[rows]))
    weights = outlier_weights(np.maximum(anscombe(seen, usual, own), 0.0))
    squares = float((weights * (seen - usual) ** 2 / usual).sum())
    return max((squares + _OWN_BLOCKS * own) / (float(weights.sum()) + _OWN_BLOCKS) / own, 1.0)


def _hourly(context: DetectionContext, signal: PooledSignal, hours: Ints) -> Floats:
    first, last = (int(hours[0]), int(hours[-1]) + 1) if len(hours) else (0, 0)
    found = np.zeros(len(hours))
    for theme in signal.subset:
        found += context.counts.by_hour(SeriesKey(theme, signal.segment), first, last)
    return found


def _blocks(values: Floats) -> Floats:
    sums: Floats = values[: len(values) // BLOCK * BLOCK].reshape(-1, BLOCK).sum(axis=1)
    return sums


def _candidate(context: DetectionContext, signal: PooledSignal, p_value: float, rate: float) -> Candidate:
    themes = signal.subset if len(signal.subset) > 1 else ()
    return Candidate(signal.lead, signal.segment, _onset(context, signal), p_value, rate, theme_ids=themes)


def _onset(context: DetectionContext, signal: PooledSignal) -> int:
    begin = context.end - BUCKETS_PER_DAY
    buckets = [(bucket, bucket + 1) for bucket in range(begin, context.end)]
    series = context.series(signal.subset, signal.segment)
    keys = (SeriesKey(theme, signal.segment) for theme in signal.subset)
    seen = np.sum([context.counts.by_bucket(key, begin, context.end) for key in keys], axis=0)
    expected = context.expected(series, buckets, context.volume([(begin, context.end)]))
    return begin + onset(seen, expected.mean.sum(axis=0), context.settings.min_tickets)
