"""Export of a million tickets: time and memory of `groundswell export` in each format, against the same for a tenth of them."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import insert

from bench.result import save
from models.service_levels.levels import ServiceLevels
from store.database import open_database, upgrade
from store.handling import end_refresh
from store.schema import themes, ticket_handling, ticket_resolutions

SIZES = (100_000, 1_000_000)
FORMATS = ("parquet", "csv", "duckdb")
START = datetime(2026, 11, 1, tzinfo=UTC)
BATCH = 20_000


def tickets(number: int) -> Iterator[dict[str, Any]]:
    """Make tickets of thirty days, two thirds of them solved."""
    draw = random.Random(7)
    for place in range(number):
        created = START + timedelta(seconds=draw.random() * 30 * 86_400)
        solved = created + timedelta(seconds=draw.expovariate(1 / 40_000)) if place % 3 else None
        yield {
            "ticket_id": f"T-{place:08}", "theme_id": draw.randrange(1, 500), "source": "/bench", "business_line": "live",
            "user_type": draw.choice(["buyer", "creator"]), "region": draw.choice(["BR", "IN", "US"]), "priority": "normal",
            "created_by": "ai", "handled_by": draw.choice(["ai", "human", "vendor"]), "vendor": draw.choice([None, "acme", "north"]),
            "team": draw.choice(["pay", "payouts"]), "created_at": created, "first_reply_at": created + timedelta(seconds=90),
            "first_resolved_at": solved, "resolved_at": solved, "csat": draw.choice([None, 2, 5]) if solved else None,
            "reopens": 0, "replies": 1, "human_replies": 0, "replies_before_resolution": 1, "messages": 1, "transfers": 0,
            "had_human": False, "requester_wait": 0.0, "third_party_wait": 0.0,
        }  # fmt: skip


def fill(url: str, number: int) -> None:
    """Make a database of so many tickets."""
    engine = open_database(url)
    upgrade(engine)
    named = [
        {"id": one, "name": f"Theme {one}", "keywords": [], "state": "live", "status": "ongoing", "size": 1, "born_epoch": 0,
         "named_size": 1}
        for one in range(1, 500)
    ]  # fmt: skip
    with engine.begin() as connection:
        # Nothing has to be folded, and nothing is made again: the rows are here.
        end_refresh(connection, 0, ServiceLevels().fingerprint, START)
        connection.execute(insert(themes), named)
        part: list[dict[str, Any]] = []
        for row in tickets(number):
            part.append(row)
            if len(part) == BATCH:
                _store(connection, part)
                part = []
    engine.dispose()


def _store(connection: Any, part: list[dict[str, Any]]) -> None:
    connection.execute(insert(ticket_handling), part)
    solved = [
        {"ticket_id": row["ticket_id"], "number": 1, "resolved_at": row["resolved_at"], "reopened_at": None}
        for row in part
        if row["resolved_at"] is not None
    ]
    connection.execute(insert(ticket_resolutions), solved)


def measured(command: list[str], number: int) -> tuple[float, float]:
    """Run an export of so many tickets; return its seconds and the most memory that it had at any time, in MB."""
    begun = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    most = [0]

    def watch() -> None:
        process = psutil.Process(child.pid)
        while child.poll() is None:
            try:
                most[0] = max(most[0], process.memory_info().rss)
            except psutil.NoSuchProcess:
                return
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    printed, _ = child.communicate()
    watcher.join()
    assert child.returncode == 0
    rows = {row["table"]: row["rows"] for row in json.loads(printed)}
    assert rows["v_ticket"] == number, rows
    return time.perf_counter() - begun, most[0] / 1e6


def main() -> None:
    """Measure each format at each size, and store the figures."""
    figures: dict[str, Any] = {"records": []}
    with tempfile.TemporaryDirectory() as folder:
        for number in SIZES:
            url = f"sqlite:///{Path(folder) / f'{number}.db'}"
            fill(url, number)
            for kind in FORMATS:
                target = Path(folder) / (f"{number}.duckdb" if kind == "duckdb" else f"{number}-{kind}")
                program = [sys.executable, "-c", "from groundswell.cli import main; main()"]
                command = [*program, "export", str(target), "--format", kind, "--database", url, "--json"]
                seconds, memory = measured(command, number)
                files = [target] if target.is_file() else list(target.iterdir())
                figures["records"].append({
                    "tickets": number, "format": kind, "seconds": round(seconds, 1), "memory (MB)": round(memory),
                    "written (MB)": round(sum(file.stat().st_size for file in files) / 1e6, 1),
                })  # fmt: skip
                print(figures["records"][-1], flush=True)
                # After each, so that a run that is stopped has figures.
                save("export", figures, show=False)


if __name__ == "__main__":
    main()
