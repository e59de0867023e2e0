"""Dead letters on Kafka of what was erased: found by reading their topic, and replaced by tombstones.

A message without a value and with the same key makes Kafka drop the older ones when it compacts the topic.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from store.erasure.removal import mention_pattern
from store.erasure.scope import ErasureSubject
from stream.kafka.client import client_options
from stream.kafka.deadletters import WAIT_SECONDS, make_producer
from stream.kafka.errors import KafkaUnreachable
from stream.kafka.settings import StreamSettings
from stream.kafka.topics import Topics, admin_client, is_compacted

POLL_SECONDS = 5


@dataclass(frozen=True, slots=True)
class LetterTargets:
    """Which dead letters are meant: of tickets, of requesters, with the keys of refused records, or that name one of `mentions`."""

    ids: frozenset[str]
    requesters: frozenset[str]
    keys: frozenset[str] = frozenset()
    mentions: tuple[str, ...] = ()

    @classmethod
    def of(cls, subject: ErasureSubject, ids: Collection[str], keys: Collection[str]) -> LetterTargets:
        """Return the targets of a subject, whose tickets are `ids`."""
        return cls(frozenset(ids), frozenset(subject.requesters), frozenset(keys), (*ids, *subject.mentions))

    def include(self, key: str, value: bytes) -> bool:
        """Return whether a dead letter is meant."""
        if key in self.keys:
            return True
        try:
            fields = orjson.loads(value)
        except orjson.JSONDecodeError:
            fields = {}
        if not isinstance(fields, Mapping):
            fields = {}
        if fields.get("subject") in self.ids or fields.get("requester") in self.requesters:
            return True
        pattern = mention_pattern(self.mentions) if fields.get("subject") is None else None
        texts = [str(part) for part in fields.values()] or [value.decode(errors="replace")]
        return pattern is not None and any(pattern.search(text) for text in texts)


class DeadLetterTopic:
    """The topic of dead letters."""

    def __init__(self, settings: StreamSettings) -> None:
        self._settings = settings
        self._topic = Topics(settings.topics.prefix).deadletters

    def compacts(self) -> bool:
        """Return whether Kafka drops what tombstones replace; without it, messages stay until their retention ends."""
        with admin_client(self._settings) as admin:
            return is_compacted(admin, self._topic)

    def find(self, targets: LetterTargets) -> list[tuple[int, bytes]]:
        """List partition and key of the dead letters that are meant and that no tombstone replaces yet."""
        newest: dict[tuple[int, bytes], bool] = {}
        for record in self._records():
            if record.key is None:
                continue
            place = (record.partition, record.key)
            if record.value is None:
                newest[place] = False
            elif targets.include(record.key.decode(errors="replace"), record.value):
                newest[place] = True
        return sorted(place for place, is_meant in newest.items() if is_meant)

    def bury(self, targets: LetterTargets) -> int:
        """Write a tombstone for each dead letter that is meant; returns how many. Raises `KafkaUnreachable`."""
        from kafka.errors import KafkaError

        places = self.find(targets)
        if not places:
            return 0
        producer = make_producer(self._settings)
        try:
            waiting = [
                producer.send(self._topic, key=key, value=None, partition=partition) for partition, key in places
            ]
            for one in waiting:
                one.get(timeout=WAIT_SECONDS)
        except KafkaError as error:
            raise KafkaUnreachable(self._settings.brokers, type(error).__name__) from error
        finally:
            producer.close(timeout=1)
        return len(places)

    def _records(self) -> Iterator[Any]:
        """Yield all messages that the topic has now."""
        from kafka import KafkaConsumer, TopicPartition
        from kafka.errors import KafkaError

        try:
            consumer = KafkaConsumer(**client_options(self._settings), group_id=None, enable_auto_commit=False)
        except (KafkaError, OSError) as error:
            raise KafkaUnreachable(self._settings.brokers, type(error).__name__) from error
        try:
            parts = [TopicPartition(self._topic, number) for number in consumer.partitions_for_topic(self._topic) or ()]
            if not parts:
                return
            ends = consumer.end_offsets(parts)
            consumer.assign(parts)
            consumer.seek_to_beginning(*parts)
            while any(consumer.position(part) < end for part, end in ends.items()):
                for records in consumer.poll(timeout_ms=POLL_SECONDS * 1000).values():
                    yield from records
        finally:
            consumer.close(autocommit=False)
