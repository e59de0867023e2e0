"""B5: causes at low counts. Exact sets of causes found (F1) and time, compared with RiskLoc and Adtributor.

`python -m bench.causes.b5` prints and saves the figures of seeds 100 to 199; `--seeds 0 50` those for calibration. Rivals
and the variants of `--variants` use fewer seeds.
The expectation is estimated: shares of all 3,600 combinations, and the total, from a sample of the past (1,000 tickets unless
stated otherwise; for the rivals as many as in the window, if that is more). Times are of the processor, one thread.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.causes import REPORT
from bench.causes.excess import DIMENSIONS, SHARES, Case, attributes, simulate
from bench.causes.rivals import adtributor, riskloc
from bench.result import save
from models.arrays import Floats
from models.causes.leaves import Leaves
from models.causes.subset_scan import scan
from models.segment import Segment

TICKETS = (200, 2_000, 20_000, 200_000)
REFERENCE = 1_000
FEW = 12
"""Seeds of the variants and rivals, each with one excess share in turn; for the main figure each seed has all."""
SMOOTHING = 0.5
"""Tickets added to the rivals' expectations in total, evenly over the leaves: theirs are forecasts, never 0."""
Method = Callable[[Case], frozenset[Segment]]
Cases = Iterator[tuple[float, Case]]
_NAMES = [tuple(leaf[name] for name in DIMENSIONS) for leaf in attributes()]


def ours(dispersion: float) -> Method:
    """Run the subset scan."""

    def found(case: Case) -> frozenset[Segment]:
        leaves = Leaves(tallied(case.observed), tallied(case.reference), {}, case.expected, DIMENSIONS)
        return frozenset(each.segment for each in scan(leaves, dispersion))

    return found


def known(case: Case) -> frozenset[Segment]:
    """Run the subset scan with the true shares and total, to measure the cost of estimating."""
    certain = {_NAMES[at]: float(case.usual[at]) * 1e6 for at in range(len(case.usual))}
    leaves = Leaves(tallied(case.observed), certain, {}, case.true_expected, DIMENSIONS)
    return frozenset(each.segment for each in scan(leaves, 1.0))


def rival(method: Callable[[Floats, Floats], frozenset[Segment]]) -> Method:
    """Run a rival over leaves."""

    def found(case: Case) -> frozenset[Segment]:
        smoothed = case.reference + SMOOTHING / len(case.reference)
        return method(case.observed.astype(np.float64), case.expected * smoothed / smoothed.sum())

    return found


def tallied(counts: Any) -> dict[tuple[str | None, ...], float]:
    """Return tickets by their values, of the leaves with any."""
    return {_NAMES[at]: float(counts[at]) for at in np.flatnonzero(counts)}


@dataclass(frozen=True, slots=True)
class MethodResult:
    """What a method found in one case."""

    share: float
    found: frozenset[Segment]
    causes: frozenset[Segment]
    seconds: float


def run(method: Method, cases: Iterable[tuple[float, Case]]) -> list[MethodResult]:
    """Run a method over cases, each with its excess share."""
    results = []
    for share, case in cases:
        began = time.process_time()
        found = method(case)
        results.append(MethodResult(share, found, case.causes, time.process_time() - began))
    return results


def figures_of(results: Sequence[MethodResult]) -> dict[str, float]:
    """Compute F1 of exact causes, pooled over the cases, the share of cases with the exact set, and milliseconds."""
    true = sum(len(one.found & one.causes) for one in results)
    named, planted = sum(len(one.found) for one in results), sum(len(one.causes) for one in results)
    return {
        "f1": round(2 * true / (named + planted), 3), "precision": round(true / max(named, 1), 3),
        "recall": round(true / planted, 3), "exact_sets": round(sum(one.found == one.causes for one in results) / len(results), 3),
        "ms": round(1e3 * sum(one.seconds for one in results) / len(results), 1), "cases": len(results),
    }  # fmt: skip


def main() -> None:
    """Simulate, explain, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs=2, type=int, default=[REPORT.start, REPORT.stop])
    parser.add_argument("--sizes", nargs="+", type=int, default=list(TICKETS))
    parser.add_argument(
        "--variants", action="store_true", help="also other references, dispersion, and true expectations"
    )
    asked = parser.parse_args()
    seeds = range(*asked.seeds)
    figures: dict[str, Any] = {"seeds": f"{seeds.start}-{seeds.stop - 1}", "reference": REFERENCE, "shares": SHARES}
    for tickets in asked.sizes:
        for causes in (1, 2):
            for name, one in _of_size(tickets, causes, seeds, variants=asked.variants).items():
                figures[f"{tickets} tickets, {causes} cause{'s' if causes > 1 else ''}, {name}"] = one
                print(f"{tickets:8,} {causes}  {name:34} {one}", flush=True)
            if set(seeds) <= set(REPORT):
                save("causes", figures, show=False)


def _of_size(tickets: int, causes: int, seeds: range, *, variants: bool) -> dict[str, dict[str, float]]:
    """Measure all figures of one size; at 200 tickets the scan over all seeds, the rest over a few."""
    small = tickets == TICKETS[0]
    few = [(seed, SHARES[seed % len(SHARES)]) for seed in seeds[:FEW]]
    each = [(seed, share) for seed in seeds for share in SHARES] if small else few

    def drawn(of: list[tuple[int, float]], reference: int = REFERENCE, dispersion: float = 1.0) -> Cases:
        for seed, share in of:
            yield share, simulate(seed, tickets, causes, share, reference=reference, dispersion=dispersion)

    most = max(REFERENCE, tickets)
    own = run(ours(1.0), drawn(each))
    results = {"scan": own}
    if small:
        results |= {f"scan, excess share {share}": [one for one in own if one.share == share] for share in SHARES}
    if small and variants:
        results["scan, reference 300"] = run(ours(1.0), drawn(few, 300))
        results["scan, reference 3,000"] = run(ours(1.0), drawn(few, 3_000))
        results["scan, totals of dispersion 1.5"] = run(ours(1.5), drawn(few, dispersion=1.5))
        results["scan, true expectations"] = run(known, drawn(few))
    if not small:
        results["scan, reference as large"] = run(ours(1.0), drawn(few, most))
    results["riskloc"] = run(rival(riskloc), drawn(few, most))
    results["adtributor"] = run(rival(adtributor), drawn(few, most))
    return {name: figures_of(one) for name, one in results.items()}


if __name__ == "__main__":
    main()
