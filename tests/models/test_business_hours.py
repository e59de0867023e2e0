"""Business hours: what lies in them between two moments, across summer time and holidays."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics.business_hours import BusinessClock, BusinessSchedule, OpenHours, always_open

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = BusinessSchedule(BERLIN, {day: (OpenHours(540, 1020),) for day in range(5)}, frozenset({date(2026, 12, 25)}))
NIGHT = BusinessSchedule(BERLIN, {6: (OpenHours(150, 300),)})
FIRST, LAST = date(2026, 3, 1), date(2027, 1, 31)


def berlin(month, day, hour, minute=0, year=2026):
    """Return a time on the wall of Berlin."""
    return datetime(year, month, day, hour, minute, tzinfo=BERLIN)


def test_a_weekend_and_a_holiday_pass_no_time():
    """A weekend and a holiday pass no time."""
    clock = BusinessClock(OFFICE, FIRST, LAST)
    assert clock.between(berlin(12, 24, 15), berlin(12, 28, 10)) == timedelta(hours=3)


def test_a_target_ends_on_the_next_working_day():
    """A target ends on the next working day."""
    clock = BusinessClock(OFFICE, FIRST, LAST)
    assert clock.after(berlin(12, 24, 15), timedelta(hours=3)) == berlin(12, 28, 10)
    assert clock.after(berlin(12, 24, 15), timedelta(hours=2)) == berlin(12, 24, 17)
    assert clock.after(berlin(12, 26, 8), timedelta()) == berlin(12, 26, 8)


def test_days_of_the_change_of_time_have_twenty_three_and_twenty_five_hours():
    """Days of the change of time have twenty three and twenty five hours."""
    whole = BusinessSchedule(BERLIN, dict.fromkeys(range(7), (OpenHours(0, 1440),)))
    clock = BusinessClock(whole, FIRST, LAST)
    assert clock.between(berlin(3, 29, 0), berlin(3, 30, 0)) == timedelta(hours=23)
    assert clock.between(berlin(10, 25, 0), berlin(10, 26, 0)) == timedelta(hours=25)


def test_hours_that_the_wall_skips_or_repeats_are_as_long_as_they_are():
    """Hours that the wall skips or repeats are as long as they are."""
    clock = BusinessClock(NIGHT, FIRST, LAST)
    assert clock.between(berlin(3, 29, 0), berlin(3, 29, 12)) == timedelta(hours=2)
    assert clock.between(berlin(10, 25, 0), berlin(10, 25, 12)) == timedelta(hours=3, minutes=30)


def test_what_is_beyond_the_last_day_is_none():
    """What is beyond the last day is none."""
    assert BusinessClock(OFFICE, FIRST, LAST).after(berlin(1, 29, 16, year=2027), timedelta(hours=9)) is None
    assert BusinessClock(BusinessSchedule(BERLIN, {}), FIRST, LAST).after(berlin(4, 1, 9), timedelta(hours=1)) is None


@pytest.mark.parametrize("hours", [(600, 540), (-1, 60), (0, 1441), (60, 60)])
def test_hours_that_do_not_exist_are_refused(hours):
    """Hours that do not exist are refused."""
    with pytest.raises(ValueError, match="valid is a start before the end"):
        OpenHours(*hours)


def test_a_weekday_that_does_not_exist_is_refused():
    """A weekday that does not exist is refused."""
    with pytest.raises(ValueError, match="valid is 0"):
        BusinessSchedule(BERLIN, {7: (OpenHours(0, 60),)})


MINUTES = st.integers(0, 60 * 24 * 60)
START = datetime(2026, 10, 1, tzinfo=UTC)


@given(MINUTES, st.integers(0, 60 * 24 * 5))
def test_business_time_equals_a_count_of_minutes(first, length):
    """Counted minute by minute on the wall, across a change of time, a holiday and weekends."""
    schedule = BusinessSchedule(
        ZoneInfo("America/New_York"),
        {day: (OpenHours(480, 720), OpenHours(780, 1110)) for day in range(6)},
        frozenset({date(2026, 11, 26)}),
    )
    clock = BusinessClock(schedule, date(2026, 9, 25), date(2027, 1, 31))
    start = START + timedelta(minutes=first)
    counted = sum(
        any(hours.start <= wall.hour * 60 + wall.minute < hours.end for hours in schedule.hours_of(wall.date()))
        for wall in ((start + timedelta(minutes=one)).astimezone(schedule.zone) for one in range(length))
    )
    assert clock.between(start, start + timedelta(minutes=length)) == timedelta(minutes=counted)


@given(MINUTES, st.integers(0, 60 * 24 * 5))
def test_one_moment_and_many_pass_the_same_time(first, length):
    """What passes between two moments is the difference of what passed until each, to the microsecond."""
    clock = BusinessClock(OFFICE, date(2026, 10, 5), date(2026, 11, 10))
    start = START + timedelta(minutes=first)
    end = start + timedelta(minutes=length)
    until = clock.passed(np.array([start.timestamp(), end.timestamp()]))
    assert clock.between(start, end) == timedelta(seconds=round(float(until[1] - until[0]), 6))


@given(MINUTES, st.integers(1, 5_000))
def test_the_end_of_a_target_has_passed_exactly_so_much_business_time(first, length):
    """The end of a target has passed exactly so much business time."""
    clock = BusinessClock(OFFICE, date(2026, 9, 25), date(2027, 3, 31))
    start = START + timedelta(minutes=first)
    end = clock.after(start, timedelta(minutes=length))
    assert end is not None
    assert clock.between(start, end) == timedelta(minutes=length)
    assert clock.between(start, end - timedelta(seconds=1)) < timedelta(minutes=length)


@given(MINUTES, MINUTES)
def test_a_place_that_never_closes_has_calendar_time(one, other):
    """A place that never closes has calendar time."""
    clock = BusinessClock(always_open(), date(2026, 9, 1), date(2026, 12, 31))
    start, end = sorted((START + timedelta(minutes=one), START + timedelta(minutes=other)))
    assert clock.between(start, end) == end - start
