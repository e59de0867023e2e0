"""Draining the inbox and mining it, apart from answering senders.

Loading the embedding model, discovering themes and detecting spikes keep Python's interpreter for up to seconds at a time. In a process
of their own they hold up no answer, and a receiver that is started again listens at once.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from alerts.channels.shipped import make_channels
from alerts.outbox import Deliveries, deliver
from groundswell.inbox import InboxDrain, InboxLoop, LiveFrontier
from groundswell.metrics import Metrics
from groundswell.miner_loop import MinerLoop
from groundswell.receiving import Given, Wake
from groundswell.requester_keys import local_requester_key
from groundswell.session import admission_rules, embedder_choice, make_rules
from groundswell.telemetry import IntakeTelemetry, MinerTelemetry
from pipelines.miner import Miner
from pipelines.rules import Rules
from stream.processing import Processor

PER_CLAIM = 50
"""Notifications that are claimed at once, as by a worker."""


@contextmanager
def drain_thread(parts: Given, engine: Engine) -> Iterator[Wake]:
    """Drain and mine in a thread of this process; yields what wakes it."""
    awake, stopped = threading.Event(), threading.Event()
    thread = threading.Thread(target=drain_loop(parts, engine, awake, stopped).run, name="drain", daemon=True)
    thread.start()
    try:
        yield awake.set
    finally:
        stopped.set()
        awake.set()
        thread.join(parts.settings.stream.drain.total_seconds())


def drain_loop(parts: Given, engine: Engine, awake: threading.Event, stopped: threading.Event) -> InboxLoop:
    """Compose the loop; `awake` says that a delivery came, and `stopped` ends it after the batch or epoch that is under way."""
    settings = parts.settings
    rules = make_rules(settings, embedder_choice(settings).name)
    key = local_requester_key(settings, engine, parts.clock)

    def wait(seconds: float) -> None:
        awake.wait(seconds)
        awake.clear()

    drain = InboxDrain(
        engine,
        lambda: Processor(
            parts.make_embedder(), key, parts.clock, settings.embedding.macros, admission_rules(settings, key, engine)
        ),
        epoch=settings.mining.epoch,
        batch=settings.receive.batch,
        follower=IntakeTelemetry(parts.metrics, parts.stalls),
    )
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
