import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.segment import EVERYTHING
from models.spikes import DetectionInputs, Detector, Episode, LaunchEffect, SeriesCounts, SeriesKey, ThemeFacts
from models.spikes.expectation.series import Expectation
from models.spikes.families.error_budget import (
    ALONE_LOOKS_PER_WEEK,
    GROWTH_LOOKS_PER_WEEK,
    LOOKS_PER_WEEK,
    MISSING_LOOKS_PER_WEEK,
    POOLED_LOOKS_PER_WEEK,
    ErrorBudget,
)
from models.spikes.families.window_table import combined_p
from models.trends.regression import FitOptions, fit_counts

WINDOWS = 5
END = 14 * 288
MEANS = st.lists(st.floats(0.05, 30.0), min_size=WINDOWS, max_size=WINDOWS)
TICKETS = st.lists(st.integers(0, 30), min_size=WINDOWS, max_size=WINDOWS)


def expected(means, dispersion, spread):
    """The expectation of nested windows, from that between their starts."""
    mean = np.cumsum(means)[None]
    return Expectation(mean, dispersion * mean + spread * mean**2, np.zeros_like(mean), np.zeros_like(mean))


@given(TICKETS, MEANS, st.floats(1.0, 4.0), st.floats(0.0, 0.3), st.integers(0, WINDOWS - 1))
@settings(max_examples=200, deadline=None)
def test_another_ticket_in_the_windows_never_weakens_the_evidence(tickets, means, dispersion, spread, where):
    """With baseline and exposure fixed, one ticket more anywhere in the nested windows gives no larger p-value."""
    more = list(tickets)
    more[where] += 1
    before, after = (
        combined_p(np.cumsum(seen)[None], expected(means, dispersion, spread), 5)[0] for seen in (tickets, more)
    )
    assert after <= before


@given(MEANS, st.floats(1.0, 4.0))
@settings(max_examples=50, deadline=None)
def test_windows_without_tickets_show_nothing(means, dispersion):
    """A series that is always zero has p = 1, whatever was expected."""
    assert combined_p(np.zeros((1, WINDOWS), dtype=np.int64), expected(means, dispersion, 0.1), 5)[0] == 1.0


@given(st.floats(0.01, 100.0), st.integers(0, 1_000))
@settings(max_examples=30, deadline=None)
def test_the_unit_of_exposure_does_not_matter(scale, seed):
    """Orders counted one by one or by the hundred give the same expectation and so the same result."""
    random = np.random.default_rng(seed)
    exposure = random.uniform(50.0, 200.0, 60)
    counts = random.poisson(0.05 * exposure, (3, 60)).astype(np.float64)
    design = np.stack([np.ones(60), np.cos(np.arange(60))], axis=1)
    ridge = np.array([0.0, 0.5])
    fits = [
        fit_counts(counts, design, np.ones(counts.shape), ridge, FitOptions(offset=np.log(unit * exposure)))
        for unit in (1.0, scale)
    ]
    plain, scaled = (fit.mean(design, np.log(unit * exposure)) for fit, unit in zip(fits, (1.0, scale), strict=True))
    assert scaled == pytest.approx(plain, rel=1e-3)
    assert fits[1].dispersion == pytest.approx(fits[0].dispersion, rel=1e-2)


@given(st.floats(0.01, 8.0))
def test_families_share_the_budget_of_false_alerts(budget):
    """The levels of the families, times their independent tests in a week, add up to the accepted false alerts."""
    levels = ErrorBudget(budget)
    detection = levels.totals + levels.segments + levels.all_tickets
    hourly = levels.growth * GROWTH_LOOKS_PER_WEEK + levels.missing * MISSING_LOOKS_PER_WEEK
    hourly += levels.alone * ALONE_LOOKS_PER_WEEK
    hourly += (levels.pooled + levels.pooled_segments) * POOLED_LOOKS_PER_WEEK
    sources = levels.incomplete(2016) * 2016
    assert detection * LOOKS_PER_WEEK + hourly + sources == pytest.approx(budget)
    assert levels.totals_alone == pytest.approx(levels.totals + levels.segments)


def test_a_large_budget_is_capped():
    """However many false alerts are accepted, no family has a false-discovery rate above a twentieth."""
    levels = ErrorBudget(10_000.0)
    assert max(levels.totals, levels.segments, levels.all_tickets, levels.growth, levels.missing) == 0.05


def test_findings_do_not_depend_on_the_order_of_episodes_and_launches():
    """Inputs read in another order give the same findings, to the last figure."""
    counts, facts = SeriesCounts(), {theme: ThemeFacts(0) for theme in (1, 2, 3)}
    random = np.random.default_rng(3)
    for theme in facts:
        for bucket in random.integers(0, END + 12, 900).tolist():
            for counted in (0, theme):
                counts.add(bucket, SeriesKey(counted, EVERYTHING))
    for _ in range(40):
        counts.add(END + 6, SeriesKey(1, EVERYTHING))
    episodes = [Episode(2, EVERYTHING, END - 24, None), Episode(3, EVERYTHING, END - 600, END - 500, severity=3.0)]
    launches = [LaunchEffect.of(name, END, END + 288, {theme: 3.0}) for name, theme in (("b", 2), ("a", 3))]
    found = [
        Detector().detect(DetectionInputs(END + 12, counts, facts, list(given), list(plans)))
        for given, plans in ((episodes, launches), (episodes[::-1], launches[::-1]))
    ]
    assert {one.theme_id for one in found[0]} >= {1, 2}
    assert found[0] == found[1]
