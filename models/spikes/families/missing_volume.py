"""Missing volume: themes, and segments of all tickets, that fall silent while the others continue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtrc, pdtrc

from models.arrays import BucketWindow, Floats, Ints, Mask
from models.bucket import BUCKETS_PER_DAY, BUCKETS_PER_HOUR
from models.segment import EVERYTHING, Segment
from models.source_silence import SOURCE
from models.spike import SpikeKind
from models.spikes.context import DetectionContext
from models.spikes.episodes.episode import Episode, EpisodeChange, Finding
from models.spikes.expectation.series import SeriesRows
from models.spikes.families.error_budget import ErrorBudget
from models.spikes.outcome import Candidate, Family, FamilyOutcome
from models.spikes.series import SeriesKey
from models.spikes.statistics.count_tails import lower_tail
from models.spikes.statistics.multiple_testing import false_discovery_rates, simes
from models.theme import ALL_TICKETS

WINDOW_HOURS = (3, 6, 12, 24, 72)
_WEEK_DAYS = 7
_ACTIVE_DAYS = 7
"""Days of the week before in which a series had tickets, for it to be tested: a desk that is closed on Sundays is not
missing then."""
_MAX_LEFT = 0.25
"""Largest share of the expected volume that may be left of missing volume."""
_MAX_LEFT_OF_ALL = 0.6
"""The same for all tickets together: half a day's volume is worth one line, as on a holiday that nobody planned."""
_LEAST_IN_COMMON, _LEFT_IN_COMMON = 0.1, 0.75
"""Bounds of the share that is left of the themes in their usual state together: hardly any ticket is no low volume but an outage,
which is reported by source."""
_OWN_DEVIATION = 0.2
"""Relative deviation that each theme may have of its own from what all have in common."""
_PASSING_DIMENSIONS = frozenset({"app_version", SOURCE})
"""Dimensions whose values come and go: an old release that nobody uses any more is not missing, and sources are tested by
themselves."""
_OTHERS_STRENGTH = 1.0
"""Tickets by which the volume of all others is shrunk to usual: few, since their silence excuses any."""
_IMPLAUSIBLE = 0.01


@dataclass(frozen=True, slots=True)
class Shortage:
    """Counts and what they should be over windows, each of shape (series, windows); `of_all` marks the total of all tickets."""

    observed: Ints
    mean: Floats
    variance: Floats
    of_all: Mask

    @property
    def tails(self) -> Floats:
        """Probability of so few tickets; 1 where more came than may be left of missing volume."""
        most = np.where(self.of_all, _MAX_LEFT_OF_ALL, _MAX_LEFT)[:, None]
        short = self.observed <= most * self.mean
        tails: Floats = np.where(short, lower_tail(self.observed, self.mean, self.variance), 1.0)
        return tails


def missing_volume(context: DetectionContext, budget: ErrorBudget) -> list[Finding]:
    """Report missing volume: open episodes are followed, and new ones are opened at full hours.

    A theme in total, and each single-dimension segment of all tickets, is compared with its usual volume, or with that
    of the week before where it was less, times the share of the usual that all other tickets have had meanwhile (at
    most 1). So where nothing arrives at all, as from a source that lags, nothing is missing: the record is incomplete. All
    tickets together are compared with their usual volume alone: where about half of it comes, that is one line for all.
    A theme has one open episode; all tickets have one.
    """
    plain = context.with_launches(())
    open_episodes = [one for one in context.missing if one.end is None]
    found = [_followed(plain, one) for one in open_episodes if one.theme_id in context.baseline.position]
    if context.end % BUCKETS_PER_HOUR or context.baseline.history_hours < _WEEK_DAYS * 24:
        return found
    busy = {one.theme_id for one in open_episodes}
    for candidate in _candidates(plain, busy, budget):
        if not _is_explained(plain, candidate):
            busy.add(candidate.theme_id)
            found.append(_finding(plain, _as_episode(candidate), candidate))
    return found


