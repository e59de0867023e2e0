"""Recurring rises: the same hours of each week or day, by a test against chance, and what is beyond them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from models.recurring import Recurrence, is_beyond, recurrence_of

TUESDAY = datetime(2026, 11, 24, 10, tzinfo=UTC)
RECORD = datetime(2026, 9, 1, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True)
class PastEpisode:
    """An episode that is over."""

    start: datetime
    end: datetime | None
    ratio: float = 4.0


def episode(start: datetime, hours: float = 6.0, ratio: float = 4.0) -> PastEpisode:
    """Make an episode of six hours with four times the usual."""
    return PastEpisode(start, start + hours * HOUR, ratio)


def weekly(weeks: tuple[int, ...], minutes: int = 0) -> list[PastEpisode]:
    """Make an episode so many weeks before, each some minutes later than the one after it."""
    return [episode(TUESDAY - week * WEEK + timedelta(minutes=minutes * week)) for week in weeks]


@pytest.mark.parametrize(
    ("weeks", "times"),
    [((1,), 0), ((1, 2), 2), ((1, 2, 3), 3), ((1, 3, 4), 3), ((2, 3, 4), 3), ((2, 3), 0), ((3, 4), 0)],
)
def test_the_third_rise_at_the_same_hours_of_the_week_recurs(weeks: tuple[int, ...], times: int):
    """Two weeks before are enough, one is not; one week may be missing where there were more, and never two in a row."""
    known = recurrence_of(TUESDAY, weekly(weeks, minutes=15), RECORD)
    assert (0 if known is None else known.times) == times


def test_it_is_written_as_people_say_it_with_a_command():
    """The sentence has weekday, hours, and since when; the command plans the next one with the usual lift."""
    known = recurrence_of(TUESDAY, weekly((1, 2, 3)), RECORD)
    assert known is not None
    assert known.when() == "every Tuesday 10:00 to 16:00 UTC since 3 Nov"
    assert known.plan_command(7, TUESDAY) == (
        "groundswell launches add recurring-7-2026-12-01 --kind campaign --start 2026-12-01T10:00Z "
        "--end 2026-12-01T16:00Z --theme 7=4.0"
    )


def test_a_rise_of_each_day_recurs_by_the_day():
    """Four days at the same hour are no weekly pattern, and a daily one."""
    known = recurrence_of(TUESDAY, [episode(TUESDAY - day * DAY, 1.0) for day in (1, 2, 3, 4)], RECORD)
    assert known is not None
    assert known.when().startswith("every day 10:00 to 11:00 UTC since 20 Nov")


def test_rises_at_other_hours_do_not_recur():
    """Three Tuesdays at ten, at two and at six are three rises."""
    past = [episode(TUESDAY - week * WEEK + 4 * week * HOUR) for week in (1, 2, 3)]
    assert recurrence_of(TUESDAY, past, RECORD) is None


def test_chance_seldom_recurs():
    """Of rises at any time, twenty or forty in eight weeks, hardly one in a hundred is taken for a recurring one."""
    random = np.random.default_rng(1)
    found = 0
    for times in (5, 10, 20, 40) * 100:
        starts = TUESDAY - random.uniform(6, 8 * 168, times) * HOUR
        found += recurrence_of(TUESDAY, [episode(start, 2.0) for start in starts], RECORD) is not None
    assert found / 400 < 0.015


def test_a_campaign_among_other_rises_recurs():
    """Ten rises at other times do not hide one of each week."""
    random = np.random.default_rng(2)
    others = [episode(start, 1.0) for start in TUESDAY - random.uniform(6, 8 * 168, 10) * HOUR]
    known = recurrence_of(TUESDAY, [*weekly((1, 2, 3, 4)), *others], RECORD)
    assert known is not None
    assert known.times == 4


@pytest.mark.parametrize(
    ("observed", "hours", "beyond"), [(60, 2, False), (75, 2, False), (140, 2, True), (60, 7, False), (60, 8, True)]
)
def test_more_or_longer_than_before_is_beyond(observed, hours, beyond):
    """Four times fifteen tickets are as before, nine times is more; two hours longer than ever is longer."""
    known = recurrence_of(TUESDAY, weekly((1, 2, 3)), RECORD)
    assert isinstance(known, Recurrence)
    assert is_beyond(observed, 15.0, hours * HOUR, known) is beyond
