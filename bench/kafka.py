"""From Kafka to the store with the real model: one worker, two, a backlog, a dead worker, and the memory of all of them.

The parts of `bench/throughput.py --kafka`; a broker and a PostgreSQL are started for it.
"""

from __future__ import annotations

import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psutil

from bench.events import open_events
from groundswell.session import make_rules
from groundswell.settings import Settings
from models.embedding.minilm import minilm_name
from store.database import reading
from store.lease import lease_holder
from stream.admission_rules import AdmissionRules
from stream.kafka.deadletters import KafkaDeadLetters, make_producer
from stream.kafka.replay import Pace, Replay
from stream.kafka.settings import StreamSettings
from tests.harness.kafka import Broker, running_broker
from tests.harness.postgres import PostgresServer, running_server
from tests.harness.scaled import KEY, Scaled

PATIENCE = 1800.0
_DEFAULTS = StreamSettings().model_dump(mode="json", include={"batch", "wait", "session_timeout"})


def kafka_figures(
    events: Sequence[dict[str, Any]], pause_events: Sequence[dict[str, Any]], pace: float, cores: int = 2
) -> dict[str, float]:
    """Messages a second from the topic to the store, and what happens after a pause and after a death.

    Parameters
    ----------
    events : sequence
        What one and two workers are timed on.
    pause_events : sequence
        What comes at `pace` events a second: the first 600 seconds' worth wait when the worker is back from a pause of ten
        minutes, the others go on coming while it catches up.
    pace : float
        Events a second.
    cores : int
        Threads of computation, shared by the workers.
    """
    with (
        tempfile.TemporaryDirectory(prefix="groundswell-kafka-") as name,
        running_broker() as broker,
        running_server() as server,
    ):
        one = _Stage(Path(name) / "one", broker, server)
        with one.opened(events) as scaled:
            single = one.rate(scaled, workers=1, threads=cores)
            single |= one.pause(scaled, pause_events, pace)
        two = _Stage(Path(name) / "two", broker, server)
        with two.opened(events) as scaled:
            double = two.rate(scaled, workers=2, threads=max(1, cores // 2))
            double |= two.adoption(scaled, pause_events, pace)
            double |= two.takeover(scaled)
    return {**{f"1 worker: {k}": v for k, v in single.items()}, **{f"2 workers: {k}": v for k, v in double.items()}}


class _Stage:
    """One set of topics and one database."""

    def __init__(self, folder: Path, broker: Broker, server: PostgresServer) -> None:
        self._folder = folder
        self._broker = broker
        self._server = server

    @contextmanager
    def opened(self, events: Sequence[dict[str, Any]]) -> Iterator[Scaled]:
        """Topics that hold the events, and nobody who reads them yet."""
        self._folder.mkdir()
        rules = make_rules(Settings(), minilm_name())
        with self._server.database() as url:
            scaled = Scaled(
                self._folder, self._broker.address, url, rules, now=datetime.now(UTC), **_DEFAULTS,
            )  # fmt: skip
            try:
                with open_events(self._file("all", events)) as source:
                    scaled.replay(source)
                yield scaled
                scaled.stop()
            finally:
                scaled.close()

    def rate(self, scaled: Scaled, *, workers: int, threads: int) -> dict[str, float]:
        """Messages a second from the first stored batch to the last."""
        readers = [scaled.start(mines=False, real=True, threads=threads) for _ in range(workers)]
        scaled.wait(lambda: len(_moved(scaled)) >= workers, PATIENCE, "every worker's first batch")
        begun, start = time.perf_counter(), scaled.lines()
        scaled.wait(scaled.stored, PATIENCE, "the last batch")
        rate = (scaled.lines() - start) / (time.perf_counter() - begun)
        memory = max(psutil.Process(one.pid).memory_info().rss for one in readers) / 2**30
        return {"messages a second to the store": rate, "resident memory, GiB": memory}

    def pause(self, scaled: Scaled, events: Sequence[dict[str, Any]], pace: float) -> dict[str, float]:
        """Seconds until nothing waits, after ten minutes without a worker, while events go on coming."""
        scaled.stop()
        waiting = round(600 * pace)
        with open_events(self._file("waiting", events[:waiting])) as source:
            scaled.replay(source)
        feed = _Feed(scaled, self._file("coming", events[waiting:]))
        scaled.start(mines=False, real=True, threads=2)
        before = scaled.positions()
        scaled.wait(lambda: scaled.positions() != before, PATIENCE, "the first batch after the pause")
        begun = time.perf_counter()
        with feed:
            scaled.wait(lambda: scaled.lag() <= 2 * pace, PATIENCE, "the end of the backlog")
            return {
                "backlog after a pause of 10 minutes": float(waiting),
                "drained within, s": time.perf_counter() - begun,
            }

    def adoption(self, scaled: Scaled, events: Sequence[dict[str, Any]], pace: float) -> dict[str, float]:
        """Seconds from the death of a worker until what was sent to its partitions just after is stored."""
        with _Feed(scaled, self._file("coming", events)):
            scaled.wait(lambda: scaled.lag() <= 10 * pace, PATIENCE, "the workers at the topics' ends")
            scaled.processes[0].kill()
            scaled.processes[0].wait()
            begun, before = time.perf_counter(), scaled.ends()
            tickets = [place for place in before if place[0] == scaled.topics.tickets]
            scaled.wait(lambda: all(scaled.ends()[one] > before[one] for one in tickets), PATIENCE, "further events")
            marks = scaled.ends()
            scaled.wait(lambda: scaled.passed(marks), PATIENCE, "the adoption of the dead worker's partitions")
            return {"adoption at the default session timeout, s": time.perf_counter() - begun}

    def takeover(self, scaled: Scaled) -> dict[str, float]:
        """Seconds from when the miner that holds the lease stands still until another holds it.

        A miner that died on the same machine is known to be dead, and its lease is taken at once; one that stands still could
        be on any machine: its lease must run out.
        """
        miners = [scaled.start(reads=False) for _ in range(2)]
        scaled.wait(lambda: _holder(scaled) is not None, PATIENCE, "a miner")
        last = len(scaled.processes)
        scaled.wait(lambda: all(_turns(scaled, number) for number in (last - 1, last)), PATIENCE, "both miners at work")
        first = str(_holder(scaled))
        held = next(one for one in miners if str(one.pid) in first)
        held.send_signal(signal.SIGSTOP)
        begun = time.perf_counter()
        scaled.wait(lambda: _holder(scaled) != first, PATIENCE, "another miner")
        found = time.perf_counter() - begun
        held.send_signal(signal.SIGCONT)
        return {"lease of a miner that stands still is taken within, s": found}

    def _file(self, name: str, events: Sequence[dict[str, Any]]) -> Path:
        path = self._folder / f"{name}.jsonl"
        path.write_bytes(b"".join(orjson.dumps(event) + b"\n" for event in events))
        return path


class _Feed(threading.Thread):
    """Sends a file's events at the pace of their times until it is left."""

    def __init__(self, scaled: Scaled, path: Path) -> None:
        super().__init__(daemon=True)
        self._scaled = scaled
        self._path = path
        self._ended = threading.Event()

    def run(self) -> None:
        """Send each event when it is due."""
        scaled, producer = self._scaled, make_producer(self._scaled.stream)
        dead = KafkaDeadLetters(scaled.topics.deadletters, lambda: producer)
        replay = Replay(
            producer, dead, scaled.topics, scaled.stream.topics.partitions, rules=AdmissionRules.of(KEY), clock=scaled.clock,
            pace=Pace(1, scaled.clock, self._rest),
        )  # fmt: skip
        with open_events(self._path) as source:
            replay.run(source, stop=self._ended.is_set)
        producer.close(timeout=30)

    def _rest(self, seconds: float) -> None:
        self._ended.wait(seconds)

    def __enter__(self) -> None:
        """Begin to send."""
        self.start()

    def __exit__(self, *_: object) -> None:
        """Stop and wait for the sender."""
        self._ended.set()
        self.join(timeout=60)


def _holder(scaled: Scaled) -> str | None:
    with reading(scaled.engine) as connection:
        return lease_holder(connection)


def _turns(scaled: Scaled, number: int) -> bool:
    return any(line.get("event") == "miner_turn" for line in scaled.log(number))


def _moved(scaled: Scaled) -> list[tuple[str, int]]:
    return [place for place, position in scaled.positions().items() if position > 0]
