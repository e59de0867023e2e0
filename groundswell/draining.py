"""Draining the inbox and mining it, apart from answering senders.

Loading the embedding model, discovering themes and detecting spikes keep Python's interpreter for up to seconds at a time. In a process
of their own they hold up no answer, and a receiver that is started again listens at once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

from sqlalchemy import Engine

from groundswell.inbox import InboxDrain, InboxLoop, LiveFrontier
from groundswell.miner_loop import MinerLoop
from groundswell.receiving import Given, Wake
from groundswell.requester_keys import local_requester_key
from groundswell.sending import channels_of, count_deliveries, send_due
from groundswell.session import admission_rules, embedder_choice, make_rules
from groundswell.telemetry import IntakeTelemetry, MinerTelemetry
from pipelines.miner import Miner
from pipelines.rules import Rules
from stream.kafka.deadletters import make_producer
from stream.processing import Processor


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

    connect = cache(partial(make_producer, settings.stream))

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
        lambda: _send(parts, engine, rules, connect, stopped.is_set),
        follower=MinerTelemetry(parts.metrics, parts.stalls, settings.mining.epoch.total_seconds()),
        wait=wait,
        stop=stopped.is_set,
    )
    return InboxLoop(drain, miner, wait=wait, gather=stopped.wait, stop=stopped.is_set)


def _send(parts: Given, engine: Engine, rules: Rules, connect: Callable[[], Any], stop: Callable[[], bool]) -> None:
    """Send the alerts that are due; what fails stays in the outbox for the next round."""
    channels = channels_of(parts.settings, parts.clock, connect)
    done = send_due(engine, channels, rules.ownership, parts.settings, parts.clock, stop=stop)
    count_deliveries(parts.metrics, done)
