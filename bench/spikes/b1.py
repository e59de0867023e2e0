"""Benchmark daily syndromic counts: specificity, sensitivity, detection and timeliness over 16 signals.

usage: python -m bench.spikes.b1 [--seeds FIRST END] [--strengths 2 3 5 10] [--methods gauge ears_c1 ...]

The model is the gauge with days as steps; Farrington Flexible, EARS C1 to C3, Sentry's rule (its week of hours is 168 days here),
SigniTrend and mean + 2 sd are compared with it. Methods that are not selected keep their figures; each has its seeds with it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench.result import save, saved
from bench.spikes import REPORT
from bench.spikes.daily import DAYS, SCORED, SIGNALS, STRENGTHS, Run, Signal, calendar, simulate
from bench.spikes.gauge import Gauge
from bench.spikes.rivals import ears, escalating, farrington, mean_and_deviations, signi_trend, trailing
from models.arrays import Floats, Mask
from models.trends.seasonality import Seasonality
from models.trends.windows import Windows

REFIT = 28
FEW_RUNS = 10
"""Runs on which Farrington Flexible is tested, the first of the selected ones: it is fitted anew each day."""
GAUGE = Gauge(windows=Windows((1,), (3, 7), 0.5), guard=14, level=0.011, stay=0.2, patience=2)


def judged(signal: Signal, counts: Floats) -> Mask:
    """Return the alarms of the gauge on the scored days, with the calendar given."""
    known = calendar(signal)
    # Weekdays without a single ticket are days without service: the model's steps are the others.
    served = counts[:, : SCORED.start].reshape(len(counts), -1, 7).sum(axis=(0, 1)) > 0
    days = np.flatnonzero(served[np.arange(DAYS) % 7])
    event = known.event_day[days] if signal.season is not None else None
    flags = np.stack([known.holiday, known.after], axis=1).astype(np.float64)[days]
    design, ridge = Seasonality(week=7, year=364.0, harmonics=3).design(days, flags, event)
    scored = [at for at, day in enumerate(days) if SCORED.start <= day < SCORED.stop]
    p_values, alone = [], []
    start = None
    for end in range(scored[0], scored[-1] + 1, REFIT):
        outlook = GAUGE.outlook(counts[:, days], design, ridge, end, event=event, start=start)
        start = outlook.fit.coefficients
        p, one = GAUGE.evidence(counts[:, days], outlook, range(end, min(end + REFIT, scored[-1] + 1)))
        p_values.append(p)
        alone.append(one)
    alarms = np.zeros(counts.shape, dtype=bool)
    alarms[:, days[scored]] = GAUGE.alarms(np.concatenate(p_values, axis=1), np.concatenate(alone, axis=1))
    return alarms[:, SCORED]


METHODS: dict[str, Callable[[Signal, Floats], Mask]] = {
    "gauge": judged,
    "farrington_flexible": lambda _signal, counts: farrington(trailing(counts, 7), SCORED, year=364, week=7),
    "ears_c1": lambda signal, counts: ears(counts, SCORED, 1, served=~calendar(signal).closed),
    "ears_c2": lambda signal, counts: ears(counts, SCORED, 2, served=~calendar(signal).closed),
    "ears_c3": lambda signal, counts: ears(counts, SCORED, 3, served=~calendar(signal).closed),
    "sentry_escalating": lambda _signal, counts: escalating(counts, SCORED),
    "signi_trend": lambda _signal, counts: signi_trend(counts, SCORED, half_life=28.0, sigma=3.0),
    "mean_2sd": lambda _signal, counts: mean_and_deviations(counts, SCORED, 30, 2.0),
}


def tally(signal: Signal, runs: Sequence[Run], alarms: Mask) -> Floats:
    """Count false alarms, days without outbreak, both on open and season days, hits, outbreak days, found, runs, delays."""
    outbreak = np.stack([run.outbreak for run in runs])
    season = np.stack([run.season for run in runs])[:, SCORED]
    calm = outbreak[:, SCORED] == 0
    served = ~calendar(signal).closed[SCORED]
    found, late, runs_counted = 0, 0.0, 0
    for row, cases in zip(alarms, outbreak, strict=True):
        days = np.flatnonzero(cases)
        if not len(days):
            continue
        runs_counted += 1
        inside = np.zeros(DAYS, dtype=bool)
        inside[SCORED] = row
        hits = np.flatnonzero(inside & (cases > 0))
        found += bool(len(hits))
        late += (hits[0] - days[0]) / (days[-1] + 1 - days[0]) if len(hits) else 1.0
    return np.array([
        (alarms & calm).sum(), calm.sum(), (alarms & calm & served).sum(), (calm & served).sum(),
        (alarms & calm & season).sum(), (calm & season).sum(),
        (alarms & ~calm).sum(), (~calm).sum(), found, runs_counted, late,
    ], dtype=np.float64)  # fmt: skip


def figures(tallied: Floats) -> dict[str, float]:
    """Compute the benchmark's figures from added-up tallies."""
    false, calm, false_open, calm_open, false_season, in_season, hits, days, found, runs, late = tallied
    rates = {
        "specificity": 1 - false / calm, "specificity_open_days": 1 - false_open / calm_open,
        "sensitivity": hits / days, "pod": found / runs, "timeliness": late / runs,
    }  # fmt: skip
    if in_season:
        rates["specificity_season"] = 1 - false_season / in_season
    return {name: round(float(value), 4) for name, value in rates.items()}


