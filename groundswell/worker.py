"""A process of the scaled installation: reads events, waits to become the miner, or both, until it is stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog
from sqlalchemy import Engine

from alerts.channels.kafka import KafkaChannel
from groundswell.health import Check, Stalls, make_health_app, serving
from groundswell.logging import failure
from groundswell.metrics import Metrics
from groundswell.miner_loop import Frontier, MinerLoop
from groundswell.sending import channels_of, count_deliveries, send_due
from groundswell.session import admission_rules
from groundswell.settings import Settings
from groundswell.telemetry import IntakeTelemetry, MinerTelemetry, OldestWaiting, TimedEmbedder
from models.clock import Clock
from models.embedding import Embedder
from pipelines.miner import Miner
from pipelines.rules import Rules
from store.alerts import alerts_after
from store.database import check_schema, reading
from store.outbox import oldest_waiting
from store.sources import read_profiles
from stream.clock_skew import ClockSkew
from stream.kafka.app import WorkerApp
from stream.kafka.deadletters import KafkaDeadLetters, make_producer
from stream.kafka.intake import Intake
from stream.kafka.offsets import TopicEnds
from stream.kafka.topics import Topics, partitions_of
from stream.processing import Processor

UNDRAINED, DEFECT = 75, 70
"""Exit codes of a process that ended without a commit (sysexits.h): try again, and a defect of ours."""


@dataclass(frozen=True)
class Collaborators:
    """What a process is handed. `make_embedder` gives the model that reads tickets and ranks names; each call the same one."""

    settings: Settings
    engine: Engine
    rules: Rules
    clock: Clock
    make_embedder: Callable[[], Embedder]


class Process:
    """Worker, miner, or both: threads and loop, health, and the order in which all of it starts and ends."""

    def __init__(self, given: Collaborators, *, reads: bool = True, mines: bool = True) -> None:
        self._given = given
        self._reads = reads
        self._mines = mines
        self._topics = Topics(given.settings.stream.topics.prefix)
        self._metrics = Metrics()
        self._stalls = Stalls()
        self._stop = threading.Event()
        self._log = structlog.get_logger()
        self._app: WorkerApp | None = None
        self._starting: str | None = "starting"

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; returns the exit code."""
        return asyncio.run(self._run())

    async def _run(self) -> int:
        stream = self._given.settings.stream
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ask, ended)
        health = make_health_app(self._checks(), self._metrics.registry, self._refresh)
        async with AsyncExitStack() as stack:
            port = await stack.enter_async_context(serving(health, stream.health_host, stream.health_port))
            self._log.info(
                "started", health=f"http://{stream.health_host}:{port}", reads=self._reads, mines=self._mines
            )
            await asyncio.to_thread(partitions_of, stream, self._topics.incoming)
            if self._mines:
                await stack.enter_async_context(self._mining())
            if self._reads:
                await stack.enter_async_context(self._reading(self._given.make_embedder, ended))
            self._starting = None
            await ended.wait()
            self._log.info("stopping")
        self._log.info("stopped")
        return DEFECT if self._app is not None and self._app.faust.crashed else 0

    def _ask(self, ended: asyncio.Event) -> None:
        if self._stop.is_set():
            os._exit(UNDRAINED)
        self._stop.set()
        ended.set()

    @asynccontextmanager
    async def _mining(self) -> AsyncIterator[None]:
        ends = TopicEnds(self._given.settings.stream, self._topics.incoming)
        producer = make_producer(self._given.settings.stream)
        thread = threading.Thread(target=self._standby(ends, producer).run, name="miner", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stop.set()
            # The epoch that is being mined commits or rolls back; either leaves the store consistent.
            await asyncio.to_thread(thread.join, self._given.settings.stream.drain.total_seconds())
            ends.close()
            producer.close(timeout=5)

    def _standby(self, ends: TopicEnds, producer: object) -> MinerLoop:
        given = self._given
        settings = given.settings
        channel = KafkaChannel(producer, self._topics.alerts, self._topics.themes)  # type: ignore[arg-type]
        waiting, alerts = OldestWaiting(given.clock), _AlertCount(given.engine, self._metrics)

        def send() -> None:
            channels = {**channels_of(settings, given.clock, lambda: producer), channel.name: channel}
            done = send_due(
                given.engine, channels, given.rules.ownership, settings, given.clock, stop=self._stop.is_set
            )
            count_deliveries(self._metrics, done)
            if done.problems:
                self._log.warning("notifications_failed", retried=done.retried, failed=done.failed)
            alerts.count()
            with reading(given.engine) as connection:
                self._metrics.outbox_age.set(waiting.age(oldest_waiting(connection)))

        return MinerLoop(
            Miner(given.engine, given.rules, given.clock, make_embedder=given.make_embedder),
            Frontier(given.engine, ends, self._topics, settings.mining, given.clock),
            send,
            follower=MinerTelemetry(self._metrics, self._stalls, settings.mining.epoch.total_seconds()),
            wait=self._stop.wait,
            stop=self._stop.is_set,
        )

    @asynccontextmanager
    async def _reading(self, make_embedder: Callable[[], Embedder], ended: asyncio.Event) -> AsyncIterator[None]:
        from faust.contrib.asgi import faust_app_running

        self._starting = "the model is loading"
        embedder = TimedEmbedder(await asyncio.to_thread(make_embedder), self._metrics.embedding.observe)
        app = self._app = self._make_app(embedder)
        drain = self._given.settings.stream.drain.total_seconds()
        try:
            async with faust_app_running(app.faust, stop_timeout=drain):
                watch = asyncio.create_task(self._watch(app, ended))
                yield
                watch.cancel()
        except TimeoutError:
            # The last batch cannot be stored, as while the database is down: it is not committed, so another worker gets it.
            self._log.warning("undrained", seconds=drain)
            os._exit(UNDRAINED)
        finally:
            app.close()

    def _make_app(self, embedder: Embedder) -> WorkerApp:
        given = self._given
        stream = given.settings.stream
        intake = Intake(
            given.engine,
            Processor(
                embedder,
                stream.key(),
                given.clock,
                given.rules.macros,
                admission_rules(given.settings, stream.key(), given.engine),
                _clock_skew(given.engine),
            ),
            KafkaDeadLetters(self._topics.deadletters, lambda: make_producer(stream)),
            epoch=given.settings.mining.epoch,
            follower=IntakeTelemetry(self._metrics, self._stalls),
        )
        return WorkerApp(stream, intake, die=self._die)

    async def _watch(self, app: WorkerApp, ended: asyncio.Event) -> None:
        # Faust stops by itself when its consumer's thread died; then this process has no reason to live on.
        await app.faust.wait_until_stopped()
        ended.set()

    def _die(self, error: BaseException) -> None:
        self._log.error("died", **failure(error))
        os._exit(UNDRAINED if isinstance(error, asyncio.CancelledError) else DEFECT)

    def _checks(self) -> dict[str, Check]:
        return {
            "started": lambda: self._starting,
            "database": self._database,
            "partitions": lambda: None if not self._reads or (self._app and self._app.joined) else "none assigned yet",
            "progress": self._stalls.check,
        }

    def _database(self) -> str | None:
        try:
            check_schema(self._given.engine)
        except Exception as error:  # noqa: BLE001 (whatever it is, the process is not ready)
            return type(error).__name__
        return None

    def _refresh(self) -> None:
        if self._app is not None:
            for (topic, partition), lag in self._app.lag().items():
                self._metrics.lag.labels(topic, partition).set(lag)


class _AlertCount:
    """Counts alerts as they are opened, from when this process first mined."""

    def __init__(self, engine: Engine, metrics: Metrics) -> None:
        self._engine = engine
        self._metrics = metrics
        self._last: int | None = None

    def count(self) -> None:
        with reading(self._engine) as connection:
            found = alerts_after(connection, self._last or 0)
        if self._last is not None:
            for alert in found:
                self._metrics.alerts.labels(str(alert.kind), "opened").inc()
        self._last = max((alert.alert_id for alert in found), default=self._last or 0)


def _clock_skew(engine: Engine) -> ClockSkew:
    with reading(engine) as connection:
        return ClockSkew({source: one.skew for source, one in read_profiles(connection).items()})
