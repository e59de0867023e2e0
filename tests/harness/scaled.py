"""The scaled form for tests: topics under a prefix of their own, worker and miner processes, and waiting for what they do."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from sqlalchemy import Engine

from groundswell.miner_loop import Frontier
from pipelines.miner import Miner
from pipelines.rules import Rules
from store.database import open_database, reading, upgrade
from store.offsets import read_offsets
from store.outbox import oldest_waiting
from stream.admission_rules import AdmissionRules
from stream.kafka.deadletters import KafkaDeadLetters, make_producer
from stream.kafka.offsets import TopicEnds, committed_offsets
from stream.kafka.replay import Pace, Replay, Replayed
from stream.kafka.settings import StreamSettings
from stream.kafka.topics import Topics, create_topics
from stream.source import Source
from tests.harness.children import PATIENCE_SECONDS

ROOT = Path(__file__).resolve().parents[2]
KEY = b"k" * 32


class Scaled:
    """Topics, a database and processes of one test.

    Parameters
    ----------
    folder : Path
        Where plans, logs and notifications go.
    brokers, url : str
        The broker and an empty PostgreSQL database.
    rules : Rules
        Settings of mining and alerts that processes run under.
    now : datetime
        What the clock shows at the start.

    """

    def __init__(
        self, folder: Path, brokers: str, url: str, rules: Rules, *, now: datetime, partitions: int = 4, **stream: Any
    ) -> None:
        self.folder = folder
        self.url = url
        self.rules = rules
        self.ahead = (now - datetime.now(UTC)).total_seconds()
        prefix = f"t{os.getpid()}-{time.monotonic_ns()}"
        self._stream = {
            "brokers": brokers, "group": prefix, "health_port": 0, "session_timeout": "PT6S", "wait": "PT0.2S", "batch": 128,
            "topics": {"prefix": prefix, "partitions": partitions}, **stream,
        }  # fmt: skip
        self.stream = StreamSettings.model_validate({**self._stream, "requester_key": KEY.decode()})
        self.topics = Topics(prefix)
        create_topics(self.stream)
        self.engine: Engine = open_database(url)
        upgrade(self.engine)
        self._number = 0
        self.processes: list[subprocess.Popen[bytes]] = []
        self.ends = TopicEnds(self.stream, self.topics.incoming)

    def start(
        self, *, reads: bool = True, mines: bool = True, fail: float = 0.0, real: bool = False, threads: int = 1
    ) -> subprocess.Popen[bytes]:
        """Start a worker, a miner, or both in one; `threads` are those that the model computes with."""
        self._number += 1
        plan = {
            "database": {"url": self.url}, "stream": {**self._stream, "requester_key": KEY.decode()},
            "mining": self.rules.mining.model_dump(mode="json"), "alerts": self.rules.alerts.model_dump(mode="json"),
            "reads": reads, "mines": mines, "fail": fail, "seed": self._number, "ahead": self.ahead, "real": real,
        }  # fmt: skip
        plan["alerts"]["outbox_folder"] = str(self.folder / "notifications")
        path = self.folder / f"plan-{self._number}.json"
        path.write_text(json.dumps(plan))
        together = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        with (self.folder / f"log-{self._number}.txt").open("wb") as log:
            process = subprocess.Popen(
                [*together, sys.executable, "-m", "tests.harness.process", str(path)],
                cwd=ROOT, stdout=log, stderr=subprocess.STDOUT,
                env={**os.environ, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
        self.processes.append(process)
        return process

    def log(self, number: int) -> list[dict[str, Any]]:
        """What a process logged, line by line; lines of others than structlog are left out."""
        lines = (self.folder / f"log-{number}.txt").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def ask(self, number: int, path: str) -> tuple[int, str]:
        """Ask a process over HTTP: status and text; status 0 where it does not answer yet."""
        started = [line["health"] for line in self.log(number) if line.get("event") == "started"]
        if not started:
            return 0, ""
        try:
            with urlopen(f"{started[0]}{path}", timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 (our own process)
                return answer.status, answer.read().decode()
        except HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()
        except URLError:
            return 0, ""

    def ready(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether a process says that it is ready."""
        return self.ask(self.processes.index(process) + 1, "/readyz")[0] == HTTPStatus.OK

    def replay(self, source: Source, **options: Any) -> Replayed:
        """Send a source's events to the topics."""
        producer = make_producer(self.stream)
        try:
            return Replay(
                producer, KafkaDeadLetters(self.topics.deadletters, lambda: producer), self.topics,
                self.stream.topics.partitions, rules=AdmissionRules.of(KEY), clock=self.clock, pace=Pace(0, self.clock, time.sleep),
            ).run(source, **options)  # fmt: skip
        finally:
            producer.close(timeout=10)

    def clock(self) -> datetime:
        """The clock that all processes go by."""
        return datetime.fromtimestamp(datetime.now(UTC).timestamp() + self.ahead, UTC)

    def frontier(self) -> int | None:
        """First epoch that must stay open."""
        return Frontier(self.engine, self.ends, self.topics, self.rules.mining, self.clock).until()

    def mined(self) -> bool:
        """Whether all topics are stored to their ends, and mined up to the frontier."""
        if not self.stored():
            return False
        until = self.frontier()
        reached = Miner(self.engine, self.rules, self.clock).next_epoch()
        return until is not None and reached is not None and reached >= until

    def positions(self) -> dict[tuple[str, int], int]:
        """Next offset of each partition, as the database has it."""
        with reading(self.engine) as connection:
            return {
                (row["stream"], row["partition"]): row["position"]
                for row in read_offsets(connection, self.topics.incoming)
            }

    def stored(self) -> bool:
        """Whether the database has reached every topic's end."""
        return self.passed(self.ends())

    def lines(self) -> int:
        """Messages that the database has taken in."""
        with reading(self.engine) as connection:
            return sum(row["lines"] for row in read_offsets(connection, self.topics.incoming))

    def lag(self) -> int:
        """Messages that the database has yet to take in."""
        positions = self.positions()
        return sum(max(0, end - positions.get(place, 0)) for place, end in self.ends().items())

    def passed(self, marks: Mapping[tuple[str, int], int]) -> bool:
        """Whether the database has reached these offsets."""
        positions = self.positions()
        return all(positions.get(place, 0) >= end for place, end in marks.items())

    def delivered(self) -> bool:
        """Whether nothing waits in the outbox."""
        with reading(self.engine) as connection:
            return oldest_waiting(connection) is None

    def agreed(self) -> bool:
        """Whether what the group has committed is where the topics end."""
        ends = {place: end for place, end in self.ends().items() if end}
        return dict(committed_offsets(self.stream, self.topics.incoming)) == ends

    def wait(self, done: Callable[[], bool], within_seconds: float, what: str) -> None:
        """Wait until something holds; a process that died, or too long a wait, is a failure that shows the logs' ends."""
        until = time.monotonic() + within_seconds
        while not done():
            if time.monotonic() > until:
                raise AssertionError(f"{what} did not come within {within_seconds:g} s\n{self.tails()}")
            time.sleep(0.3)

    def tails(self) -> str:
        """The last lines of every log."""
        parts = []
        for path in sorted(self.folder.glob("log-*.txt")):
            parts += [f"--- {path.name}", *path.read_text().splitlines()[-8:]]
        return "\n".join(part[:400] for part in parts)

    def stop(self, processes: Iterable[subprocess.Popen[bytes]] | None = None) -> list[int]:
        """Ask processes to stop and wait; returns their exit codes."""
        chosen = list(self.processes if processes is None else processes)
        for process in chosen:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        codes = []
        for process in chosen:
            try:
                codes.append(process.wait(timeout=PATIENCE_SECONDS))
            except subprocess.TimeoutExpired:
                process.kill()
                codes.append(process.wait())
        return codes

    def close(self) -> None:
        """End everything."""
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        self.ends.close()
        self.engine.dispose()
