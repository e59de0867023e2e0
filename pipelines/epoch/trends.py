"""Trends at the end of a day: rises of days and weeks are opened, followed and closed, for digests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import numpy as np

from models.alert import Gate
from models.bucket import BUCKETS_PER_DAY, bucket_of, start_of
from models.theme import ALL_TICKETS
from models.trends.constants import LEAST_LEARNED, NEW_LEVEL_AFTER, SHORT_GUARD
from models.trends.daily import (
    DailyCounts,
    TrendKey,
    TrendRise,
    find_rises,
    forecast_days,
    is_over,
    totals_since,
)
from models.trends.trend import TrendOutcome, VolumeTrend
from models.trends.windows import Forecast
from pipelines.context import EpochContext
from pipelines.epoch.daily_counts import read_daily
from store.trends import read_trends, write_trends


def follow_trends(context: EpochContext) -> list[VolumeTrend]:
    """Follow the trends at the end of a day, in the caller's transaction; returns what changed.

    Everything is a function of the stored counts, plans, episodes and trends, so that a miner that was restored continues with
    the same findings. Nothing is looked for in the learning period, and before there are six weeks of counts.
    """
    first = _first_day(context)
    if first is None:
        return []
    known = read_trends(context.connection)
    lasting, gone = _with_survivors(context, known)
    daily, forecast = forecast_days(read_daily(context, first, known))
    followed = list(_followed(context, daily, forecast, lasting))
    open_keys = {TrendKey(one.theme_id, one.segment) for one in lasting}
    found = [
        rise
        for rise in find_rises(daily, forecast, context.rules.mining.trends)
        if daily.keys[rise.row] not in open_keys
    ]
    next_id = max((one.trend_id for one in known), default=0) + 1
    opened = [_opened(context, daily, forecast, rise, next_id + place) for place, rise in enumerate(found)]
    changed = [*gone, *followed, *opened]
    write_trends(context.connection, changed)
    return changed


def _first_day(context: EpochContext) -> int | None:
    """Return the first day that is looked at; None where the record is too short, or trends are turned off."""
    settings, start = context.rules.mining.trends, context.state.record_start
    if settings.false_findings_per_week <= 0 or start is None:
        return None
    if context.window.end <= start + context.rules.alerts.learning_period:
        return None
    last = context.window.bucket // BUCKETS_PER_DAY
    first = max(-(-bucket_of(start) // BUCKETS_PER_DAY), last - settings.history_days)
    return first if last - first >= LEAST_LEARNED + SHORT_GUARD else None


def _with_survivors(context: EpochContext, known: Sequence[VolumeTrend]) -> tuple[list[VolumeTrend], list[VolumeTrend]]:
    """Return the trends that last, those of merged themes under the surviving one, and those that end because their theme is gone."""
    themes = context.state.themes
    live = {record.theme_id for record in themes.live()} | {ALL_TICKETS}
    lasting: dict[TrendKey, VolumeTrend] = {}
    gone = []
    for one in known:
        if one.end is not None:
            continue
        survivor = themes.survivor(one.theme_id)
        key = TrendKey(survivor, one.segment)
        if survivor in live and key not in lasting:
            lasting[key] = one.with_(theme_id=survivor)
        else:
            gone.append(one.with_(end=context.window.end, outcome=TrendOutcome.THEME_GONE))
    return list(lasting.values()), gone


def _followed(
    context: EpochContext, daily: DailyCounts, forecast: Forecast, lasting: Iterable[VolumeTrend]
) -> Iterator[VolumeTrend]:
    """Bring the figures of the trends that last up to date, and close those that are over or have become usual."""
    rows = {key: row for row, key in enumerate(daily.keys)}
    over = is_over(daily, forecast)
    for one in lasting:
        row = rows.get(TrendKey(one.theme_id, one.segment))
        if row is None:
            # A series whose baseline is out of reach by now: nobody can say any more what is usual.
            yield one.with_(end=context.window.end, outcome=TrendOutcome.NEW_LEVEL)
            continue
        start = bucket_of(one.start) // BUCKETS_PER_DAY - daily.first
        observed, expected = totals_since(daily, forecast, row, start)
        now = one.with_(observed=observed, expected=expected)
        if over[row]:
            yield now.with_(end=_end_of(daily, forecast, row, start), outcome=TrendOutcome.OVER)
        elif daily.last - start + 1 >= NEW_LEVEL_AFTER:
            yield now.with_(end=context.window.end, outcome=TrendOutcome.NEW_LEVEL)
        else:
            yield now


def _end_of(daily: DailyCounts, forecast: Forecast, row: int, start: int) -> datetime:
    """Return the end of the last day that was above what was expected before the last calm week, and not before the start."""
    first = max(start, 0)
    above = np.flatnonzero(daily.counts[row, first : daily.last - 6] > forecast.mean[row, first : daily.last - 6])
    return start_of((daily.first + first + 1 + (int(above[-1]) if len(above) else 0)) * BUCKETS_PER_DAY)


def _opened(
    context: EpochContext, daily: DailyCounts, forecast: Forecast, rise: TrendRise, trend_id: int
) -> VolumeTrend:
    key = daily.keys[rise.row]
    observed, expected = totals_since(daily, forecast, rise.row, rise.start)
    return VolumeTrend(
        trend_id=trend_id, theme_id=key.theme_id, segment=key.segment,
        start=start_of((daily.first + rise.start) * BUCKETS_PER_DAY), detected_at=context.window.detected_at, days=rise.days,
        observed=observed, expected=expected, p_value=rise.p_value, gate=_gate_of(context, key.theme_id),
    )  # fmt: skip


def _gate_of(context: EpochContext, theme_id: int) -> Gate | None:
    """Return why digests do not report a trend of a theme: people know of it already."""
    record = None if theme_id == ALL_TICKETS else context.state.themes.get(theme_id)
    handling = None if record is None else record.handling
    if handling is None or handling.resolved:
        return None
    return Gate.ARCHIVED_UNTIL_ESCALATING if handling.archived else Gate.KNOWN_ISSUE_WITHIN_ENVELOPE
