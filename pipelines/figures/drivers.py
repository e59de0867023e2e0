"""What explains the change of a figure between two periods of stored tickets: each theme's share in it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection

from models.metrics.driver_metric import DriverMetric
from models.metrics.drivers import ChangeDrivers, ComparedPeriods, find_drivers
from pipelines.figures.daily import DailySums, read_daily_sums
from pipelines.figures.query import FigureQuery, earlier_period

THEMES = 30
"""Largest themes that are strata of their own, if they have enough cases; all other tickets are one stratum."""

LONGEST_HORIZON = timedelta(days=7)


def read_drivers(
    connection: Connection, query: FigureQuery, metric: DriverMetric, horizon: timedelta | None = None
) -> ChangeDrivers | None:
    """Return what explains the change from the period before, of the same length, to the query's; None where one has no case."""
    return drivers_of(read_driver_sums(connection, query), query, metric, horizon)


def read_driver_sums(connection: Connection, query: FigureQuery) -> DailySums:
    """Read the sums that the drivers of all metrics are found from."""
    days = (query.period.end - query.period.start).days
    return read_daily_sums(connection, query, days, by="theme_id", limit=THEMES)


def drivers_of(
    sums: DailySums, query: FigureQuery, metric: DriverMetric, horizon: timedelta | None = None
) -> ChangeDrivers | None:
    """Return what explains the change of a metric, from sums of both periods; the default of `horizon` is that of `usual_horizon`."""
    period = query.period
    periods = ComparedPeriods(earlier_period(period), period)
    longest = horizon or usual_horizon(query)
    return find_drivers(metric, sums.everything, sums.groups, periods, horizon=longest.total_seconds())


def usual_horizon(query: FigureQuery) -> timedelta:
    """Return until when times count: half of the age of the period's oldest ticket in whole hours, at least 1 and at most 168 hours.

    The newest tickets are not older than that, so that nothing is known of longer times.
    """
    hours = (query.period.known_until - query.period.start) / 2 // timedelta(hours=1)
    return min(max(timedelta(hours=hours), timedelta(hours=1)), LONGEST_HORIZON)
