"""The geometry of charts."""

import dataclasses
import itertools
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.chart.scale import HEIGHT
from alerts.chart.spark import bullet_of, spark_of
from alerts.chart.timeline import LABELS, chart_of
from models.bucket import hour_start
from models.segment import EVERYTHING
from store.board import Band, ChangeRow, Hour, LaunchRow

FIRST = 494_000

series = st.integers(1, 700).flatmap(
    lambda length: st.lists(
        st.tuples(st.integers(0, 5000), st.none() | st.tuples(st.floats(0, 900), st.floats(0, 90), st.floats(0, 90))),
        min_size=min(40, length),
        max_size=min(40, length),
    )
)


def _series(values) -> tuple[Hour, ...]:
    return tuple(
        Hour(
            FIRST + place,
            observed,
            1.0,
            None if said is None else Band(said[0], max(0.0, said[0] - said[1]), said[0] + said[2], None),
        )
        for place, (observed, said) in enumerate(values)
    )


def _change(name: str, hours: float) -> ChangeRow:
    return ChangeRow(name, "release", name, EVERYTHING, hour_start(FIRST) + timedelta(hours=hours), None, cited=False)


@given(series)
def test_everything_drawn_lies_in_the_box(values) -> None:
    """Bars, band and mean never leave the chart, whatever the counts; taller bars are more tickets."""
    hours = _series(values)
    drawn = chart_of(hours)
    assert drawn is not None
    assert len(drawn.bars) == drawn.hours == len(hours)
    for place, bar in enumerate(drawn.bars):
        assert place <= bar.x
        assert bar.x + drawn.bar_width <= place + 1.001
        assert -0.01 <= bar.y <= HEIGHT
        assert bar.y + bar.height == pytest.approx(HEIGHT, abs=0.01)
    for height in re.findall(r"V(-?[\d.]+(?:e-\d+)?)", drawn.band + drawn.mean):
        assert -0.01 <= float(height) <= HEIGHT + 0.01
    tallest = max(drawn.bars, key=lambda bar: bar.height)
    assert hours[drawn.bars.index(tallest)].observed == max(hour.observed for hour in hours)


@given(st.integers(0, 100_000_000))
def test_the_scale_has_few_whole_steps_and_holds_the_highest(highest: int) -> None:
    """Up to five lines, evenly spaced from 0, at whole numbers of tickets."""
    drawn = chart_of((Hour(FIRST, highest, 1.0, None),))
    assert drawn is not None
    values = [int(label.text.replace(",", "")) for label in drawn.values]
    assert 2 <= len(values) <= 5
    assert values[0] == 0
    assert values[-1] >= highest
    assert len({later - earlier for earlier, later in itertools.pairwise(values)}) == 1


@pytest.mark.parametrize("hours", [1, 12, 24, 49, 72, 192, 672, 1440])
def test_labels_fit_a_narrow_screen(hours: int) -> None:
    """However long the chart is, it has few labels, each inside it."""
    drawn = chart_of(tuple(Hour(FIRST + place, 1, 1.0, None) for place in range(hours)))
    assert drawn is not None
    assert len(drawn.days) <= LABELS + 1
    assert drawn.days or hours == 1
    assert all(0 <= label.at < 100 for label in drawn.days)


def test_marks_near_each_other_stand_in_rows() -> None:
    """Changes minutes apart do not hide each other's numbers; far ones share the first row."""
    drawn = chart_of(
        _series([(1, None)] * 40),
        changes=[_change("a", 1.0), _change("b", 1.2), _change("c", 1.4), _change("d", 30.0)],
    )
    assert drawn is not None
    assert [(mark.number, mark.row) for mark in drawn.marks] == [(1, 0), (2, 1), (3, 2), (4, 0)]


def test_a_gap_in_what_was_said_is_a_gap_in_the_band() -> None:
    """Where no expectation was said, none is drawn."""
    drawn = chart_of(_series([(1, (5, 1, 1)), (1, None), (1, (5, 1, 1))]))
    assert drawn is not None
    assert drawn.band.count("M") == 2
    assert drawn.mean.count("M") == 2


