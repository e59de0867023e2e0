"""Benchmark comparisons on the same case mix: false and real differences of vendors, coverage of intervals.

usage: python -m bench.metrics.comparison [--seed 100] [--sets 1000] [--median-sets 200]

Vendors have case mixes of their own over themes, user types and priorities that differ in difficulty (`bench/metrics/vendors.py`).
Equal skill: the share of sets with any false statement (at most 5 %), and with tests of the unadjusted rates (Holm) instead.
One worse vendor: how often it is found. Coverage: of the intervals of differences, against the true difference on the common case mix.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bench.metrics.changes import measure_changes
from bench.metrics.vendors import Setting, Simulated, dated_tickets, draw, mean_cells, name, rate_cells, time_cells
from bench.result import save
from models.comparison.case_mix import find_support
from models.comparison.cells import RateCell, make_grid
from models.comparison.day_correlation import day_correlation
from models.comparison.medians import compare_medians
from models.comparison.report import CaseMixReport, Verdict
from models.comparison.rules import ComparisonRules
from models.comparison.standardize import compare_means, compare_rates
from models.spikes.statistics.multiple_testing import family_wise

SETTINGS = {
    "6 vendors, 6,000 tickets": Setting(),
    "6 vendors, 1,500 tickets": Setting(tickets=1_500),
    "6 vendors, 6,000 tickets, 97 %": Setting(base=0.97),
    "3 vendors, 6,000 tickets": Setting(vendors=3),
    "6 vendors, 20,000 tickets, far mixes": Setting(tickets=20_000, spread=0.6),
}
EFFECTS = (-0.3, -0.5, -0.8)
RULES = ComparisonRules()


@dataclass
class Tally:
    """What was counted over the sets of a setting."""

    sets: int = 0
    false_sets: int = 0
    unadjusted_sets: int = 0
    judged: int = 0
    covered: int = 0
    too_small: int = 0
    vendors: int = 0
    found: list[bool] = field(default_factory=list)
    comparable: list[float] = field(default_factory=list)

    def add(self, report: CaseMixReport, truth: dict[str, float]) -> None:
        """Count the statements and intervals of a report. truth: the true difference of each vendor from its reference."""
        self.sets += 1
        self.vendors += len(report.groups)
        self.comparable.append(report.mix.comparable)
        self.false_sets += any(result.verdict in (Verdict.HIGHER, Verdict.LOWER) for result in report.groups)
        for result in report.groups:
            self.too_small += result.verdict is Verdict.TOO_SMALL
            if result.against is not None:
                self.judged += 1
                self.covered += result.against.interval[0] <= truth.get(result.group, 0.0) <= result.against.interval[1]

    def figures(self) -> dict[str, float]:
        """Return shares."""
        return {
            "sets": self.sets,
            "comparable": round(float(np.mean(self.comparable)), 3),
            "too_small": round(self.too_small / self.vendors, 3),
            "coverage": round(self.covered / max(self.judged, 1), 4),
        }


def unadjusted_difference(cells: Sequence[RateCell]) -> bool:
    """Return whether tests of each vendor's unadjusted rate against the others (z, Holm, 5 %) find any difference."""
    names = sorted({cell.group for cell in cells})
    tickets = np.array([sum(cell.tickets for cell in cells if cell.group == one) for one in names], dtype=float)
    hits = np.array([sum(cell.successes for cell in cells if cell.group == one) for one in names], dtype=float)
    others, other_hits = tickets.sum() - tickets, hits.sum() - hits
    pooled = hits.sum() / tickets.sum()
    z = (hits / tickets - other_hits / others) / np.sqrt(pooled * (1 - pooled) * (1 / tickets + 1 / others))
    from scipy.special import ndtr

    return bool((family_wise(2.0 * ndtr(-np.abs(z))) < 0.05).any())


def true_differences(drawn: Simulated, cells: Sequence[RateCell]) -> dict[str, float]:
    """Return how far the rate of each compared vendor on the common case mix is from that of the others."""
    grid = make_grid(cells, RULES.dimensions)
    support = find_support(grid, RULES, None, None)
    position = [drawn.strata.index(key) for key in grid.strata]
    vendors = [int(grid.groups[row].split()[1]) for row in support.groups]
    true = drawn.rates[vendors][:, position] @ support.weights
    inside = [member for block in support.blocks for member in block.members]
    tickets = grid.tickets[support.groups][:, inside].sum(axis=1)
    others = [
        float(np.average(np.delete(true, at), weights=np.delete(tickets, at))) if len(true) > 1 else 0.0
        for at in range(len(true))
    ]
    return {grid.groups[row]: float(true[at] - others[at]) for at, row in enumerate(support.groups)}


def equal_rates(setting: Setting, seed: int, sets: int, reference: str | None = None) -> dict[str, Any]:
    """Simulate vendors of equal skill."""
    tally = Tally()
    for at in range(sets):
        generator = np.random.default_rng([seed, at])
        cells = rate_cells(draw(setting, np.zeros(setting.vendors), generator), generator)
        tally.add(compare_rates(cells, RULES, reference=reference), {})
        tally.unadjusted_sets += unadjusted_difference(cells)
    false = {"false_sets": tally.false_sets / sets, "false_sets_unadjusted": tally.unadjusted_sets / sets}
    return {**{key: round(value, 4) for key, value in false.items()}, **tally.figures()}


