"""Daily counts of the series that trends are looked for in, and which of their days say something."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import numpy as np

from models.arrays import Floats, Mask
from models.bucket import BUCKETS_PER_DAY, bucket_of, start_of
from models.segment import EVERYTHING, Segment
from models.spikes import LaunchEffect
from models.spikes.statistics.count_tails import lower_tail
from models.theme import ALL_TICKETS
from models.trends.daily import DailyCounts, TrendKey
from models.trends.trend import TrendOutcome, VolumeTrend
from pipelines.context import EpochContext
from pipelines.launches.effects import effects
from store.counts import daily_counts
from store.spikes import read_reported_spans

BUSINESS_LINE = "business_line"
_INCOMPLETE_SHARE = 0.5
"""Share of the usual tickets of a weekday below which a day's record is taken for incomplete, for all series."""
_INCOMPLETE_LEVEL = 1e-6
"""Probability, for counts of twice the variance of a Poisson, from which so few are no chance."""
_USUAL_WEEKS = 8
"""Earlier days of the same weekday whose median is usual."""
_FEWEST_WEEKS = 3


def read_daily(context: EpochContext, first: int, known: Sequence[VolumeTrend]) -> DailyCounts:
    """Read the counts of the days from `first` to the one that ends with the epoch, of all tickets, business lines and live themes.

    Days before a series had its first ticket do not count, nor days that a plan lifts or whose record is incomplete, nor those of
    episodes that were alerted. `known` are the stored trends: their days are no part of a baseline, and those before a new
    level neither.
    """
    last = context.window.bucket // BUCKETS_PER_DAY
    keys = _keys(context)
    rows = {key: row for row, key in enumerate(keys)}
    counts = np.zeros((len(keys), last - first))
    for key, day, n in _cells(context, first, last):
        if key in rows:
            counts[rows[key], day - first] = n
    begun = np.cumsum(counts, axis=1) - counts > 0
    counted = (begun & ~_incomplete(counts[rows[_ALL]])[None, :]).astype(np.float64)
    for start, end, chosen in (*_planned(context, keys), *_reported(context, keys, first)):
        counted[chosen, _days(start, end, first, last)] = 0.0
    learnable = counted.copy()
    for one in known:
        row = rows.get(TrendKey(context.state.themes.survivor(one.theme_id), one.segment))
        if row is not None:
            _leave_out(one, counted[row], learnable[row], first, last)
    return DailyCounts(keys=tuple(keys), first=first, counts=counts, counted=counted, learnable=learnable)


_ALL = TrendKey(ALL_TICKETS, EVERYTHING)


def _keys(context: EpochContext) -> list[TrendKey]:
    values = sorted(context.state.counts.values_of(BUSINESS_LINE))
    lines = [TrendKey(ALL_TICKETS, Segment.of({BUSINESS_LINE: value})) for value in values]
    themes = sorted(record.theme_id for record in context.state.themes.live() if record.first_seen is not None)
    return [_ALL, *lines, *(TrendKey(theme_id, EVERYTHING) for theme_id in themes)]


def _cells(context: EpochContext, first: int, last: int) -> Iterator[tuple[TrendKey, int, int]]:
    start, end = first * BUCKETS_PER_DAY, last * BUCKETS_PER_DAY
    state, connection = context.state, context.connection
    for theme_id, _, day, n in daily_counts(connection, [state.counts.everything], start, end):
        yield TrendKey(theme_id, EVERYTHING), day, n
    segments = state.counts.segments()
    lines = [number for number, segment in segments.items() if segment.dimensions == (BUSINESS_LINE,)]
    for _, number, day, n in daily_counts(connection, lines, start, end, ALL_TICKETS) if lines else ():
        yield TrendKey(ALL_TICKETS, segments[number]), day, n


def _incomplete(all_tickets: Floats) -> Mask:
    """Find the days on which so few tickets came in all that their record is incomplete, shape (days,)."""
    found = np.zeros(len(all_tickets), dtype=bool)
    for day in range(7 * _FEWEST_WEEKS, len(all_tickets)):
        usual = float(np.median(all_tickets[day % 7 : day : 7][-_USUAL_WEEKS:]))
        if all_tickets[day] < _INCOMPLETE_SHARE * usual:
            found[day] = bool(lower_tail(all_tickets[day], usual, 2.0 * usual) < _INCOMPLETE_LEVEL)
    return found


def _planned(context: EpochContext, keys: Sequence[TrendKey]) -> Iterator[tuple[datetime, datetime, Mask]]:
    """List when plans lift which series; a plan without lines says that something is on, and not where."""
    for effect in effects(context.state, context.window):
        start, end = effect.reach
        yield start_of(start), start_of(end), np.array([_is_lifted(effect, key) for key in keys])


def _is_lifted(effect: LaunchEffect, key: TrendKey) -> bool:
    if not key.segment.compatible(effect.scope):
        return False
    everyone = effect.lift_all is not None or bool(effect.common) or not effect.expected
    return everyone or key.theme_id == ALL_TICKETS or effect.names(key.theme_id)


def _reported(context: EpochContext, keys: Sequence[TrendKey], first: int) -> Iterator[tuple[datetime, datetime, Mask]]:
    """List when which series had an episode that was alerted; one of all tickets concerns every series."""
    themes = np.array([key.theme_id for key in keys])
    for theme_id, start, end in read_reported_spans(context.connection, start_of(first * BUCKETS_PER_DAY)):
        theme = context.state.themes.survivor(theme_id)
        chosen = np.ones(len(keys), dtype=bool) if theme == ALL_TICKETS else themes == theme
        yield start, end or context.window.end, chosen


def _days(start: datetime, end: datetime, first: int, last: int) -> slice:
    """Return the positions of the days that [start, end) touches."""
    begin, after = bucket_of(start) // BUCKETS_PER_DAY, -(-bucket_of(end) // BUCKETS_PER_DAY)
    return slice(min(max(begin, first), last) - first, min(max(after, first), last) - first)


def _leave_out(one: VolumeTrend, counted: Floats, learnable: Floats, first: int, last: int) -> None:
    days = _days(one.start, one.end or start_of(last * BUCKETS_PER_DAY), first, last)
    if one.outcome is TrendOutcome.OVER:
        counted[days], learnable[days] = 0.0, 0.0
    elif one.outcome is TrendOutcome.NEW_LEVEL:
        learnable[: days.start] = 0.0
    elif one.end is None:
        learnable[days.start :] = 0.0
