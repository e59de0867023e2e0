"""Following a process: each thing that happens becomes one log line, its metrics, and its part of readiness."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from time import perf_counter
from typing import Any

import structlog

from groundswell.health import Stalls
from groundswell.logging import failure
from groundswell.metrics import Metrics
from models.clock import Clock
from models.embedding import Clearable, Embedder, StoredVectors
from models.embedding.wrapping import WrappingEmbedder
from pipelines.epoch.run import Mined
from stream.processing import BatchOutcome
from stream.receive.delivery import Delivery
from stream.receive.refusals import DeliveryProblem
from stream.receive.settings import WebhookSystem


class IntakeTelemetry:
    """Follows the intake."""

    def __init__(self, metrics: Metrics, stalls: Stalls) -> None:
        self._metrics = metrics
        self._stalls = stalls
        self._log = structlog.get_logger()

    def stored(self, topic: str, outcome: BatchOutcome, messages: int) -> None:
        """A batch was committed."""
        self._stalls.clear(topic)
        self._metrics.stalled.labels(topic).set(0)
        counts = {"stored": outcome.stored, "repeated": outcome.repeated, "late": outcome.late}
        for name, number in counts.items():
            self._metrics.ingested.labels(topic, name).inc(number)
        for reason, number in outcome.refused.items():
            self._metrics.quarantined.labels(reason).inc(number)
        for note, number in outcome.notes.items():
            self._metrics.moved.labels(note.field, note.issue.value).inc(number)
        refused = sum(outcome.refused.values())
        self._metrics.ingested.labels(topic, "quarantined").inc(refused)
        moved = outcome.notes.total()
        self._log.info(
            "batch_stored", topic=topic, messages=messages, quarantined=refused, moved_values=moved, **counts
        )

    def failed(self, topic: str, error: Exception, attempt: int) -> None:
        """An attempt failed."""
        described = failure(error)
        self._stalls.set(topic, f"{described['error']} at attempt {attempt}")
        self._metrics.stalled.labels(topic).set(1)
        self._metrics.retries.labels(described["error"]).inc()
        self._log.warning("batch_failed", topic=topic, attempt=attempt, **described)

    def gap(self, topic: str, partition: int, expected: int, found: int) -> None:
        """Messages were passed over."""
        self._metrics.gaps.inc(found - expected)
        self._log.error(
            "offset_gap",
            topic=topic,
            partition=partition,
            expected=expected,
            found=found,
            remedy="groundswell backfill",
        )


class MinerTelemetry:
    """Follows the stand-by miner."""

    def __init__(self, metrics: Metrics, stalls: Stalls, epoch_seconds: float) -> None:
        self._metrics = metrics
        self._stalls = stalls
        self._seconds = epoch_seconds
        self._log = structlog.get_logger()
        self._holding: bool | None = None
        self._since = perf_counter()

    def stands_by(self, holder: str) -> None:
        """Another process mines."""
        self._stalls.clear("miner")
        self._turn(holding=False, holder=holder)

    def holds(self, until: int | None) -> None:
        """The lease is ours."""
        self._stalls.clear("miner")
        self._turn(holding=True, holder="this process")
        if until is not None:
            self._metrics.watermark.set(until * self._seconds)
        self._since = perf_counter()

    def mined(self, mined: Mined) -> None:
        """An epoch was closed."""
        self._metrics.epochs.inc()
        self._metrics.mining.observe(perf_counter() - self._since)
        self._since = perf_counter()
        if mined.events:
            self._log.info("epoch_mined", events=mined.events, births=mined.births, spikes=mined.spikes)

    def failed(self, error: Exception) -> None:
        """A round failed."""
        described = failure(error)
        self._stalls.set("miner", described["error"])
        self._metrics.stalled.labels("miner").set(1)
        self._log.warning("mining_failed", **described)

    def _turn(self, *, holding: bool, holder: str) -> None:
        self._metrics.stalled.labels("miner").set(0)
        self._metrics.holds.set(1 if holding else 0)
        if holding is not self._holding:
            self._log.info("miner_turn", holding=holding, holder=holder)
            self._holding = holding


class ReceiverTelemetry:
    """Follows the webhook receiver. Nothing of a delivery is logged but its system."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._log = structlog.get_logger()

    def accepted(self, delivery: Delivery, *, fresh: bool, seconds: float) -> None:
        """A delivery was stored, or found stored."""
        system = delivery.system.value
        ignored = not delivery.events and not delivery.refused
        self._count(system, "ignored" if ignored else "stored" if fresh else "repeated")
        self._metrics.answering.labels(system).observe(seconds)
        for refusal in delivery.refused if fresh else ():
            self._metrics.quarantined.labels(refusal.reason.value).inc()
            self._log.warning("delivery_quarantined", system=system, reason=refusal.reason.value)

    def refused(self, system: WebhookSystem, problem: DeliveryProblem) -> None:
        """A request was not accepted."""
        self._count(system.value, problem.value)
        self._log.warning("delivery_refused", system=system.value, problem=problem.value)

    def unwritten(self, system: WebhookSystem, error: Exception) -> None:
        """A delivery could not be written."""
        self._log.warning("delivery_unwritten", system=system.value, **failure(error))

    def _count(self, system: str, outcome: str) -> None:
        self._metrics.deliveries.labels(system, outcome).inc()


class TimedEmbedder(WrappingEmbedder):
    """An embedder whose time is measured; the vectors are the inner one's."""

    def __init__(self, inner: Embedder, observe: Callable[[float], Any]) -> None:
        super().__init__(inner)
        self._observe = observe

    def embed(self, texts: Sequence[str]) -> StoredVectors:
        """Embed, and measure."""
        begun = perf_counter()
        vectors = super().embed(texts)
        self._observe(perf_counter() - begun)
        return vectors

    def clear(self) -> None:
        """Let the inner one forget its vectors, if it has any."""
        if isinstance(self._inner, Clearable):
            self._inner.clear()


class OldestWaiting:
    """Age of the oldest notification that waits, counted from when this process first saw it: rows have no wall-clock time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: tuple[int, datetime] | None = None

    def age(self, oldest: int | None) -> float:
        """Seconds since the row with this id was first seen as the oldest; 0 when none waits."""
        if oldest is None:
            self._seen = None
            return 0.0
        if self._seen is None or self._seen[0] != oldest:
            self._seen = (oldest, self._clock())
        return (self._clock() - self._seen[1]).total_seconds()