def test_a_launch_leaves_room_for_what_is_to_come() -> None:
    """The chart of a running launch reaches to its end; a window that began before it is cut."""
    began = hour_start(FIRST)
    launch = LaunchRow("l", "launch", "L", began - timedelta(hours=5), began + timedelta(hours=2), EVERYTHING, 0.3, ())
    drawn = chart_of(_series([(1, None)] * 3), until=began + timedelta(hours=12), launches=[launch])
    assert drawn is not None
    assert drawn.hours == 12
    assert [(shade.x, shade.width) for shade in drawn.launches] == [(0.0, 2.0)]


def test_days_are_labelled_at_midnight_of_the_zone() -> None:
    """Labels and descriptions are in the viewer's zone, also over the night in which clocks change."""
    first = int(datetime(2026, 10, 23, tzinfo=UTC).timestamp()) // 3600
    drawn = chart_of(tuple(Hour(first + place, 1, 1.0, None) for place in range(96)), zone=ZoneInfo("Europe/Berlin"))
    assert drawn is not None
    assert [label.text for label in drawn.days] == ["24 Oct", "25 Oct", "26 Oct", "27 Oct"]
    assert [round(label.at * 96 / 100) for label in drawn.days] == [22, 46, 71, 95]
    assert drawn.bars[0].description == "Fri 23 Oct 02:00: 1 ticket, no expectation yet"
    assert "Fri 23 Oct 02:00 to Tue 27 Oct 01:00" in drawn.summary


@dataclasses.dataclass
class _Spike:
    spike_id: int
    start: datetime
    end: datetime | None
    verdict: str = ""


def test_only_hours_of_a_spike_are_marked_as_signals() -> None:
    """An hour above its band is no signal by itself: chance brings some."""
    spike = _Spike(1, hour_start(FIRST) + timedelta(hours=2, minutes=20), None)
    drawn = chart_of(
        _series([(9, (5, 1, 1)), (5, (5, 1, 1)), (9, (5, 1, 1)), (5, (5, 1, 1)), (9, (5, 1, 1))]), spikes=[spike]
    )
    assert drawn is not None
    assert [bar.above for bar in drawn.bars] == [True, False, True, False, True]
    assert [bar.signal for bar in drawn.bars] == [False, False, True, False, True]


def test_nothing_to_draw_is_none() -> None:
    """Without hours there is no chart."""
    assert chart_of(()) is None
    assert spark_of(()) is None


@given(st.integers(0, 10_000), st.floats(0, 1e4), st.floats(0, 1e4), st.floats(0, 1e4))
def test_a_bullet_stays_on_its_scale(actual: int, one: float, two: float, three: float) -> None:
    """Actual and envelope share a scale that holds both."""
    low, mean, high = sorted((one, two, three))
    drawn = bullet_of(actual, low, mean, high)
    assert 0 <= drawn.low <= drawn.mean <= drawn.low + drawn.width + 1e-6 <= 100
    assert 0 <= drawn.actual <= 100


@given(series)
def test_a_spark_draws_each_hour_with_tickets_once(values) -> None:
    """An hour is within its band, above it, or still running; an hour without tickets draws nothing."""
    hours = _series(values)
    running = dataclasses.replace(hours[-1], share=0.5)
    drawn = spark_of((*hours[:-1], running))
    assert drawn is not None
    above = [hour for hour in hours[:-1] if hour.band and hour.observed > hour.band.high]
    assert drawn.above.count("M") == len(above)
    assert drawn.running.count("M") == (running.observed > 0)
    bars = drawn.usual + drawn.above + drawn.running
    assert bars.count("M") == sum(1 for hour in hours if hour.observed)
    assert all(-0.01 <= float(y) <= HEIGHT for y in re.findall(r"V(-?[\d.]+(?:e-\d+)?)", bars))
