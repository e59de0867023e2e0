"""Metrics of worker and miner, in Prometheus' conventions: base units, `_total` for what only grows."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """All metrics of a process, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.ingested = Counter(
            "groundswell_events_ingested",
            "Events by what became of them.",
            ["source", "outcome"],
            registry=self.registry,
        )
        self.quarantined = Counter(
            "groundswell_quarantined_events", "Records that were refused.", ["reason"], registry=self.registry
        )
        self.moved = Counter(
            "groundswell_moved_values",
            "Values that their optional field could not take, kept in the ticket's custom values.",
            ["field", "issue"],
            registry=self.registry,
        )
        self.embedding = Histogram(
            "groundswell_embedding_duration_seconds",
            "Time to embed a batch's new texts.",
            buckets=SECONDS,
            registry=self.registry,
        )
        self.lag = Gauge(
            "groundswell_consumer_lag_messages",
            "Messages that are not stored yet.",
            ["topic", "partition"],
            registry=self.registry,
        )
        self.retries = Counter(
            "groundswell_batch_retries", "Attempts of a batch that failed.", ["error"], registry=self.registry
        )
        self.gaps = Counter(
            "groundswell_offset_gaps",
            "Messages that were passed over, to be healed by backfill.",
            registry=self.registry,
        )
        self.stalled = Gauge(
            "groundswell_stalled", "1 while a batch or the miner cannot go on.", ["part"], registry=self.registry
        )
        self.epochs = Counter("groundswell_epochs_mined", "Epochs closed by this process.", registry=self.registry)
        self.mining = Histogram(
            "groundswell_epoch_duration_seconds", "Time to mine an epoch.", buckets=SECONDS, registry=self.registry
        )
        self.holds = Gauge("groundswell_miner_lease_held", "1 while this process is the miner.", registry=self.registry)
        self.open_epoch = Gauge(
            "groundswell_miner_open_epoch", "First epoch that is still open.", registry=self.registry
        )
        self.watermark = Gauge(
            "groundswell_watermark_timestamp_seconds",
            "Event time up to which epochs may close.",
            registry=self.registry,
        )
        self.alerts = Counter("groundswell_alerts", "Alerts opened.", ["kind", "reason"], registry=self.registry)
        self.notifications = Counter(
            "groundswell_notifications",
            "Notifications by what became of them.",
            ["channel", "outcome"],
            registry=self.registry,
        )
        self.outbox_age = Gauge(
            "groundswell_outbox_oldest_age_seconds",
            "Age of the oldest notification that waits.",
            registry=self.registry,
        )
        self.deliveries = Counter(
            "groundswell_webhook_deliveries",
            "Webhook requests by what became of them.",
            ["system", "outcome"],
            registry=self.registry,
        )
        self.inbox = Gauge("groundswell_inbox_deliveries", "Deliveries that wait in the inbox.", registry=self.registry)
        self.answering = Histogram(
            "groundswell_webhook_answer_duration_seconds",
            "Time from the request to the answer, of accepted deliveries.",
            ["system"],
            buckets=SECONDS,
            registry=self.registry,
        )
