"""Causes of missing volume: exact sets of silent segments found (F1) and time, compared with Adtributor.

`python -m bench.causes.missing` prints and saves the figures of seeds 100 to 199; `--seeds 0 50` those for calibration.
Shares and total are estimated from 1,000 tickets of the past, as in B5. A silent segment keeps at most a fifth of at
least fifteen usual tickets; figures are also reported by the usual tickets of the smaller planted segment.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from bench.causes import REPORT
from bench.causes.b5 import MethodResult, figures_of, rival, run, tallied
from bench.causes.excess import DIMENSIONS, Case, leaves_in, silence
from bench.causes.rivals import adtributor
from bench.result import save
from models.causes.direction import FALL
from models.causes.leaves import Leaves
from models.causes.subset_scan import scan
from models.segment import Segment

TICKETS = (200, 1_000)
BANDS = ((15.0, 30.0), (30.0, 60.0), (60.0, float("inf")))


def ours(case: Case) -> frozenset[Segment]:
    """Run the subset scan for missing volume."""
    leaves = Leaves(tallied(case.observed), tallied(case.reference), {}, case.expected, DIMENSIONS, silent=True)
    return frozenset(each.segment for each in scan(leaves, 1.0, FALL))


def drawn(tickets: int, causes: int, seeds: range) -> Iterator[tuple[float, Case]]:
    """Draw cases, each with the usual tickets of its smallest silent segment."""
    for seed in seeds:
        case = silence(seed, tickets, causes)
        yield min(float(case.usual[leaves_in(segment)].sum()) * tickets for segment in case.causes), case


def main() -> None:
    """Simulate, explain, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs=2, type=int, default=[REPORT.start, REPORT.stop])
    asked = parser.parse_args()
    seeds = range(*asked.seeds)
    figures: dict[str, Any] = {"seeds": f"{seeds.start}-{seeds.stop - 1}", "reference": 1_000}
    for tickets in TICKETS:
        for causes in (1, 2):
            own = run(ours, drawn(tickets, causes, seeds))
            results: dict[str, list[MethodResult]] = {"scan": own}
            for low, high in BANDS:
                results[f"scan, smallest silence of {low:.0f} to {high:.0f} tickets"] = [
                    one for one in own if low <= one.share < high
                ]
            results["adtributor"] = run(rival(adtributor), drawn(tickets, causes, seeds))
            for name, cases in results.items():
                if cases:
                    key = f"{tickets} usual tickets, {causes} silent segment{'s' if causes > 1 else ''}, {name}"
                    figures[key] = figures_of(cases)
                    print(f"{key:90} {figures[key]}", flush=True)
    if set(seeds) <= set(REPORT):
        save("causes_silence", figures, show=False)


if __name__ == "__main__":
    main()
