from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from models.spikes.baseline.seasonal_profile import fit_day, fit_profile, hours_of_week
from models.spikes.episodes.localization import narrowest
from models.spikes.episodes.onset import likelihood_gain, onset
from models.spikes.statistics.count_tails import quantile, upper_tail
from models.spikes.statistics.multiple_testing import false_discovery_rates, simes

MEANS = st.floats(0.01, 200)
RATIOS = st.floats(1.001, 8)


@settings(deadline=None)
@given(st.integers(0, 300), MEANS, RATIOS)
def test_tail_is_the_exact_mid_p(count, mean, ratio):
    """The tail agrees with SciPy's negative binomial: P(X > x) plus half of P(X = x)."""
    size, chance = mean / (ratio - 1), 1 / ratio
    expected = stats.nbinom.sf(count, size, chance) + 0.5 * stats.nbinom.pmf(count, size, chance)
    assert upper_tail(count, mean, ratio * mean) == pytest.approx(max(expected, 1e-300), rel=1e-6, abs=1e-14)


@settings(deadline=None)
@given(st.lists(st.integers(0, 60), min_size=5, max_size=5), st.integers(0, 4), MEANS, RATIOS)
def test_another_ticket_never_weakens_the_evidence(counts, window, mean, ratio):
    """With the baseline fixed, one ticket more in a window never raises the combined p-value."""
    before = np.array(counts, dtype=float)
    after = before.copy()
    after[window] += 1
    means = mean * np.arange(1, 6)
    assert simes(upper_tail(after, means, ratio * means)) <= simes(upper_tail(before, means, ratio * means)) + 1e-15


@settings(deadline=None)
@given(MEANS, RATIOS, st.sampled_from([0.025, 0.5, 0.975]))
def test_quantiles_reach_their_probability(mean, ratio, probability):
    """A quantile is the smallest count whose distribution function reaches the probability."""
    found = quantile(probability, np.array([mean]), np.array([ratio * mean]))[0]
    size, chance = mean / (ratio - 1), 1 / ratio
    assert stats.nbinom.cdf(found, size, chance) >= probability - 1e-9
    assert found == 0 or stats.nbinom.cdf(found - 1, size, chance) < probability + 1e-9


@settings(deadline=None)
@given(st.lists(st.floats(1e-8, 1), min_size=1, max_size=30))
def test_rates_are_benjamini_and_hochbergs(p_values):
    """A rate is the smallest level at which the step-up procedure rejects the test; unlisted tests make it larger."""
    rates = false_discovery_rates(np.array(p_values), len(p_values))
    for p_value, rate in zip(p_values, rates, strict=True):
        ranks = [(other, sum(one <= other for one in p_values)) for other in p_values if other >= p_value]
        assert rate == pytest.approx(min(1.0, *(other * len(p_values) / rank for other, rank in ranks)))
    assert np.all(false_discovery_rates(np.array(p_values), 2 * len(p_values)) >= rates)


def test_onset_is_where_the_excess_begins():
    """Quiet buckets before a burst do not belong to it."""
    counts = np.array([0, 1, 0, 0, 0, 4, 5, 6, 4])
    assert onset(counts, np.full(9, 0.1), 5) == 5
    assert onset(np.zeros(9, dtype=int), np.full(9, 0.1), 5) == 0


def test_narrowest_series_that_carries_the_excess():
    """A segment names the episode when it contains the excess; the largest segment does not when everything rises."""
    expected = np.array([4.0, 0.4, 2.0])
    penalties = np.array([0.0, 3.0, 3.0])
    assert narrowest(np.array([44, 40, 22]), expected, 0, penalties, 0.6) == 1
    assert narrowest(np.array([44, 5, 22]), expected, 0, penalties, 0.6) == 0


def test_gain_is_zero_below_expectation():
    """Fewer tickets than expected are no evidence of more."""
    assert likelihood_gain(3, 5.0) == 0
    assert likelihood_gain(0, 0.0) == 0


