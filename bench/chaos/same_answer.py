"""A shared replay by Kafka with 1 and with 3 workers on 4 partitions, compared with the embedded run.

    python bench/chaos/same_answer.py [--replay banking-1] [--lines N] [--workers 1 3] [--keep FOLDER]

Also measures, with the real model: messages a second from the topic to the store, and the memory of a worker. The replays lie
outside the project: GROUNDSWELL_SHARED_DATA names their folder. Writes bench/results/same_answer.json; ends with 1 where a
listing differs.
"""

import argparse
import gzip
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from alerts.ownership_file import read_ownership
from alerts.settings import AlertSettings
from bench.events import open_events
from bench.result import save
from groundswell.embedded import EmbeddedRun
from models.embedding import MiniLM
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from tests.harness.kafka import running_broker
from tests.harness.postgres import running_server
from tests.harness.scaled import KEY, Scaled
from tests.pipelines.chain import listings, open_new

SHARED = Path(os.environ.get("GROUNDSWELL_SHARED_DATA", "../shared/data"))


def main() -> int:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replay", default="banking-1")
    parser.add_argument("--lines", type=int, default=None)
    parser.add_argument("--keep", type=Path, default=None, help="folder for the listings, to compare them")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 3])
    given = parser.parse_args()
    figures: dict[str, Any] = {"replay": given.replay}
    with tempfile.TemporaryDirectory(prefix="groundswell-same-") as name:
        folder = Path(name)
        path = folder / "replay.jsonl"
        with gzip.open(SHARED / "replays" / f"{given.replay}.jsonl.gz", "rb") as packed:
            path.write_bytes(b"".join(islice(packed, given.lines)))
        figures["events"] = len(path.read_bytes().splitlines())
        embedder = MiniLM()
        rules = Rules(
            mining=MiningSettings(lateness=timedelta(hours=2, minutes=10)),
            alerts=AlertSettings(),
            ownership=read_ownership(None),
            model=embedder.name,
        )
        begun = time.perf_counter()
        expected = _embedded(folder, path, rules, embedder)
        figures["embedded, all of it, s"] = round(time.perf_counter() - begun, 1)
        _keep(given.keep, "embedded", expected)
        with running_broker() as broker, running_server() as server:
            for workers in given.workers:
                with server.database() as url:
                    own = folder / str(workers)
                    own.mkdir()
                    scaled = Scaled(own, broker.address, url, rules, now=datetime.now(UTC), batch=512, wait="PT1S")
                    figures |= _scaled(scaled, path, workers, expected=expected, keep=given.keep)
    save("same_answer", figures)
    return 0 if all(figures[f"{number} workers: same listings"] for number in given.workers) else 1


def _embedded(folder: Path, path: Path, rules: Rules, embedder: Any) -> dict[str, bytes]:
    engine = open_new(f"sqlite:///{folder / 'embedded.db'}")
    run = EmbeddedRun(engine, embedder, rules, clock=lambda: datetime.now(UTC), requester_key=KEY)
    with open_events(path) as source:
        run.ingest([source])
    found = listings(engine)
    engine.dispose()
    return found


def _scaled(
    scaled: Scaled, path: Path, workers: int, *, expected: dict[str, bytes], keep: Path | None
) -> dict[str, Any]:
    """Replay a file to the topics and mine it with some workers; closes the deployment. Returns the figures of the run."""
    try:
        with open_events(path) as source:
            scaled.replay(source)
        readers = [scaled.start(mines=False, real=True) for _ in range(workers)]
        scaled.wait(lambda: bool(scaled.positions()), 300, "the first batch")
        begun, start = time.perf_counter(), scaled.lines()
        scaled.wait(scaled.stored, 3600, "the last batch")
        rate = (scaled.lines() - start) / (time.perf_counter() - begun)
        memory = max(psutil.Process(one.pid).memory_info().rss for one in readers) / 2**30
        begun = time.perf_counter()
        scaled.start(reads=False, real=True)
        scaled.wait(scaled.mined, 7200, "the end of mining")
        mining = time.perf_counter() - begun
        found = listings(scaled.engine)
        _keep(keep, f"{workers}-workers", found)
        codes = scaled.stop()
    finally:
        scaled.close()
    name = f"{workers} workers: "
    return {
        f"{name}same listings": found == expected,
        f"{name}messages a second to the store": round(rate, 1),
        f"{name}memory of a worker, GiB": round(memory, 2),
        f"{name}mining alone, s": round(mining, 1),
        f"{name}exit codes": codes,
    }


def _keep(folder: Path | None, name: str, found: dict[str, bytes]) -> None:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for listing, content in found.items():
            (folder / f"{name}-{listing}.json").write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
