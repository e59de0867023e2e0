"""A sender of webhooks at a fixed rate, which retries as ticket systems do, and a receiver that is killed meanwhile.

The rate is kept whatever the answers take (an open model): a slow answer delays none of the later deliveries, and its time counts from
when the delivery was due.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import httpx

from bench.receive.sender import Sender
from tests.harness.ports import free_ports
from tests.harness.webhooks import encoded, shared_headers, ticket_event

STARTS_WITHIN = 240
"""Seconds; a busy machine takes longer than an idle one."""

SECRET = "bench"  # noqa: S105 (made up)
TEXTS = (
    "The card was declined at the checkout, twice",
    "I was charged two times for the same coins",
    "The refund of last week has not arrived",
    "My payout is pending since Monday",
    "The app closes when I open the wallet",
)


@dataclass
class Sent:
    """What the sender saw. `seconds` are those of accepted deliveries, each from its last attempt to its answer."""

    accepted: set[int] = field(default_factory=set)
    seconds: list[float] = field(default_factory=list)
    retries: int = 0
    statuses: dict[int, int] = field(default_factory=dict)


class ReceiverUnderTest:
    """`groundswell receive` as a process, on one port and one database, which can be killed and started again."""

    def __init__(self, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._extra = dict(environment or {})
        (self.port,) = free_ports(1)
        self.database = f"sqlite:///{folder / 'receive.db'}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start, and wait until it answers."""
        environment = {
            **os.environ,
            "GROUNDSWELL_DATA": str(self._folder / "data"),
            "GROUNDSWELL_EMBEDDING__MODEL": "hashing",
            "GROUNDSWELL_RECEIVE__SHARED_SECRET": SECRET,
            **self._extra,
        }
        command = [
            sys.executable, "-c", "from groundswell.cli import main; main()", "receive", "--port", str(self.port),
            "--health-port", "0", "--database", self.database,
        ]  # fmt: skip
        with (self._folder / "receive.log").open("ab") as log:
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/healthz").raise_for_status()
            except httpx.HTTPError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError("the receiver does not answer")

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it with SIGTERM; returns its exit code."""
        return self._end(signal.SIGTERM)

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it where it still runs."""
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        return self._process.wait(timeout=STARTS_WITHIN)


async def send_all(receiver: ReceiverUnderTest, rate: int, seconds: float, kills: int) -> Sent:
    """Send `rate` deliveries a second for so many seconds; the receiver is killed and restarted `kills` times in between."""
    sent = Sent()
    total = int(rate * seconds)
    sender = Sender("127.0.0.1", receiver.port)
    begun = time.perf_counter()
    killer = asyncio.create_task(_kill(receiver, seconds, kills))
    waiting = []
    for number in range(total):
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        waiting.append(asyncio.create_task(_deliver(sender, number, sent)))
    await asyncio.gather(*waiting, killer)
    sender.forget()
    return sent


async def _deliver(sender: Sender, number: int, sent: Sent) -> None:
    text = TEXTS[number % len(TEXTS)]
    body = encoded(ticket_event(number, datetime.now(UTC), text, requester=f"u{number}@example.com"))
    for attempt in range(60):
        at = time.perf_counter()
        try:
            status, headers = await sender.post("/events", body, shared_headers(body, SECRET, datetime.now(UTC)))
        except (OSError, EOFError):
            # Refused, reset, or silent for too long: what was accepted is unknown, so it is sent again.
            sent.retries += 1
            await asyncio.sleep(0.25 * min(attempt + 1, 8))
            continue
        sent.statuses[status] = sent.statuses.get(status, 0) + 1
        if 200 <= status < 300:
            sent.seconds.append(time.perf_counter() - at)
            sent.accepted.add(number)
            return
        sent.retries += 1
        await asyncio.sleep(float(headers.get("retry-after", "1")))


async def _kill(receiver: ReceiverUnderTest, seconds: float, kills: int) -> None:
    for _ in range(kills):
        await asyncio.sleep(seconds / (kills + 1))
        await asyncio.to_thread(receiver.kill)
        await asyncio.to_thread(receiver.start)
