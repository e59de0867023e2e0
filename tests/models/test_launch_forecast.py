"""What a plan leads to expect, the earlier windows that it is founded on, and the names that a person probably meant."""

import math

import pytest

from models.bucket import BUCKETS_PER_DAY
from models.earlier_windows import earlier_windows
from models.launch_forecast import LiftedWeeks, forecast
from models.nearest_names import alternatives, nearest_names

WEEK = 7 * BUCKETS_PER_DAY
START = 100 * WEEK


def test_lines_lift_their_themes_and_the_rest_comes_as_usual():
    """Of 100 usual tickets 20 are lifted fourfold; a lift of all lifts the other 80, too."""
    line = LiftedWeeks(4.0, [18, 22])
    found = forecast([line], [100, 100], None, 0.0)
    assert found is not None
    assert found.mean == pytest.approx(160.0)
    assert found.low < 160.0 < found.high
    everything = forecast([line], [100, 100], 2.0, 0.0)
    assert everything is not None
    assert everything.mean == pytest.approx(240.0)


def test_the_range_grows_with_the_tolerance_and_shrinks_with_weeks():
    """Poisson noise, the plan's own doubt and the few weeks are independent, so their variances add up."""
    line = LiftedWeeks(4.0, [25.0])
    bare, doubtful = forecast([line], [25.0], None, 0.0), forecast([line], [25.0], None, 0.3)
    assert bare is not None
    assert doubtful is not None
    assert bare.high - bare.mean == pytest.approx(1.96 * math.sqrt(100 + 16 * 25))
    assert doubtful.high - doubtful.mean == pytest.approx(1.96 * math.sqrt(100 + 16 * 25 + 30**2))
    many = forecast([LiftedWeeks(4.0, [25.0] * 4)], [25.0] * 4, None, 0.3)
    assert many is not None
    assert many.high < doubtful.high


def test_nothing_is_forecast_without_an_earlier_week():
    """Without a record there is no number, not a zero."""
    assert forecast([LiftedWeeks(4.0, [])], [], None, 0.3) is None


def test_the_same_hours_of_the_newest_four_weeks_are_usual():
    """Only weeks that lie inside the record count; a launch in three weeks is compared with weeks that are known."""
    window = (START, START + 144)
    found = earlier_windows(window, (START - 10 * WEEK, START))
    assert found.step == "week"
    assert found.windows == tuple((START - n * WEEK, START - n * WEEK + 144) for n in (1, 2, 3, 4))
    later = earlier_windows((START + 3 * WEEK, START + 3 * WEEK + 144), (START - 2 * WEEK, START))
    assert later.windows == ((START - WEEK, START - WEEK + 144), (START - 2 * WEEK, START - 2 * WEEK + 144))
    assert found.sentence == "Usual is the mean of the same hours of 4 earlier weeks."


def test_weeks_under_another_launch_are_left_out_unless_all_are():
    """A week with a sale says little about what is usual; where there is no other, it says more than nothing."""
    window, known = (START, START + 144), (START - 3 * WEEK, START)
    sale = (START - WEEK, START - WEEK + 10)
    assert earlier_windows(window, known, [sale]).windows[0][0] == START - 2 * WEEK
    assert len(earlier_windows(window, known, [(known[0], known[1])]).windows) == 3


def test_days_take_the_place_of_weeks_that_are_not_known():
    """Three days of tickets give the same hours of earlier days; an hour gives nothing, and the sentence says so."""
    found = earlier_windows((START, START + 24), (START - 3 * BUCKETS_PER_DAY, START))
    assert (found.step, len(found.windows)) == ("day", 3)
    none = earlier_windows((START, START + 24), (START - 12, START))
    assert none.windows == ()
    assert none.sentence.startswith("What is usual is not known")


@pytest.mark.parametrize(
    ("asked", "known", "nearest"),
    [
        ("regoin", ["region", "product", "platform"], ("region",)),
        ("BRA", ["BR", "US", "Brazil"], ("Brazil", "BR")),
        ("ios ", ["android", "iOS", "web"], ("iOS",)),
        ("zebra", ["android", "iOS"], ()),
        ("", ["android"], ()),
    ],
)
def test_the_nearest_names_are_offered(asked: str, known: list[str], nearest: tuple[str, ...]):
    """Case does not matter, a part of a name counts, and nothing is offered where nothing is alike."""
    assert nearest_names(asked, known) == nearest


def test_alternatives_read_as_part_of_a_sentence():
    """One, two, and more."""
    assert [alternatives(names) for names in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "",
        "a",
        "a or b",
        "a, b or c",
    ]
