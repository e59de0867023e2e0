"""Figures of leaders by day, and changes of counts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics.daily_figures import count_change

days = st.lists(st.tuples(st.integers(1, 500), st.integers(1, 500)), min_size=1, max_size=28)


@given(pairs=days)
def test_a_change_of_a_count_lies_in_its_interval(pairs: list[tuple[int, int]]) -> None:
    """It is the share by which the sum changed, and the other way round the interval is that of the inverse ratio."""
    after, before = (np.array(column, dtype=np.float64) for column in zip(*pairs, strict=True))
    found, back = count_change(after, before), count_change(before, after)
    assert found is not None
    assert back is not None
    assert found.share == pytest.approx(after.sum() / before.sum() - 1)
    assert found.low < found.share < found.high
    assert (1 + found.low) * (1 + back.high) == pytest.approx(1.0, rel=1e-6)


def test_nothing_before_or_now_has_no_change() -> None:
    """There is no ratio to or of nothing."""
    some, none = np.ones(7), np.zeros(7)
    assert count_change(some, none) is None
    assert count_change(none, some) is None


def test_intervals_of_changes_cover_the_truth() -> None:
    """Of weeks with over-dispersed days and a weekly pattern, 92 to 98 % of the intervals hold the true change."""
    generator = np.random.default_rng(3)
    week = np.array([1.2, 1.1, 1.1, 1.0, 1.0, 0.7, 0.6]) * 200
    covered = []
    for _ in range(600):
        before, after = (generator.poisson(week * factor * generator.lognormal(0, 0.15, 7)) for factor in (1.0, 1.3))
        found = count_change(after.astype(np.float64), before.astype(np.float64))
        assert found is not None
        covered.append(found.low <= 0.3 <= found.high)
    assert 0.92 <= np.mean(covered) <= 0.98
