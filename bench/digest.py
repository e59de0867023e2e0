"""Digests at three sizes: seconds (by the clock, and of the processor) to build those of all audiences, and to write one in each form.

`python -m bench.digest` prints them and stores them in `bench/results/digest.json`. The tickets are spread over 28 days and 500 themes;
the daily digest is of the last day, the weekly one of the last week, and the widest one of all 28 days, about every ticket.
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, insert

from alerts.digest.formats import DigestFormat
from alerts.digest.records import Digest
from alerts.match import Match
from alerts.ownership import Audience, Ownership
from alerts.publishing import DigestOrder, build_digests, stored_form, write_form
from alerts.settings import AlertSettings
from bench.result import save
from models.bucket import bucket_of
from models.segment import EVERYTHING
from store.database import open_database, reading, upgrade
from store.digests import DigestKind, DigestWindow
from store.schema import assignments, bands, causes, changes, counts, segments, spikes, themes, tickets

SIZES = (10_000, 100_000, 1_000_000)
DAYS, THEMES, SPIKES = 28, 500, 12
END = datetime(2026, 11, 29, tzinfo=UTC)
START = END - timedelta(days=DAYS)
REGIONS = ("BR", "US", "DE", "JP")
OWNERS = Ownership(
    (*(Audience(one.lower(), Match({"region": frozenset({one})})) for one in REGIONS[:3]), Audience("everyone"))
)
WINDOWS = {
    "daily": (DigestKind.DAILY, DigestWindow(END - timedelta(days=1), END)),
    "weekly": (DigestKind.WEEKLY, DigestWindow(END - timedelta(days=7), END)),
    "all": (DigestKind.WEEKLY, DigestWindow(START, END)),
}


def main() -> None:
    """Measure each size in a database of its own, on SQLite."""
    rows = []
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            engine = open_database(f"sqlite:///{Path(folder) / 'bench.db'}")
            upgrade(engine)
            fill(engine, size)
            rows.append({"tickets": size, **measure(engine)})
            engine.dispose()
    save("digest", {"sizes": rows})


def measure(engine: Engine) -> dict[str, Any]:
    """Return the seconds of each window, and of each form of the widest digest."""
    settings, found = AlertSettings(), dict[str, Any]()
    digests: list[Digest] = []
    for name, (kind, window) in WINDOWS.items():
        begun, worked = time.perf_counter(), time.process_time()
        with reading(engine) as connection:
            digests = build_digests(connection, OWNERS, window, settings, DigestOrder(kind=kind))
        found[f"{name}_s"] = round(time.perf_counter() - begun, 2)
        found[f"{name}_cpu_s"] = round(time.process_time() - worked, 2)
        found[f"{name}_tickets"] = digests[0].all_tickets
    widest = max(digests, key=lambda digest: len(digest.items))
    begun = time.perf_counter()
    stored = stored_form(widest, settings)
    found["pages_s"] = round(time.perf_counter() - begun, 2)
    for form in (DigestFormat.PDF, DigestFormat.CSV, DigestFormat.SLACK):
        begun = time.perf_counter()
        write_form(stored, form)
        found[f"{form.value}_s"] = round(time.perf_counter() - begun, 2)
    return found


def fill(engine: Engine, size: int) -> None:
    """Store mined tickets with their themes, counts and expectations, and spikes on the last day."""
    rng = np.random.default_rng(0)
    theme = rng.integers(1, THEMES + 1, size)
    at = np.sort(rng.integers(0, DAYS * 86_400, size))
    with engine.begin() as connection:
        connection.execute(insert(segments), [{"id": 1, "key": EVERYTHING.key}])
        connection.execute(insert(themes), [_theme(one, int((theme == one).sum())) for one in range(1, THEMES + 1)])
        for first in range(0, size, 20_000):
            block = range(first, min(size, first + 20_000))
            connection.execute(insert(tickets), [_ticket(n, int(at[n]), int(theme[n])) for n in block])
            connection.execute(
                insert(assignments),
                [
                    {
                        "ticket_id": f"T-{n}",
                        "theme_id": int(theme[n]),
                        "epoch": 1,
                        "how": "nearest",
                        "confidence": 0.8,
                        "remembered": False,
                    }
                    for n in block
                ],
            )
        for table, rows in ((counts, _counts(theme, at)), (bands, _bands(size)), (spikes, _spikes())):
            _insert(connection, table, rows)
        connection.execute(insert(causes), [_cause(one) for one in range(1, SPIKES + 1)])
        connection.execute(insert(changes), [_change()])


def _insert(connection: Any, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    block: list[dict[str, Any]] = []
    for row in rows:
        block.append(row)
        if len(block) == 20_000:
            connection.execute(insert(table), block)
            block = []
    if block:
        connection.execute(insert(table), block)


def _theme(number: int, size: int) -> dict[str, Any]:
    return {
        "id": number, "name": f"Theme number {number}", "keywords": ["card"], "state": "live", "status": "ongoing", "size": size,
        "first_seen": START, "last_seen": END, "born_epoch": 1, "named_size": 5, "name_pinned": False,
    }  # fmt: skip


def _ticket(number: int, second: int, theme: int) -> dict[str, Any]:
    return {
        "id": f"T-{number}", "source": "/d", "event_id": f"e-{number}", "time": START + timedelta(seconds=second), "mined_epoch": 1,
        "title": f"card declined in shop {number}", "body": "word " * 40, "counted": True, "status": "open",
        "escalated": number % 5 == 0,
        "requester": f"r-{number % 90_000}", "region": REGIONS[theme % 4], "platform": "ios" if number % 2 else "android",
        "business_line": "shop",
    }  # fmt: skip


def _counts(theme: np.ndarray[Any, Any], at: np.ndarray[Any, Any]) -> Iterator[dict[str, Any]]:
    first = bucket_of(START)
    found = Counter(zip(theme.tolist(), (at // 300).tolist(), strict=True))
    found += Counter((0, int(bucket)) for bucket in at // 300)
    for (number, bucket), n in found.items():
        yield {"theme_id": number, "segment_id": 1, "bucket": first + bucket, "n": n}


def _bands(size: int) -> Iterator[dict[str, Any]]:
    first = int(START.timestamp() // 3600)
    for number in range(THEMES + 1):
        mean = size / (DAYS * 24) / (THEMES if number else 1)
        for hour in range(DAYS * 24):
            yield {"theme_id": number, "hour": first + hour, "mean": mean, "low": 0.0, "high": mean + 2 * mean**0.5}


def _spikes() -> Iterator[dict[str, Any]]:
    for number in range(1, SPIKES + 1):
        yield {
            "id": number, "theme_id": 4 * number, "segment": {}, "kind": "spike", "start": END - timedelta(hours=9),
            "end": END - timedelta(hours=2), "detected_at": END - timedelta(hours=9), "observed": 200, "expected": 20.0, "ratio": 10.0,
            "p_value": 1e-9, "q_value": 1e-9, "severity": 20.0 + number, "now_observed": 200, "evidence": [f"T-{number}"],
            "verdict": "", "state": {},
        }  # fmt: skip


def _cause(number: int) -> dict[str, Any]:
    return {
        "spike_id": number, "rank": 1, "kind": "change", "change_id": "C-1", "contribution": 0.9, "score": 0.9,
        "reason": "Release 38.2 was recorded 20 minutes before the rise began; its scope, BR, holds 90 % of the excess.",
    }  # fmt: skip


def _change() -> dict[str, Any]:
    return {
        "source": "/c", "subject": "C-1", "id": "1", "time": END - timedelta(hours=10), "kind": "release", "title": "38.2", "scope": {},
    }  # fmt: skip


if __name__ == "__main__":
    main()
