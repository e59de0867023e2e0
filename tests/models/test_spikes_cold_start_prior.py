import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.segment import EVERYTHING
from models.spikes import Detector, SeriesCounts, SeriesKey, ThemeFacts
from models.spikes.baseline.cold_start_prior import FIRST_HOURS, ColdStartPrior, cold_start_prior
from models.spikes.inputs import DetectionInputs

HOUR, DAY = 12, 288
MONDAY = 480_096 * HOUR
TODAY = MONDAY + 21 * DAY


def test_prior_has_the_mean_and_spread_of_past_first_days():
    """From 2,000 first days whose rates are Gamma(2) around .5 an hour, rate and shape are estimated."""
    random = np.random.default_rng(1)
    rates = random.gamma(2.0, 0.25, 2_000)
    totals = random.poisson(rates[:, None], (2_000, 120)).astype(float)
    prior = cold_start_prior(totals, np.ones(120), np.full(2_000, 60))
    assert prior is not None
    assert prior.rate == pytest.approx(0.5, rel=0.1)
    assert prior.shape == pytest.approx(2.0, rel=0.2)


def test_few_first_days_give_no_prior():
    """Under eight past first days there is no prior; those at the record's start and unfinished ones do not count."""
    totals = np.ones((30, 100))
    first = np.array([*range(10), *[100 - FIRST_HOURS + 1] * 13, *[60] * 7])
    assert cold_start_prior(totals, np.ones(100), first) is None


@given(st.floats(0.01, 10.0), st.floats(0.25, 10.0), st.integers(0, 200), st.floats(0.0, 100.0))
@settings(max_examples=100, deadline=None)
def test_what_is_seen_moves_the_level_between_prior_and_counts(rate, shape, seen, hours):
    """The posterior is between the prior's rate and the observed one, and the more certain the more was seen."""
    level, variance = ColdStartPrior(rate, shape).level(np.array([float(seen)]), np.array([hours]))
    if hours > 0:
        low, high = sorted((rate, seen / hours))
        assert low * (1 - 1e-9) <= level[0] <= high * (1 + 1e-9)
    assert variance[0] <= 1 / shape


def test_new_theme_is_compared_with_past_first_days():
    """Where themes begin with ten tickets a day, one that begins with ten is no spike, and one with a hundred is."""
    random = np.random.default_rng(3)
    counts, facts = SeriesCounts(), {}

    def tickets(theme, start, end, n):
        for bucket in random.integers(start, end, n).tolist():
            counts.add(bucket, SeriesKey(theme, EVERYTHING))
            counts.add(bucket, SeriesKey(0, EVERYTHING))

    for theme in range(1, 31):
        first = MONDAY + (theme % 15) * DAY + (3 * DAY if theme > 10 else 0)
        facts[theme] = ThemeFacts(first)
        tickets(theme, first, first + DAY, 10)
        tickets(theme, first + DAY, TODAY, int(4 * (TODAY - first) / DAY))
    facts[50] = facts[60] = ThemeFacts(TODAY - 3 * HOUR)
    tickets(50, TODAY - 3 * HOUR, TODAY, 6)
    tickets(60, TODAY - 3 * HOUR, TODAY, 100)
    assert [one.theme_id for one in Detector().detect(DetectionInputs(TODAY, counts, themes=facts))] == [60]
