"""The console on a million tickets and 5,000 themes: 20 requests a second, and 200 open monitors.

usage: python -m bench.console.run [--database URL] [--tickets 1000000] [--themes 5000] [--rate 20] [--seconds 120] [--monitors 200]

Two runs on SQLite and on PostgreSQL each. The first asks for pages alone. In the second the monitors are open meanwhile, and every 30
seconds, ten times as often as by default, another process closes an epoch: it counts new tickets and moves the miner's row on, as the
miner does. A monitor then has news, and loads its page again; the first look at each page after that reads it anew. The page without a
database is the baseline. Load and server share the machine's processors.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from bench.console.events import LAUNCH
from bench.console.generate import fill
from bench.console.load import ConsoleUnderTest, Looked, Monitors, delays, look_around, watch
from bench.result import save, saved
from store.database import open_database, upgrade
from tests.harness.postgres import running_server

CLOSES_EVERY = 30.0
BASELINE = "baseline"


def main() -> None:
    """Measure on each database, and save the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--database", action="append", help="a filled database; default: new ones, SQLite and PostgreSQL"
    )
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--themes", type=int, default=5_000)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--monitors", type=int, default=200)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--no-save", action="store_true")
    asked = parser.parse_args()
    found: dict[str, Any] = saved("console") if asked.only else {}
    found |= {
        "tickets": asked.tickets, "themes": asked.themes, "requests a second": asked.rate, "monitors": asked.monitors,
    }  # fmt: skip
    for kind, url in _databases(asked):
        found |= measure(kind, url, asked)
    if asked.no_save:
        print(found)
    else:
        save("console", {name: value for name, value in found.items() if name not in ("python", "cpu")})


def measure(kind: str, url: str, asked: argparse.Namespace) -> dict[str, Any]:
    """Return the figures of both runs on one database."""
    pages = _pages(asked.themes)
    with tempfile.TemporaryDirectory() as folder, ConsoleUnderTest(url, Path(folder), asked.monitors + 50) as console:
        alone = asyncio.run(_alone(console, pages, asked))
        figures = {f"{kind}: pages alone": _table(alone)}
        if asked.monitors:
            looked, figures[f"{kind}: monitors"] = asyncio.run(_with_monitors(console, pages, url, asked))
            figures[f"{kind}: pages with {asked.monitors} monitors"] = _table(looked)
        figures[f"{kind}: memory, MB"] = round(console.memory_mb())
    return figures


async def _alone(
    console: ConsoleUnderTest, pages: dict[str, Callable[[int], str]], asked: argparse.Namespace
) -> dict[str, Looked]:
    async with console.client() as client:
        # The first request of a page compiles its template and its queries.
        await look_around(client, pages, 5, 2)
        return await look_around(client, pages, asked.rate, asked.seconds)


async def _with_monitors(
    console: ConsoleUnderTest, pages: dict[str, Callable[[int], str]], url: str, asked: argparse.Namespace
) -> tuple[dict[str, Looked], dict[str, Any]]:
    monitors, ready = Monitors.of(asked.monitors), asyncio.Semaphore(0)
    async with console.client() as client, console.client() as person:
        watching = asyncio.create_task(watch(client, f"/launches/{LAUNCH}", monitors, ready))
        for _ in range(asked.monitors):
            await asyncio.wait_for(ready.acquire(), 120)
        closing = asyncio.create_task(_close_epochs(url, asked.seconds))
        looked = await look_around(person, pages, asked.rate, asked.seconds)
        closed = await closing
        await asyncio.sleep(CLOSES_EVERY / 3)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    news, loaded = delays(monitors.news, closed), delays(monitors.loaded, closed)
    return looked, {
        "open": asked.monitors - monitors.refused,
        "epochs closed": len(closed),
        "news, s, median": float(np.median(news)),
        "news, s, longest": max(news),
        "page loaded again, s, median": float(np.median(loaded)),
        "page loaded again, s, longest": max(loaded),
    }


async def _close_epochs(url: str, seconds: float) -> list[float]:
    """Close an epoch every `CLOSES_EVERY` seconds in another process; returns when each was committed, by `time.perf_counter`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.console.epochs", url, str(CLOSES_EVERY), str(seconds), stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    # The clock of another process of this machine is the same: CLOCK_MONOTONIC.
    closed = [float(line) async for line in process.stdout]
    await process.wait()
    return closed


def _pages(themes: int) -> dict[str, Callable[[int], str]]:
    rng = np.random.default_rng(5)
    chosen = rng.integers(1, themes + 1, 4096).tolist()
    return {
        BASELINE: lambda _: "/healthz",
        "now": lambda _: "/",
        "board": lambda _: "/themes",
        "map": lambda _: "/themes/map",
        "theme": lambda number: f"/themes/{chosen[number % len(chosen)]}",
        "launch monitor": lambda _: f"/launches/{LAUNCH}",
    }


def _table(looked: dict[str, Looked]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "requests": len(one.seconds) + one.failures,
            "failures": one.failures,
            "ms, median": round(1000 * float(np.median(one.seconds)), 1) if one.seconds else None,
            "ms, p99": round(1000 * float(np.quantile(one.seconds, 0.99)), 1) if one.seconds else None,
            "ms, longest": round(1000 * max(one.seconds), 1) if one.seconds else None,
        }
        for name, one in looked.items()
    }


def _databases(asked: argparse.Namespace) -> Iterator[tuple[str, str]]:
    if asked.database:
        for url in asked.database:
            yield ("postgresql" if url.startswith("postgres") else "sqlite"), url
        return
    for kind, made in (("sqlite", _sqlite), ("postgresql", _postgresql)):
        if asked.only in (None, kind):
            with made() as url:
                engine = open_database(url)
                upgrade(engine)
                begun = time.perf_counter()
                fill(engine, asked.tickets, asked.themes)
                print(f"{kind} filled in {time.perf_counter() - begun:.0f} s", flush=True)
                engine.dispose()
                yield kind, url


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/console.db"


@contextmanager
def _postgresql() -> Iterator[str]:
    with running_server() as server, server.database() as url:
        yield url


if __name__ == "__main__":
    main()
