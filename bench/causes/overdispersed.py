"""Simulators of excesses whose mix of attributes is over-dispersed, as real ones are: tickets, and series of many leaves.

`tickets`: a few hundred tickets over the combinations of B5. Each block of the past, and the window, draws its own mix
from a Dirichlet distribution around the usual one, with intra-class correlation rho.
`series`: the kind of case for which Squeeze, PSqueeze and RiskLoc are made: thousands of leaves of very different
sizes, some of which never occur, in time slots. Leaves vary by a gamma factor of their own, whole values by a factor of
theirs; the forecast of each leaf is the mean of its past slots. One to three causes of the same or of different
attributes multiply their leaves by nearly the same factor (the assumption of Squeeze).

`python -m bench.causes.overdispersed` prints and saves the figures of seeds 100 to 199; `--seeds 0 30` those that were used
in development.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.causes import REPORT
from bench.causes.b5 import MethodResult, figures_of
from bench.causes.excess import DIMENSIONS, LEAVES, SHARES, leaves_in, planted, total, usual_shares, value
from bench.result import save
from models.arrays import Floats, Ints
from models.causes.leaves import AttributeCounts, Leaves
from models.causes.mix import between_blocks
from models.causes.subset_scan import scan
from models.segment import Segment

CORRELATIONS = (0.0025, 0.005, 0.01)
"""Intra-class correlations of the mix: at 200 tickets variances are 1.5, 2 and 3 times the multinomial ones."""
SIZE = 200
FEW = 25
"""Seeds of the variants that are compared with."""
BLOCK = 40
"""Tickets of a block of the past, as many as a small theme has in a day."""
TICKETS_OF_PAST = 1_000
GRIDS = ((10, 12, 10, 8, 5), (20, 9, 8, 5), (40, 13, 9, 20, 5))
"""Numbers of values of the attributes: as in RiskLoc's generator, four attributes, and one attribute with many values."""
TOTALS = (3_000, 30_000, 300_000)
SLOTS = 10
"""Past slots from whose mean each leaf is forecast."""
MOST_LEAVES = 6_000
LEAST_EXCESS, MOST_EXCESS = 0.03, 0.5
LEAST_OF_CAUSE = 0.15


@dataclass(frozen=True, slots=True)
class DispersedCase:
    """One excess.

    window: tickets by their values in `dimensions`. blocks: the past, block by block. expected: tickets expected in the
    window. dispersion: variance over mean of totals. causes: planted.
    """

    dimensions: tuple[str, ...]
    window: AttributeCounts
    blocks: tuple[AttributeCounts, ...]
    expected: float
    dispersion: float
    causes: frozenset[Segment]

    @property
    def reference(self) -> AttributeCounts:
        """Add up the blocks."""
        found: dict[tuple[str | None, ...], float] = {}
        for block in self.blocks:
            for row, count in block.items():
                found[row] = found.get(row, 0.0) + count
        return found


