"""Benchmark weekly series that no regression fits: effective against nominal rates, false weeks a year, outbreaks found.

usage: python -m bench.spikes.calibration [--seed 100] [--series 60]

Each family of `bench/spikes/misfit.py` has seven years, of which the last two are tested: once as they are, and once with an outbreak
of 3 to 8 weeks in each series. A series is tested with single weeks, and with single weeks and windows of 2 and 4 weeks with a budget
each.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from bench.result import save
from bench.spikes.gauge import Gauge
from bench.spikes.misfit import FAMILIES, YEAR, Family, draw, new_outbreaks
from models.arrays import Floats, Mask
from models.trends.seasonality import Seasonality
from models.trends.windows import Windows

WEEKS, FIRST, REFIT = 7 * YEAR, 5 * YEAR, 4
NOMINAL = (0.005, 0.01, 0.05)
GAUGES = {
    "weeks": Gauge(windows=Windows((1,), ()), guard=8, level=0.005),
    "weeks and windows": Gauge(windows=Windows((1,), (2, 4), 0.5), guard=8, level=0.005),
}


def tested(gauge: Gauge, counts: Floats) -> tuple[Floats, Mask]:
    """Return the p-values of the tested weeks, and which of them alarm, shape (series, weeks)."""
    design, ridge = Seasonality(week=1, year=float(YEAR), harmonics=1).design(np.arange(WEEKS))
    p_values, alone, start = [], [], None
    for end in range(FIRST, WEEKS, REFIT):
        outlook = gauge.outlook(counts, design, ridge, end, start=start)
        start = outlook.fit.coefficients
        p, one = gauge.evidence(counts, outlook, range(end, min(end + REFIT, WEEKS)))
        p_values.append(p)
        alone.append(one)
    every = np.concatenate(p_values, axis=1)
    return every, gauge.alarms(every, np.concatenate(alone, axis=1))


def measure(gauge: Gauge, family: Family, seed: int, series: int) -> dict[str, Any]:
    """Test the series of a family without and with an outbreak each."""
    drawn = draw(family, seed, series, WEEKS)
    p_values, alarms = tested(gauge, drawn.counts)
    counts, outbreak = new_outbreaks(drawn, family, FIRST, seed)
    found = tested(gauge, counts)[1] & outbreak[:, FIRST:]
    return {
        "effective": {str(level): round(float((p_values < level).mean()), 4) for level in NOMINAL},
        "ratio": {str(level): round(float((p_values < level).mean() / level), 2) for level in NOMINAL},
        "false_weeks_a_year": round(float(alarms.mean() * YEAR), 2),
        "outbreaks_found": round(float(found.any(axis=1).mean()), 3),
    }


def main() -> None:
    """Simulate, test, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--series", type=int, default=60)
    asked = parser.parse_args()
    begun = time.perf_counter()
    figures: dict[str, Any] = {"seed": asked.seed, "series": asked.series}
    for name, gauge in GAUGES.items():
        for family, how in FAMILIES.items():
            figures[f"{name}: {family}"] = measure(gauge, how, asked.seed, asked.series)
            print(f"{name}: {family:20} {figures[f'{name}: {family}']}", flush=True)
    figures["seconds"] = round(time.perf_counter() - begun, 1)
    save("spikes_calibration", figures)


if __name__ == "__main__":
    main()