def _of_others(asked: Sequence[str]) -> dict[str, Any]:
    """Return the stored figures of methods that are not selected, with the seeds that they were measured on."""
    return {
        key: figures for key, figures in saved("spikes_b1").items() if key.split(" ")[0] in METHODS.keys() - set(asked)
    }


def main() -> None:
    """Simulate, test, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs=2, type=int, default=[REPORT.start, REPORT.stop])
    parser.add_argument("--strengths", nargs="+", type=int, default=list(STRENGTHS))
    parser.add_argument("--methods", nargs="+", default=list(METHODS))
    asked = parser.parse_args()
    begun = time.perf_counter()
    pooled: dict[tuple[str, int], Floats] = {}
    by_signal: dict[tuple[str, int], Floats] = {}
    for signal in SIGNALS.values():
        for strength in asked.strengths:
            runs = [simulate(signal, seed, strength) for seed in range(*asked.seeds)]
            counts = np.stack([run.counts for run in runs]).astype(np.float64)
            for method in asked.methods:
                some = min(len(runs), FEW_RUNS) if method == "farrington_flexible" else len(runs)
                counted = tally(signal, runs[:some], METHODS[method](signal, counts[:some]))
                pooled[method, strength] = pooled.get((method, strength), 0.0) + counted
                by_signal[method, signal.number] = by_signal.get((method, signal.number), 0.0) + counted
    first, end = asked.seeds
    seeds = dict.fromkeys(asked.methods, f"{first}-{end - 1}")
    if "farrington_flexible" in seeds:
        seeds["farrington_flexible"] = f"{first}-{min(first + FEW_RUNS, end) - 1}"
    reported: dict[str, Any] = {
        f"{method} w={strength}": {"seeds": seeds[method], **figures(values)}
        for (method, strength), values in pooled.items()
    }
    for method in asked.methods:
        name = f"{method} by signal, seeds {seeds[method]}"
        reported[name] = {n: figures(v) for (m, n), v in by_signal.items() if m == method}
    reported["seconds"] = round(time.perf_counter() - begun, 1)
    if set(range(*asked.seeds)) <= set(REPORT):
        save("spikes_b1", {**_of_others(asked.methods), **reported})
    else:
        for key, value in reported.items():
            print(f"{key:30} {value}")


if __name__ == "__main__":
    main()
