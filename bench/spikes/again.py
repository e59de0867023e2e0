"""Repeat detection over the history of mined databases: how many stored episodes are found again, and how long it takes.

usage: python -m bench.spikes.again [--remine] [--days 10] [--budgets .2 5] DATABASE...

With `--remine` a copy of each database is first mined anew from its stored events and vectors, so that it has a journal;
`--days` stops so long after its first event.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, delete, update

from bench.result import save
from groundswell.session import make_rules
from groundswell.settings import Settings
from pipelines.miner import Miner
from pipelines.past.backtest import rerun
from pipelines.past.diff import compare
from pipelines.rules import Rules
from store.database import open_database, reading, upgrade
from store.epochs import read_miner
from store.journal import read_corrections
from store.schema import metadata
from store.spikes import StoredSpike, read_spikes

MINED = (
    "miner", "themes", "lineage", "assignments", "segments", "counts", "bands", "spikes", "causes", "alerts", "outbox",
    "corrections", "courses", "frames", "leases",
)  # fmt: skip


def forget(engine: Engine) -> None:
    """Delete everything that was mined; events, tickets and vectors stay."""
    with engine.begin() as connection:
        for name in MINED:
            connection.execute(delete(metadata.tables[name]))
        connection.execute(update(metadata.tables["events"]).values(mined_epoch=None))
        connection.execute(update(metadata.tables["tickets"]).values(mined_epoch=None, counted=False, status="open"))


def mine(engine: Engine, rules: Rules, days: float | None) -> float:
    """Mine the stored events again, or those of the first days. Returns seconds."""
    with reading(engine) as connection:
        row = read_miner(connection)
        until = (row.next_epoch or 0) + 1
    if days is not None:
        until = (row.first_epoch or 0) + round(days * 86_400 / rules.mining.epoch.total_seconds())
    forget(engine)
    begun = time.perf_counter()
    for _ in Miner(engine, rules, lambda: datetime.now(UTC)).mine_until(until):
        pass
    return time.perf_counter() - begun


def figures_of(spike: StoredSpike) -> tuple[Any, ...]:
    """Return what detection reports of an episode."""
    return (
        spike.theme_id, spike.segment, spike.kind, spike.start, spike.end, spike.detected_at, spike.observed, spike.expected,
        spike.p_value, spike.severity, spike.gate,
    )  # fmt: skip


def repeat(engine: Engine, rules: Rules, budget: float | None = None) -> dict[str, Any]:
    """Repeat detection over the history, with another number of false alerts a week if one is given."""
    if budget is not None:
        spikes = rules.mining.spikes.model_copy(update={"false_alerts_per_week": budget})
        rules = replace(rules, mining=rules.mining.model_copy(update={"spikes": spikes}))
    with reading(engine) as connection:
        row = read_miner(connection)
        first, last = row.first_epoch or 0, (row.next_epoch or 1) - 1
        begun = time.perf_counter()
        again = rerun(connection, rules, first, last)
        took = time.perf_counter() - begun
        found = compare(connection, again, rules.ownership, rules.mining.lateness, first, last)
        stored = {figures_of(one) for one in read_spikes(connection)}
        corrected = sum(len(cells) for _, cells in read_corrections(connection))
    weeks = (last - first + 1) * rules.mining.epoch.total_seconds() / 604_800
    fates = {fate: sum(one.fate == fate for one in found) for fate in ("same", "earlier", "later", "added", "gone")}
    return {
        "exact": again.exact, "epochs": again.epochs, "seconds": took, "ms_an_epoch": 1000 * took / max(again.epochs, 1),
        "corrected_cells": corrected, "stored": len(stored),
        "to_the_last_figure": len(stored & {figures_of(one) for one in again.spikes}), **fates,
        "alerts_a_week": sum(one.alerted for one in found) / weeks,
        "alerts_a_week_stored": sum(one.was_alerted for one in found) / weeks,
    }  # fmt: skip


def main() -> None:
    """Repeat detection over each database, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="+", type=Path)
    parser.add_argument("--remine", action="store_true")
    parser.add_argument("--days", type=float)
    parser.add_argument("--budgets", nargs="*", type=float, default=[])
    parser.add_argument("--name", default="spikes_again")
    asked = parser.parse_args()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for path in asked.databases:
            copy = Path(folder) / path.name
            copy.write_bytes(path.read_bytes())
            engine = open_database(f"sqlite:///{copy}")
            upgrade(engine)
            with reading(engine) as connection:
                model = read_miner(connection).state.get("model", "")
            rules = make_rules(Settings(), model)
            if asked.remine:
                figures[f"{path.stem} mined, seconds"] = mine(engine, rules, asked.days)
            for budget in (None, *asked.budgets):
                name = "unchanged" if budget is None else f"{budget:g} a week"
                figures[f"{path.stem} {name}"] = repeat(engine, rules, budget)
                print(path.stem, name, figures[f"{path.stem} {name}"], flush=True)
            engine.dispose()
    save(asked.name, figures)


if __name__ == "__main__":
    main()
