"""How bands add up, and where the actual lies."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.envelope import LIMIT_SIGMA, PlanVerdict, envelope_of, standing, total
from store.board import Band, Hour

bands = st.builds(
    lambda mean, below, above: Band(mean, max(0.0, mean - below), mean + above, None),
    st.floats(0, 1000),
    st.floats(0, 500),
    st.floats(0, 500),
)
hours = st.builds(Hour, st.integers(0, 500_000), st.integers(0, 2000), st.floats(0, 1), st.none() | bands)


def _poisson(mean: float) -> Band:
    distance = LIMIT_SIGMA * math.sqrt(mean)
    return Band(mean, max(0.0, mean - distance), mean + distance, None)


def test_limits_that_counting_explains_add_up_as_variances() -> None:
    """Ten hours of pure counting noise are as wide as one hour of ten times the mean."""
    added = envelope_of(Hour(number, 0, 1.0, _poisson(40.0)) for number in range(10))
    assert added is not None
    assert added.high == pytest.approx(400 + LIMIT_SIGMA * math.sqrt(400))
    assert added.low == pytest.approx(400 - LIMIT_SIGMA * math.sqrt(400))


def test_doubt_about_the_plan_adds_up_undiminished() -> None:
    """A lift that may be off by half is off by half in every hour."""
    added = envelope_of(Hour(number, 0, 1.0, Band(10_000.0, 5_000.0, 15_000.0, "l")) for number in range(10))
    assert added is not None
    assert added.high == pytest.approx(150_000, rel=0.01)
    assert added.low == pytest.approx(50_000, rel=0.01)


def test_many_hours_a_little_above_plan_are_above_plan_together() -> None:
    """Each hour is inside its own wide band, yet all of them at its upper end cannot be chance."""
    series = tuple(Hour(number, 4, 1.0, _poisson(2.0)) for number in range(24))
    assert all(hour.band is not None and hour.observed < hour.band.high for hour in series)
    assert standing(series).verdict is PlanVerdict.ABOVE


@given(st.lists(hours, max_size=30))
def test_the_envelope_holds_its_mean_and_lies_within_the_sum_of_limits(listed: list[Hour]) -> None:
    """The envelope is never below 0, holds its mean, and is no wider than limits summed and full noise."""
    added = envelope_of(listed)
    assert (added is None) == all(hour.band is None for hour in listed)
    if added is None:
        return
    assert 0 <= added.low <= added.mean <= added.high
    banded = [hour for hour in listed if hour.band is not None]
    widest = sum(hour.share * (hour.band.high - hour.band.mean) for hour in banded if hour.band)
    noise = LIMIT_SIGMA * math.sqrt(sum(hour.share * hour.band.mean for hour in banded if hour.band))
    assert added.high - added.mean <= widest + noise + 1e-6


@given(st.lists(hours, max_size=30))
def test_standing_compares_only_hours_that_have_a_band(listed: list[Hour]) -> None:
    """Tickets of hours for which nothing was expected are held against nothing."""
    held = standing(tuple(listed))
    assert held.actual == sum(hour.observed for hour in listed if hour.band is not None)
    if held.envelope is None:
        assert held.verdict is PlanVerdict.UNKNOWN
        assert held.ratio is None
        assert held.beyond == float("-inf")


def test_verdicts_are_the_three_sides_of_the_envelope() -> None:
    """Above, inside and below."""
    band = Band(100.0, 70.0, 130.0, "l")
    verdicts = [standing((Hour(1, observed, 1.0, band),)).verdict for observed in (131, 130, 70, 69)]
    assert verdicts == [PlanVerdict.ABOVE, PlanVerdict.INSIDE, PlanVerdict.INSIDE, PlanVerdict.BELOW]


def test_the_running_hour_counts_by_the_share_that_has_passed() -> None:
    """Half an hour is held against half of its band's mean."""
    held = standing((Hour(1, 50, 0.5, Band(100.0, 70.0, 130.0, "l")),))
    assert held.envelope is not None
    assert held.envelope.mean == 50.0
    assert held.ratio == 1.0


@given(st.lists(st.lists(hours, max_size=10), max_size=5))
def test_adding_up_themes_loses_no_ticket(parts: list[list[Hour]]) -> None:
    """Each hour is there once, in order, with the tickets of all themes."""
    added = total(tuple(part) for part in parts)
    assert [hour.hour for hour in added] == sorted({hour.hour for part in parts for hour in part})
    assert sum(hour.observed for hour in added) == sum(hour.observed for part in parts for hour in part)
