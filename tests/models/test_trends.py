"""Trends: the noise around a regression, the tail of a prediction, and the rises that daily counts show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.segment import EVERYTHING, Segment
from models.spikes.statistics.count_tails import upper_tail
from models.theme import ALL_TICKETS
from models.trends.daily import DailyCounts, TrendKey, find_rises, forecast_days
from models.trends.noise import estimate_noise
from models.trends.settings import TrendSettings
from models.trends.tail import predictive_tail
from models.trends.windows import Windows

DAYS = 140
WEEKDAYS = np.array([1.2, 1.1, 1.0, 1.0, 0.9, 0.5, 0.4])


def ordinary(seed: int, mean: float = 20.0, series: int = 30, days: int = DAYS) -> np.ndarray:
    """Counts with weekdays and nothing else."""
    return np.random.default_rng(seed).poisson(mean * WEEKDAYS[np.arange(days) % 7], (series, days)).astype(float)


def daily(counts: np.ndarray, counted: np.ndarray | None = None, *, total: bool = False) -> DailyCounts:
    """Give series to counts: themes from 1 on, with all tickets before them where wanted."""
    if total:
        counts = np.concatenate([counts.sum(axis=0, keepdims=True), counts])
    first = ALL_TICKETS if total else 1
    keys = tuple(TrendKey(first + row, EVERYTHING) for row in range(len(counts)))
    known = np.ones(counts.shape) if counted is None else counted
    return DailyCounts(keys=keys, first=20_003, counts=counts, counted=known, learnable=known)


def rises(found: DailyCounts, **settings: float) -> dict[int, int]:
    """Return the window that shows each rise, by theme."""
    tested, forecast = forecast_days(found)
    return {tested.keys[one.row].theme_id: one.days for one in find_rises(tested, forecast, TrendSettings(**settings))}


def test_ordinary_days_are_no_rise():
    """A hundred days of thirty ordinary series give no finding at a budget of one in four weeks."""
    assert not [rises(daily(ordinary(seed))) for seed in range(4) if rises(daily(ordinary(seed)))]


@pytest.mark.parametrize(("rise", "days"), [(1.6, 25), (1.8, 7), (3.0, 1)])
def test_a_rise_is_found_whether_it_took_a_day_a_week_or_four(rise: float, days: int):
    """A rise by more than half is found whether it took four weeks, one week or a day of threefold volume."""
    counts = ordinary(11)
    counts[3, -days:] = np.random.default_rng(1).poisson(rise * 20.0 * WEEKDAYS[np.arange(DAYS - days, DAYS) % 7])
    assert list(rises(daily(counts))) == [4]


def test_what_all_themes_have_in_common_is_reported_once():
    """Where all themes rise by half, the rise is that of all tickets; a theme that rises threefold is reported in addition."""
    counts = ordinary(12)
    counts[:, -7:] = np.random.default_rng(2).poisson(1.5 * 20.0 * WEEKDAYS[np.arange(DAYS - 7, DAYS) % 7], (30, 7))
    counts[5, -7:] *= 2
    assert set(rises(daily(counts, total=True))) == {ALL_TICKETS, 6}


def test_a_rise_on_days_that_do_not_count_is_none():
    """Days that are planned or reported already say nothing, whatever came on them."""
    counts, counted = ordinary(13), np.ones((30, DAYS))
    counts[7, -9:] *= 4
    counted[7, -9:] = 0.0
    assert rises(daily(counts, counted)) == {}


def test_a_small_rise_is_not_reported_however_certain():
    """A tenth more of ten thousand tickets a day is certain, and nothing that anybody has to know."""
    counts = ordinary(14, mean=10_000.0, series=3)
    counts[1, -20:] *= 1.1
    assert rises(daily(counts)) == {}
    assert list(rises(daily(counts), least_rise=0.05)) == [2]


def test_a_young_record_is_tested_with_short_windows():
    """After six weeks a week can be tested, and four weeks cannot."""
    counts = ordinary(15, days=43)
    counts[2, -7:] *= 3
    assert rises(daily(counts))[3] < 28
    assert rises(daily(counts[:, :40])) == {}


def test_business_lines_are_series_of_all_tickets():
    """A business line is compared with its own past, and not with what themes have in common."""
    counts = ordinary(17)
    keys = (TrendKey(ALL_TICKETS, Segment.of({"business_line": "live"})), *daily(counts).keys[1:])
    counts[:, -7:] *= 2
    made = DailyCounts(
        keys=keys, first=20_003, counts=counts, counted=np.ones(counts.shape), learnable=np.ones(counts.shape)
    )
    assert list(rises(made)) == [ALL_TICKETS]


def test_the_variance_grows_with_the_mean_as_the_counts_do():
    """Counts whose mean itself varies by a fifth have a quadratic term of .04, and ordinary ones a dispersion of 1 alone."""
    random = np.random.default_rng(3)
    mean = np.exp(np.linspace(1.0, 6.0, 2_000))[None, :].repeat(3, axis=0)
    varied = random.poisson(mean * random.gamma(25.0, 1 / 25.0, mean.shape)).astype(float)
    design = np.ones((2_000, 1))
    assert estimate_noise(varied, mean, design).quadratic == pytest.approx([0.04] * 3, abs=0.012)
    plain = estimate_noise(random.poisson(mean).astype(float), mean, design)
    assert plain.dispersion == pytest.approx([1.0] * 3, abs=0.15)
    assert plain.quadratic == pytest.approx([0.0] * 3, abs=0.005)


def test_serial_correlation_widens_windows():
    """Where neighbouring days are alike a week varies more than seven independent days; where they are not it does not."""
    random = np.random.default_rng(4)
    log = np.zeros((20, 600))
    for step in range(1, 600):
        log[:, step] = 0.8 * log[:, step - 1] + 0.18 * random.normal(size=20)
    design, mean = np.ones((600, 1)), np.full((20, 600), 40.0)
    alike = estimate_noise(random.poisson(40.0 * np.exp(log)).astype(float), mean, design)
    apart = estimate_noise(random.poisson(40.0, (20, 600)).astype(float), mean, design)
    assert np.median(alike.inflation(7)) > 2.0
    assert np.median(apart.inflation(7)) < 1.2


def test_an_outbreak_of_the_past_does_not_hide_the_next():
    """Ten weeks of five times the usual leave the noise of the other weeks nearly as it is."""
    counts = np.random.default_rng(5).poisson(20.0, (10, 400)).astype(float)
    counts[:, 100:110] *= 5
    assert estimate_noise(counts, 20.0 * np.ones((10, 400)), np.ones((400, 1))).dispersion.max() < 1.5


@given(st.floats(0.5, 500.0), st.floats(1.0, 10.0), st.floats(3.0, 300.0), st.integers(0, 2_000), st.integers(1, 50))
def test_more_tickets_are_never_less_evidence(mean: float, factor: float, freedom: float, seen: int, more: int):
    """The tail is a probability, and never increases with the count."""
    few, many = (
        predictive_tail(*(np.array([one]) for one in (count, mean, factor * mean, freedom)))[0]
        for count in (float(seen), float(seen + more))
    )
    assert 0.0 <= many <= few + 1e-12 <= 1.0 + 1e-9


def test_an_uncertain_variance_makes_large_counts_less_surprising():
    """With few degrees of freedom the tail is heavier, as that of Student's t; with many it is that of the known variance."""
    seen, mean, variance = np.array([200.0]), np.array([100.0]), np.array([400.0])
    known = upper_tail(seen, mean, variance)
    few, many = (predictive_tail(seen, mean, variance, np.array([df])) for df in (10.0, 2_000.0))
    assert few > 10 * known
    assert many == pytest.approx(known)


def test_slow_windows_have_a_budget_of_their_own():
    """However surely a slow window rises by chance, a sharp rise needs the same evidence as without it."""
    windows = Windows(sharp=(1,), slow=(3, 7), slow_share=0.25)
    sharp = np.array([0.001])
    alone = windows.combined(sharp, np.array([1.0]))
    assert alone == pytest.approx(sharp / 0.75, rel=0.01)
    assert windows.combined(np.array([1.0]), sharp) == pytest.approx(sharp / 0.25, rel=0.01)
