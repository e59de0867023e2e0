"""Times to an event that has not happened to all: the estimate of Kaplan and Meier, its quantiles and intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics.survival import survival_curve

LEUKAEMIA = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
HAPPENED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def curve(durations, happened):
    """Estimate the curve of lists."""
    return survival_curve(np.array(durations, float), np.array(happened, bool))


def test_the_published_example_of_remission_times():
    """The published example of remission times."""
    made = curve(LEUKAEMIA, HAPPENED)
    expected = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert made.times.tolist() == list(expected)
    assert made.shares == pytest.approx(list(expected.values()), abs=5e-4)
    errors = made.shares * np.sqrt(made.variances)
    assert errors == pytest.approx([0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346], abs=5e-4)
    assert made.quantile(0.5) == 23
    assert made.interval(0.5) == (13, None)


def test_without_censoring_the_quantiles_are_those_of_the_sample():
    """Without censoring the quantiles are those of the sample."""
    made = curve(range(1, 101), [1] * 100)
    assert (made.quantile(0.5), made.quantile(0.9)) == (50, 90)


def test_what_is_not_reached_is_none():
    """What is not reached is none."""
    made = curve([1, 2, 3, 4], [1, 0, 0, 0])
    assert made.quantile(0.5) is None
    assert curve([5, 6], [0, 0]).interval(0.5) == (None, None)
    assert curve([], []).quantile(0.5) is None


def test_one_that_left_at_the_time_of_an_event_was_still_at_risk():
    """One that left at the time of an event was still at risk."""
    assert curve([5, 5], [1, 0]).shares.tolist() == [0.5]


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=60))
def test_a_curve_falls_from_one_and_weights_equal_repetition(pairs):
    """A curve falls from one and weights equal repetition."""
    durations, happened = (np.array(column) for column in zip(*pairs, strict=True))
    made = survival_curve(durations.astype(float), happened.astype(bool))
    assert (np.diff(made.shares, prepend=1.0) < 0).all()
    assert (made.shares >= -1e-12).all()
    kinds, counts = np.unique(np.stack([durations, happened]), axis=1, return_counts=True)
    weighted = survival_curve(kinds[0].astype(float), kinds[1].astype(bool), counts.astype(float))
    assert weighted.shares == pytest.approx(made.shares)
    assert weighted.number == len(pairs)
