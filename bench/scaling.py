"""What grows with what: CPU seconds and bytes at three sizes, and a model of them that is checked at the middle one.

usage: python bench/scaling.py [--epochs 12] [--sizes 347 3472 20000]

A size is tickets in an epoch of 5 minutes: 347 is 100,000 a day, 3,472 is 1,000,000, 20,000 is 5.8 million. CPU of this one process
is measured, so that a busy machine does not show; embedding is left out (bench/throughput.py has it).
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from alerts.ownership_file import read_ownership
from alerts.settings import AlertSettings
from bench.result import save
from models.embedding import HashingEmbedder
from pipelines.miner import Miner
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from store.database import open_database, upgrade
from store.records import seen_events
from stream.kafka.intake import OpenEpochs
from stream.processing import Processor
from stream.raw import Raw
from tests.pipelines.story import FILLER, ISSUES, METHODS, REGIONS, VERSIONS

START = datetime(2026, 11, 2, tzinfo=UTC)
NOW = START + timedelta(days=30)
BATCH = 512
SHARE = 0.3
"""Of an epoch's length a miner may be busy: the rest is for catching up, for launch days, and for what the model leaves out."""


def main() -> None:
    """Measure three sizes, fit two, check the third."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--sizes", type=int, nargs=3, default=[347, 3472, 20000])
    given = parser.parse_args()
    found = {size: _measure(size, given.epochs) for size in given.sizes}
    small, middle, large = given.sizes
    figures: dict[str, Any] = {
        f"{size} an epoch: {name}": value for size, one in found.items() for name, value in one.items()
    }
    slope = (found[large]["mining, CPU s an epoch"] - found[small]["mining, CPU s an epoch"]) / (large - small)
    start = found[small]["mining, CPU s an epoch"] - slope * small
    figures["model: mining, CPU s an epoch at none"] = start
    figures["model: mining, CPU s a ticket"] = slope
    figures["model: middle size, predicted to measured"] = (start + slope * middle) / found[middle][
        "mining, CPU s an epoch"
    ]
    spare = 300 * SHARE - max(one["mining, CPU s, an epoch with discovery"] for one in found.values())
    figures["model: one miner ends at tickets an epoch"] = round((spare - start) / slope)
    save("scaling", figures)


def _measure(size: int, epochs: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="groundswell-scaling-") as folder:
        file = Path(folder) / "scaling.db"
        engine = open_database(f"sqlite:///{file}")
        upgrade(engine)
        embedder = HashingEmbedder()
        processor = Processor(embedder, b"k", lambda: NOW)
        rules = Rules(
            mining=MiningSettings(), alerts=AlertSettings(), ownership=read_ownership(None), model=embedder.name
        )
        miner = Miner(engine, rules, lambda: NOW)
        chance = random.Random(size)
        storing, mining, embedding = 0.0, [], 0.0
        for epoch in range(epochs):
            lines = [_event(epoch * size + n, epoch, chance) for n in range(size)]
            for first in range(0, size, BATCH):
                batch = [Raw(first + n, event) for n, event in enumerate(lines[first : first + BATCH])]
                begun = time.process_time()
                prepared = processor.prepare("t", batch, lambda _: set())
                embedding += time.process_time() - begun
                begun = time.process_time()
                with engine.begin() as connection:
                    seen_events(connection, {(event.source, event.id) for event in prepared.events})
                    processor.record(connection, replace(prepared), OpenEpochs(300, None))
                storing += time.process_time() - begun
            begun = time.process_time()
            for _ in miner.mine_until(int(START.timestamp()) // 300 + epoch + 1):
                pass
            mining.append(time.process_time() - begun)
        engine.dispose()
        return {
            "reading and validating, CPU ms a ticket": embedding / (size * epochs) * 1000,
            "recording, CPU ms a ticket": storing / (size * epochs) * 1000,
            "mining, CPU s an epoch": median(mining),
            "mining, CPU s, an epoch with discovery": max(mining),
            "database, kB a ticket": file.stat().st_size / (size * epochs) / 1024,
        }


def _event(number: int, epoch: int, chance: random.Random) -> dict[str, Any]:
    words = chance.choice(list(ISSUES.values())).split()
    body = " ".join(chance.sample(words, 7) + chance.sample(FILLER, 6))
    time_ = START + timedelta(minutes=5 * epoch, seconds=chance.uniform(0, 299))
    data = {
        "title": body[:40], "body": body, "region": chance.choice(REGIONS), "payment_method": chance.choice(METHODS),
        "platform": chance.choice(("ios", "android")), "app_version": chance.choice(VERSIONS), "requester": f"u{number % 5000}",
    }  # fmt: skip
    return {
        "specversion": "1.0", "id": f"e{number}", "source": "/s", "type": "ticket.created", "subject": f"T{number}",
        "time": time_.isoformat(), "data": data,
    }  # fmt: skip


if __name__ == "__main__":
    main()