def test_hours_of_week_follow_the_zone():
    """Hour 0 of the epoch is Thursday 00:00 in UTC and nine hours later in Tokyo."""
    hours = np.array([0, 95, 96])
    assert hours_of_week(hours).tolist() == [72, 167, 0]
    assert hours_of_week(hours, "Asia/Tokyo").tolist() == [81, 8, 9]


def _hour(year, month, day, hour):
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp() // 3600)


@pytest.mark.parametrize(
    ("zone", "monday"),
    [
        ("Asia/Kolkata", (2026, 11, 22, 18)),  # +05:30: the bucket covers 23:30 to 00:30
        ("Asia/Kathmandu", (2026, 11, 22, 18)),  # +05:45: 23:45 to 00:45
        ("America/St_Johns", (2026, 11, 23, 3)),  # -03:30: 23:30 to 00:30
        ("Asia/Tokyo", (2026, 11, 22, 15)),  # +09:00: exactly the local hour
    ],
)
def test_an_hour_that_covers_two_local_ones_is_the_one_with_most_of_it(zone, monday):
    """Where the offset is no whole number of hours, the local week begins with the hour whose middle is on Monday."""
    first = _hour(*monday)
    assert hours_of_week(np.arange(first - 1, first + 168), zone).tolist() == [167, *range(168)]


def test_hours_of_week_follow_a_change_of_clocks():
    """In Berlin the hour from 2 to 3 is there twice when clocks go back, and not at all when they go forward."""
    back, forward = _hour(2026, 10, 25, 0), _hour(2026, 3, 29, 0)
    assert hours_of_week(np.arange(back - 1, back + 4), "Europe/Berlin").tolist() == [145, 146, 146, 147, 148]
    assert hours_of_week(np.arange(forward - 1, forward + 3), "Europe/Berlin").tolist() == [144, 145, 147, 148]


@given(st.integers(-200_000, 800_000), st.sampled_from(["Asia/Kolkata", "Asia/Kathmandu", "America/Caracas"]))
def test_a_local_week_is_168_different_hours(first, zone):
    """Whatever the offset, consecutive hours of a week without a change of clocks have each label once."""
    offsets = {
        datetime.fromtimestamp(3600 * at, UTC).astimezone(ZoneInfo(zone)).utcoffset() for at in (first, first + 168)
    }
    assume(len(offsets) == 1)
    assert sorted(hours_of_week(np.arange(first, first + 168), zone)) == list(range(168))


def test_a_profile_of_a_zone_with_a_half_hour_is_that_of_utc_under_other_labels():
    """The same counts lead to the same expectations, since a label is only a name for the hours a week apart."""
    hours = np.arange(_hour(2026, 9, 28, 0), _hour(2026, 11, 23, 0))
    counts = np.random.default_rng(7).poisson(5.0, (3, len(hours))).astype(float)
    weights, parent = np.ones_like(counts), np.ones((3, 168))
    utc, india = hours_of_week(hours), hours_of_week(hours, "Asia/Kolkata")
    expected = fit_profile(counts, weights, utc, parent, 20.0)[:, utc]
    assert fit_profile(counts, weights, india, parent, 20.0)[:, india] == pytest.approx(expected)


def test_profile_finds_busy_days_and_shrinks_to_its_parent():
    """Busy days show in the profile of a large theme; a theme without tickets has its parent's."""
    hours = np.arange(96, 96 + 28 * 24)
    week = hours_of_week(hours)
    busy = np.where(week % 24 < 12, 10.0, 2.0)[None, :]
    day = fit_day(busy, np.ones_like(busy), week, 10.0)
    assert day[0, 6] > 3 * day[0, 18]
    both = np.concatenate([busy, np.zeros_like(busy)])
    profile = fit_profile(both, np.ones_like(both), week, np.repeat(day, 2, axis=0), 5.0)
    np.testing.assert_allclose(profile.mean(axis=1), 1.0)
    np.testing.assert_allclose(profile[1], day[0])