def _candidates(context: DetectionContext, busy: set[int], budget: ErrorBudget) -> Iterator[Candidate]:
    """Test the series whose volume may be missing; yield the signalling ones, the strongest first.

    busy: themes with an open episode; it is read again before each series.
    """
    series = _tested_series(context)
    windows = [(context.end - hours * BUCKETS_PER_HOUR, context.end) for hours in WINDOW_HOURS]
    p_values = simes(shortage(context, series, windows).tails) if len(series) else np.zeros(0)
    rates = false_discovery_rates(p_values, len(series))
    theme_ids = context.baseline.theme_ids[series.themes]
    context.outcomes.append(FamilyOutcome(
        Family.MISSING, theme_ids, p_values, rates, budget.missing, len(series),
        segments=series.segments, budget=budget.false_alerts_per_week,
    ))  # fmt: skip
    for at in np.lexsort((rates, p_values)):
        theme = int(theme_ids[at])
        if rates[at] <= budget.missing and theme not in busy:
            start = _onset(context, series.at(np.array([at])))
            p_value, rate = float(p_values[at]), float(rates[at])
            yield Candidate(theme, series.segment_at(int(at)), start, p_value, rate, SpikeKind.MISSING_VOLUME)


def shortage(context: DetectionContext, series: SeriesRows, windows: Sequence[BucketWindow]) -> Shortage:
    """Count and predict series, with the volume of all other tickets taken into account."""
    observed = np.stack([_sums(context, series, window) for window in windows], axis=1)
    expected = context.expected(series, windows)
    before = _week_before(context, series, windows)
    mean = np.minimum(expected.mean, before)
    variance = expected.noise * (mean / expected.mean) ** 2
    all_tickets = context.series((ALL_TICKETS,))
    all_seen = np.array([_sums(context, all_tickets, window)[0] for window in windows])
    all_usual = context.expected(all_tickets, windows).mean[0]
    others = np.maximum(all_usual - mean, 0.0) + _OTHERS_STRENGTH
    factor = np.minimum((np.maximum(all_seen - observed, 0) + _OTHERS_STRENGTH) / others, 1.0)
    relative_variance = float(context.baseline.dispersion[0]) / others
    of_all = (series.themes == 0) & series.total
    factor, relative_variance = (
        np.where(of_all[:, None], 1.0, factor),
        np.where(of_all[:, None], 0.0, relative_variance),
    )
    return Shortage(observed, mean * factor, variance * factor + relative_variance * mean**2, of_all)


