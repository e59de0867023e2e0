"""Pages of figures at three sizes: how long they take over HTTP, and how long the same figures take when they are counted from rows.

`python -m bench.metrics.pages` prints the figures and stores them in `bench/results/pages.json`. The rows are those of
`bench.metrics.cells`, with a promise for each ticket, in a database of its own, on SQLite. `groundswell serve` runs as a process on the
same machine. Each page is loaded again and again, in turn with the others; `first` is the median where the period is another one each
time, so that nothing of it was counted before. Rows are counted in this process, once.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from sqlalchemy import Connection, Engine, insert

from bench.console.load import ConsoleUnderTest
from bench.metrics.cells import DAYS, END, THEMES, made_rows
from bench.result import save
from models.metrics.ai_quality import ai_themes
from models.metrics.case_sums import FOR_AI, FOR_EFFORT
from models.metrics.effort import EffortMeasure, rank_efforts
from models.metrics.figures import FigurePeriod
from models.service_levels.levels import ServiceLevels
from pipelines.figures.ai import LISTED
from pipelines.figures.groups import read_groups
from pipelines.figures.query import FigureQuery, earlier_period
from pipelines.handling.cells import recount
from store.database import open_database, reading, upgrade
from store.epochs import MinerRow, write_miner
from store.handling import end_refresh
from store.handling_sums import sum_rows
from store.schema import sla_cycles, themes, ticket_handling, tickets

SIZES = (100_000, 300_000, 1_000_000)
REPEATS = 20
COLD = 6
EPOCH_SECONDS = 300
PROMISED = timedelta(hours=4)


def main() -> None:
    """Measure each size, and save the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument(
        "--folder", type=Path, help="where databases are kept and used again; default: a temporary folder"
    )
    parser.add_argument("--no-rows", action="store_true", help="do not count the same figures from rows")
    asked = parser.parse_args()
    found: dict[str, Any] = {"days": DAYS, "themes": THEMES}
    for size in asked.sizes:
        with tempfile.TemporaryDirectory() as temporary:
            database = filled(asked.folder or Path(temporary), size)
            found[f"{size:,} tickets"] = measure(database, Path(temporary), with_rows=not asked.no_rows)
            print(size, found[f"{size:,} tickets"], flush=True)
        save("pages", found, show=False)


def filled(folder: Path, size: int) -> str:
    """Return the address of a database with so many tickets; make it where it is not there."""
    path = folder / f"figures-{size}.db"
    address = f"sqlite:///{path}"
    if not path.exists():
        engine = open_database(address)
        upgrade(engine)
        fill(engine, size)
        engine.dispose()
    return address


def fill(engine: Engine, size: int) -> None:
    """Write rows of handling, a promise for each, themes, and all that says that the figures are up to date."""
    for rows in made_rows(size):
        with engine.begin() as connection:
            connection.execute(insert(ticket_handling), rows)
            connection.execute(insert(sla_cycles), [_promise(row) for row in rows])
    epoch = int(END.timestamp()) // EPOCH_SECONDS
    with engine.begin() as connection:
        connection.execute(insert(themes), [_theme(number) for number in range(1, THEMES + 1)])
        connection.execute(insert(tickets), [_first_ticket()])
        write_miner(connection, MinerRow(epoch, epoch - DAYS * 288, {"epoch_seconds": EPOCH_SECONDS}))
        recount(connection, END)
        end_refresh(connection, epoch, ServiceLevels().fingerprint, END)


def _promise(row: Mapping[str, Any]) -> dict[str, Any]:
    due, replied = row["created_at"] + PROMISED, row["first_reply_at"]
    missed = due if due < min(replied or END, END) else None
    return {
        "ticket_id": row["ticket_id"], "policy": "all", "target": "first_reply", "number": 1, "started_at": row["created_at"],
        "stopped_at": replied, "due_at": None if replied or missed else due, "breached_at": missed, "elapsed": 0.0,
    }  # fmt: skip


def _theme(number: int) -> dict[str, Any]:
    return {
        "id": number, "name": f"Problem {number}: charged for what was not delivered", "keywords": ["charged"], "state": "live",
        "status": "ongoing", "size": 1, "first_seen": END, "last_seen": END, "born_epoch": 0, "named_size": 1,
    }  # fmt: skip


