"""Chaos: processes are killed, engines go away, transactions fail; afterwards every event must have had its effect once.

The suite runs it small, `bench/chaos` in full.
"""

import random
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import func, select

from models.bucket import bucket_of
from models.segment import Segment
from models.source_silence import segment_of_source
from store.database import reading
from store.schema import alerts, assignments, counts, events, quarantine, segments, tickets
from stream.admission_rules import AdmissionRules
from stream.kafka.client import client_options
from stream.kafka.deadletters import KafkaDeadLetters, make_producer
from stream.kafka.replay import Pace, Replay
from tests.harness.children import PATIENCE_SECONDS
from tests.harness.kafka import Broker
from tests.harness.postgres import PostgresServer
from tests.harness.scaled import KEY, Scaled
from tests.harness.sources import open_events


@dataclass(frozen=True)
class Plan:
    """What happens in a run; times are seconds from its start."""

    seconds: float
    kills: int
    terms: int
    outage: float
    broker_restarts: int = 0
    failing: float = 0.03
    poison: int = 40
    seed: int = 11
    settle: float = PATIENCE_SECONDS
    adoption: float = PATIENCE_SECONDS
    supervised: bool = False
    """Whether a process that ends by itself is started again, as a supervisor would: on a busy machine one may find no broker in
    time when it starts, and says so and ends."""


@dataclass
class Report:
    """What was sent and what was found afterwards."""

    sent: int = 0
    distinct: int = 0
    stored: int = 0
    poison: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    terms: int = 0
    broker_restarts: int = 0
    outage_seconds: float = 0.0
    failed_transactions: int = 0
    adoption_seconds: list[float] = field(default_factory=list)
    offsets_agree: bool = False
    counts_off: int = -1
    alerts: int = -1
    alert_messages: int = -1
    exit_codes: list[int] = field(default_factory=list)
    started_again: int = 0
    seconds: float = 0.0


