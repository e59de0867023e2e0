"""Backfill: reads again what the store claims to have read, with a plain consumer, and so fills a gap.

Seeking inside a Faust agent is unreliable, and resetting a group's offsets works only while it is empty. A consumer of no group
disturbs nobody, and events that are stored already are left out by their (source, id).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stream.kafka.client import client_options
from stream.kafka.intake import Arrived, Intake
from stream.kafka.offsets import OffsetPlaces
from stream.kafka.settings import StreamSettings
from stream.processing import BatchOutcome

POLL_SECONDS = 5


@dataclass
class Backfilled:
    """What a backfill read, and what of it was missing (`outcome.stored`)."""

    messages: int = 0
    outcome: BatchOutcome = field(default_factory=BatchOutcome)


def backfill(
    settings: StreamSettings,
    intake: Intake,
    until: OffsetPlaces,
    *,
    since: datetime | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Backfilled:
    """Read each partition from `since` (by the time Kafka took a message; None: all that is kept) to its offset in `until`."""
    from kafka import KafkaConsumer

    done = Backfilled()
    consumer = KafkaConsumer(**client_options(settings), group_id=None, enable_auto_commit=False)
    try:
        for (topic, partition), end in sorted(until.items()):
            for batch in _batches(consumer, topic, partition, end, since, settings.batch):
                if stop():
                    return done
                try:
                    done.outcome.add(intake.take(topic, batch))
                except Exception:
                    if stop():  # nothing of the batch is stored; the next backfill reads it again
                        return done
                    raise
                done.messages += len(batch)
    finally:
        consumer.close(autocommit=False)
    return done


def read_until(
    stored: Mapping[tuple[str, int], int], committed: Mapping[tuple[str, int], int]
) -> dict[tuple[str, int], int]:
    """Find where to stop: what comes after is still to be read by the workers."""
    return {place: max(stored.get(place, 0), committed.get(place, 0)) for place in sorted({*stored, *committed})}


def gaps(stored: Mapping[tuple[str, int], int], committed: Mapping[tuple[str, int], int]) -> dict[tuple[str, int], int]:
    """Count the messages of each partition that the group has committed and the store has not read."""
    behind = {place: offset - stored.get(place, 0) for place, offset in committed.items()}
    return {place: number for place, number in sorted(behind.items()) if number > 0}


def _batches(
    consumer: Any, topic: str, partition: int, end: int, since: datetime | None, size: int
) -> Iterator[Sequence[Arrived]]:
    from kafka import TopicPartition

    part = TopicPartition(topic, partition)
    consumer.assign([part])
    start = _start(consumer, part, since)
    consumer.seek(part, start)
    while consumer.position(part) < end:
        records = consumer.poll(timeout_ms=POLL_SECONDS * 1000, max_records=size).get(part, [])
        batch = [
            Arrived(partition, one.offset, [(name, value or b"") for name, value in one.headers or ()], one.value)
            for one in records
            if one.offset < end
        ]
        if batch:
            yield batch


def _start(consumer: Any, part: Any, since: datetime | None) -> int:
    earliest: int = consumer.beginning_offsets([part])[part]
    if since is None:
        return earliest
    found = consumer.offsets_for_times({part: round(since.timestamp() * 1000)})[part]
    latest: int = consumer.end_offsets([part])[part]
    return latest if found is None else max(earliest, int(found.offset))
