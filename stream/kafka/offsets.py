"""Where the topics end, what the group has committed, and what the database stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stream.kafka.client import client_options
from stream.kafka.errors import KafkaUnreachable, TopicsMissing
from stream.kafka.settings import StreamSettings
from stream.kafka.topics import admin_client

OffsetPlaces = Mapping[tuple[str, int], int]
"""(topic, partition) to an offset."""


class TopicEnds:
    """Asks the broker for end offsets over one connection; it reads no messages and joins no group."""

    def __init__(self, settings: StreamSettings, topics: Sequence[str]) -> None:
        self._settings = settings
        self._topics = tuple(topics)
        self._consumer: Any = None

    def __call__(self) -> OffsetPlaces:
        """The offset after the last message of every partition of the topics.

        Raises `KafkaUnreachable` or `TopicsMissing`; the next call connects anew.
        """
        from kafka.errors import KafkaError

        try:
            return self._ask()
        except (KafkaError, OSError) as error:
            self.close()
            raise KafkaUnreachable(self._settings.brokers, type(error).__name__) from error

    def close(self) -> None:
        """Close the connection."""
        if self._consumer is not None:
            self._consumer.close(autocommit=False)
            self._consumer = None

    def _ask(self) -> OffsetPlaces:
        from kafka import KafkaConsumer, TopicPartition

        if self._consumer is None:
            self._consumer = KafkaConsumer(
                **client_options(self._settings),
                group_id=None,
                enable_auto_commit=False,
                allow_auto_create_topics=False,
            )
        parts: list[Any] = []
        for topic in self._topics:
            numbers = self._consumer.partitions_for_topic(topic)
            if not numbers:
                raise TopicsMissing([topic])
            parts.extend(TopicPartition(topic, number) for number in sorted(numbers))
        ends = self._consumer.end_offsets(parts)
        return {(part.topic, part.partition): end for part, end in ends.items()}


def committed_offsets(settings: StreamSettings, topics: Sequence[str]) -> OffsetPlaces:
    """Ask what the consumer group has committed to Kafka; partitions without a commit are left out."""
    from kafka.errors import CoordinatorNotAvailableError, GroupIdNotFoundError

    with admin_client(settings) as admin:
        try:
            found = admin.list_group_offsets([settings.group]).get(settings.group, {})
        except (CoordinatorNotAvailableError, GroupIdNotFoundError):
            return {}  # No group was ever here.
    return {
        (part.topic, part.partition): metadata.offset
        for part, metadata in found.items()
        if part.topic in topics and metadata.offset >= 0
    }
