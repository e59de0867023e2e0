"""The webhook receiver composed: where deliveries are written, and who processes and mines what the inbox holds."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from fastapi import FastAPI
from sqlalchemy import Engine

from alerts.channels.shipped import make_channels
from alerts.outbox import Deliveries, deliver
from groundswell.health import Stalls
from groundswell.inbox import InboxDrain, InboxLoop, LiveFrontier
from groundswell.metrics import Metrics
from groundswell.miner_loop import MinerLoop
from groundswell.session import embedder_choice, make_embedder, make_rules
from groundswell.settings import Settings
from groundswell.telemetry import IntakeTelemetry, MinerTelemetry, ReceiverTelemetry
from models.clock import Clock
from models.embedding import Embedder
from models.embedding.registry import once
from pipelines.miner import Miner
from pipelines.rules import Rules
from store.database import reading
from store.sources import read_profiles
from stream.clock_skew import ClockSkew
from stream.connectors.contract import Connector
from stream.connectors.jira import Jira
from stream.connectors.zendesk import Zendesk
from stream.identity import Identities
from stream.kafka.deadletters import make_producer
from stream.kafka.topics import Topics
from stream.processing import Processor
from stream.receive.access import Access
from stream.receive.admission import LiveAdmission
from stream.receive.app import Receiver, make_receiver_app
from stream.receive.delivery import DeliveryReader
from stream.receive.inbox_writer import InboxWriter
from stream.receive.kafka_sink import KafkaSink
from stream.receive.settings import WebhookSystem
from stream.requester import load_or_make_key

PER_CLAIM = 50
"""Notifications that are claimed at once, as by a worker."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a receiver is handed."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    stalls: Stalls
    make_embedder: Callable[[], Embedder]
    connectors: Mapping[WebhookSystem, Connector]


def given(settings: Settings, clock: Clock) -> Given:
    """Return the collaborators as the command line composes them. Drain and naming share one model; whoever asks first loads it."""
    load = once(partial(make_embedder, settings))
    receive = settings.receive
    connectors: dict[WebhookSystem, Connector] = {
        WebhookSystem.ZENDESK: Zendesk(receive.zendesk_account),
        WebhookSystem.JIRA: Jira(receive.jira_account),
    }
    return Given(settings, clock, Metrics(), Stalls(), load, connectors)


@contextmanager
def inbox_receiver(parts: Given, engine: Engine) -> Iterator[FastAPI]:
    """Run the writer of the inbox, and the loop that drains and mines it; yields the application once the model is loaded.

    At the end what was handed over is written, the batch or epoch that is under way is finished, and the rest stays in the inbox.
    """
    _load(parts)
    key = load_or_make_key(parts.settings.requester_key_path())
    awake, stopped = threading.Event(), threading.Event()
    writing = threading.Lock()
    writer = InboxWriter(engine, parts.settings.receive, key, wake=awake.set, writing=writing)
    admission = LiveAdmission(_identities(parts, key), _stored_skew(engine))
    loop = _inbox_loop(parts, engine, _drain(parts, engine, key, admission, writing), awake, stopped)
    thread = threading.Thread(target=loop.run, name="drain", daemon=True)
    writer.start()
    thread.start()
    receiver = _receiver(parts, writer, admission)
    try:
        yield make_receiver_app(receiver)
    finally:
        receiver.close()
        writer.close()
        stopped.set()
        awake.set()
        thread.join(parts.settings.stream.drain.total_seconds())


@contextmanager
def kafka_receiver(parts: Given) -> Iterator[FastAPI]:
    """Yield the application that writes to the topics. Raises `RequesterKeyMissing`."""
    stream = parts.settings.stream
    key = stream.key()
    sink = KafkaSink(lambda: make_producer(stream), Topics(stream.topics.prefix), key)
    receiver = _receiver(parts, sink, LiveAdmission(_identities(parts, key), ClockSkew({})))
    try:
        yield make_receiver_app(receiver)
    finally:
        receiver.close()
        sink.close()


def _receiver(parts: Given, sink: InboxWriter | KafkaSink, admission: LiveAdmission) -> Receiver:
    settings = parts.settings.receive
    accepting = [system.value for system in Access(settings).open_systems()]
    log = structlog.get_logger()
    if accepting:
        log.info("accepting", systems=accepting, to=settings.to)
    else:
        log.warning(
            "accepting_nothing", remedy="set receive.zendesk_secret, jira_secret, github_secret or shared_secret"
        )
    return Receiver(
        settings,
        DeliveryReader(parts.connectors, ZoneInfo(parts.settings.mining.spikes.timezone), admission),
        sink,
        clock=parts.clock,
        follower=ReceiverTelemetry(parts.metrics),
    )


def _identities(parts: Given, key: bytes) -> Identities:
    return Identities(key, parts.settings.ingest.id_patterns)


def _stored_skew(engine: Engine) -> ClockSkew:
    with reading(engine) as connection:
        return ClockSkew({source: one.skew for source, one in read_profiles(connection).items()})


def _load(parts: Given) -> None:
    """Load the model, and what the first discovery of themes would load.

    Loading keeps the interpreter for seconds: senders would wait for their answers. While nobody listens they try again.
    """
    import hdbscan  # noqa: F401
    import sklearn.decomposition
    import sklearn.feature_extraction.text
    import sklearn.neighbors  # noqa: F401
    import sknetwork.clustering  # noqa: F401

    parts.make_embedder()


def _drain(parts: Given, engine: Engine, key: bytes, admission: LiveAdmission, writing: threading.Lock) -> InboxDrain:
    settings = parts.settings
    return InboxDrain(
        engine,
        lambda: Processor(
            parts.make_embedder(), key, parts.clock, settings.embedding.macros, settings.ingest.id_patterns
        ),
        epoch=settings.mining.epoch,
        batch=settings.receive.batch,
        follower=IntakeTelemetry(parts.metrics, parts.stalls),
        also=admission.store_skews,
        writing=writing,
    )


def _inbox_loop(
    parts: Given, engine: Engine, drain: InboxDrain, awake: threading.Event, stopped: threading.Event
) -> InboxLoop:
    settings = parts.settings
    rules = make_rules(settings, embedder_choice(settings).name)

    def wait(seconds: float) -> None:
        awake.wait(seconds)
        awake.clear()

    miner = MinerLoop(
        Miner(engine, rules, parts.clock, make_embedder=parts.make_embedder),
        LiveFrontier(engine, settings.mining, parts.clock),
        lambda: _send(parts, engine, rules),
        follower=MinerTelemetry(parts.metrics, parts.stalls, settings.mining.epoch.total_seconds()),
        wait=wait,
        stop=stopped.is_set,
    )
    return InboxLoop(drain, miner, wait=wait, gather=stopped.wait, stop=stopped.is_set)


def _send(parts: Given, engine: Engine, rules: Rules) -> None:
    """Send the alerts that are due; what fails stays in the outbox for the next round."""
    settings = parts.settings.alerts
    done = deliver(
        engine, make_channels(settings), rules.ownership, clock=parts.clock, settings=settings, limit=PER_CLAIM
    )
    _count(parts.metrics, done)


def _count(metrics: Metrics, done: Deliveries) -> None:
    for outcome, number in (("sent", done.sent), ("retried", done.retried), ("failed", done.failed)):
        metrics.notifications.labels("all", outcome).inc(number)
