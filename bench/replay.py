"""Mines the shared replays and scores what was found against their truth.

usage: python -m bench.replay [--replays 1 2] [--keep FOLDER] [--no-save] [--profile [--days N]]

Vectors are stored between runs (`bench.vectors`), so that the seconds are those of the mining where a run came before.

With `--profile` the replays are only timed: processor seconds of mining, by stage, and those of embedding the texts afresh.

The replays and the scorer lie outside the project: GROUNDSWELL_SHARED_DATA names their folder (default ../shared/data).
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from more_itertools import chunked

from bench.events import open_events
from bench.notifications import NotificationScore, add_replay, read_messages
from bench.result import save
from bench.stages import MINING, STAGES, stage_seconds
from bench.vectors import StoringEmbedder, vectors_file
from groundswell.embedded import EmbeddedRun
from groundswell.session import embedder_choice, make_rules
from groundswell.settings import Settings
from models.embedding import Embedder
from models.text import ticket_text
from store.database import open_database, reading, upgrade
from store.incident_listings import list_incidents
from store.listings import list_alerts, list_spikes, list_themes


def make_run(database: Path, embedder: Embedder) -> EmbeddedRun:
    """Make an embedded run on a new database."""
    database.unlink(missing_ok=True)
    engine = open_database(f"sqlite:///{database}")
    upgrade(engine)
    rules = make_rules(Settings(), embedder.name)
    return EmbeddedRun(engine, embedder, rules, clock=lambda: datetime.now(UTC), requester_key=b"bench")


def mine(replay: Path, folder: Path, embedder: Embedder, score: NotificationScore) -> float:
    """Mine one replay into `folder`, write its listings there, and score its notifications. Returns seconds."""
    database = folder / f"{replay.name.split('.')[0]}.db"
    run = make_run(database, embedder)
    begun = time.perf_counter()
    with open_events(replay) as source:
        run.ingest([source])
    took = time.perf_counter() - begun
    with reading(open_database(f"sqlite:///{database}")) as connection:
        listings: dict[str, Any] = {
            "themes": list_themes(connection, members=True),
            "spikes": list_spikes(connection),
            "alerts": list_alerts(connection),
            "incidents": list_incidents(connection),
        }
        messages = read_messages(connection)
    for name, rows in listings.items():
        (folder / f"{database.stem}.{name}.json").write_text(json.dumps(rows), encoding="utf-8")
    truth = replay.with_name(f"{database.stem}.truth.json.gz")
    with gzip.open(truth, "rt", encoding="utf-8") as file:
        add_replay(score, database.stem, json.load(file), listings, messages)
    return took


def profile(replay: Path, days: int, folder: Path, embedder: Embedder, fresh: Embedder) -> dict[str, Any]:
    """Time the embedding of a replay's texts with a model that has stored none, and then its mining by stage."""
    with gzip.open(replay, "rt", encoding="utf-8") as file:
        events = [json.loads(line) for line in file]
    until = datetime.fromisoformat(events[0]["time"]) + timedelta(days=days)
    events = [event for event in events if datetime.fromisoformat(event["time"]) < until]
    created = [event["data"] for event in events if event["type"] == "ticket.created"]
    texts = [ticket_text(data["title"], data["body"]) for data in created]
    fresh.embed(texts[:64])
    begun = time.process_time()
    for batch in chunked(texts, 512):
        fresh.embed(batch)
    embedding = time.process_time() - begun
    part = folder / "profiled.jsonl"
    part.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    run = make_run(folder / "profiled.db", embedder)
    with stage_seconds() as seconds, open_events(part) as source:
        run.ingest([source])
    mining = seconds[MINING]
    return {
        "days": days,
        "tickets": len(texts),
        "embedding_seconds": embedding,
        "mining_seconds": mining,
        "mining_to_embedding": mining / embedding,
        "stage_seconds": {stage: seconds[stage] for stage in STAGES if stage != MINING},
    }


def main() -> None:
    """Mine, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replays", nargs="+", default=["1", "2"])
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--no-save", action="store_true", help="print the figures only")
    parser.add_argument("--profile", action="store_true", help="time embedding and the stages of mining")
    parser.add_argument("--days", type=int, default=28, help="with --profile: days of the replay that are mined")
    asked = parser.parse_args()
    shared = Path(os.environ.get("GROUNDSWELL_SHARED_DATA", "../shared/data"))
    choice = embedder_choice(Settings())
    embedder = StoringEmbedder(choice.name, choice.load, vectors_file())
    with tempfile.TemporaryDirectory() as name:
        folder = asked.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        figures: dict[str, Any] = {}
        paths: list[str] = []
        score = NotificationScore()
        if asked.profile:
            fresh = choice.load()
            save("replay_profile", {
                f"replay_{number}": profile(
                    shared / "replays" / f"banking-{number}.jsonl.gz", asked.days, folder, embedder, fresh
                )
                for number in asked.replays
            })  # fmt: skip
            return
        for number in asked.replays:
            replay = shared / "replays" / f"banking-{number}.jsonl.gz"
            figures[f"seconds_replay_{number}"] = mine(replay, folder, embedder, score)
            paths += [str(shared / "replays" / f"banking-{number}.truth.json.gz")]
            paths += [str(folder / f"banking-{number}.{kind}.json") for kind in ("themes", "spikes", "alerts")]
        scorer = shared.parent / "tools" / "score_replay.py"
        scored = subprocess.run(
            [sys.executable, str(scorer), *paths], capture_output=True, text=True, check=True
        ).stdout
    print(scored)
    rows = [json.loads(line) for line in scored.splitlines()]
    figures["themes"] = [row for row in rows if "B3_F1" in row]
    figures["incidents"] = [row for row in rows if "recall_2h" in row]
    figures["signals"] = rows[-1]
    figures["notifications"] = score.figures()
    if not asked.no_save:
        save("replay", figures)


if __name__ == "__main__":
    main()