def _first_ticket() -> dict[str, Any]:
    """Return a ticket that says when the first one was created."""
    return {
        "id": "T-first", "source": "/bench", "event_id": "T-first", "time": END - timedelta(days=DAYS), "mined_epoch": 0, "title": "t",
        "body": "", "counted": True, "status": "open",
    }  # fmt: skip


PAGES = {
    "overview": "/figures?days=28", "segments": "/figures/segments?days=28", "teams": "/figures/teams?days=28",
    "ai": "/figures/ai?days=28", "themes": "/figures/themes?days=28",
    "teams of a business line": "/figures/teams?days=28&business_line=business_line-1",
    "themes as csv": "/figures/themes?days=28&format=csv", "api of teams": "/api/figures/teams?days=28",
}  # fmt: skip
"""Addresses of the pages that are measured; those that a version has not are left out."""


def measure(database: str, folder: Path, *, with_rows: bool) -> dict[str, dict[str, Any]]:
    """Return the milliseconds of each page, and of its figures counted from rows."""
    with ConsoleUnderTest(database, folder, 10) as console:
        looked = asyncio.run(_looked(console))
    rows = _counted(database) if with_rows else {}
    for name, one in looked.items():
        if name in rows:
            one |= {"from rows, ms": round(rows[name]), "from rows / first": round(rows[name] / one["first, ms"], 1)}
    return looked


async def _looked(console: ConsoleUnderTest) -> dict[str, dict[str, Any]]:
    async with console.client() as client:
        # The first page compiles templates and queries.
        pages = {name: path for name, path in PAGES.items() if (await client.get(path)).status_code == httpx.codes.OK}
        taken: dict[str, list[float]] = {name: [] for name in pages}
        for _ in range(REPEATS):
            for name, path in pages.items():
                taken[name].append(await _milliseconds(client, path))
        first = {
            name: [await _milliseconds(client, path) for path in _other_periods(path)] for name, path in pages.items()
        }
    return {
        name: {
            "median, ms": round(float(np.median(times)), 1), "95th percentile, ms": round(float(np.quantile(times, 0.95)), 1),
            "first, ms": round(float(np.median(first[name])), 1),
        }
        for name, times in taken.items()
    }  # fmt: skip


def _other_periods(path: str) -> Iterator[str]:
    for back in range(1, COLD + 1):
        end = END - timedelta(days=back)
        yield path.replace("days=28", f"from={end - timedelta(days=28):%Y-%m-%d}&to={end:%Y-%m-%d}")


async def _milliseconds(client: httpx.AsyncClient, path: str) -> float:
    start = time.perf_counter()
    answer = await client.get(path)
    answer.raise_for_status()
    return 1000 * (time.perf_counter() - start)


def _counted(database: str) -> dict[str, float]:
    """Return the milliseconds in which the figures of pages are counted from the rows of tickets, without the period before."""
    engine = open_database(database)
    period = FigurePeriod(END - timedelta(days=28), END, END)
    with reading(engine) as connection:
        found = {name: _taken(connection, count, period) for name, count in COUNTS_OF_ROWS.items()}
    engine.dispose()
    return found


def _taken(connection: Connection, count: Callable[[Connection, FigurePeriod], object], period: FigurePeriod) -> float:
    start = time.perf_counter()
    count(connection, period)
    return 1000 * (time.perf_counter() - start)


def _groups(by: str | None) -> Callable[[Connection, FigurePeriod], Sequence[Any]]:
    def count(connection: Connection, period: FigurePeriod) -> Sequence[Any]:
        query = FigureQuery(period, by)
        return read_groups(connection, query, [earlier_period(period)], exact=True).groups

    return count


def _ai(connection: Connection, period: FigurePeriod) -> Sequence[Any]:
    return ai_themes(sum_rows(connection, (period.start, period.end), FOR_AI, {}), LISTED)


def _effort(connection: Connection, period: FigurePeriod) -> Sequence[Any]:
    return rank_efforts(
        sum_rows(connection, (period.start, period.end), FOR_EFFORT, {}), EffortMeasure.HUMAN_REPLIES
    ).listed()


COUNTS_OF_ROWS = {
    "overview": _groups(None), "segments": _groups("business_line"), "teams": _groups("team"), "ai": _ai, "themes": _effort,
}  # fmt: skip
"""What each page's figures are, counted from rows."""


if __name__ == "__main__":
    main()