def tickets(seed: int, size: int, causes: int, share: float, rho: float, dispersion: float = 1.5) -> DispersedCase:
    """Draw an excess of a few hundred tickets; the arguments are those of `bench.causes.excess.simulate`, and rho."""
    random = np.random.default_rng([seed, size, causes, int(share * 100), int(rho * 1e5), 18])
    usual = usual_shares(random)
    segments = planted(random, causes)
    blocks = [
        random.multinomial(random.poisson(BLOCK), _mixed(random, usual, rho)) for _ in range(TICKETS_OF_PAST // BLOCK)
    ]
    mix = _mixed(random, usual, rho)
    base = size * (1.0 - share)
    observed = random.multinomial(total(random, base, dispersion), mix)
    split = random.dirichlet(np.full(causes, 10.0))
    for segment, part in zip(segments, split, strict=True):
        inside = np.where(leaves_in(segment), usual, 0.0)
        own = _mixed(random, inside / inside.sum(), rho)
        observed = observed + random.multinomial(total(random, size * share * part, dispersion), own)
    past = sum(int(block.sum()) for block in blocks)
    names = list(zip(*([value(at, int(code)) for code in LEAVES[at]] for at in range(len(LEAVES))), strict=True))
    counted = [{names[at]: float(one[at]) for at in np.flatnonzero(one)} for one in (observed, *blocks)]
    return DispersedCase(
        DIMENSIONS, counted[0], tuple(counted[1:]), base * past / TICKETS_OF_PAST, dispersion, frozenset(segments)
    )


def _mixed(random: np.random.Generator, usual: Floats, rho: float) -> Floats:
    """Draw shares from the Dirichlet distribution whose intra-class correlation is rho, 0 for the mean itself."""
    if rho <= 0:
        return usual
    drawn = random.gamma(usual * (1.0 / rho - 1.0))
    return np.asarray(drawn / drawn.sum())


def series(seed: int, causes: int) -> DispersedCase:
    """Draw an excess over thousands of leaves in slots; sizes, noise, and factors vary from seed to seed."""
    random = np.random.default_rng([seed, causes, 19])
    grid = GRIDS[int(random.integers(len(GRIDS)))]
    size = TOTALS[int(random.integers(len(TOTALS)))]
    noise = _Noise(random)
    leaves, usual = _leaves_of(random, grid)
    means = usual * size
    past = [noise.counts(random, means, leaves, grid) for _ in range(SLOTS)]
    forecast = sum(past) / SLOTS
    segments, factor = _planted_in(random, leaves, grid, usual, causes)
    window = noise.counts(random, means * factor, leaves, grid)
    names = [tuple(f"{chr(97 + at)}{code}" for at, code in enumerate(leaf)) for leaf in leaves.T.tolist()]
    counted = [{names[at]: float(one[at]) for at in np.flatnonzero(one)} for one in (window, *past)]
    totals = np.array([one.sum() for one in past], dtype=np.float64)
    return DispersedCase(
        tuple(chr(97 + at) for at in range(len(grid))), counted[0], tuple(counted[1:]), float(forecast.sum()),
        max(1.0, float(totals.var(ddof=1) / totals.mean())), frozenset(segments),
    )  # fmt: skip


class _Noise:
    """How slots differ: in total, by value, and by leaf."""

    def __init__(self, random: np.random.Generator) -> None:
        self.of_total = random.uniform(0.01, 0.08)
        self.of_value = random.choice([0.0, 0.03, 0.1])
        self.of_leaf = random.uniform(0.05, 0.3)
        self.rho = random.choice([0.0, 2e-4, 1e-3])

    def counts(self, random: np.random.Generator, means: Floats, leaves: Ints, grid: tuple[int, ...]) -> Ints:
        """Draw the tickets of a slot."""
        factor = np.full(len(means), random.gamma(self.of_total**-2.0) * self.of_total**2.0)
        for at, values in enumerate(grid):
            factor *= np.exp(random.normal(0.0, self.of_value, values))[leaves[at]]
        # A leaf's own variance: a coefficient of variation that all share, and one that falls with its size.
        variance = self.of_leaf**2 + self.rho * means.sum() / np.maximum(means, 1e-9)
        factor *= random.gamma(1.0 / variance) * variance
        return np.asarray(random.poisson(means * factor))


def _leaves_of(random: np.random.Generator, grid: tuple[int, ...]) -> tuple[Ints, Floats]:
    """Draw which leaves occur, shape (attributes, leaves), and their shares: values and leaves are log-normal."""
    everything = int(np.prod(grid))
    kept = np.sort(
        random.choice(everything, min(MOST_LEAVES, int(everything * random.uniform(0.3, 0.8))), replace=False)
    )
    leaves = np.array(np.unravel_index(kept, grid), dtype=np.int64)
    weight = np.exp(random.normal(0.0, random.uniform(0.5, 1.5), len(kept)))
    for at, values in enumerate(grid):
        weight *= np.exp(random.normal(0.0, 0.7, values))[leaves[at]]
    return leaves, np.asarray(weight / weight.sum())


def _planted_in(
    random: np.random.Generator, leaves: Ints, grid: tuple[int, ...], usual: Floats, causes: int
) -> tuple[list[Segment], Floats]:
    """Plant causes with 3 to 50 % of the tickets, each a good part of them; return the factor on each leaf."""
    same = bool(random.random() < 0.5)
    uneven = float(random.choice([0.1, 0.4]))
    while True:
        order = int(random.integers(1, 4))
        places = random.choice(len(grid), order, replace=False)
        found, factor, excess = [], np.ones(len(usual)), []
        for _ in range(causes):
            if not same:
                places = random.choice(len(grid), int(random.integers(1, 4)), replace=False)
            leaf = leaves[:, int(random.integers(leaves.shape[1]))]
            found.append(Segment.of({chr(97 + int(at)): f"{chr(97 + int(at))}{leaf[at]}" for at in places}))
            inside = np.all(leaves[places] == leaf[places][:, None], axis=0)
            more = random.uniform(0.3, 3.0) * np.where(inside, random.lognormal(0.0, uneven, len(usual)), 0.0)
            excess.append(float((more * usual).sum()))
            factor += more
        share = sum(excess) / (1.0 + sum(excess))
        nested = any(one.within(other) for one in found for other in found if one is not other)
        distinct = len(set(found)) == causes and not nested
        if distinct and LEAST_EXCESS <= share <= MOST_EXCESS and min(excess) >= LEAST_OF_CAUSE * sum(excess):
            return sorted(found), factor


def ours(case: DispersedCase) -> frozenset[Segment]:
    """Run the subset scan as the application does, with the past in blocks."""
    return _found(case, between_blocks(case.blocks), case.dispersion)


def multinomial(case: DispersedCase) -> frozenset[Segment]:
    """Run the subset scan as if a small window's mix were multinomial, and the total known."""
    return _found(case, 0.0, 1.0)


def without_blocks(case: DispersedCase) -> frozenset[Segment]:
    """Run the subset scan without knowledge of how mix and total vary: a large window's residuals say it."""
    return _found(case, None, 1.0)


def _found(case: DispersedCase, correlation: float | None, dispersion: float) -> frozenset[Segment]:
    leaves = Leaves(case.window, case.reference, {}, case.expected, case.dimensions, correlation=correlation)
    return frozenset(one.segment for one in scan(leaves, dispersion))


def _run(method: Callable[[DispersedCase], frozenset[Segment]], cases: Iterator[tuple[float, DispersedCase]]) -> Any:
    results = []
    for share, case in cases:
        began = time.process_time()
        found = method(case)
        results.append(MethodResult(share, found, case.causes, time.process_time() - began))
    return figures_of(results) | {"without_cause": sum(not one.found for one in results)}


def main() -> None:
    """Simulate, explain, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs=2, type=int, default=[REPORT.start, REPORT.stop])
    seeds = range(*parser.parse_args().seeds)
    figures: dict[str, Any] = {"seeds": f"{seeds.start}-{seeds.stop - 1}", "shares": SHARES}

    def measured(name: str, method: Any, cases: Iterator[tuple[float, DispersedCase]]) -> None:
        figures[name] = _run(method, cases)
        print(f"{name:70} {figures[name]}", flush=True)

    def drawn(causes: int, rho: float, of: range = seeds) -> Iterator[tuple[float, DispersedCase]]:
        for seed in of:
            for share in SHARES:
                yield share, tickets(seed, SIZE, causes, share, rho)

    for rho in CORRELATIONS:
        for causes in (1, 2):
            name = f"{SIZE} tickets, correlation {rho}, {causes} cause{'s' if causes > 1 else ''}"
            measured(name, ours, drawn(causes, rho))
            measured(f"{name}, taken as multinomial", multinomial, drawn(causes, rho, seeds[:FEW]))
    for causes in (1, 2, 3):
        name = f"series of leaves, {causes} cause{'s' if causes > 1 else ''}"
        measured(name, ours, ((0.0, series(seed, causes)) for seed in seeds))
        measured(f"{name}, without blocks", without_blocks, ((0.0, series(seed, causes)) for seed in seeds[:FEW]))
    if set(seeds) <= set(REPORT):
        save("causes_overdispersed", figures, show=False)


if __name__ == "__main__":
    main()