def _sums(context: DetectionContext, series: SeriesRows, window: BucketWindow) -> Ints:
    """Count the tickets of series in a window, its full hours by the hour."""
    start, end = window
    first, last = -(-start // BUCKETS_PER_HOUR), end // BUCKETS_PER_HOUR
    if last - first < 12:
        return series.counted(context.counts.sums(start, end))
    cells = context.counts.hourly(first, last)
    sums = np.bincount(cells.rows, weights=cells.counts, minlength=len(context.counts)).astype(np.int64)
    for edge in ((start, first * BUCKETS_PER_HOUR), (last * BUCKETS_PER_HOUR, end)):
        if edge[0] < edge[1]:
            sums += context.counts.sums(*edge)
    return series.counted(sums)


def _week_before(context: DetectionContext, series: SeriesRows, windows: Sequence[BucketWindow]) -> Floats:
    """Return the volume of the week before the longest window, at the windows' hours of the usual profile."""
    newest = min(start for start, _ in windows) // BUCKETS_PER_HOUR * BUCKETS_PER_HOUR
    week = (newest - _WEEK_DAYS * BUCKETS_PER_DAY, newest)
    hours = np.maximum(context.baseline.hours_in([week])[series.themes, 0], 1e-9)
    rate = (_sums(context, series, week) + 1.0) / hours
    return np.asarray(rate[:, None] * context.baseline.hours_in(windows)[series.themes])


def _tested_series(context: DetectionContext) -> SeriesRows:
    """Return totals of themes, all tickets and their single-dimension segments, with tickets on every day of a week."""
    themes, segments = context.counts.index()
    positions = context.baseline.position
    regular = _active_days(context) >= _ACTIVE_DAYS
    ids = sorted(set(positions) - context.known_issues - {ALL_TICKETS}) if _themes_are_assigned(context) else []
    totals = [row for theme in ids if (row := context.counts.row(SeriesKey(theme, EVERYTHING))) is not None]
    of_all = [
        row
        for row in np.flatnonzero(themes == ALL_TICKETS).tolist()
        if _may_be_missed(context.counts.segments[int(segments[row])])
    ]
    rows = np.array([row for row in (*of_all, *totals) if regular[row]], dtype=np.int64)
    return context.ordered(rows, np.array([positions[int(themes[row])] for row in rows], dtype=np.int64))


def _themes_are_assigned(context: DetectionContext) -> bool:
    """Check whether tickets were assigned to themes one by one on all days with which the themes are compared.

    While themes are learned they are made of tickets that have arrived already: a theme may have many that would not
    be assigned to it again.
    """
    settings = context.settings
    seen = context.baseline.history_hours + settings.guard_hours
    return seen >= settings.learning_hours + _WEEK_DAYS * 24 + max(WINDOW_HOURS)


def _may_be_missed(segment: Segment) -> bool:
    return segment == EVERYTHING or (len(segment.pairs) == 1 and segment.pairs[0][0] not in _PASSING_DIMENSIONS)


def _active_days(context: DetectionContext) -> Ints:
    """Count the days of the week before the longest window on which each row had a ticket."""
    newest = context.end // BUCKETS_PER_HOUR - max(WINDOW_HOURS)
    active = np.zeros(len(context.counts), dtype=np.int64)
    for day in range(_WEEK_DAYS):
        cells = context.counts.hourly(newest - 24 * (day + 1), newest - 24 * day)
        active[np.unique(cells.rows[cells.counts > 0])] += 1
    return active


def _onset(context: DetectionContext, series: SeriesRows) -> int:
    """Find the bucket in which a silence most likely began: the greatest likelihood gain of too few, by the hour."""
    starts = [context.end - hours * BUCKETS_PER_HOUR for hours in range(1, max(WINDOW_HOURS) + 1)]
    short = shortage(context, series, [(start, context.end) for start in starts])
    seen, mean = short.observed[0].astype(np.float64), np.maximum(short.mean[0], 1e-12)
    gain = np.where(seen < mean, seen * np.log(np.maximum(seen, 1e-12) / mean) - (seen - mean), -1.0)
    return starts[int(np.argmax(gain))]


def _known_already(context: DetectionContext, candidate: Candidate) -> bool:
    """Check whether the same silence was reported before: the series has not recovered since its last episode."""
    ends = [
        one.end
        for one in context.missing
        if (one.theme_id, one.segment) == (candidate.theme_id, candidate.segment) and one.end is not None
    ]
    if not ends:
        return False
    since = max(*ends, context.end - context.settings.recent_buckets)
    if candidate.start <= since:
        return True
    series = context.series((candidate.theme_id,), candidate.segment)
    back = shortage(context, series, [(since, candidate.start)])
    return bool(back.observed[0, 0] < 0.5 * back.mean[0, 0])


def _is_explained(context: DetectionContext, candidate: Candidate) -> bool:
    """Check whether a silence was reported already, or is a part of what others report."""
    of_all = candidate.theme_id == ALL_TICKETS and candidate.segment == EVERYTHING
    return (
        _known_already(context, candidate)
        or _is_incomplete_then(context, candidate)
        or (of_all and not _is_common(context, candidate))
    )


def _is_common(context: DetectionContext, candidate: Candidate) -> bool:
    """Check whether all themes in their usual state have less alike: no more unlike one share of the usual than by chance.

    A chi-square test over the themes with information; where some are silent by themselves, those are reported. The newest hour
    must be low as well: an outage that is over is no low volume.
    """
    ids = set(context.baseline.position) - context.irregular() - {ALL_TICKETS}
    series, window = context.series(sorted(ids)), (candidate.start, context.end)
    seen, expected = _sums(context, series, window), context.expected(series, [window])
    mean = expected.mean[:, 0]
    factor = seen.sum() / max(float(mean.sum()), 1e-9)
    known = factor * mean >= 1.0
    variance = factor * expected.noise[:, 0] + (_OWN_DEVIATION * factor * mean) ** 2
    differences = ((seen - factor * mean)[known] ** 2 / variance[known]).sum()
    hour = (context.end - BUCKETS_PER_HOUR, context.end)
    lasting = _sums(context, series, hour).sum() <= _LEFT_IN_COMMON * context.expected(series, [hour]).mean.sum()
    alike = known.sum() < 2 or float(chdtrc(known.sum() - 1, differences)) > _IMPLAUSIBLE
    return bool(alike and lasting and _LEAST_IN_COMMON <= factor <= _LEFT_IN_COMMON)


def _is_incomplete_then(context: DetectionContext, candidate: Candidate) -> bool:
    """Check whether a source was silent for most of the time: then the record is incomplete, which is reported once."""
    inside = [max(min(end, context.end) - max(start, candidate.start), 0) for start, end in context.gaps]
    return 2 * max(inside, default=0) >= context.end - candidate.start


def _followed(context: DetectionContext, episode: Episode) -> Finding:
    """Update an open episode; it is closed when tickets come again, or when it has become the level."""
    shifted = context.end - episode.start >= context.settings.shift_hours * BUCKETS_PER_HOUR
    end = context.end if shifted else _back_since(context, episode)
    return _finding(context, episode, end=end, shifted=shifted)


def _back_since(context: DetectionContext, episode: Episode) -> int | None:
    """Find the first bucket of the volume that ends an episode: usual again, and implausible in the silence so far."""
    lengths = [length for length in context.settings.calm_buckets if context.end - length >= episode.start]
    if not lengths:
        return None
    windows = [(episode.start, context.end), *((context.end - length, context.end) for length in lengths)]
    short = shortage(context, context.series((episode.theme_id,), episode.segment), windows)
    seen, mean = short.observed[0], short.mean[0]
    for at in range(1, len(windows)):
        left = max((seen[0] - seen[at]) / max(mean[0] - mean[at], 1e-9), 0.05)
        usual = seen[at] >= mean[at] - np.sqrt(short.variance[0, at])
        if usual and seen[at] > 0 and pdtrc(seen[at] - 1, min(left, _MAX_LEFT) * mean[at]) <= _IMPLAUSIBLE:
            return windows[at][0]
    return None


def _as_episode(candidate: Candidate) -> Episode:
    return Episode(candidate.theme_id, candidate.segment, candidate.start, kind=SpikeKind.MISSING_VOLUME)


def _finding(
    context: DetectionContext,
    episode: Episode,
    decided: Candidate | None = None,
    *,
    end: int | None = None,
    shifted: bool = False,
) -> Finding:
    """Report an episode with its counts since the onset; `decided` is given for a new one, `end` for a closed one."""
    theme, segment, start = episode.theme_id, episode.segment, episode.start
    until = context.end if end is None else max(end, start + 1)
    window = (start, until)
    short = shortage(context, context.series((theme,), segment), [window])
    seen, mean = int(short.observed[0, 0]), float(short.mean[0, 0])
    p_value = float(lower_tail(seen, mean, float(short.variance[0, 0]))) if decided is None else decided.p_value
    total = short if segment == EVERYTHING else shortage(context, context.series((theme,)), [window])
    going_on = EpisodeChange.UPDATED if decided is None else EpisodeChange.OPENED
    return Finding(
        change=going_on if end is None else EpisodeChange.CLOSED,
        kind=SpikeKind.MISSING_VOLUME,
        theme_id=theme,
        segment=segment,
        start=start,
        end=None if end is None else until,
        observed=seen,
        expected=mean,
        ratio=seen / mean,
        excess=seen - mean,
        p_value=p_value,
        q_value=p_value if decided is None else decided.q_value,
        severity=max(mean - seen, 0.0) * -float(np.log10(p_value)),
        total_observed=int(total.observed[0, 0]),
        total_expected=float(total.mean[0, 0]),
        dispersion=float(context.baseline.dispersion[context.baseline.position[theme]]),
        theme_ids=(theme,),
        shifted=shifted,
        gate=context.gate,
    )
