"""Daily counts of many series, the regression over them, and the rises that they show."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from models.arrays import Floats, Ints, Mask
from models.segment import Segment
from models.theme import ALL_TICKETS
from models.trends.constants import (
    GROWTH,
    GUARD,
    LEAST_LEARNED,
    LEAST_TICKETS,
    SHORT_GUARD,
    SHORT_WINDOWS,
    STAY,
    WINDOWS,
    YEARLY_FROM,
)
from models.trends.noise import estimate_noise
from models.trends.regression import ROUNDS, FitOptions, fit_counts
from models.trends.seasonality import Seasonality
from models.trends.settings import TrendSettings
from models.trends.windows import Forecast, Windows, adjusted, effective_tests, tail_of_window

_FEWEST_COMMON = 5
"""Themes of which the common rise is taken: the median of fewer is that of one or two."""
_COMMON_TICKETS = 5.0
"""Expected tickets of a window from which a theme counts in the common rise, and by which its ratio is drawn towards 1."""
_WEEK = 7


class TrendKey(NamedTuple):
    """A series: a theme (0: all tickets) in a segment."""

    theme_id: int
    segment: Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyCounts:
    """Tickets of n series by day, the last day being the one that just ended.

    keys: n series. first: number of the first day since 1970-01-01 UTC. counts: shape (n, days).
    counted: shape (n, days), 0 for days that say nothing of a rise: before a series began, planned, incomplete, or reported already.
    learnable: shape (n, days), 0 for days that in addition are no part of a baseline, as those of earlier rises.
    """

    keys: tuple[TrendKey, ...]
    first: int
    counts: Floats
    counted: Floats
    learnable: Floats

    @property
    def last(self) -> int:
        """The position of the last day."""
        return int(self.counts.shape[1]) - 1

    def only(self, rows: Mask) -> DailyCounts:
        """Return some of the series."""
        keys = tuple(key for key, kept in zip(self.keys, rows, strict=True) if kept)
        return replace(
            self, keys=keys, counts=self.counts[rows], counted=self.counted[rows], learnable=self.learnable[rows]
        )


@dataclass(frozen=True, slots=True)
class TrendRise:
    """A rise that a series shows: since which day (its position), in a trailing window of how many days, and how surely."""

    row: int
    start: int
    days: int
    p_value: float


def guard_of(days: int) -> int:
    """Return how many of the newest days the baseline leaves out, by the length of the record."""
    return GUARD if days >= GUARD + LEAST_LEARNED + SHORT_GUARD else SHORT_GUARD


def windows_of(days: int) -> Windows:
    """Return the windows that a record of this length is tested with."""
    return WINDOWS if guard_of(days) == GUARD else SHORT_WINDOWS


def forecast_days(daily: DailyCounts) -> tuple[DailyCounts, Forecast]:
    """Fit the regression to the days before the guard, and forecast all days, of the series that have a baseline.

    The columns are weekdays, a steady growth, and the season where the record is long enough. Returns these series and their forecast.
    """
    days = daily.counts.shape[1]
    learned = max(days - guard_of(days), 0)
    daily = daily.only(daily.learnable[:, :learned].sum(axis=1) >= LEAST_LEARNED)
    year = 365.25 if days >= YEARLY_FROM else 0.0
    seasonality = Seasonality(week=_WEEK, year=year, harmonics=2, growth=GROWTH)
    design, ridge = seasonality.design(np.arange(daily.first, daily.first + days))
    used = daily.learnable[:, :learned]
    counts = daily.counts[:, :learned]
    fit = fit_counts(counts, design[:learned], used, ridge, FitOptions(robust=True, rounds=ROUNDS))
    mean = fit.mean(design)
    noise = estimate_noise(counts, mean[:, :learned], design[:learned], used)
    scale = noise.of_means(mean) / fit.dispersion
    fit = replace(fit, covariance=fit.covariance * scale[:, None, None])
    return daily, Forecast(mean, np.zeros(mean.shape), fit, design, noise, daily.counted)


def find_rises(daily: DailyCounts, forecast: Forecast, settings: TrendSettings) -> list[TrendRise]:
    """Find the series that rise at the end of the last day, at most one rise each, in their order.

    The budget of false findings is shared by the series, and by the sharp and the slow windows of each. What all themes have in
    common in a window is not reported of each: it is the matter of all tickets.
    """
    n = len(daily.keys)
    if n == 0 or settings.false_findings_per_week <= 0:
        return []
    windows = windows_of(daily.counts.shape[1])
    level = settings.false_findings_per_week / _WEEK / n
    rising = _still_rises(daily, forecast)
    best: dict[int, TrendRise] = {}
    for widths, share in ((windows.sharp, 1.0 - windows.slow_share), (windows.slow, windows.slow_share)):
        for width in widths:
            p_values, enough = _test(daily, forecast, width, settings)
            p_values = adjusted(p_values, effective_tests(widths))
            for row in np.flatnonzero((p_values < level * share) & enough & rising):
                found = TrendRise(int(row), _start_of(daily, forecast, int(row)), width, float(p_values[row]))
                known = best.get(int(row))
                if known is None or found.p_value < known.p_value:
                    best[int(row)] = found
    return [best[row] for row in sorted(best)]


def is_over(daily: DailyCounts, forecast: Forecast) -> Mask:
    """Check of each series whether its last week is as expected, shape (n,)."""
    return tail_of_window(daily.counts, forecast, daily.last, _WEEK) > STAY


def totals_since(daily: DailyCounts, forecast: Forecast, row: int, start: int) -> tuple[int, float]:
    """Return the tickets of a series from a day on, and how many were expected, on the days that are counted."""
    since = slice(max(start, 0), None)
    counted = daily.counted[row, since]
    observed = float((daily.counts[row, since] * counted).sum())
    return round(observed), float((forecast.mean[row, since] * counted).sum())


def _test(daily: DailyCounts, forecast: Forecast, width: int, settings: TrendSettings) -> tuple[Floats, Mask]:
    """Return the p-values of a window, and where it exceeds what is expected by enough to be reported, shape (n,) each."""
    expected, _ = forecast.window(daily.last, width)
    themes = np.array([key.theme_id != ALL_TICKETS for key in daily.keys])
    common = _common_rise(forecast.observed(daily.counts, daily.last, width)[themes], expected[themes])
    p_values, enough = np.ones(len(themes)), np.zeros(len(themes), dtype=bool)
    for rows, factor in ((themes, common), (~themes, 1.0)):
        p_values[rows] = tail_of_window(daily.counts, forecast, daily.last, width, factor)[rows]
        seen, usual = forecast.observed(daily.counts, daily.last, width, factor), expected * factor
        reported = (seen - usual >= LEAST_TICKETS) & (seen >= usual * (1.0 + settings.least_rise))
        enough[rows] = reported[rows]
    return p_values, enough


def _common_rise(observed: Floats, expected: Floats) -> float:
    """Return the multiple of what is expected that the themes have in common: their median, at least 1."""
    some = expected >= _COMMON_TICKETS
    if some.sum() < _FEWEST_COMMON:
        return 1.0
    ratios = (observed[some] + _COMMON_TICKETS) / (expected[some] + _COMMON_TICKETS)
    return max(1.0, float(np.median(ratios)))


def _still_rises(daily: DailyCounts, forecast: Forecast) -> Mask:
    """Check whether the last three days are above what is expected: a rise that is over must not be found."""
    mean, _ = forecast.window(daily.last, 3)
    found: Mask = forecast.observed(daily.counts, daily.last, 3) > mean
    return found


def _start_of(daily: DailyCounts, forecast: Forecast, row: int) -> int:
    """Estimate since when a series rises: the start of the trailing window with the greatest likelihood ratio, in the guard.

    References
    ----------
    Kulldorff 2001, JRSS-A 164 (prospective scan over windows that end now).
    """
    reach = min(guard_of(daily.counts.shape[1]), daily.counts.shape[1])
    counted = daily.counted[row, -reach:]
    observed = np.cumsum((daily.counts[row, -reach:] * counted)[::-1])[::-1]
    expected = np.maximum(np.cumsum((forecast.mean[row, -reach:] * counted)[::-1])[::-1], 1e-9)
    above = observed > expected
    log = np.log(np.where(above, observed / expected, 1.0))
    score = np.where(above, observed * log - (observed - expected), 0.0)
    positions: Ints = np.flatnonzero(score == score.max())
    return int(daily.last - reach + 1 + positions[-1])
