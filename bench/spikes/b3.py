"""Benchmark weekly counts: effective against nominal rates of false alarms, and outbreaks found, over 28 scenarios.

usage: python -m bench.spikes.b3 [--seeds FIRST END] [--rivals]

Without `--rivals` Farrington Flexible keeps its figures of the same seeds. The model is the gauge with weeks as steps: the same fit as
for days, week by week. It is compared with the same test with the true mean and dispersion. A case is in the week closest to its
lognormal time: with this Farrington Flexible is close to its published figures, .544 of the outbreaks of k = 5 at a rate of .009; with
times rounded down it finds .35 at .006. The benchmark also checks that randomised probability integral transforms are uniform under
the null.

References
----------
Noufaily et al. 2013, Statistics in Medicine 32.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from scipy import stats

from bench.result import save, saved
from bench.spikes import REPORT
from bench.spikes.gauge import Gauge
from bench.spikes.outbreak import cases, negative_binomial
from bench.spikes.rivals import farrington
from models.arrays import Floats, Ints, Mask
from models.spikes.statistics.count_tails import upper_tail
from models.trends.seasonality import Seasonality
from models.trends.windows import Forecast, Windows

WEEKS, FROM, SCORED = 624, 312, slice(575, 624)
NOMINAL = (0.005, 0.01, 0.025, 0.05, 0.1)
PARAMETERS = (
    (0.1, 1.5, 0.0025, 0.6, 0.6), (-2.0, 2.0, 0.005, 0.1, 0.3), (1.5, 1.0, 0.003, 0.2, -0.4),
    (0.5, 5.0, 0.002, 0.5, 0.5), (2.5, 3.0, 0.001, 1.0, 0.1), (3.75, 1.1, 0.001, 0.1, -0.1),
    (5.0, 1.2, 0.0001, 0.05, 0.01),
)  # fmt: skip
SCENARIOS = [(*one, trend, waves) for one in PARAMETERS for trend in (False, True) for waves in (0, 1)]
GAUGE = Gauge(windows=Windows((1,), ()), guard=8)
"""Seven tenths of an outbreak's cases fall in one week: windows of two weeks, or of both, find no more (seeds 0 to 11)."""
REFIT = 7


def true_mean(number: int) -> Floats:
    """Return the mean of every week without outbreaks."""
    theta, _, beta, g1, g2, trend, waves = SCENARIOS[number]
    weeks = np.arange(1, WEEKS + 1)
    turn = 2 * np.pi * weeks / 52
    return np.asarray(np.exp(theta + beta * weeks * trend + waves * (g1 * np.cos(turn) + g2 * np.sin(turn))))


def oracle(number: int, counts: Floats) -> Floats:
    """Test the scored weeks with the true mean and dispersion over the gauge's window: no estimate can do better."""
    (width,) = GAUGE.windows.sharp
    mean, phi = np.cumsum(np.pad(true_mean(number), (1, 0))), SCENARIOS[number][1]
    sums, ends = np.cumsum(np.pad(counts, ((0, 0), (1, 0))), axis=1), np.arange(SCORED.start, SCORED.stop) + 1
    expected = mean[ends] - mean[ends - width]
    return upper_tail(sums[:, ends] - sums[:, ends - width], expected, phi * expected)


def simulate(number: int, seed: int, k: float) -> tuple[Ints, Ints]:
    """Draw counts of 624 weeks, and the cases of an outbreak of `k` deviations in the scored weeks (0: none)."""
    phi = SCENARIOS[number][1]
    random = np.random.default_rng([seed, number])
    mean = true_mean(number)
    counts = negative_binomial(random, mean, phi)
    for past in (2.0, 3.0, 5.0, 10.0):
        counts += _outbreak(random, mean, phi, past, FROM, SCORED.start)
    now = _outbreak(random, mean, phi, k, SCORED.start, WEEKS) if k else np.zeros(WEEKS, dtype=np.int64)
    return counts + now, now


def _outbreak(random: np.random.Generator, mean: Floats, phi: float, k: float, first: int, last: int) -> Ints:
    start = int(random.integers(first, last))
    size = cases(random, k * float(np.sqrt(phi * mean[start])), least=0)
    weeks = start + np.round(random.lognormal(0.0, 0.5, size)).astype(np.int64)
    return np.bincount(weeks[weeks < last], minlength=WEEKS)


def tested(counts: Floats) -> tuple[Floats, list[tuple[int, Forecast]]]:
    """Return p-values of the scored weeks, shape (runs, 49), and the outlook of each refit."""
    recent = counts[:, FROM:]
    design, ridge = Seasonality(week=1, year=52.0, harmonics=1).design(np.arange(recent.shape[1]))
    p_values, outlooks = [], []
    start = None
    for end in range(SCORED.start - FROM, WEEKS - FROM, REFIT):
        outlook = GAUGE.outlook(recent, design, ridge, end, start=start)
        start = outlook.fit.coefficients
        p_values.append(GAUGE.evidence(recent, outlook, range(end, end + REFIT))[0])
        outlooks.append((end, outlook))
    return np.concatenate(p_values, axis=1), outlooks