def equal_rates_with_days(setting: Setting, seed: int, sets: int, spread: float) -> dict[str, Any]:
    """Simulate vendors of equal skill with good and bad days of their own, with their correlation and without it."""
    tally, plain, found = Tally(), Tally(), []
    for at in range(sets):
        generator = np.random.default_rng([seed, at])
        drawn = draw(setting, np.zeros(setting.vendors), generator)
        tickets = dated_tickets(drawn, 28, spread, generator)
        found.append(day_correlation(tickets.vendor, tickets.stratum, tickets.day, tickets.success, generator))
        cells = tickets.cells(drawn.strata)
        tally.add(compare_rates(cells, ComparisonRules(day_correlation=found[-1], days=28)), {})
        plain.add(compare_rates(cells, RULES), {})
    return {
        "false_sets": round(tally.false_sets / sets, 4),
        "false_sets_independent_tickets": round(plain.false_sets / sets, 4),
        "day_correlation": round(float(np.mean(found)), 4),
        **tally.figures(),
    }


def equal_means(setting: Setting, seed: int, sets: int) -> dict[str, Any]:
    """Simulate costs of vendors of equal skill."""
    tally, none = Tally(), np.zeros(setting.vendors)
    for at in range(sets):
        generator = np.random.default_rng([seed, at])
        tally.add(compare_means(mean_cells(draw(setting, none, generator), none, generator), RULES), {})
    return {"false_sets": round(tally.false_sets / sets, 4), **tally.figures()}


def medians(setting: Setting, seed: int, sets: int, effect: float) -> dict[str, Any]:
    """Simulate resolution times: `effect` is added to the logarithm of the times of the first vendor."""
    tally, effects = Tally(), np.zeros(setting.vendors)
    effects[0] = effect
    rules = ComparisonRules(replicates=399)
    for at in range(sets):
        generator = np.random.default_rng([seed, at])
        drawn = draw(setting, np.zeros(setting.vendors), generator)
        report = compare_medians(time_cells(drawn, effects, generator), generator, rules)
        tally.add(report, {})
        _note(tally, report, Verdict.HIGHER)
    figures = tally.figures()
    if effect:
        del figures["coverage"]
        return {"found": _share(tally.found), **figures}
    return {"false_sets": round(tally.false_sets / sets, 4), **figures}


def worse_rates(setting: Setting, seed: int, sets: int, effect: float) -> dict[str, Any]:
    """Simulate a vendor whose odds of success are lower by a factor exp(effect)."""
    tally, effects, gaps = Tally(), np.zeros(setting.vendors), []
    effects[0] = effect
    for at in range(sets):
        generator = np.random.default_rng([seed, at])
        drawn = draw(setting, effects, generator)
        cells = rate_cells(drawn, generator)
        truth = true_differences(drawn, cells)
        report = compare_rates(cells, RULES)
        tally.add(report, truth)
        _note(tally, report, Verdict.LOWER)
        gaps.append(truth.get(name(0), np.nan))
    return {"found": _share(tally.found), "true_points": round(100 * float(np.nanmean(gaps)), 2), **tally.figures()}


def _note(tally: Tally, report: CaseMixReport, expected: Verdict) -> None:
    """Note whether the first vendor is found, where its sample is judged."""
    first = next((result for result in report.groups if result.group == name(0)), None)
    if first is not None and first.against is not None:
        tally.found.append(first.verdict is expected)


def _share(found: Sequence[bool]) -> float:
    return round(float(np.mean(found)), 3) if found else 0.0


def main() -> None:
    """Simulate, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--sets", type=int, default=1000)
    parser.add_argument("--median-sets", type=int, default=200)
    asked = parser.parse_args()
    begun = time.perf_counter()
    figures: dict[str, Any] = {"seed": asked.seed}
    for title, setting in SETTINGS.items():
        figures[f"equal rates: {title}"] = equal_rates(setting, asked.seed, asked.sets)
    figures["equal rates: one named reference"] = equal_rates(Setting(), asked.seed, asked.sets, name(0))
    for title, spread in (("independent days", 0.0), ("good and bad days", 0.6)):
        figures[f"equal rates: {title}"] = equal_rates_with_days(Setting(), asked.seed, asked.sets, spread)
    figures["equal means: 6 vendors, 6,000 tickets"] = equal_means(Setting(), asked.seed, asked.sets)
    for effect in EFFECTS:
        title = f"one worse vendor: odds x {np.exp(effect):.2f}"
        figures[title] = worse_rates(Setting(), asked.seed, asked.sets // 2, effect)
    timed = Setting(vendors=4, tickets=3_000)
    figures["equal medians: 4 vendors, 3,000 tickets"] = medians(timed, asked.seed, asked.median_sets, 0.0)
    figures["one slower vendor: times x 1.5"] = medians(timed, asked.seed, asked.median_sets // 2, float(np.log(1.5)))
    figures.update(measure_changes(asked.seed, asked.sets))
    figures["seconds"] = round(time.perf_counter() - begun, 1)
    save("comparison", figures)


if __name__ == "__main__":
    main()
