"""Run a simulated labelling study: whether intervals cover the truth, and how near estimates from few labels are.

`python -m bench.labels.run` writes `bench/results/labels.json`. The audit is the one that a queue of the kind `audit` makes.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from bench.labels.population import THEMES, SimulatedTickets, SimulatedWorld, simulate_tickets
from bench.result import save
from models.labelling.agreement import bootstrap_alphas, krippendorff_alpha
from models.labelling.coverage import AuditedCase, estimate_coverage
from models.labelling.precision import AuditLabel, estimate_precision
from models.labelling.queue import QueueCase, choose_audit
from models.labelling.weighted import EstimatedShare, estimate_share

WORLDS: Mapping[str, tuple[SimulatedWorld, int]] = {
    "usual": (SimulatedWorld(), 200),
    "usual, 100 labels": (SimulatedWorld(), 100),
    "usual, 400 labels": (SimulatedWorld(), 400),
    "usual, 800 labels": (SimulatedWorld(), 800),
    "precise themes": (SimulatedWorld(level=3.0), 200),
    "themes alike": (SimulatedWorld(spread=0.3), 200),
    "themes unlike": (SimulatedWorld(spread=1.0), 200),
    "confidence says nothing": (SimulatedWorld(slope=0.0), 200),
    "stepped confidence": (SimulatedWorld(slope=1.5, stepped=True), 200),
}
"""The simulated worlds and the number of labels."""


def measure(world: SimulatedWorld, labels: int, runs: int, seed: int) -> dict[str, float]:
    """Repeat the study: root mean squared errors in points, and the shares of intervals that contain the truth."""
    chance = np.random.default_rng(seed)
    parts = [_one_study(world, labels, chance) for _ in range(runs)]
    found: dict[str, float] = {}
    for name in parts[0]:
        values = np.concatenate([np.atleast_1d(part[name]) for part in parts])
        values = values[np.isfinite(values)]
        found[name] = (
            float(100.0 * np.sqrt(np.mean(values**2))) if name.endswith("error") else float(100.0 * values.mean())
        )
    return found


def _one_study(world: SimulatedWorld, labels: int, chance: np.random.Generator) -> dict[str, Any]:
    tickets = simulate_tickets(world, chance)
    cases = choose_audit(tickets.candidates(), labels, chance)
    return {**_precision(tickets, cases, chance), **_coverage(tickets, cases)}


def _precision(tickets: SimulatedTickets, cases: list[QueueCase], chance: np.random.Generator) -> dict[str, Any]:
    said = [
        AuditLabel(theme_id=one.theme_id, confidence=one.confidence, correct=bool(tickets.true[int(one.ticket_id)] == one.theme_id))
        for one in cases
        if one.theme_id is not None
    ]  # fmt: skip
    confidences = {theme: tickets.confidence[tickets.assigned == theme] for theme in range(1, THEMES + 1)}
    everything, *found = estimate_precision(said, confidences, chance)
    truth, themed = tickets.precision(), tickets.assigned > 0
    purity = float(np.mean(tickets.true[themed] == tickets.assigned[themed]))
    plain = np.array([np.nan if one.plain is None else one.plain for one in found])
    return {
        "precision error": np.array([one.precision for one in found]) - truth,
        "precision plain error": plain - truth,
        "precision covered": [one.low <= value <= one.high for one, value in zip(found, truth, strict=True)],
        "precision width": [one.high - one.low for one in found],
        "purity error": everything.precision - purity,
        "purity covered": float(everything.low <= purity <= everything.high),
    }


def _coverage(tickets: SimulatedTickets, cases: list[QueueCase]) -> dict[str, Any]:
    audited = [
        AuditedCase(
            assigned=one.theme_id, true=int(tickets.true[int(one.ticket_id)]) or None, weight=one.weight or 1.0,
            stratum=one.stratum or "",
        )
        for one in cases
    ]  # fmt: skip
    everything, *found = estimate_coverage(audited)
    truth, any_true = tickets.coverage(), tickets.true > 0
    overall = float(np.mean(tickets.assigned[any_true] == tickets.true[any_true]))
    inside = np.array([float(one.assigned is not None) for one in audited])
    right = np.array([float(one.assigned is not None and one.assigned == one.true) for one in audited])
    share = estimate_share(right, inside, np.array([one.weight for one in audited]), [one.stratum for one in audited])
    themed = tickets.assigned > 0
    shares = [(one.coverage, truth[(one.theme_id or 1) - 1]) for one in found]
    return {
        "stratified purity covered": _covered(share, float(np.mean(tickets.true[themed] == tickets.assigned[themed]))),
        "coverage of all error": (everything.coverage.share or 0.0) - overall,
        "coverage of all covered": _covered(everything.coverage, overall),
        "coverage error": [(one.share or 0.0) - value for one, value in shares],
        "coverage covered": [_covered(one, value) for one, value in shares],
    }


def _covered(found: EstimatedShare, truth: float) -> float:
    return float(found.low is not None and found.high is not None and found.low <= truth <= found.high)


def measure_alpha(cases: int, runs: int, seed: int) -> float:
    """Share of bootstrap intervals that contain the alpha of very many cases, in percent: two labellers, three values, 15 % errors."""
    chance = np.random.default_rng(seed)
    truth = krippendorff_alpha(_counts(200_000, chance))
    inside = []
    for _ in range(runs):
        counts = _counts(cases, chance)
        weights = chance.multinomial(cases, np.full(cases, 1.0 / cases), 499).astype(np.float64)
        low, high = np.nanquantile(bootstrap_alphas(counts, weights), (0.025, 0.975))
        inside.append(truth is not None and low <= truth <= high)
    return float(100.0 * np.mean(inside))


def _counts(cases: int, chance: np.random.Generator) -> np.typing.NDArray[np.float64]:
    truth = chance.choice(3, cases, p=(0.6, 0.3, 0.1))
    counts = np.zeros((cases, 3))
    for _ in range(2):
        said = np.where(chance.random(cases) < 0.85, truth, chance.integers(0, 3, cases))
        counts[np.arange(cases), said] += 1.0
    return counts


def main() -> None:
    """Run the study and store its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    started = datetime.now(UTC)
    worlds = [
        {"world": name, "labels": labels, **measure(world, labels, runs, seed)}
        for seed, (name, (world, labels)) in enumerate(WORLDS.items())
    ]
    alphas = [{"cases": cases, "covered": measure_alpha(cases, 5 * runs, 99)} for cases in (30, 100, 300)]
    seconds = (datetime.now(UTC) - started).total_seconds()
    save("labels", {"runs": runs, "seconds": seconds, "worlds": worlds, "alpha intervals": alphas})


if __name__ == "__main__":
    main()
