"""A channel to machines: alerts and themes on Kafka, by a producer that is passed in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import orjson

from alerts.channels.base import ChannelAbilities, Message, Reference
from alerts.channels.unchangeable import Unchangeable
from alerts.errors import DeliveryFinal, DeliveryRecoverable

CONFIRM_SECONDS = 20
"""How long a broker may take to confirm; well inside the lease of a claim."""


class Producer(Protocol):
    """What is needed of a Kafka producer, as kafka-python has it."""

    def send(self, topic: str, *, value: bytes, key: bytes, headers: list[tuple[str, bytes]]) -> Any:
        """Hand a record over; `get(timeout=...)` of the answer waits for the broker and raises what it said."""


class KafkaChannel(Unchangeable):
    """Sends an alert to the alert topic, a theme to the theme topic.

    A theme's key is its id, so that compaction keeps the newest message of each. Both are CloudEvents in binary mode, with
    the outbox key as `id`: a listener that has seen it can leave a repetition out.
    """

    name = "kafka"
    abilities = ChannelAbilities(recognizes=True)

    def __init__(self, producer: Producer, alerts: str, themes: str) -> None:
        self._producer = producer
        self._topics = {"alert": (alerts, "alert.opened"), "theme": (themes, "theme.changed")}

    def send(self, message: Message) -> None:
        """Send and wait until the broker confirms."""
        if message.kind not in self._topics:
            raise DeliveryFinal(self.name, f"received a message of kind {message.kind!r}; valid are alert and theme")
        topic, kind = self._topics[message.kind]
        key = str(message.payload["id"])
        _produce(self.name, self._producer, topic, (key, kind, message.key), message.payload)


class TopicChannel(Unchangeable):
    """Sends messages for people to one topic, as CloudEvents: their parts and their text.

    The producer is made when the first one is sent, and anew after a failure. All about one incident is in one partition, in order.
    """

    abilities = ChannelAbilities(updates=True, recognizes=True)

    def __init__(self, name: str, connect: Callable[[], Producer], topic: str) -> None:
        self.name = name
        self._connect = connect
        self._topic = topic
        self._producer: Producer | None = None

    def send(self, message: Message) -> Reference:
        """Send and wait until the broker confirms."""
        if self._producer is None:
            try:
                self._producer = self._connect()
            except Exception as error:  # as in `_produce`
                raise DeliveryRecoverable(self.name, f"no broker answers ({type(error).__name__})") from error
        value = {
            "key": message.key, "kind": message.kind, "audience": message.audience, "title": message.title,
            "text": message.plain or message.text, "url": message.url, "news": message.news, "data": dict(message.payload),
        }  # fmt: skip
        subject = message.subject or message.key
        try:
            _produce(
                self.name, self._producer, self._topic, (subject, f"groundswell.{message.kind}", message.key), value
            )
        except DeliveryRecoverable:
            self._producer = None
            raise
        return {"topic": self._topic, "id": message.key}

    def update(self, reference: Reference, message: Message) -> None:
        """Send what is new about an incident; where it is news, `send` does."""
        del reference
        if message.is_update:
            self.send(message)


def _produce(name: str, producer: Producer, topic: str, about: tuple[str, str, str], value: Mapping[str, Any]) -> None:
    """Send one CloudEvent in binary mode and wait for the broker; `about` is its subject, which is the key, its type and its id."""
    subject, kind, event_id = about
    headers = [
        ("ce_specversion", b"1.0"), ("ce_id", event_id.encode()), ("ce_source", b"/groundswell"),
        ("ce_type", kind.encode()), ("ce_subject", subject.encode()), ("content-type", b"application/json"),
    ]  # fmt: skip
    body = orjson.dumps(dict(value), option=orjson.OPT_SORT_KEYS)
    try:
        producer.send(topic, value=body, key=subject.encode(), headers=headers).get(timeout=CONFIRM_SECONDS)
    except Exception as error:  # the producer's own errors are unknown to this package
        raise DeliveryRecoverable(name, f"the broker did not take it ({type(error).__name__})") from error
