"""Dead letters: refused records, redacted and with their reason, for those who sent them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import orjson

from stream.kafka.client import MAX_REQUEST_BYTES, client_options
from stream.kafka.errors import KafkaUnreachable
from stream.kafka.settings import StreamSettings
from stream.raw import Raw, RefusedEvent

WAIT_SECONDS = 30
"""How long a broker may take to confirm one batch; then the caller tries again."""


def make_producer(settings: StreamSettings) -> Any:
    """Make a kafka-python producer: acks from all replicas, idempotent (KIP-98), so that a retry writes nothing twice.

    Raises `KafkaUnreachable` where no broker answers.
    """
    from kafka import KafkaProducer
    from kafka.errors import KafkaError

    try:
        return KafkaProducer(
            **client_options(settings), acks="all", enable_idempotence=True, max_request_size=MAX_REQUEST_BYTES, linger_ms=5,
            allow_auto_create_topics=False,
        )  # fmt: skip
    except (KafkaError, OSError) as error:
        raise KafkaUnreachable(settings.brokers, type(error).__name__) from error


class KafkaDeadLetters:
    """Writes dead letters to their topic. The producer is made when the first one is written, and anew after a failure."""

    def __init__(self, topic: str, connect: Callable[[], Any]) -> None:
        self._topic = topic
        self._connect = connect
        self._producer: Any = None

    def send(self, topic: str, refused: Sequence[tuple[Raw, RefusedEvent]]) -> None:
        """Write and wait for the broker. The key names the record: topic, partition and offset."""
        if not refused:
            return
        if self._producer is None:
            self._producer = self._connect()
        try:
            waiting = [
                self._producer.send(
                    self._topic, key=key.encode(), value=value, headers=[("content-type", b"application/json")]
                )
                for key, value in (letter(topic, raw, refusal) for raw, refusal in refused)
            ]
            for one in waiting:
                one.get(timeout=WAIT_SECONDS)
        except Exception:
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; what was sent is there already."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close(timeout=1)


def letter(topic: str, raw: Raw, refusal: RefusedEvent) -> tuple[str, bytes]:
    """Make the key and the value of a dead letter; nothing in it is unredacted."""
    fields = {
        "stream": topic, "partition": raw.partition, "position": raw.position,
        "reason": refusal.reason.value, "detail": refusal.detail, "excerpt": refusal.excerpt,
        "subject": refusal.subject, "requester": refusal.requester,
    }  # fmt: skip
    return letter_key(topic, raw.partition, raw.position), orjson.dumps(fields)


def letter_key(topic: str, partition: int, position: int) -> str:
    """Return the key of the dead letter of a record: the same record always has the same, so that a tombstone can replace it."""
    return f"{topic}-{partition}-{position}"
