"""How expected ranges combine, and where an actual is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.count_range import LIMIT_SIGMA, CountRange, combine_ranges
from models.plan_position import PlanVerdict, position_of
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


def _combined(*hours: Hour) -> CountRange:
    combined = combine_ranges((hour.band, hour.share) for hour in hours if hour.band is not None)
    assert combined is not None
    return combined


def test_limits_that_counting_explains_add_up_as_variances() -> None:
    """Ten hours of pure counting noise are as wide as one hour of ten times the mean."""
    added = _combined(*(Hour(number, 0, 1.0, _poisson(40.0)) for number in range(10)))
    assert added.high == pytest.approx(400 + LIMIT_SIGMA * math.sqrt(400))
    assert added.low == pytest.approx(400 - LIMIT_SIGMA * math.sqrt(400))


def test_uncertainty_about_the_plan_adds_up_undiminished() -> None:
    """A lift that may be off by half is off by half in every hour."""
    added = _combined(*(Hour(number, 0, 1.0, Band(10_000.0, 5_000.0, 15_000.0, "l")) for number in range(10)))
    assert added.high == pytest.approx(150_000, rel=0.01)
    assert added.low == pytest.approx(50_000, rel=0.01)


def test_many_hours_a_little_above_plan_are_above_plan_together() -> None:
    """Each hour is inside its own wide range, yet all of them at its upper end cannot be chance."""
    series = tuple(Hour(number, 4, 1.0, _poisson(2.0)) for number in range(24))
    assert all(hour.band is not None and hour.observed < hour.band.high for hour in series)
    assert position_of(series).verdict is PlanVerdict.ABOVE


@given(st.lists(hours, max_size=30))
def test_the_combined_range_contains_its_mean_and_is_within_the_sum_of_limits(listed: list[Hour]) -> None:
    """The range is never below 0, contains its mean, and is no wider than limits summed and full noise."""
    banded = [(hour.band, hour.share) for hour in listed if hour.band is not None]
    added = combine_ranges(banded)
    assert (added is None) == (not banded)
    if added is None:
        return
    assert 0 <= added.low <= added.mean <= added.high
    widest = sum(share * (band.high - band.mean) for band, share in banded)
    noise = LIMIT_SIGMA * math.sqrt(sum(share * band.mean for band, share in banded))
    assert added.high - added.mean <= widest + noise + 1e-6


@given(st.lists(hours, max_size=30))
def test_a_position_compares_only_hours_that_have_a_range(listed: list[Hour]) -> None:
    """Tickets of hours for which nothing was expected are compared with nothing."""
    position = position_of(listed)
    assert position.actual == sum(hour.observed for hour in listed if hour.band is not None)
    if position.envelope is None:
        assert position.verdict is PlanVerdict.UNKNOWN
        assert position.ratio is None
        assert position.beyond == float("-inf")


def test_verdicts_are_the_three_sides_of_the_range() -> None:
    """Above, inside and below."""
    band = Band(100.0, 70.0, 130.0, "l")
    verdicts = [position_of((Hour(1, observed, 1.0, band),)).verdict for observed in (131, 130, 70, 69)]
    assert verdicts == [PlanVerdict.ABOVE, PlanVerdict.INSIDE, PlanVerdict.INSIDE, PlanVerdict.BELOW]


def test_the_running_hour_counts_by_the_share_that_has_passed() -> None:
    """Half an hour is compared with half of its range's mean."""
    position = position_of((Hour(1, 50, 0.5, Band(100.0, 70.0, 130.0, "l")),))
    assert position.envelope is not None
    assert position.envelope.mean == 50.0
    assert position.ratio == 1.0
