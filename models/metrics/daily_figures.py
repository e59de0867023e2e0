"""The figures that leaders follow, by day, from cells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp, log, sqrt

import numpy as np

from models.arrays import Floats
from models.metrics.cell_figures import FIRST_REPLY, FULL_RESOLUTION, CellSeries, TimedEvent, day_of, durations_of_cells
from models.metrics.cells import COUNTS, TARGETS
from models.metrics.expected_band import DailyFigure, SeriesKind
from models.metrics.figures import FigurePeriod
from models.metrics.survival import SurvivalCurve, survival_curve


class LeadFigure(StrEnum):
    """A figure of the overview for leaders."""

    CREATED = "created"
    BACKLOG = "backlog"
    FIRST_REPLY = "first_reply"
    RESOLUTION = "resolution"
    COMPLIANCE = "compliance"
    CSAT = "csat"

    @property
    def kind(self) -> SeriesKind:
        """How it varies by day."""
        return _KINDS[self]


_KINDS = {
    LeadFigure.CREATED: SeriesKind.COUNT,
    LeadFigure.BACKLOG: SeriesKind.STOCK,
    LeadFigure.FIRST_REPLY: SeriesKind.DURATION,
    LeadFigure.RESOLUTION: SeriesKind.DURATION,
    LeadFigure.COMPLIANCE: SeriesKind.SHARE,
    LeadFigure.CSAT: SeriesKind.SHARE,
}

_EVENTS: Mapping[LeadFigure, TimedEvent] = {
    LeadFigure.FIRST_REPLY: FIRST_REPLY,
    LeadFigure.RESOLUTION: FULL_RESOLUTION,
}

_SHARES: Mapping[LeadFigure, tuple[Sequence[str], Sequence[str]]] = {
    LeadFigure.COMPLIANCE: ([f"{one}_kept" for one in TARGETS], [f"{one}_{how}" for one in TARGETS for how in ("kept", "missed")]),
    LeadFigure.CSAT: (["satisfied"], ["rated"]),
}  # fmt: skip


def daily_figure(figure: LeadFigure, cells: CellSeries, period: FigurePeriod) -> DailyFigure:
    """Return a figure of each day of a period; `cells` must hold all of these.

    Counts are by the day on which it happened, the backlog is that at the end of the day, and a time is the median of the tickets that
    were created on the day, which has no value while fewer than half have an answer or a solution.
    """
    if figure is LeadFigure.CREATED:
        return DailyFigure(figure.kind, _sums(cells, ["created"], period))
    if figure is LeadFigure.BACKLOG:
        return DailyFigure(figure.kind, _backlog(cells, period))
    if figure in _EVENTS:
        return _medians(cells, period, _EVENTS[figure])
    hits, cases = (_sums(cells, names, period) for names in _SHARES[figure])
    with np.errstate(divide="ignore", invalid="ignore"):
        return DailyFigure(figure.kind, np.where(cases > 0, hits / cases, np.nan), cases)


def _sums(cells: CellSeries, names: Sequence[str], period: FigurePeriod) -> Floats:
    first, last = day_of(period.start), day_of(period.end)
    inside = (cells.day >= first) & (cells.day < last)
    found = np.zeros(last - first)
    found[cells.day[inside] - first] = cells.counts[inside][:, [COUNTS.index(name) for name in names]].sum(axis=1)
    return found


def _backlog(cells: CellSeries, period: FigurePeriod) -> Floats:
    opened, closed = COUNTS.index("opened"), COUNTS.index("closed")
    before = cells.day < day_of(period.start)
    opening = cells.opening + int((cells.counts[before, opened] - cells.counts[before, closed]).sum())
    changes = _sums(cells, ["opened"], period) - _sums(cells, ["closed"], period)
    return np.asarray(opening + np.cumsum(changes), dtype=np.float64)


def _medians(cells: CellSeries, period: FigurePeriod, event: TimedEvent) -> DailyFigure:
    lasting = durations_of_cells(cells, period, event)
    days = day_of(period.end) - day_of(period.start)
    order = np.argsort(lasting.day, kind="stable")
    ends = np.searchsorted(lasting.day[order], np.arange(days + 1))
    value, error = np.full(days, np.nan), np.full(days, np.nan)
    for day in range(days):
        at = order[ends[day] : ends[day + 1]]
        if len(at):
            curve = survival_curve(lasting.seconds[at], lasting.happened[at], lasting.numbers[at])
            median = curve.quantile(0.5)
            if median is not None:
                value[day], error[day] = median, _log_error(curve, median)
    return DailyFigure(SeriesKind.DURATION, value, error=error)


def _log_error(curve: SurvivalCurve, median: float) -> float:
    """Return the standard error of the logarithm of a median, from the end of its interval that is known."""
    low, high = curve.interval(0.5)
    sides = [abs(log(end / median)) for end in (low, high) if end is not None and end > 0]
    return max(sum(sides) / len(sides) / 1.96, 0.01) if sides else float("nan")


@dataclass(frozen=True, slots=True)
class CountChange:
    """By which share a count has changed, with its interval of 95 %; None where there was nothing before."""

    share: float
    low: float
    high: float


def count_change(after: Floats, before: Floats) -> CountChange | None:
    """Compare the counts of two periods of as many days, shape (days,) each, by their ratio.

    The logarithm of the ratio has the larger of the variances of Poisson counts and, from four days on, of days as clusters (the ratio
    estimator; Cochran 1977, "Sampling techniques", 6.4), of which each is compared with the day of the same place, so that whole weeks
    are compared by day of the week.
    """
    from scipy.special import stdtrit

    total, earlier, days = float(after.sum()), float(before.sum()), len(after)
    if not total or not earlier:
        return None
    ratio, variance, freedom = total / earlier, 1 / total + 1 / earlier, 1e12
    if days >= 4:
        clustered = float(((after - ratio * before) ** 2).sum()) / total**2 * days / (days - 1)
        if clustered > variance:
            variance, freedom = clustered, float(days - 1)
    half = float(stdtrit(freedom, 0.975)) * sqrt(variance)
    return CountChange(ratio - 1, ratio * exp(-half) - 1, ratio * exp(half) - 1)
