"""Expected bands of daily figures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.arrays import Floats
from models.metrics.expected_band import BandRules, DailyFigure, SeriesKind, expected_band

WEEK = np.array([1.2, 1.1, 1.1, 1.0, 1.0, 0.7, 0.6])
"""The week's pattern of the simulated figures."""

Maker = Callable[[np.random.Generator, int], DailyFigure]


def _counts(level: float, spread: float) -> Maker:
    def make(generator: np.random.Generator, days: int) -> DailyFigure:
        mean = level * WEEK[np.arange(days) % 7]
        size = 1 / spread**2
        return DailyFigure(SeriesKind.COUNT, generator.negative_binomial(size, size / (size + mean)).astype(np.float64))

    return make


def _shares(cases: float, share: float, correlation: float) -> Maker:
    def make(generator: np.random.Generator, days: int) -> DailyFigure:
        number = generator.poisson(cases * WEEK[np.arange(days) % 7]) + 1
        level = share - 0.05 * (WEEK[np.arange(days) % 7] - 1)
        drawn = generator.beta(level * (1 / correlation - 1), (1 - level) * (1 / correlation - 1))
        return DailyFigure(SeriesKind.SHARE, generator.binomial(number, drawn) / number, number.astype(np.float64))

    return make


def _medians(cases: int, spread: float) -> Maker:
    def make(generator: np.random.Generator, days: int) -> DailyFigure:
        mean = 8 - 0.3 * WEEK[np.arange(days) % 7] + generator.normal(0, spread, days)
        times = np.sort(generator.lognormal(mean[:, None], 1.2, (days, cases)), axis=1)
        half = 1.96 * np.sqrt(cases) / 2
        low, high = int(cases / 2 - half), int(np.ceil(cases / 2 + half))
        return DailyFigure(
            SeriesKind.DURATION, np.median(times, axis=1), error=np.log(times[:, high] / times[:, low]) / 3.92
        )

    return make


def _stocks(inertia: float) -> Maker:
    def make(generator: np.random.Generator, days: int) -> DailyFigure:
        steps = generator.normal(0, 0.05, days + 60)
        for at in range(1, len(steps)):
            steps[at] += inertia * steps[at - 1]
        return DailyFigure(SeriesKind.STOCK, np.round(800 * np.exp(steps[60:])))

    return make


USUAL: dict[str, Maker] = {
    "many tickets": _counts(500, 0.1),
    "few tickets": _counts(12, 0.1),
    "tickets that vary much from day to day": _counts(120, 0.3),
    "kept promises": _shares(400, 0.9, 0.005),
    "few ratings": _shares(40, 0.85, 0.02),
    "medians of many tickets": _medians(200, 0.1),
    "medians of few tickets": _medians(30, 0.2),
    "a backlog that drifts": _stocks(1.0),
    "a backlog that returns": _stocks(0.9),
}


@pytest.mark.parametrize("weeks", [4, 8])
def test_usual_days_are_inside_as_often_as_is_said(weeks: int) -> None:
    """Of usual days, 90 to 99 % of each figure and 93 to 97 % of all are in the band of 95 % that the weeks before give."""
    generator = np.random.default_rng(7)
    found = {
        name: np.mean([_inside(make(generator, 7 * weeks + 7)) for _ in range(60)]) for name, make in USUAL.items()
    }
    assert all(0.90 <= share <= 0.99 for share in found.values()), found
    assert 0.93 <= np.mean(list(found.values())) <= 0.97


def _inside(figure: DailyFigure) -> float:
    band, last = expected_band(figure, shown=7), figure.value[-7:]
    return float(np.mean((last >= band.low[-7:] - 1e-9) & (last <= band.high[-7:] + 1e-9)))


def test_few_weeks_give_a_wide_band_and_less_than_two_none() -> None:
    """With 13 days before there is no band; with 14 it is wider than with 56."""
    figure = _counts(500, 0.1)(np.random.default_rng(1), 63)
    assert np.isnan(expected_band(DailyFigure(figure.kind, figure.value[-20:])).low).all()
    short, long = (expected_band(DailyFigure(figure.kind, figure.value[-days:]), shown=7) for days in (21, 63))
    assert short.learned[-1] == 14
    assert long.learned[-1] == 56
    assert (short.high - short.low)[-7:].mean() > (long.high - long.low)[-7:].mean()


def test_an_incident_of_the_past_does_not_widen_the_band_much() -> None:
    """Three days of five times as many tickets widen the band of later weeks by less than a half."""
    figure = _counts(500, 0.1)(np.random.default_rng(2), 63)
    struck = figure.value.copy()
    struck[20:23] *= 5
    usual, after = (expected_band(DailyFigure(figure.kind, one), shown=7) for one in (figure.value, struck))
    assert (after.high - after.low)[-7:].mean() < 1.5 * (usual.high - usual.low)[-7:].mean()
    assert struck[21] > expected_band(DailyFigure(figure.kind, struck[:28]), shown=7).high[21]


def test_the_band_of_a_day_does_not_depend_on_its_own_week() -> None:
    """What happens in the last week changes nothing of its band."""
    figure = _counts(500, 0.1)(np.random.default_rng(3), 42)
    other = figure.value.copy()
    other[-7:] = 0
    one, two = (expected_band(DailyFigure(figure.kind, value), shown=7) for value in (figure.value, other))
    np.testing.assert_array_equal(one.high[-7:], two.high[-7:])


values = st.lists(st.one_of(st.none(), st.integers(0, 1000)), min_size=0, max_size=40)


@given(values=values, kind=st.sampled_from([SeriesKind.COUNT, SeriesKind.STOCK, SeriesKind.DURATION, SeriesKind.SHARE]))
def test_it_holds_for_any_series(values: list[int | None], kind: SeriesKind) -> None:
    """Wherever there is a band, its ends are finite and in the range of the figure, with the expected value between them."""
    numbers = np.array([np.nan if one is None else float(one) for one in values])
    if kind is SeriesKind.SHARE:
        numbers = numbers / 1000
    elif kind is SeriesKind.DURATION:
        numbers = numbers + 1
    few: Floats = np.full(len(numbers), 5.0)
    band = expected_band(DailyFigure(kind, numbers, few, few / 10))
    known = np.isfinite(band.middle)
    assert (band.learned[known] >= BandRules().least).all()
    assert (band.low[known] >= 0).all()
    assert np.isfinite(band.high[known]).all()
    assert (band.low[known] <= band.middle[known] + 1e-9).all()
    assert (band.middle[known] <= band.high[known] + 1e-9).all()
    if kind is SeriesKind.SHARE:
        assert (band.high[known] <= 1).all()
