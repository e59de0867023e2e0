"""The gauge: regular series tested by the day."""

import numpy as np
import pytest

from bench.spikes.gauge import Gauge
from models.trends.seasonality import Seasonality

STEPS, END = 420, 350


def judged(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Alarms and p-values of the steps from `END` on, shape (n, steps)."""
    gauge = Gauge()
    design, ridge = Seasonality(week=7, year=0.0).design(np.arange(counts.shape[1]))
    outlook = gauge.outlook(counts, design, ridge, END)
    p_values, alone = gauge.evidence(counts, outlook, range(END, counts.shape[1]))
    return gauge.alarms(p_values, alone), p_values


def ordinary(seed: int, mean: float = 20.0, series: int = 40) -> np.ndarray:
    """Counts with weekdays and nothing else."""
    weekdays = 1.0 + 0.3 * np.sin(2 * np.pi * np.arange(STEPS) / 7)
    return np.random.default_rng(seed).poisson(mean * weekdays, (series, STEPS)).astype(np.float64)


def opened(alarms: np.ndarray) -> np.ndarray:
    """The steps on which an episode begins."""
    return alarms & ~np.pad(alarms, ((0, 0), (1, 0)))[:, :-1]


def test_a_series_that_is_always_zero_never_alarms():
    """Series without tickets are no evidence."""
    alarms, p_values = judged(np.zeros((3, STEPS)))
    assert not alarms.any()
    assert np.isfinite(p_values).all()


@pytest.mark.parametrize("mean", [1.0, 20.0, 500.0])
def test_ordinary_days_seldom_alarm(mean: float):
    """Weekdays raise no alarm, whatever the volume: at a level of .01 about one step in a hundred opens an episode."""
    alarms, _ = judged(ordinary(7, mean))
    assert opened(alarms).mean() < 0.02


def test_an_outbreak_alarms_while_it_lasts():
    """Twice the usual for a week is reported within it, and is over soon after it."""
    counts = ordinary(8)
    counts[:, END + 20 : END + 27] *= 2
    alarms, _ = judged(counts)
    assert alarms[:, 20:27].any(axis=1).mean() > 0.95
    assert opened(alarms)[:, 31:].mean() < 0.02


def test_another_ticket_never_weakens_the_evidence():
    """With the fit fixed, more tickets in the tested step mean a smaller p-value."""
    gauge, counts = Gauge(), ordinary(9, series=5)
    design, ridge = Seasonality(week=7, year=0.0).design(np.arange(STEPS))
    outlook = gauge.outlook(counts, design, ridge, END)
    before, _ = gauge.evidence(counts, outlook, [END])
    counts[:, END] += 1
    after, _ = gauge.evidence(counts, outlook, [END])
    assert (after <= before).all()
