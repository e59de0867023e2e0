"""Charts of figures: what they draw, and what they say in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from console.figures.trend_chart import TrendMark, trend_chart
from console.figures.waterfall import waterfall
from models.metrics.daily_figures import LeadFigure
from models.metrics.decomposition import MixAndRate, Term
from models.metrics.driver_metric import DriverMetric
from models.metrics.drivers import ChangeDrivers, Driver, StratumFigures
from models.metrics.expected_band import ExpectedBand
from models.metrics.figures import Figure
from pipelines.figures.overview import LeadNumber

START = datetime(2026, 11, 2, tzinfo=UTC)


def _number(days: list[float], low: float, high: float, figure: LeadFigure = LeadFigure.CREATED) -> LeadNumber:
    middle, least, most = (np.full(len(days), one) for one in ((low + high) / 2, low, high))
    band = ExpectedBand(middle, least, most, np.full(len(days), 14))
    return LeadNumber(figure, Figure(1.0), Figure(1.0), None, None, np.array(days), band)


def test_a_day_outside_its_band_is_marked_and_said() -> None:
    """The chart marks it, and its description names the day, its value and what was expected."""
    chart = trend_chart(_number([100, 180, np.nan], 90, 120), "Volume", START, "{:.0f}".format)
    assert chart is not None
    assert [(point.outside, point.description) for point in chart.points] == [
        (False, "Mon 2 Nov: 100, expected 90 to 120"),
        (True, "Tue 3 Nov: 180, expected 90 to 120"),
    ]
    assert "1 outside the expected band (Tue 3 Nov: 180, expected 90 to 120)" in chart.summary
    assert chart.line.count("M") == 1
    assert all(0 <= point.y <= 100 for point in chart.points)


@pytest.mark.parametrize(("figure", "days", "low", "high"), [
    (LeadFigure.FIRST_REPLY, [40.0, 3000.0], 30.0, 4000.0),
    (LeadFigure.COMPLIANCE, [0.99, 1.0], 0.97, 1.0),
    (LeadFigure.BACKLOG, [0.0, 0.0], np.nan, np.nan),
])  # fmt: skip
def test_every_value_is_inside_the_box(figure: LeadFigure, days: list[float], low: float, high: float) -> None:
    """Scales of times, shares and counts hold all values and limits, with at most seven labels."""
    chart = trend_chart(_number(days, low, high, figure), "Figure", START, str)
    assert chart is not None
    assert all(0 <= point.y <= 100 for point in chart.points)
    assert 2 <= len(chart.values) <= 7
    if np.isnan(low):
        assert "fewer than two weeks before are known" in chart.summary


def test_what_happened_on_days_close_together_is_one_mark() -> None:
    """Marks that would cover each other are one, with the numbers of the list."""
    marks = [TrendMark(START + timedelta(days=day), f"change {day}", "config") for day in (0, 20, 21)]
    chart = trend_chart(_number([1.0] * 28, 0, 2), "Volume", START, str, marks)
    assert chart is not None
    assert [(tick.text, tick.description) for tick in chart.marks] == [
        ("1", "config: change 0"),
        ("2–3", "config: change 20; config: change 21"),
    ]


def test_a_figure_without_any_value_has_no_chart() -> None:
    """There is nothing to draw."""
    assert trend_chart(_number([np.nan, np.nan], 1, 2), "Volume", START, str) is None


def _driver(theme: str | None, total: float, error: float) -> Driver:
    term = Term(total, error, np.inf)
    return Driver(
        theme, StratumFigures(30, 0.9), StratumFigures(30, 0.9 + total), MixAndRate(Term(0.0, 0.0, np.inf), term, term)
    )


def test_a_waterfall_leads_from_the_figure_before_to_that_now() -> None:
    """Each bar begins where the one before ended, the last ends at the figure now, and words say which way is better."""
    drivers = [_driver("7", -0.1, 0.01), _driver("8", 0.03, 0.05), _driver(None, 0.02, 0.001)]
    whole = drivers[0].effects
    found = ChangeDrivers(DriverMetric.SLA, StratumFigures(90, 0.9), StratumFigures(90, 0.85), whole, drivers)
    steps = waterfall(found, {"7": "Refund missing"}, {"7"})
    assert [(step.name, step.href) for step in steps] == [
        ("Before", ""), ("Refund missing", "/themes/7"), ("theme 8", ""), ("all other tickets", ""), ("Now", ""),
    ]  # fmt: skip
    assert [step.direction for step in steps] == ["", "worse", "within chance", "better", ""]
    assert [step.words for step in steps] == ["90.0 %", "-10.0 points", "+3.0 points", "+2.0 points", "85.0 %"]
    assert steps[1].join == pytest.approx(steps[0].width)
    assert steps[1].x == pytest.approx(steps[2].join)
    assert steps[3].x + steps[3].width == pytest.approx(steps[4].width, abs=0.02)
