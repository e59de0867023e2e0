"""What explains the change of a figure: the drivers of stored tickets."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import Engine, update

from models.access import EVERYTHING, AccessScope
from models.metrics.cell_figures import CellSeries, day_of
from models.metrics.driver_metric import DriverMetric
from models.metrics.drivers import ComparedPeriods, find_drivers
from models.metrics.figures import FigurePeriod
from pipelines.figures import daily
from pipelines.figures.driver_rows import change_row, read_theme_names
from pipelines.figures.drivers import read_drivers, usual_horizon
from pipelines.figures.groups import read_groups
from pipelines.figures.query import FigureQuery, earlier_period
from store.database import open_database, reading, upgrade
from store.handling import read_period
from store.schema import sla_cycles
from store.service_levels import count_overdue_by_day
from tests.console.figure_rows import END, write_figures

WEEK = FigureQuery(FigurePeriod(END - timedelta(days=7), END, END))


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Return a database with two weeks of figures, with a promise that is open and overdue."""
    opened = open_database(f"sqlite:///{tmp_path_factory.mktemp('drivers') / 'g.db'}")
    upgrade(opened)
    write_figures(opened)
    yield opened
    opened.dispose()


@pytest.mark.parametrize("metric", list(DriverMetric))
def test_contributions_sum_to_the_change(engine: Engine, metric: DriverMetric) -> None:
    """The totals of all drivers sum to the change, and each is its mix and its rate effect."""
    with reading(engine) as connection:
        found = read_drivers(connection, WEEK, metric)
    if found is None:
        assert metric is DriverMetric.RESOLUTION_SLA
        return
    assert found.after.value is not None
    assert found.before.value is not None
    assert sum(one.effects.total.value for one in found.drivers) == pytest.approx(
        found.after.value - found.before.value
    )
    assert found.whole.total.value == pytest.approx(found.after.value - found.before.value)
    for one in found.drivers:
        assert one.effects.mix.value + one.effects.rate.value == pytest.approx(one.effects.total.value)
    assert sum(one.before.number for one in found.drivers) == found.before.number


def test_shares_are_those_of_the_pages(engine: Engine) -> None:
    """The figures of both periods are those that tables of figures show, with overdue promises among the missed ones."""
    late = {"stopped_at": None, "breached_at": None, "due_at": END - timedelta(hours=1)}
    with engine.connect() as connection, connection.begin() as undone:
        connection.execute(update(sla_cycles).where(sla_cycles.c.ticket_id == "acme-1-1").values(**late))
        found = read_drivers(connection, WEEK, DriverMetric.SLA)
        (group,) = read_groups(connection, WEEK, [earlier_period(WEEK.period)]).groups
        undone.rollback()
    assert found is not None
    assert (found.after.value, found.before.value) == tuple(one.compliance.value for one in group.periods)
    assert found.after.number == group.periods[0].compliance.number


def test_rows_give_the_same_as_daily_sums(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no sums are kept, the same drivers are counted from the tickets."""
    with reading(engine) as connection:
        for metric in (DriverMetric.SLA, DriverMetric.RESOLUTION, DriverMetric.CSAT):
            of_sums = read_drivers(connection, WEEK, metric)
            with monkeypatch.context() as patch:
                patch.setattr(daily, "cells_for", lambda *_: None)
                of_rows = read_drivers(connection, WEEK, metric)
            assert of_sums == of_rows


def test_a_scope_sees_its_own_tickets_only(engine: Engine) -> None:
    """The drivers that a vendor's manager sees are of the vendor's tickets."""
    query = replace(WEEK, scope=AccessScope.of({"vendor": ["acme"]}))
    with reading(engine) as connection:
        found = read_drivers(connection, query, DriverMetric.SLA)
        assert found is not None
        names = read_theme_names(connection, query, found)
    assert (found.before.number, found.after.number) == (40, 40)
    row = change_row(found, query, names)
    assert row["before_from"] == "2026-11-16T00:00:00Z"
    assert row["sentences"][0].startswith("Promises kept went from")


def test_the_restricted_mean_is_the_mean_of_resolved_tickets(engine: Engine) -> None:
    """A time's figure is the mean of min(time, horizon), within the 1 % of the histograms' bins, where open tickets are old enough."""
    horizon = timedelta(hours=24)
    with reading(engine) as connection:
        found = read_drivers(connection, WEEK, DriverMetric.FIRST_REPLY, horizon)
        earlier = earlier_period(WEEK.period)
        tickets, _ = read_period(connection, earlier.start, earlier.end, {})
    assert found is not None
    times = tickets.times
    inside = (times["created_at"] >= earlier.start.timestamp()) & (times["created_at"] < earlier.end.timestamp())
    waited = (times["first_reply_at"] - times["created_at"])[inside]
    assert found.before.value == pytest.approx(np.minimum(waited, horizon.total_seconds()).mean(), rel=0.01)
    assert found.medians is not None
    assert found.medians[0] == pytest.approx(np.median(waited), rel=0.02)


def test_small_themes_are_gathered_and_new_ones_are_named(engine: Engine) -> None:
    """Themes with few cases in both periods are one stratum with all other tickets; a theme of the newer period alone is new."""
    with reading(engine) as connection:
        sums = daily.read_daily_sums(connection, WEEK, 7, by="theme_id", limit=10)
    periods = ComparedPeriods(earlier_period(WEEK.period), WEEK.period)
    day = sums.groups["1"].day
    newer = day >= day.max() - 6
    new = CellSeries(0, day[newer], sums.groups["1"].counts[newer], *(_entries(sums.groups["1"], int(day.max()) - 6)))
    few = CellSeries(0, day[-1:], sums.groups["2"].counts[-1:], *(_entries(sums.groups["2"], int(day.max()))))
    found = find_drivers(DriverMetric.SLA, sums.everything, {"1": new, "2": few}, periods, horizon=3600.0)
    assert found is not None
    assert {(one.theme, one.is_new) for one in found.drivers} == {("1", True), (None, False)}
    assert found.drivers[0].effects.rate.value == 0.0
    assert sum(one.effects.total.value for one in found.drivers) == pytest.approx(found.whole.total.value)
    (only,) = find_drivers(DriverMetric.SLA, sums.everything, {"1": new}, periods, horizon=3600.0, shown=0).drivers
    assert only.effects.total.value == pytest.approx(found.whole.total.value)


def _entries(cells: CellSeries, first: int):
    chosen = cells.entry_day >= first
    return cells.entry_day[chosen], cells.entries[chosen], cells.numbers[chosen]


def test_the_horizon_is_within_what_is_known() -> None:
    """Times count up to half of the age of the oldest ticket of the period, and a week at most."""
    assert usual_horizon(WEEK) == timedelta(hours=84)
    month = FigureQuery(FigurePeriod(END - timedelta(days=28), END, END))
    assert usual_horizon(month) == timedelta(days=7)


def test_overdue_promises_are_counted_by_day_on_both_databases(database_url: str) -> None:
    """Each is counted on the day on which it was due, by theme."""
    opened = open_database(database_url)
    upgrade(opened)
    write_figures(opened)
    late = {"stopped_at": None, "breached_at": None, "due_at": END - timedelta(hours=30)}
    with opened.begin() as connection:
        connection.execute(update(sla_cycles).where(sla_cycles.c.ticket_id == "acme-1-1").values(**late))
        found = count_overdue_by_day(connection, END - timedelta(days=7), END, {}, "theme_id", EVERYTHING)
    opened.dispose()
    assert found == [{"target": "first_reply", "day": day_of(END) - 2, "group": 2, "missed": 1}]
