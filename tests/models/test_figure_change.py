"""The change of a figure with the interval that is recovered from those of two figures."""

import pytest

from models.metrics.figure_change import figure_change
from models.metrics.figures import Figure
from models.proportion import wilson_interval


def _share(hits: int, number: int) -> Figure:
    return Figure(hits / number, *wilson_interval(hits, number), number)


@pytest.mark.parametrize(("one", "other", "interval"), [
    ((56, 70), (48, 80), (0.0524, 0.3339)),
    ((9, 10), (3, 10), (0.1705, 0.8090)),
    ((10, 10), (0, 20), (0.6791, 1.0000)),
    ((5, 56), (0, 29), (-0.0381, 0.1926)),
])  # fmt: skip
def test_differences_of_shares_are_newcombes(
    one: tuple[int, int], other: tuple[int, int], interval: tuple[float, float]
) -> None:
    """Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10."""
    assert figure_change(_share(*one), _share(*other)) == pytest.approx(interval, abs=5e-5)


def test_a_figure_without_interval_has_none() -> None:
    """A count, and a percentile whose interval is not reached, have no interval of their change."""
    assert figure_change(Figure(3.0), Figure(2.0)) is None
    assert figure_change(Figure(3.0, 1.0, None), Figure(2.0, 1.0, 3.0)) is None
