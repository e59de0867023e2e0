"""The intervals of proportions are the published ones."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from models.proportion import wilson_interval


def test_wilson_intervals_are_the_published_ones() -> None:
    """Newcombe 1998, table I: 81 of 263 and 0 of 20."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("hits", "number"), [(0, 1), (1, 1), (1, 2), (7, 9), (400, 401), (3, 1_000_000)])
def test_wilson_intervals_are_those_of_scipy(hits: int, number: int) -> None:
    """The formula gives what SciPy gives."""
    interval = binomtest(hits, number).proportion_ci(method="wilson")
    assert wilson_interval(hits, number) == pytest.approx((interval.low, interval.high), rel=1e-12, abs=1e-15)
