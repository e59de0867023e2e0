"""Benchmark how early sets of daily series show an outbreak: delay against false days, as one minimum of windows or with budgets.

usage: python -m bench.spikes.lead [--seeds FIRST END]

A set is twenty series of two years with weekdays, season, autocorrelation and over-dispersion; the second year is scored. An outbreak
of 14 days in one to three of them is there on its first day (sharp), or grows to twice that over the days (slow). A day of a set is as
unusual as its most unusual series. The area under the curve of the mean delay over the rate of false days, up to 5 %, is given as a
mean delay in days (an outbreak that is missed has the delay 14); smaller is better.

References
----------
Fawcett and Provost 1999, KDD (activity monitoring operating characteristic).
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from bench.result import save
from bench.spikes import REPORT
from bench.spikes.gauge import Gauge
from bench.spikes.outbreak import negative_binomial
from models.arrays import Floats
from models.trends.seasonality import Seasonality
from models.trends.windows import Windows

DAYS, FIRST, SERIES, LENGTH = 728, 364, 20, 14
MOST_FALSE = 0.05
REFIT = 14
METHODS = {
    "one day": Gauge(windows=Windows((1,), ()), guard=14),
    "one minimum of 1, 3, 7": Gauge(windows=Windows((1, 3, 7), ()), guard=14),
    "budgets for 1 and 3, 7": Gauge(windows=Windows((1,), (3, 7), 0.25), guard=14),
}


def simulate(seed: int, *, sharp: bool, strength: float = 4.0) -> tuple[Floats, int]:
    """Draw a set, shape (20, 728), and the first day of its outbreak."""
    random = np.random.default_rng([seed, int(sharp)])
    day = np.arange(DAYS)
    level = np.exp(random.uniform(0.0, np.log(30.0), SERIES))[:, None]
    weekday = np.exp(random.normal(0.0, 0.25, (SERIES, 7)))[:, day % 7]
    wave = random.uniform(0.0, 0.4, SERIES)[:, None] * np.cos(2 * np.pi * (day - random.uniform(0, 364)) / 364)
    sway = np.zeros((SERIES, DAYS))
    for at in range(1, DAYS):
        sway[:, at] = 0.85 * sway[:, at - 1] + 0.08 * random.normal(size=SERIES)
    mean = level * weekday * np.exp(wave + sway)
    counts = negative_binomial(random, mean, 1.5).astype(np.float64)
    start = int(random.integers(FIRST + 21, DAYS - LENGTH))
    rows = random.choice(SERIES, int(random.integers(1, 4)), replace=False)
    shape = np.ones(LENGTH) if sharp else 2.0 * np.arange(1, LENGTH + 1) / LENGTH
    for row in rows:
        size = strength * np.sqrt(1.5 * mean[row, start : start + LENGTH])
        counts[row, start : start + LENGTH] += random.poisson(size * shape)
    return counts, start


def scores(gauge: Gauge, counts: Floats) -> Floats:
    """Return the least p-value of any series, on each day of the second year."""
    design, ridge = Seasonality(week=7, year=364.0, harmonics=1).design(np.arange(DAYS))
    found, begin = [], None
    for end in range(FIRST, DAYS, REFIT):
        outlook = gauge.outlook(counts, design, ridge, end, start=begin)
        begin = outlook.fit.coefficients
        found.append(gauge.evidence(counts, outlook, range(end, end + REFIT))[0].min(axis=0))
    return np.concatenate(found)


def mean_delay(scored: list[Floats], starts: list[int]) -> float:
    """Return the mean delay in days over rates of false days from 0 to 5 %."""
    # The days after an outbreak still show it.
    calm = np.concatenate([
        np.delete(one, slice(start - FIRST, start - FIRST + 2 * LENGTH)) for one, start in zip(scored, starts, strict=True)
    ])  # fmt: skip
    rates = np.linspace(0.0, MOST_FALSE, 51)[1:]
    delays = []
    for threshold in np.quantile(calm, rates):
        late = []
        for one, start in zip(scored, starts, strict=True):
            hits = np.flatnonzero(one[start - FIRST : start - FIRST + LENGTH] <= threshold)
            late.append(float(hits[0]) if len(hits) else float(LENGTH))
        delays.append(float(np.mean(late)))
    return float(np.mean(delays))


def main() -> None:
    """Simulate, test, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs=2, type=int, default=[REPORT.start, REPORT.start + 12])
    asked = parser.parse_args()
    begun = time.perf_counter()
    figures: dict[str, Any] = {"seeds": f"{asked.seeds[0]}-{asked.seeds[1] - 1}"}
    for kind in ("sharp", "slow"):
        sets = [simulate(seed, sharp=kind == "sharp") for seed in range(*asked.seeds)]
        for name, gauge in METHODS.items():
            found = [scores(gauge, counts) for counts, _ in sets]
            figures[f"{kind}, {name}"] = round(mean_delay(found, [start for _, start in sets]), 3)
            print(kind, name, figures[f"{kind}, {name}"], flush=True)
    figures["seconds"] = round(time.perf_counter() - begun, 1)
    if set(range(*asked.seeds)) <= set(REPORT):
        save("spikes_lead", figures)


if __name__ == "__main__":
    main()
