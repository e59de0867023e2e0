"""Sending the outbox: channels and audiences as the settings have them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from alerts.channels.base import Channel
from alerts.channels.shipped import make_channels
from alerts.outbox import Deliveries, deliver_all
from alerts.ownership import Ownership
from groundswell.feedback import feedback_links
from groundswell.settings import Settings
from models.clock import Clock

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from groundswell.metrics import Metrics


def channels_of(settings: Settings, clock: Clock, connect: Callable[[], Any] | None = None) -> dict[str, Channel]:
    """Make the channels anew, with their secrets as they are now. `connect` gives a Kafka producer; by default it makes one."""
    return make_channels(
        settings.alerts, settings.channels, clock=clock, connect=connect or partial(_producer, settings)
    )


def send_due(
    engine: Engine,
    channels: dict[str, Channel],
    ownership: Ownership,
    settings: Settings,
    clock: Clock,
    *,
    stop: Callable[[], bool] = lambda: False,
) -> Deliveries:
    """Send all that is due; what fails stays in the outbox for the next round."""
    return deliver_all(
        engine, channels, ownership,
        clock=clock, settings=settings.alerts, feedback=feedback_links(settings, clock), stop=stop,
    )  # fmt: skip


@contextmanager
def without_retry_log() -> Iterator[None]:
    """Keep stamina from logging each repetition: a command prints its own lines on standard output."""
    from stamina.instrumentation import get_on_retry_hooks, set_on_retry_hooks

    before = get_on_retry_hooks()
    set_on_retry_hooks(())
    try:
        yield
    finally:
        set_on_retry_hooks(before)


def count_deliveries(metrics: Metrics, done: Deliveries) -> None:
    """Count what each channel took, is tried again with, and refused."""
    for channel, outcome in done.outcomes:
        metrics.notifications.labels(channel, outcome).inc()


def _producer(settings: Settings) -> Any:
    from stream.kafka.deadletters import make_producer

    return make_producer(settings.stream)
