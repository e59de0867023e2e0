"""A channel to machines: alerts and themes on Kafka, by a producer that is passed in."""

from __future__ import annotations

from typing import Any, Protocol

import orjson

from alerts.channels.base import Message
from alerts.errors import DeliveryFinal, DeliveryRecoverable

CONFIRM_SECONDS = 30
"""How long a broker may take to confirm; well inside the lease of a claim."""


class Producer(Protocol):
    """What is needed of a Kafka producer, as kafka-python has it."""

    def send(self, topic: str, *, value: bytes, key: bytes, headers: list[tuple[str, bytes]]) -> Any:
        """Hand a record over; `get(timeout=...)` of the answer waits for the broker and raises what it said."""


class KafkaChannel:
    """Sends an alert to the alert topic, a theme to the theme topic.

    A theme's key is its id, so that compaction keeps the newest message of each. Both are CloudEvents in binary mode, with
    the outbox key as `id`: a listener that has seen it can leave a repetition out.
    """

    name = "kafka"

    def __init__(self, producer: Producer, alerts: str, themes: str) -> None:
        self._producer = producer
        self._topics = {"alert": (alerts, "alert.opened"), "theme": (themes, "theme.changed")}

    def send(self, message: Message) -> None:
        """Send and wait until the broker confirms."""
        if message.kind not in self._topics:
            raise DeliveryFinal(self.name, f"received a message of kind {message.kind!r}; valid are alert and theme")
        topic, kind = self._topics[message.kind]
        key = str(message.payload["id"]).encode()
        headers = [
            ("ce_specversion", b"1.0"), ("ce_id", message.key.encode()), ("ce_source", b"/groundswell"),
            ("ce_type", kind.encode()), ("ce_subject", key), ("content-type", b"application/json"),
        ]  # fmt: skip
        value = orjson.dumps(dict(message.payload), option=orjson.OPT_SORT_KEYS)
        try:
            self._producer.send(topic, value=value, key=key, headers=headers).get(timeout=CONFIRM_SECONDS)
        except Exception as error:  # the producer's own errors are unknown to this package
            raise DeliveryRecoverable(self.name, f"the broker did not take it ({type(error).__name__})") from error
