"""Whether a plan explains a rise of a theme: the rank test of its likeness, and the tests of its counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.planned_rise import PlannedRise, RiseCount, chance_of_likeness, is_as_planned

LEVEL = 0.02


@given(
    values=st.lists(st.floats(-1, 1), min_size=1, max_size=60, unique=True), planned=st.integers(0, 5), data=st.data()
)
def test_the_chance_of_likeness_is_exact(values, planned, data):
    """Of the themes that a plan does not mean, the share at level p or below is p, whatever the distribution of likeness is."""
    pairs = list(enumerate(values))
    meant = set(range(min(planned, len(values) - 1)))
    others = [theme for theme, _ in pairs if theme not in meant]
    level = data.draw(st.floats(0, 1))
    chances = [chance_of_likeness(pairs, theme, meant) for theme in others]
    assert np.mean([one <= level for one in chances]) <= level
    assert sorted(chances) == pytest.approx([(at + 1) / len(others) for at in range(len(others))])


def test_a_theme_without_tickets_is_not_alike():
    """A theme that is planned, or has no tickets, has no rank."""
    assert chance_of_likeness([(1, 0.9), (2, 0.5)], 1, {1}) == 1.0
    assert chance_of_likeness([(1, 0.9), (2, 0.5)], 3, set()) == 1.0


@pytest.mark.parametrize(
    ("inside", "elsewhere", "as_planned"),
    [
        (RiseCount(18, 20.0, 24.0, 4.0), [], True),
        (RiseCount(18, 20.0, 24.0, 4.0), [RiseCount(3, 2.0, 2.4)], True),
        (RiseCount(60, 20.0, 24.0, 4.0), [], False),
        (RiseCount(4, 20.0, 24.0, 2.0), [], False),
        (RiseCount(18, 20.0, 24.0, 4.0), [RiseCount(3, 2.0, 2.4), RiseCount(12, 2.0, 2.4)], False),
        (RiseCount(18, 20.0, 24.0, 4.0), [RiseCount(1, 0.0, 0.0)], False),
    ],
    ids=["as planned", "as usual outside", "far more", "far less", "outside too", "never outside before"],
)
def test_a_rise_is_as_planned_if_it_is_neither_more_nor_less_nor_elsewhere(inside, elsewhere, as_planned):
    """More than planned is an excess, less is no rise of the plan, and what rises outside the scope is not the plan's."""
    assert is_as_planned(inside, elsewhere, LEVEL) == as_planned


def test_it_says_why_in_one_sentence():
    """The reason holds the figures of both tests."""
    rise = PlannedRise(title="Gala", lift=6.0, p_value=0.03, observed=15, expected=13.2)
    assert rise.because == (
        "it is more like what Gala plans than other themes are (p = 0.03), and since the launch began 15 tickets came "
        "where 13.2 are planned (x6)"
    )
