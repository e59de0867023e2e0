"""200 deliveries a second for a minute, over two kills: each accepted delivery becomes exactly one event.

usage: python -m bench.receive.run [--rate 200] [--seconds 60] [--kills 2]

The receiver writes to SQLite, answers after the disk has it, and drains its inbox meanwhile. The model is `hashing`: texts are embedded
after the answer. Sender and receiver share the machine, so the times are upper limits.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, select

from bench.receive.load import ReceiverUnderTest, Sent, send_all
from bench.result import save
from store.database import open_database, reading
from store.inbox import inbox_size
from store.schema import events


def main() -> None:
    """Send, compare what was accepted with what is stored, and save the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--no-save", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        receiver = ReceiverUnderTest(Path(folder))
        receiver.start()
        sent = asyncio.run(send_all(receiver, asked.rate, asked.seconds, asked.kills))
        begun = time.perf_counter()
        stored = wait_for_events(receiver.database, len(sent.accepted))
        drained = time.perf_counter() - begun
        receiver.stop()
    figures = _figures(asked, sent, stored) | {"seconds until the inbox was empty": drained}
    if asked.no_save:
        print(figures)
    else:
        save("receive", figures)
    assert stored == len(sent.accepted) == int(asked.rate * asked.seconds)


def wait_for_events(database: str, wanted: int, patience: float = 120) -> int:
    """Wait until the inbox is empty and the store holds as many events; return their number."""
    engine = open_database(database)
    until = time.monotonic() + patience
    stored = 0
    while time.monotonic() < until:
        with reading(engine) as connection:
            waiting = inbox_size(connection)
            stored = connection.execute(select(func.count()).select_from(events)).scalar_one()
        if not waiting and stored >= wanted:
            break
        time.sleep(0.1)
    engine.dispose()
    return stored


def _figures(asked: argparse.Namespace, sent: Sent, stored: int) -> dict[str, Any]:
    median, high, highest = np.quantile(sent.seconds, [0.5, 0.99, 1.0])
    return {
        "deliveries a second": asked.rate,
        "seconds": asked.seconds,
        "kills": asked.kills,
        "deliveries accepted": len(sent.accepted),
        "events stored": stored,
        "attempts that were repeated": sent.retries,
        "answer, ms, median": 1000 * float(median),
        "answer, ms, p99": 1000 * float(high),
        "answer, ms, longest": 1000 * float(highest),
    }


if __name__ == "__main__":
    main()