class Chaos:
    """One run: two workers, a miner, a replay of `lines`, and a plan of mishaps."""

    def __init__(self, scaled: Scaled, broker: Broker, server: PostgresServer, plan: Plan) -> None:
        self._scaled = scaled
        self._broker = broker
        self._server = server
        self._plan = plan
        self._chance = random.Random(plan.seed)
        self._roles = [{"reads": True, "mines": True}, {"reads": True, "mines": True}, {"reads": False, "mines": True}]
        self._running: list[subprocess.Popen[bytes]] = []
        self.report = Report()

    def run(self, path: Path, first: datetime, last: datetime) -> Report:
        """Send a file's events over the plan's time while its mishaps happen, let all of it settle, and look."""
        begun = time.monotonic()
        self._running = [self._start(role) for role in self._roles]
        sender = _Sender(self._scaled, path, (last - first).total_seconds() / self._plan.seconds, self._plan)
        sender.start()
        try:
            for at, mishap in self._mishaps():
                time.sleep(max(0.0, begun + at - time.monotonic()))
                mishap()
            sender.finish()
        finally:
            sender.stop()
        self._scaled.wait(self._scaled.mined, self._plan.settle, "the end of mining")
        self._scaled.wait(self._scaled.agreed, self._plan.settle, "the last commit")
        self._scaled.wait(self._scaled.delivered, self._plan.settle, "the end of delivery")
        self._look(sender)
        self.report.seconds = round(time.monotonic() - begun, 1)
        return self.report

    def _start(self, role: dict[str, bool]) -> subprocess.Popen[bytes]:
        return self._scaled.start(**role, fail=self._plan.failing)

    def _wait(self, done: Callable[[], bool], within_seconds: float, what: str, dead: int | None = None) -> None:
        """Wait until something holds; `dead` is the place of a process that was killed and is not to be started again yet."""

        def look() -> bool:
            for place, process in enumerate(self._running if self._plan.supervised else ()):
                if place != dead and process.poll() is not None:
                    self._running[place] = self._start(self._roles[place])
                    self.report.started_again += 1
            return done()

        self._scaled.wait(look, within_seconds, what)

    def _mishaps(self) -> Iterator[tuple[float, Callable[[], None]]]:
        plan = self._plan
        acts: list[Callable[[], None]] = [self._kill] * plan.kills + [self._term] * plan.terms
        acts += [self._restart_broker] * plan.broker_restarts
        self._chance.shuffle(acts)
        acts.insert(len(acts) // 2, self._outage)
        first = 12.0
        for number, act in enumerate(acts):
            yield first + number * (plan.seconds - first) / len(acts), act

    def _pick(self) -> int:
        return self._chance.randrange(len(self._running))

    def _kill(self) -> None:
        place = self._pick()
        marks = self._scaled.ends() if self._broker_there() else {}
        self._running[place].kill()
        self._running[place].wait()
        self.report.kills += 1
        if self._roles[place]["reads"] and marks and self._server.running:
            begun = time.monotonic()
            what = "the adoption of a dead worker's partitions"
            self._wait(lambda: self._scaled.passed(marks), self._plan.adoption, what, dead=place)
            self.report.adoption_seconds.append(round(time.monotonic() - begun, 1))
        self._running[place] = self._start(self._roles[place])

    def _all_ready(self) -> bool:
        return all(self._scaled.ready(process) for process in self._running)

    def _broker_there(self) -> bool:
        return getattr(self._broker, "running", True)

    def _term(self) -> None:
        place = self._pick()
        self._running[place].send_signal(signal.SIGTERM)
        self.report.exit_codes.append(self._running[place].wait(timeout=self._plan.settle))
        self.report.terms += 1
        self._running[place] = self._start(self._roles[place])

    def _restart_broker(self) -> None:
        self._broker.stop()
        time.sleep(2)
        self._broker.start()
        self.report.broker_restarts += 1

    def _outage(self) -> None:
        # A process that finds no database when it starts says so and ends, and here nobody would start it again.
        self._wait(self._all_ready, self._plan.settle, "the readiness of all processes")
        begun = time.monotonic()
        self._server.stop()
        time.sleep(self._plan.outage)
        self._server.start()
        self.report.outage_seconds = round(time.monotonic() - begun, 1)

    def _look(self, sender: "_Sender") -> None:
        report, scaled = self.report, self._scaled
        report.sent, report.distinct, report.poison = sender.sent, sender.distinct, sender.poison
        with reading(scaled.engine) as connection:
            report.stored = connection.execute(select(func.count()).select_from(events)).scalar_one()
            reasons = select(quarantine.c.reason, func.count()).group_by(quarantine.c.reason)
            report.quarantined = Counter({reason: number for reason, number in connection.execute(reasons)})  # noqa: C416
            report.alerts = connection.execute(select(func.count()).select_from(alerts)).scalar_one()
        ends = {place: end for place, end in scaled.ends().items() if end}
        report.offsets_agree = scaled.agreed() and {k: v for k, v in scaled.positions().items() if v} == ends
        report.counts_off = counts_off(scaled)
        report.alert_messages = len(set(message_ids(scaled, scaled.topics.alerts)))
        for number in range(1, len(scaled.processes) + 1):
            report.failed_transactions += sum(line.get("event") == "batch_failed" for line in scaled.log(number))


class _Sender(threading.Thread):
    """Sends the file's events at an even pace, and poison between them."""

    def __init__(self, scaled: Scaled, path: Path, speed: float, plan: Plan) -> None:
        super().__init__(name="sender", daemon=True)
        self._scaled = scaled
        self._path = path
        self._speed = speed
        self._plan = plan
        self._error: BaseException | None = None
        self._stopped = threading.Event()
        self._lines = path.read_bytes().splitlines()
        self.sent = 0
        self.distinct = len({(one["source"], one["id"]) for one in map(orjson.loads, self._lines)})
        self.poison: Counter[str] = Counter()

    def run(self) -> None:
        """Send all of it."""
        try:
            self._send()
        except BaseException as error:  # noqa: BLE001 (reported by `finish`, in the thread that waits)
            self._error = error

    def stop(self) -> None:
        """Send no more, where it still sends."""
        self._stopped.set()
        self.join(timeout=PATIENCE_SECONDS)

    def finish(self) -> None:
        """Wait until all is sent; raises what went wrong."""
        self.join(timeout=300 + self._plan.settle)
        if self._error is not None:
            raise self._error
        assert not self.is_alive(), "the replay did not end"

    def _send(self) -> None:
        scaled = self._scaled
        producer = make_producer(scaled.stream)
        every = max(1, len(self._lines) // self._plan.poison)
        kinds = list(POISON)

        def tell(done: Any) -> None:
            if done.sent % every == 0 and self.poison.total() < self._plan.poison:
                reason = kinds[self.poison.total() % len(kinds)]
                headers, value = POISON[reason]
                producer.send(scaled.topics.tickets, key=str(done.sent).encode(), value=value, headers=list(headers))
                self.poison[reason] += 1

        pace = Pace(self._speed, scaled.clock, time.sleep)
        dead = KafkaDeadLetters(scaled.topics.deadletters, lambda: producer)
        replay = Replay(
            producer,
            dead,
            scaled.topics,
            scaled.stream.topics.partitions,
            rules=AdmissionRules.of(KEY),
            clock=scaled.clock,
            pace=pace,
        )
        with open_events(self._path) as source:
            self.sent = replay.run(source, stop=self._stopped.is_set, progress=tell).sent
        producer.close(timeout=30)


def _event(**changed: str) -> list[tuple[str, bytes]]:
    headers = {
        "specversion": "1.0", "id": "p", "source": "/poison", "type": "ticket.created",
        "time": "2026-11-05T00:00:00Z", "subject": "P-1", **changed,
    }  # fmt: skip
    return [(f"ce_{name}", value.encode()) for name, value in headers.items()]


POISON: dict[str, tuple[list[tuple[str, bytes]], bytes]] = {
    "not_json": (_event(), b'{"title": '),
    "unknown_type": (_event(type="ticket.exploded"), b"{}"),
    "invalid_event": (_event(), b'{"title": []}'),
    "in_the_future": (_event(time="2126-11-05T00:00:00Z"), b'{"title": "x"}'),
}
"""A message of each kind that no worker may take, by the reason that it must be given."""


def counts_off(scaled: Scaled) -> int:
    """Series and buckets whose stored count is not what counting the tickets anew gives, over themes, dimensions and sources."""
    mining = scaled.rules.mining
    with reading(scaled.engine) as connection:
        keys = {row.id: row.key for row in connection.execute(select(segments))}
        stored = Counter(
            {
                (row.theme_id, keys[row.segment_id], row.bucket): row.n
                for row in connection.execute(select(counts))
                if row.n
            }
        )
        query = select(tickets, assignments.c.theme_id).outerjoin(assignments, assignments.c.ticket_id == tickets.c.id)
        anew: Counter[tuple[int, str, int]] = Counter()
        for row in connection.execute(query.where(tickets.c.counted)).mappings():
            cuts = [{}, *({name: row[name]} for name in mining.dimensions if row[name] is not None)]
            cuts += [{a: row[a], b: row[b]} for a, b in mining.pairs if row[a] is not None and row[b] is not None]
            for theme in {0, row["theme_id"] or 0}:
                anew.update((theme, Segment.of(cut).key, bucket_of(row["time"])) for cut in cuts)
        # What a source sent counts for it, whatever became of the ticket.
        arrived = select(tickets.c.source, tickets.c.time).where(tickets.c.mined_epoch.is_not(None))
        anew.update((0, segment_of_source(source).key, bucket_of(time)) for source, time in connection.execute(arrived))
    return sum((stored - anew).values()) + sum((anew - stored).values())


def message_ids(scaled: Scaled, topic: str) -> list[str]:
    """The `ce_id` of every message of a topic with one partition."""
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(**client_options(scaled.stream), enable_auto_commit=False, group_id=None)
    try:
        part = TopicPartition(topic, 0)
        consumer.assign([part])
        consumer.seek_to_beginning(part)
        end = consumer.end_offsets([part])[part]
        found: list[str] = []
        while consumer.position(part) < end:
            for records in consumer.poll(timeout_ms=1000).values():
                found += [dict(record.headers)["ce_id"].decode() for record in records]
        return found
    finally:
        consumer.close(autocommit=False)
