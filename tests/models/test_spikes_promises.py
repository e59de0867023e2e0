import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.spikes.regression import FitOptions, fit_counts
from models.spikes.expectation.series import Expectation
from models.spikes.families.window_table import combined_p

WINDOWS = 5
MEANS = st.lists(st.floats(0.05, 30.0), min_size=WINDOWS, max_size=WINDOWS)
TICKETS = st.lists(st.integers(0, 30), min_size=WINDOWS, max_size=WINDOWS)


def expected(means, dispersion, spread):
    """What nested windows expect, from what is between their starts."""
    mean = np.cumsum(means)[None]
    return Expectation(mean, dispersion * mean + spread * mean**2, np.zeros_like(mean), np.zeros_like(mean))


@given(TICKETS, MEANS, st.floats(1.0, 4.0), st.floats(0.0, 0.3), st.integers(0, WINDOWS - 1))
@settings(max_examples=200, deadline=None)
def test_another_ticket_in_the_windows_never_weakens_the_evidence(tickets, means, dispersion, spread, where):
    """With baseline and exposure held, one ticket more anywhere in the nested windows gives no larger p-value."""
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
    """Orders counted singly or by the hundred give the same expectation and so the same verdict."""
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
