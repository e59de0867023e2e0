"""The webhook receiver composed: where deliveries are written, and who processes and mines what the inbox holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from fastapi import FastAPI
from sqlalchemy import Engine

from groundswell.health import Stalls
from groundswell.metrics import Metrics
from groundswell.requester_keys import local_requester_key
from groundswell.session import admission_rules, make_embedder
from groundswell.settings import Settings
from groundswell.telemetry import ReceiverTelemetry
from models.clock import Clock
from models.embedding import Embedder
from models.embedding.registry import once
from store.database import reading
from store.inbox import inbox_size, oldest_delivery
from store.sources import read_profiles
from stream.clock_skew import ClockSkew
from stream.connectors.contract import Connector
from stream.connectors.jira import Jira
from stream.connectors.zendesk import Zendesk
from stream.kafka.deadletters import make_producer
from stream.kafka.topics import Topics
from stream.receive.access import Access
from stream.receive.admission import LiveAdmission
from stream.receive.app import Receiver, make_receiver_app
from stream.receive.delivery import DeliveryReader
from stream.receive.inbox_writer import InboxWriter
from stream.receive.kafka_sink import KafkaSink
from stream.receive.settings import WebhookSystem

Wake = Callable[[], None]
"""Says that a delivery came."""

LONGEST_WAIT = timedelta(minutes=2)
"""A delivery that waits in the inbox for longer shows that it is not drained."""


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
def inbox_receiver(parts: Given, engine: Engine, wake: Wake) -> Iterator[FastAPI]:
    """Run the writer of the inbox; yields the application. `wake` is called after each commit.

    At the end what was handed over is written.
    """
    key = local_requester_key(parts.settings, engine, parts.clock)
    admission = LiveAdmission(admission_rules(parts.settings, key, engine), _stored_skew(engine))
    writer = InboxWriter(engine, parts.settings.receive, key, wake=wake, also=admission.store_skews)
    receiver = _receiver(parts, writer, admission)
    writer.start()
    try:
        yield make_receiver_app(receiver)
    finally:
        receiver.close()
        writer.close()


@contextmanager
def kafka_receiver(parts: Given) -> Iterator[FastAPI]:
    """Yield the application that writes to the topics. Raises `RequesterKeyMissing`."""
    stream = parts.settings.stream
    key = stream.key()
    sink = KafkaSink(lambda: make_producer(stream), Topics(stream.topics.prefix), key)
    receiver = _receiver(parts, sink, LiveAdmission(admission_rules(parts.settings, key), ClockSkew({})))
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


def _stored_skew(engine: Engine) -> ClockSkew:
    with reading(engine) as connection:
        return ClockSkew({source: one.skew for source, one in read_profiles(connection).items()})


class InboxHealth:
    """How much waits in the inbox, for metrics and readiness."""

    def __init__(self, parts: Given, engine: Engine) -> None:
        self._parts = parts
        self._engine = engine

    def refresh(self) -> None:
        """Bring the gauge up to date."""
        with reading(self._engine) as connection:
            self._parts.metrics.inbox.set(inbox_size(connection))

    def check(self) -> str | None:
        """Return what is wrong, if the oldest delivery waits for too long."""
        try:
            with reading(self._engine) as connection:
                oldest = oldest_delivery(connection)
        except Exception as error:  # noqa: BLE001 (whatever it is, the process is not ready)
            return type(error).__name__
        waits = timedelta(0) if oldest is None else self._parts.clock() - oldest
        return f"the oldest delivery waits for {waits.total_seconds():.0f} s" if waits > LONGEST_WAIT else None
