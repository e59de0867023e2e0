"""People who look at the console: requests at a fixed rate, and monitors that stay open.

The rate is kept whatever the answers take (an open model): a slow answer delays none of the later requests, and its time counts from
when the request was due.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import httpx

STARTS_WITHIN = 120
SPREAD_SECONDS = 2.0
"""How long after news a page loads again at the latest, as `console/static/console.js` has it."""

PATIENCE = httpx.Timeout(30.0, read=60.0)


class ConsoleUnderTest:
    """`groundswell serve` as a process on a free port; its link signs this client in where it prints one with a token."""

    def __init__(self, database: str, folder: Path, listeners: int) -> None:
        self._database = database
        self._folder = folder
        self._listeners = listeners
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""
        self.cookies = httpx.Cookies()

    def __enter__(self) -> Self:
        """Start it, and wait until it answers."""
        environment = {
            **os.environ,
            "GROUNDSWELL_DATA": str(self._folder),
            "GROUNDSWELL_CONSOLE__LISTENERS": str(self._listeners),
            "GROUNDSWELL_EMBEDDING__MODEL": "hashing",
        }
        command = [
            sys.executable, "-c", "from groundswell.cli import main; main()", "serve", "--port", "0", "--database", self._database,
        ]  # fmt: skip
        log = self._folder / "serve.log"
        with log.open("wb") as file:
            self._process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, cwd=self._folder)
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until and self._process.poll() is None:
            found = re.search(r"http://[^\s;]+", log.read_text(encoding="utf-8"))
            if found:
                self._sign_in(found.group().rstrip(".,;"))
                return self
            time.sleep(0.05)
        raise SystemExit(f"the console did not start: {log.read_text(encoding='utf-8')}")

    def __exit__(self, *_: object) -> None:
        """End it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(30)

    def _sign_in(self, link: str) -> None:
        with httpx.Client(follow_redirects=True, timeout=PATIENCE) as client:
            client.get(link).raise_for_status()
            self.cookies = client.cookies
        url = httpx.URL(link)
        self.address = f"{url.scheme}://{url.netloc.decode()}"

    def processor_seconds(self) -> float:
        """Return the time of a processor that the process has used."""
        assert self._process is not None
        stat = Path(f"/proc/{self._process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Return the memory that the process has at most had."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        return int(found.group(1)) / 1024 if found else 0.0

    def client(self) -> httpx.AsyncClient:
        """Make a client that is signed in."""
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        return httpx.AsyncClient(base_url=self.address, cookies=self.cookies, timeout=PATIENCE, limits=limits)


@dataclass
class Looked:
    """What a person saw of one kind of page: seconds from when a request was due to its whole answer, and what failed."""

    seconds: list[float] = field(default_factory=list)
    failures: int = 0


async def look_around(
    client: httpx.AsyncClient, pages: Mapping[str, Callable[[int], str]], rate: float, seconds: float
) -> dict[str, Looked]:
    """Ask for the pages in turn, `rate` of them a second; each makes its path from the number of the request."""
    looked = {name: Looked() for name in pages}
    begun = time.perf_counter()

    async def ask(name: str, path: str, due: float) -> None:
        try:
            answer = await client.get(path)
        except httpx.HTTPError:
            looked[name].failures += 1
            return
        looked[name].seconds.append(time.perf_counter() - due)
        looked[name].failures += answer.status_code != 200

    asked: list[asyncio.Task[None]] = []
    for number in range(int(rate * seconds)):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        name = list(pages)[number % len(pages)]
        asked.append(asyncio.create_task(ask(name, pages[name](number), due)))
    await asyncio.gather(*asked)
    return looked


@dataclass
class Monitors:
    """Open monitors: when each got news, and when it had loaded its page after that, both by `time.perf_counter`.

    `news` and `loaded` have a list for each monitor.
    """

    news: list[list[float]]
    loaded: list[list[float]]
    refused: int = 0

    @classmethod
    def of(cls, number: int) -> Self:
        """Begin with nothing."""
        return cls([[] for _ in range(number)], [[] for _ in range(number)])


async def watch(client: httpx.AsyncClient, page: str, monitors: Monitors, ready: asyncio.Semaphore) -> None:
    """Open all monitors, and follow their news until cancelled; `ready` is released once for each that listens."""
    await asyncio.gather(*(_watch(client, page, monitors, number, ready) for number in range(len(monitors.news))))


async def _watch(
    client: httpx.AsyncClient, page: str, monitors: Monitors, number: int, ready: asyncio.Semaphore
) -> None:
    opened = await client.get(page)
    known = re.search(r'data-mark="([^"]*)"', opened.text)
    mark = known.group(1) if known else ""
    async with client.stream("GET", "/events", params={"known": mark}, timeout=None) as stream:
        if stream.status_code != 200:
            monitors.refused += 1
            ready.release()
            return
        loading: set[asyncio.Task[None]] = set()
        rng = random.Random(number)
        async for line in stream.aiter_lines():
            if line.startswith(":") and not monitors.news[number]:
                ready.release()
            if line.startswith("event: news"):
                monitors.news[number].append(time.perf_counter())
                task = asyncio.create_task(_load(client, page, monitors.loaded[number], rng.uniform(0, SPREAD_SECONDS)))
                loading.add(task)
                task.add_done_callback(loading.discard)


async def _load(client: httpx.AsyncClient, page: str, loaded: list[float], wait: float) -> None:
    await asyncio.sleep(wait)
    with suppress(httpx.HTTPError):
        answer = await client.get(page)
        if answer.status_code == 200:
            loaded.append(time.perf_counter())


def delays(moments: Sequence[Sequence[float]], closed: Sequence[float]) -> list[float]:
    """Return, for each monitor and close, the seconds until it had its first moment after it, before the next close; inf: none."""
    found = []
    for own in moments:
        for begun, end in zip(closed, (*closed[1:], float("inf")), strict=True):
            found.append(next((moment - begun for moment in own if begun <= moment < end), float("inf")))
    return found
