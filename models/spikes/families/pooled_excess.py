"""Pooled excess: small themes that rise together with similar ones, each of which has too few tickets to be judged alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.arrays import BucketWindow, Floats, Ints
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.segment import EVERYTHING, Segment
from models.spikes.baseline.dispersion import BLOCK
from models.spikes.baseline.seasonal_profile import hours_of_week
from models.spikes.context import DetectionContext
from models.spikes.episodes.onset import onset
from models.spikes.expectation.series import Expectation, SeriesRows
from models.spikes.families.error_budget import ErrorBudget
from models.spikes.outcome import Candidate, Family, FamilyOutcome
from models.spikes.series import SeriesKey
from models.spikes.statistics.count_tails import upper_tail
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


@dataclass(frozen=True, slots=True)
class _Signal:
    """What one group shows: the combined p-value, and the subset and the window that show it most.

    themes: all members. lead: the one of the subset with the most excess.
    """

    themes: tuple[int, ...]
    segment: Segment
    p_value: float
    subset: tuple[int, ...]
    lead: int


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
    yield from _signalling(context, _alone_signals(context, free), len(free), budget.alone)
    groups = _groups(context, free - busy)
    totals = [_total_signal(context, group) for group in groups]
    yield from _signalling(context, [one for one in totals if one is not None], len(groups), budget.pooled)
    groups = _groups(context, free - busy)
    segments, tests = _segment_signals(context, groups)
    yield from _signalling(context, segments, tests, budget.pooled_segments)


def pooled_counts(context: DetectionContext, series: SeriesRows, windows: Sequence[BucketWindow]) -> GroupCounts:
    """Count and predict series that are added up, at the level of the day before: a rise must not hide itself.

    What moves all themes alike adds up undiminished.
    """
    volume = context.volume(windows)
    mean, noise = _at_level_before(context, series, context.expected(series, windows, volume))
    common = volume.variance[series.themes]
    if not series.total.all():
        common = (
            common
            + volume.mix_factor(series, context.baseline.usual_share(series.segments), context.baseline)[1][:, None]
        )
    shared = np.minimum(np.sqrt(common) * mean, np.sqrt(noise))
    observed = np.stack([series.counted(context.counts.sums(*window)) for window in windows], axis=1)
    return GroupCounts(observed, mean, noise, shared)


def _at_level_before(context: DetectionContext, series: SeriesRows, expected: Expectation) -> tuple[Floats, Floats]:
    """Return mean and variance of counts at the level of the day before instead of the present one."""
    baseline, themes = context.baseline, series.themes
    known = (expected.variance - baseline.dispersion[themes][:, None] * expected.mean) / expected.mean**2
    moved = (baseline.day_before_variance - baseline.level_variance)[themes][:, None]
    mean = expected.mean * (baseline.day_before / baseline.level)[themes][:, None]
    return mean, baseline.dispersion[themes][:, None] * mean + np.maximum(known + moved, 0.0) * mean**2


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


def _alone_signals(context: DetectionContext, free: set[int]) -> list[_Signal]:
    """Test each theme over long windows, if it has enough tickets in the longest one."""
    windows = _windows(context, ALONE_HOURS)
    sums = context.counts.sums(*windows[-1])
    series = context.series(sorted(free))
    series = series.at(series.counted(sums) >= context.settings.min_tickets)
    if not len(series):
        return []
    counts = pooled_counts(context, series, windows)
    tails = np.ones(counts.mean.shape)
    above = (counts.observed >= context.settings.min_tickets) & (counts.observed > counts.mean)
    tails[above] = upper_tail(counts.observed[above], counts.mean[above], counts.noise[above])
    themes = context.baseline.theme_ids[series.themes].tolist()
    return [
        _Signal((theme,), EVERYTHING, float(p_value), (theme,), theme)
        for theme, p_value in zip(themes, simes(tails), strict=True)
    ]


def _total_signal(context: DetectionContext, group: tuple[int, ...]) -> _Signal | None:
    """Test the subsets of a group; None where it has too few tickets."""
    series, windows = context.series(group), _windows(context)
    if series.counted(context.counts.sums(*windows[-1])).sum() < context.settings.min_tickets:
        return None
    counts = pooled_counts(context, series, windows)
    found = strongest_subset(counts, context.settings.min_tickets, fewest=2)
    at = int(np.argmin(found.p_values))
    return _signal(group, EVERYTHING, float(simes(found.p_values)), found.members[at], _excess(counts, at))


def _excess(counts: GroupCounts, window: int) -> Floats:
    excess: Floats = counts.observed[:, window] - counts.mean[:, window]
    return excess


def _signal(
    group: tuple[int, ...], segment: Segment, p_value: float, members: Sequence[int], excess: Floats
) -> _Signal:
    """Describe what some members of a group show; `excess` is that of each member, and the first one leads where none is named."""
    subset = tuple(group[member] for member in members)
    lead = max(members, key=lambda member: (excess[member], -member), default=0)
    return _Signal(group, segment, p_value, subset, group[lead])


def _segment_signals(context: DetectionContext, groups: Sequence[tuple[int, ...]]) -> tuple[list[_Signal], int]:
    """Test the sum of each group in its segments; returns the signals, and how many tests there are.

    A segment in which only one member has tickets is left out: it is no rise of the group.
    """
    found, tests = [], 0
    sums = context.counts.sums(*_windows(context)[-1])
    names, numbers = context.counts.segment_names(), context.counts.index()[1]
    for group in groups:
        seen: dict[Segment, list[int]] = {}
        for row in (row for theme in group for row in context.counts.rows_of(theme)):
            seen.setdefault(names[int(numbers[row])], []).append(int(sums[row]))
        seen.pop(EVERYTHING, None)
        tests += len(seen)
        for segment, tickets in sorted(seen.items()):
            if sum(tickets) >= context.settings.min_tickets and sum(n > 0 for n in tickets) > 1:
                found.append(_segment_signal(context, group, segment))
    return found, tests


def _segment_signal(context: DetectionContext, group: tuple[int, ...], segment: Segment) -> _Signal:
    counts = pooled_counts(context, context.series(group, segment), _windows(context))
    tails = strongest_subset(_as_one(counts), context.settings.min_tickets).p_values
    at = int(np.argmin(tails))
    excess = _excess(counts, at)
    return _signal(group, segment, float(simes(tails)), np.flatnonzero(excess > 0).tolist(), excess)


def _as_one(counts: GroupCounts) -> GroupCounts:
    """Add up a group as one series."""
    observed, mean, variance = counts.total()
    return GroupCounts(observed[None], mean[None], variance[None], np.zeros((1, len(mean))))


def _signalling(
    context: DetectionContext, signals: Sequence[_Signal], tests: int, level: float
) -> Iterator[tuple[Candidate, float]]:
    """Adjust the p-values of tests that share a level, keep the outcome, and yield what signals, the strongest first."""
    if not signals:
        return
    p_values = np.array([one.p_value for one in signals])
    # How much the sum of a group varied is measured only where it decides: it makes no p-value smaller.
    for at in np.flatnonzero(false_discovery_rates(p_values, tests) <= level).tolist():
        p_values[at] = _with_own_variance(context, signals[at])
    rates = false_discovery_rates(p_values, tests)
    leads = np.array([one.lead for one in signals])
    context.outcomes.append(FamilyOutcome(
        Family.POOLED, leads, p_values, rates, level, tests,
        segments=np.array([context.counts.segment_id(one.segment) for one in signals]), budget=context.settings.false_alerts_per_week,
    ))  # fmt: skip
    for at in np.lexsort((leads, p_values)).tolist():
        if rates[at] <= level and signals[at].subset:
            yield _candidate(context, signals[at], float(p_values[at]), float(rates[at])), level


def _with_own_variance(context: DetectionContext, signal: _Signal) -> float:
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


def _dispersion_ratio(context: DetectionContext, signal: _Signal) -> float:
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


def _hourly(context: DetectionContext, signal: _Signal, hours: Ints) -> Floats:
    first, last = (int(hours[0]), int(hours[-1]) + 1) if len(hours) else (0, 0)
    found = np.zeros(len(hours))
    for theme in signal.subset:
        found += context.counts.by_hour(SeriesKey(theme, signal.segment), first, last)
    return found


def _blocks(values: Floats) -> Floats:
    sums: Floats = values[: len(values) // BLOCK * BLOCK].reshape(-1, BLOCK).sum(axis=1)
    return sums


def _candidate(context: DetectionContext, signal: _Signal, p_value: float, rate: float) -> Candidate:
    themes = signal.subset if len(signal.subset) > 1 else ()
    return Candidate(signal.lead, signal.segment, _onset(context, signal), p_value, rate, theme_ids=themes)


def _onset(context: DetectionContext, signal: _Signal) -> int:
    begin = context.end - BUCKETS_PER_DAY
    buckets = [(bucket, bucket + 1) for bucket in range(begin, context.end)]
    series = context.series(signal.subset, signal.segment)
    keys = (SeriesKey(theme, signal.segment) for theme in signal.subset)
    seen = np.sum([context.counts.by_bucket(key, begin, context.end) for key in keys], axis=0)
    expected = context.expected(series, buckets, context.volume([(begin, context.end)]))
    return begin + onset(seen, expected.mean.sum(axis=0), context.settings.min_tickets)
