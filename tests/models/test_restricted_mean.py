"""Restricted means of times to an event."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.metrics.decomposition import Decomposition, StratumRates
from models.metrics.restricted_mean import Durations, restricted_mean

tickets = st.lists(st.tuples(st.integers(1, 40), st.booleans(), st.integers(1, 5)), min_size=2, max_size=12)


def _durations(rows: list[tuple[int, bool, int]]) -> Durations:
    seconds, happened, numbers = zip(*rows, strict=True)
    return Durations(
        np.array(seconds, dtype=np.float64),
        np.array(happened),
        np.array(numbers, dtype=np.float64),
        np.arange(len(rows)),
    )


@given(rows=tickets, horizon=st.integers(1, 50))
def test_without_open_tickets_it_is_the_mean(rows: list[tuple[int, bool, int]], horizon: int) -> None:
    """Where all were resolved, it is the mean of the times of which at most the horizon counts, and its variance that of a mean."""
    made = _durations([(seconds, True, number) for seconds, _, number in rows])
    found = restricted_mean(made, float(horizon), len(rows))
    capped = np.repeat(np.minimum(made.seconds, horizon), made.numbers.astype(np.int64))
    assert found.value == pytest.approx(capped.mean())
    assert found.variance == pytest.approx(capped.var() / len(capped), abs=1e-9)
    assert not found.borrowed


@given(rows=tickets, horizon=st.integers(2, 50))
def test_the_influence_of_days_is_the_derivative(rows: list[tuple[int, bool, int]], horizon: int) -> None:
    """The influence of a day is how the mean changes as its tickets count a little more, and all days together have none."""
    made = _durations(rows)
    found = restricted_mean(made, float(horizon), len(rows))
    assert found.influence.sum() == pytest.approx(0.0, abs=1e-8)
    step = 1e-6
    for day in range(len(rows)):
        more = Durations(made.seconds, made.happened, made.numbers * np.where(made.day == day, 1 + step, 1.0), made.day)
        moved = restricted_mean(more, float(horizon), len(rows)).value - found.value
        assert moved / step == pytest.approx(found.influence[day], abs=1e-3)


def test_open_tickets_raise_it() -> None:
    """The example of Kaplan and Meier's curve by hand: of four tickets two are resolved after 1 and 3 hours, one is open since 2."""
    made = _durations([(1, True, 1), (2, False, 1), (3, True, 1), (9, False, 1)])
    # 1 x 1, then .75 for two hours, then .375 until the horizon.
    assert restricted_mean(made, 6.0, 4).value == pytest.approx(1.0 + 0.75 * 2 + 0.375 * 3)


def test_a_curve_that_ends_early_goes_on_as_that_of_all_tickets() -> None:
    """Where all tickets are young, the rest of the curve is that of all tickets, in proportion."""
    every = _durations([(1, True, 2), (4, True, 2)])
    young = _durations([(1, True, 1), (2, False, 1)])
    found = restricted_mean(young, 4.0, 2, every.curve())
    assert found.borrowed
    assert found.value == pytest.approx(1.0 + 0.5 * 3)
    level = restricted_mean(young, 8.0, 2, every.curve())
    assert level.value == pytest.approx(1.0 + 0.5 * 3)


def test_intervals_of_effects_hold_with_open_tickets() -> None:
    """With open tickets, intervals of 95 % of the effects on a restricted mean cover 92 to 99 % of the true ones."""
    generator = np.random.default_rng(4)
    truth = Decomposition(*(_settled(generator, mix, mean) for mix, mean in zip(MIXES, MEANS, strict=True)))
    covered = []
    for _ in range(100):
        found = Decomposition(*(_drawn(generator, *one) for one in zip(MIXES, MEANS, (7, 0), strict=True)))
        for at in range(3):
            effects = found.effects(np.arange(3) == at)
            for term, value in ((effects.mix, truth.mix[at]), (effects.rate, truth.rate[at])):
                low, high = term.interval()
                covered.append(low <= value <= high)
    assert 0.92 <= np.mean(covered) <= 0.99


HORIZON = 84 * 3600.0
MIXES = ((0.5, 0.3, 0.2), (0.4, 0.3, 0.3))
MEANS = ((10.0, 11.0, 9.0), (10.2, 11.0, 9.5))
"""Shares of three themes in two weeks, and means of the logarithm of their times."""


def _settled(generator: np.random.Generator, mix: tuple[float, ...], means: tuple[float, ...]) -> StratumRates:
    times = np.minimum(generator.lognormal(means, 1.2, (100_000, 3)), HORIZON)
    return StratumRates(1e6 * np.array([mix]), times.mean(axis=0), np.zeros(3), np.zeros((1, 3)))


def _drawn(
    generator: np.random.Generator, mix: tuple[float, ...], means: tuple[float, ...], days_ago: int
) -> StratumRates:
    number = generator.multinomial(120, mix, size=7)
    parts = []
    for theme, mean in enumerate(means):
        day = np.repeat(np.arange(7), number[:, theme])
        times = generator.lognormal(mean, 1.2, len(day))
        age = (7 + days_ago - day - generator.random(len(day))) * 86_400
        parts.append(Durations(np.minimum(times, age), times <= age, np.ones(len(day)), day))
    found = [restricted_mean(part, HORIZON, 7) for part in parts]
    return StratumRates(
        number.astype(np.float64), np.array([one.value for one in found]), np.array([one.variance for one in found]),
        np.stack([one.influence for one in found], axis=1),
    )  # fmt: skip
