"""Sentences on what explains a change: they say what the table of the themes says."""

from math import inf

import pytest

from models.metrics.decomposition import MixAndRate, Term
from models.metrics.driver_metric import DriverMetric
from models.metrics.driver_sentences import driver_sentences, effect_words, interval_words
from models.metrics.drivers import ChangeDrivers, Driver, StratumFigures


def _driver(theme: str | None, change: float, error: float) -> Driver:
    total = Term(change, error, inf)
    return Driver(
        theme, StratumFigures(50, 0.9), StratumFigures(50, 0.9 + change), MixAndRate(Term(0, 0, inf), total, total)
    )


@pytest.mark.parametrize(("drivers", "says"), [
    ([("7", -0.02, 0.02), ("32", -0.006, 0.0026)],
     "“theme 32” contributes most of the themes whose contribution can be told from chance: -0.6 points (-1.1 to -0.1)"),
    ([("7", -0.02, 0.002), ("32", -0.006, 0.0026)], "“theme 7” contributes most: -2.0 points (-2.4 to -1.6)"),
    ([("7", -0.02, 0.02), ("32", -0.006, 0.006), (None, 0.3, 0.01)], "No single theme's contribution can be told from chance."),
])  # fmt: skip
def test_a_theme_is_named_where_any_differs_from_chance(
    drivers: list[tuple[str | None, float, float]], says: str
) -> None:
    """The largest theme whose interval does not hold 0 is named, also where a larger one is within chance."""
    made = [_driver(*one) for one in drivers]
    found = ChangeDrivers(DriverMetric.SLA, StratumFigures(90, 0.9), StratumFigures(90, 0.87), made[0].effects, made)
    assert driver_sentences(found, {})[-1].startswith(says)


def test_an_interval_that_leaves_zero_out_does_not_show_it() -> None:
    """An end that would be written as 0.0 has two digits where the interval does not hold 0."""
    assert interval_words(DriverMetric.SLA, Term(-0.006, 0.0029, inf)) == "-1.17 to -0.03"
    assert interval_words(DriverMetric.SLA, Term(-0.006, 0.0032, inf)) == "-1.2 to 0.0"


def test_no_difference_is_negative_zero() -> None:
    """A difference that rounds to zero has no sign."""
    assert effect_words(DriverMetric.SLA, -0.0004) == "0.0 points"
    assert effect_words(DriverMetric.SLA, -0.0006) == "-0.1 points"