def transforms(counts: Floats, outlooks: Sequence[tuple[int, Forecast]], random: np.random.Generator) -> Floats:
    """Return randomised probability integral transforms of the scored weeks, uniform if the predictions are right."""
    found = []
    for end, outlook in outlooks:
        for t in range(end, end + REFIT):
            mean, variance = outlook.window(t, 1)
            variance = np.maximum(variance, mean * (1 + 1e-6))
            size, chance = mean**2 / (variance - mean), mean / variance
            x = counts[:, FROM + t]
            low, high = stats.nbinom.cdf(x - 1, size, chance), stats.nbinom.cdf(x, size, chance)
            found.append(low + random.random(len(x)) * (high - low))
    return np.concatenate(found)


def _detected(alarms: Mask, outbreak: Ints) -> tuple[int, int]:
    """Count the outbreaks with an alarm, and all outbreaks."""
    now = outbreak[:, SCORED] > 0
    return int((alarms & now).any(axis=1).sum()), int(now.any(axis=1).sum())


@dataclass
class _Tally:
    """Alarms without outbreaks and outbreaks found, by nominal level, added up over scenarios."""

    false: Floats = field(default_factory=lambda: np.zeros(len(NOMINAL)))
    found: Floats = field(default_factory=lambda: np.zeros(len(NOMINAL)))
    true_false: Floats = field(default_factory=lambda: np.zeros(len(NOMINAL)))
    true_found: Floats = field(default_factory=lambda: np.zeros(len(NOMINAL)))
    weeks: int = 0
    outbreaks: int = 0
    rival_false: int = 0
    rival_found: int = 0
    transforms: list[Floats] = field(default_factory=list)

    def add(self, number: int, seeds: range, *, rivals: bool) -> None:
        """Simulate and test one scenario."""
        null = np.stack([simulate(number, seed, 0.0)[0] for seed in seeds]).astype(np.float64)
        p_values, outlooks = tested(null)
        self.false += [(p_values < level).sum() for level in NOMINAL]
        self.weeks += p_values.size
        self.transforms.append(transforms(null, outlooks, np.random.default_rng(number)))
        drawn = [simulate(number, seed, 5.0) for seed in seeds]
        counts, outbreak = (np.stack(each) for each in zip(*drawn, strict=True))
        p_values = tested(counts.astype(np.float64))[0]
        hits = [_detected(p_values < level, outbreak) for level in NOMINAL]
        self.found += [hit for hit, _ in hits]
        self.true_false += [(oracle(number, null) < level).sum() for level in NOMINAL]
        known = oracle(number, counts.astype(np.float64))
        self.true_found += [_detected(known < level, outbreak)[0] for level in NOMINAL]
        self.outbreaks += hits[0][1]
        if rivals:
            self.rival_false += int(farrington(null, SCORED, year=52, week=1, alpha=0.005).sum())
            alarms = farrington(counts.astype(np.float64), SCORED, year=52, week=1, alpha=0.005)
            self.rival_found += _detected(alarms, outbreak)[0]

    def figures(self, *, rivals: bool) -> dict[str, Any]:
        """Return the rates of false alarms and of outbreaks found."""
        figures: dict[str, Any] = {}
        for at, level in enumerate(NOMINAL):
            figures[f"gauge nominal {level}"] = {
                "effective": round(float(self.false[at] / self.weeks), 5),
                "ratio": round(float(self.false[at] / self.weeks / level), 3),
                "pod_k5": round(float(self.found[at] / self.outbreaks), 3),
            }
            figures[f"true mean nominal {level}"] = {
                "effective": round(float(self.true_false[at] / self.weeks), 5),
                "pod_k5": round(float(self.true_found[at] / self.outbreaks), 3),
            }
        if rivals:
            figures["farrington_flexible nominal 0.005"] = {
                "effective": round(self.rival_false / self.weeks, 5),
                "ratio": round(self.rival_false / self.weeks / 0.005, 3),
                "pod_k5": round(self.rival_found / self.outbreaks, 3),
            }
        pit = np.concatenate(self.transforms)
        deciles = np.histogram(pit, bins=10, range=(0.0, 1.0))[0] / len(pit)
        figures["pit_deciles"] = [round(float(one), 4) for one in deciles]
        figures["pit_ks_distance"] = round(float(stats.kstest(pit, "uniform").statistic), 4)
        return figures


def main() -> None:
    """Simulate, test, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs=2, type=int, default=[REPORT.start, REPORT.stop])
    parser.add_argument("--rivals", action="store_true")
    asked = parser.parse_args()
    begun = time.perf_counter()
    tally = _Tally()
    for number in range(len(SCENARIOS)):
        tally.add(number, range(*asked.seeds), rivals=asked.rivals)
    figures = {
        "seeds": f"{asked.seeds[0]}-{asked.seeds[1] - 1}", "scenarios": len(SCENARIOS), **tally.figures(rivals=asked.rivals),
        "seconds": round(time.perf_counter() - begun, 1),
    }  # fmt: skip
    if set(range(*asked.seeds)) <= set(REPORT):
        known = saved("spikes_b3")
        if known.get("seeds") == figures["seeds"]:
            figures = {name: value for name, value in known.items() if name.startswith("farrington")} | figures
        save("spikes_b3", figures)
    else:
        for key, value in figures.items():
            print(f"{key:36} {value}")


if __name__ == "__main__":
    main()
