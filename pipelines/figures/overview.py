"""The overview for leaders: five figures with their days, what is expected of these, and what explains their change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
from sqlalchemy import Connection

from models.arrays import Floats
from models.metrics.cell_figures import day_of, figures_of_cells, promises_of_cells
from models.metrics.cells import DAY
from models.metrics.daily_figures import LeadFigure, count_change, daily_figure
from models.metrics.driver_metric import DriverMetric
from models.metrics.drivers import ChangeDrivers
from models.metrics.expected_band import ExpectedBand, SeriesKind, expected_band
from models.metrics.figure_change import figure_change
from models.metrics.figures import Figure, FigurePeriod, share_figure
from models.metrics.metric import ServiceMetric
from pipelines.figures.daily import DailySums, read_daily_sums
from pipelines.figures.driver_rows import read_theme_names
from pipelines.figures.drivers import drivers_of, read_driver_sums
from pipelines.figures.query import FigureQuery, earlier_period
from store.handling import read_first_handled

HISTORY = 56
"""Days before the shown ones of which usual days are learned."""

EXPLAINED = {LeadFigure.COMPLIANCE: DriverMetric.SLA, LeadFigure.CSAT: DriverMetric.CSAT}
"""The share whose change is explained, by the figure that shows it; the resolution time always is."""

_METRICS = {
    LeadFigure.CREATED: ServiceMetric.CREATED,
    LeadFigure.BACKLOG: ServiceMetric.BACKLOG_CLOSING,
    LeadFigure.FIRST_REPLY: ServiceMetric.FIRST_REPLY_MEDIAN,
    LeadFigure.RESOLUTION: ServiceMetric.FULL_RESOLUTION_MEDIAN,
    LeadFigure.CSAT: ServiceMetric.CSAT,
}


@dataclass(frozen=True, slots=True)
class LeadNumber:
    """A figure of a period.

    Parameters
    ----------
    now, before: in the period and in the one before, with intervals.
    change: the difference, of created tickets the share by which they changed; None where one of the two is missing, or of counts and
        the backlog where a period is not known as a whole.
    interval: of 95 % of the change; None of the backlog, which is counted and not estimated, and where an end is not reached.
    days: the figure on each day of the period, NaN where there is none, shape (days,).
    band: what is expected of these days.
    """

    figure: LeadFigure
    now: Figure
    before: Figure
    change: float | None
    interval: tuple[float, float] | None
    days: Floats
    band: ExpectedBand

    @property
    def outside(self) -> list[int]:
        """List the positions of the days that lie outside their band."""
        with np.errstate(invalid="ignore"):
            found = (self.days < self.band.low) | (self.days > self.band.high)
        return [int(day) for day in np.flatnonzero(found)]


@dataclass(frozen=True, slots=True)
class LeadOverview:
    """Five figures, what explains the change of two of them, and what the themes are called.

    `from_cells`: whether all is of stored sums by day.
    """

    numbers: Sequence[LeadNumber]
    drivers: Sequence[ChangeDrivers]
    names: Mapping[str, str]
    from_cells: bool


def read_overview(connection: Connection, query: FigureQuery) -> LeadOverview:
    """Read the overview of a period of whole days in UTC.

    The five figures are volume, backlog, first reply, resolution and kept promises; where no promise was decided, satisfaction takes
    the place of the last.
    """
    sums = read_daily_sums(connection, query, max(HISTORY, _length(query)))
    first = read_first_handled(connection)
    days = _Days(sums, query, None if first is None else int(first.timestamp() // DAY))
    share = LeadFigure.COMPLIANCE if days.figure(LeadFigure.COMPLIANCE, query.period).number else LeadFigure.CSAT
    numbers = [days.number(figure) for figure in LeadFigure if figure not in EXPLAINED or figure is share]
    by_theme = read_driver_sums(connection, query)
    metrics = [EXPLAINED[numbers[-1].figure], DriverMetric.RESOLUTION]
    drivers = [found for metric in metrics if (found := drivers_of(by_theme, query, metric)) is not None]
    if drivers and drivers[0].metric is metrics[0]:
        # The days of a period are clusters there, so that the page says one interval of this change.
        numbers[-1] = replace(numbers[-1], interval=drivers[0].whole.total.interval())
    names: dict[str, str] = {}
    for found in drivers:
        names |= read_theme_names(connection, query, found)
    return LeadOverview(numbers, drivers, names, sums.from_cells and by_theme.from_cells)


def _length(query: FigureQuery) -> int:
    return (query.period.end - query.period.start).days


class _Days:
    """The days of a period, those before it, and the figures of both periods.

    first: the day of the first ticket of all, counted from 1970; None without one.
    """

    def __init__(self, sums: DailySums, query: FigureQuery, first: int | None) -> None:
        self._cells, self._period, self._days = sums.everything, query.period, _length(query)
        self._first_of_all = day_of(query.period.end) if first is None else first
        self._history = replace(query.period, start=query.period.start - timedelta(days=max(HISTORY, self._days)))
        self._figures = {
            one: figures_of_cells(self._cells, one) for one in (query.period, earlier_period(query.period))
        }

    def figure(self, figure: LeadFigure, period: FigurePeriod) -> Figure:
        """Return a figure of one of the two periods."""
        if figure is not LeadFigure.COMPLIANCE:
            return self._figures[period][_METRICS[figure]]
        promises = promises_of_cells(self._cells, period).values()
        kept, missed = (sum(pair[at] for pair in promises) for at in (0, 1))
        return share_figure(kept, kept + missed)

    def number(self, figure: LeadFigure) -> LeadNumber:
        """Return a figure with its days and what is expected of them."""
        days, found = self._days, daily_figure(figure, self._cells, self._history)
        found = replace(found, value=self._known(found.value))
        before, now = (self.figure(figure, one) for one in (earlier_period(self._period), self._period))
        change, interval = _change(figure, now, before, found.value[-days:], found.value[-2 * days : -days])
        if figure.kind in (SeriesKind.COUNT, SeriesKind.STOCK) and not self._are_both_known:
            change, interval = None, None
        band = expected_band(found, shown=days).last(days)
        return LeadNumber(figure, now, before, change, interval, found.value[-days:], band)

    @property
    def _first(self) -> int | None:
        """Return the first day on which anything is known; None where it is before all that was read."""
        if not len(self._cells.day):
            # A question without any ticket is known to have none from the first ticket of all on.
            return None if self._cells.opening else self._first_of_all
        return None if self._cells.opening else int(self._cells.day[0])

    @property
    def _are_both_known(self) -> bool:
        """Return whether both periods are known as a whole."""
        earlier = day_of(earlier_period(self._period).start)
        return (self._first is None or self._first <= earlier) and self._period.end <= self._period.known_until

    def _known(self, values: Floats) -> Floats:
        """Return values of which those before the first known day, and those of days that are not over, are missing."""
        day = np.arange(len(values)) + day_of(self._history.start)
        first = day[0] if self._first is None else self._first
        over = int(self._period.known_until.timestamp() // DAY)
        return np.asarray(np.where((day >= first) & (day < over), values, np.nan))


def _change(
    figure: LeadFigure, now: Figure, before: Figure, days: Floats, earlier: Floats
) -> tuple[float | None, tuple[float, float] | None]:
    if figure is LeadFigure.CREATED:
        found = count_change(days, earlier)
        return (None, None) if found is None else (found.share, (found.low, found.high))
    if now.value is None or before.value is None:
        return None, None
    return now.value - before.value, figure_change(now, before)
