"""A database as big as a year of a busy desk leaves it, for the console to be measured on.

usage: python -m bench.console.generate DATABASE [--tickets 1000000] [--themes 5000]

It is written straight into the tables, seeded, so always the same: tickets with themes, counts in all segments, expectations by hour,
open and closed spikes with alerts and incidents, launches with plans, changes, and the map. The newest 50 tickets of each theme
have a vector; older ones have none, for no page reads them.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
from sqlalchemy import Engine, text

from bench.console.corpus import DAYS, END, START, SUBJECTS, VALUES, VENDORS, Corpus, cells, make_corpus, name_of
from bench.console.events import LAUNCH, LAUNCH_START, PLANNED, write_events
from bench.console.writing import TableWriter
from models.bucket import BUCKETS_PER_HOUR, bucket_of
from models.theme import ThemeStatus
from pipelines.themes.layout import LayoutKeeper
from store import schema
from store.database import open_database, upgrade
from store.theme_centres import CENTRE_TICKETS

MODEL = "hashing/1"
DIMENSIONS = 384
EPOCH_SECONDS = 300.0
OWNERS = ("payments-live", "creator-payouts", "checkout", "refunds", "ads-billing", "everyone")
TICKET_COLUMNS = (
    "id", "source", "event_id", "time", "mined_epoch", "title", "body", "language", *VALUES, "vendor", "priority", "escalated",
    "requester", "tags", "custom", "counted", "status", "csat", "demand",
)  # fmt: skip


def main() -> None:
    """Write the database that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database")
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--themes", type=int, default=5_000)
    asked = parser.parse_args()
    engine = open_database(asked.database)
    upgrade(engine)
    begun = time.perf_counter()
    for name, number in fill(engine, asked.tickets, asked.themes).items():
        print(f"{name:20} {number:>12,}")
    print(f"{time.perf_counter() - begun:.0f} s")
    engine.dispose()


def fill(engine: Engine, tickets: int, themes: int, seed: int = 0) -> dict[str, int]:
    """Fill an empty database at head; returns how many rows each table got."""
    corpus, writer = make_corpus(tickets, themes, seed), TableWriter(engine)
    written = {
        "segments": writer.write(
            schema.segments, ("id", "key"), ((number, one.key) for number, one in enumerate(corpus.segments, 1))
        ),
        "themes": writer.write(
            schema.themes,
            tuple(_theme(corpus, 1)),
            (tuple(_theme(corpus, one).values()) for one in range(1, themes + 1)),
        ),
        "tickets": writer.write(schema.tickets, TICKET_COLUMNS, _tickets(corpus)),
        "assignments": writer.write(
            schema.assignments,
            ("ticket_id", "theme_id", "epoch", "how", "confidence", "nearest", "remembered"),
            (
                (_id(number), theme, bucket, "nearest", 0.8, theme, False)
                for number, (theme, bucket) in enumerate(
                    zip(corpus.theme.tolist(), corpus.bucket.tolist(), strict=True)
                )
            ),
        ),
        "vectors": writer.write(schema.vectors, ("ticket_id", "model", "vector"), _vectors(corpus, seed)),
        "counts": writer.write(schema.counts, ("theme_id", "segment_id", "bucket", "n"), cells(corpus)),
        "bands": writer.write(schema.bands, ("theme_id", "hour", "mean", "low", "high", "launch_id"), _bands(corpus)),
    }
    with engine.begin() as connection:
        write_events(connection, corpus, MODEL)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    LayoutKeeper(engine, MODEL).settle(END)
    return written


def _id(number: int) -> str:
    return f"T-{number:07}"


def _theme(corpus: Corpus, theme: int) -> dict[str, Any]:
    status = (ThemeStatus.ONGOING, ThemeStatus.ONGOING, ThemeStatus.NEW, ThemeStatus.KNOWN, ThemeStatus.RESOLVED)[
        theme % 5
    ]
    issue = {"title": "A known matter", "jira": "PAY-1", "since": "2026-11-15T10:05:00Z", "usual_per_day": 9.0}
    return {
        "id": theme, "name": name_of(theme), "keywords": name_of(theme).lower().split()[:4], "state": "live", "status": status.value,
        "size": int(corpus.sizes[theme]), "first_seen": START, "last_seen": END, "born_epoch": bucket_of(START), "named_size": 5,
        "merged_into": None, "known_issue": issue if status is ThemeStatus.KNOWN else None, "owner": OWNERS[theme % len(OWNERS)],
        "name_pinned": False,
    }  # fmt: skip


def _tickets(corpus: Corpus) -> Iterator[tuple[Any, ...]]:
    codes = [corpus.values[name].tolist() for name in VALUES]
    for number, (theme, second, vendor, *own) in enumerate(
        zip(corpus.theme.tolist(), corpus.second.tolist(), corpus.vendor.tolist(), *codes, strict=True)
    ):
        at = START + timedelta(seconds=second)
        name = name_of(theme)
        yield (
            _id(number), "/desk/acme", f"e-{number}", at, int(at.timestamp() // EPOCH_SECONDS), f"{name}, ticket {number}",
            f"Hello, it is about this: {name.lower()}. I have tried it again, and it is still the same. Reference {number % 977}.",
            "en", *(known[code] for known, code in zip(VALUES.values(), own, strict=True)), VENDORS[vendor], "normal", False,
            f"r-{number % 400_003}", [], {}, True, "solved" if second < 20 * 86_400 else "open", None, "customer",
        )  # fmt: skip


def _vectors(corpus: Corpus, seed: int) -> Iterator[tuple[Any, ...]]:
    """Vectors near the mean of the theme's subject, and nearer to that of the theme itself."""
    rng = np.random.default_rng(seed + 1)
    subjects = rng.normal(size=(len(SUBJECTS) * 20, DIMENSIONS))
    order = np.argsort(corpus.theme, kind="stable")
    bounds = np.searchsorted(corpus.theme[order], np.arange(1, corpus.themes + 2))
    for theme in range(1, corpus.themes + 1):
        newest = order[max(bounds[theme - 1], bounds[theme] - CENTRE_TICKETS) : bounds[theme]]
        own = subjects[theme % len(subjects)] + 0.9 * rng.normal(size=DIMENSIONS)
        rows = own + 0.5 * rng.normal(size=(len(newest), DIMENSIONS))
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        for number, row in zip(newest.tolist(), rows.astype("<f2"), strict=True):
            yield _id(number), MODEL, row.tobytes()


def _bands(corpus: Corpus) -> Iterator[tuple[Any, ...]]:
    hours = range(bucket_of(START) // BUCKETS_PER_HOUR + 24, bucket_of(END) // BUCKETS_PER_HOUR + 1)
    for theme, size in enumerate([int(corpus.sizes.sum()), *corpus.sizes[1:].tolist()]):
        mean = size / DAYS / 24
        reach = 1.96 * (1.2 * mean) ** 0.5
        for hour in hours:
            plan = LAUNCH if theme <= PLANNED and hour >= bucket_of(LAUNCH_START) // BUCKETS_PER_HOUR else None
            yield theme, hour, mean, max(0.0, mean - reach), mean + reach, plan


if __name__ == "__main__":
    main()
