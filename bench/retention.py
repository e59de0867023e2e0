"""Retention at three sizes: seconds for a first run, and for the run of the day after.

`python -m bench.retention` prints them and stores them in `bench/results/retention.json`.
"""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, insert

from alerts.settings import AlertSettings
from bench.result import save
from pipelines.retention import RetentionRules, apply_retention
from store.database import open_database, upgrade
from store.epochs import MinerRow, write_miner
from store.retention.settings import RetentionSettings
from store.schema import events, tickets, vectors

SIZES = (10_000, 40_000, 160_000)
"""Tickets, evenly over 400 days; each has a vector and a comment."""

DAYS = 400
NOW = datetime(2026, 11, 29, tzinfo=UTC)
LIMITS = RetentionSettings(text=timedelta(days=200), vectors=timedelta(days=200), events=timedelta(days=200))


def main() -> None:
    """Measure each size in a database of its own, on SQLite."""
    rows = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measure(Path(folder), size))
    save("retention", {"sizes": rows})


def measure(folder: Path, size: int) -> dict[str, Any]:
    """Return the seconds of the two runs."""
    engine = open_database(f"sqlite:///{folder / 'bench.db'}")
    upgrade(engine)
    fill(engine, size)
    alerts = AlertSettings(digest_folder=folder / "digests", outbox_folder=folder / "sent")
    rules = RetentionRules(LIMITS, alerts, timedelta(days=14))
    seconds, removed = [], []
    for now in (NOW, NOW + timedelta(days=1)):
        start = time.perf_counter()
        removed.append(sum(one.older for one in apply_retention(engine, rules, now)))
        seconds.append(round(time.perf_counter() - start, 2))
    engine.dispose()
    return {
        "tickets": size,
        "first_s": seconds[0],
        "first_rows": removed[0],
        "daily_s": seconds[1],
        "daily_rows": removed[1],
    }


def fill(engine: Engine, size: int) -> None:
    """Store mined tickets with texts of 400 characters, their vectors and comments."""
    vector = np.zeros(384, "<f2").tobytes()
    step = timedelta(days=DAYS) / size
    with engine.begin() as connection:
        write_miner(connection, MinerRow(int(NOW.timestamp() // 300) + 999, 1, {"epoch_seconds": 300.0, "model": "m"}))
        for first in range(0, size, 5_000):
            block = [(f"T-{n}", NOW - timedelta(days=DAYS) + n * step) for n in range(first, min(size, first + 5_000))]
            connection.execute(
                insert(tickets),
                [
                    {
                        "id": name, "source": "/d", "event_id": name, "time": at, "mined_epoch": 1, "title": "card declined",
                        "body": "word " * 80, "tags": ["a"], "counted": True, "status": "open",
                    }
                    for name, at in block
                ],
            )  # fmt: skip
            connection.execute(
                insert(vectors), [{"ticket_id": name, "model": "m", "vector": vector} for name, _ in block]
            )
            connection.execute(
                insert(events),
                [
                    {
                        "source": "/d", "id": f"c-{name}", "type": "comment.added", "subject": name, "time": at, "mined_epoch": 1,
                        "late": False, "data": {"body": "word " * 40},
                    }
                    for name, at in block
                ],
            )  # fmt: skip


if __name__ == "__main__":
    main()
