"""Replay to Kafka: a file's events, in the file's order, as fast as asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from models.clock import Clock
from stream.admission_rules import AdmissionRules
from stream.first_ids import FirstIds
from stream.id_forms import FIRST
from stream.kafka.deadletters import KafkaDeadLetters
from stream.kafka.headers import HeaderMark, KafkaMessage, event_message, mark_message
from stream.kafka.topics import Topics
from stream.raw import Raw, RefusedEvent
from stream.refused_subject import with_subject
from stream.source import Source
from stream.validation import admit

CONFIRM_SECONDS = 60
"""How long the broker may take to confirm what is still on its way at the end."""


@dataclass
class Replayed:
    """What a replay sent; `refused` by reason went to the dead letters, `stopped` by request."""

    sent: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    stopped: bool = False


class Pace:
    """Delays events so that event time passes `speed` times as fast as the clock; 0 is as fast as it goes."""

    def __init__(self, speed: float, clock: Clock, sleep: Callable[[float], object]) -> None:
        self._speed = speed
        self._clock = clock
        self._sleep = sleep
        self._start: tuple[datetime, datetime] | None = None

    def hold(self, time: datetime) -> None:
        """Wait until an event of this time is due; the first one is due at once."""
        if not self._speed:
            return
        if self._start is None:
            self._start = (time, self._clock())
        first, begun = self._start
        wait = (time - first).total_seconds() / self._speed - (self._clock() - begun).total_seconds()
        if wait > 0:
            self._sleep(wait)


class Replay:
    """Sends a source's events to their topics, redacted, in binary mode, with the ticket's id as key."""

    def __init__(
        self,
        producer: Any,
        deadletters: KafkaDeadLetters,
        topics: Topics,
        partitions: int,
        *,
        rules: AdmissionRules,
        clock: Clock,
        pace: Pace,
    ) -> None:
        self._producer = producer
        self._deadletters = deadletters
        self._topics = topics
        self._partitions = partitions
        self._rules = rules
        self._clock = clock
        self._pace = pace
        self._failed: list[Exception] = []

    def run(
        self,
        source: Source,
        *,
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[Replayed], None] = lambda _: None,
    ) -> Replayed:
        """Send everything, then say so in every ticket partition.

        1. A mark in each ticket partition says that a replay writes here: none is idle, and the clock moves none on.
        2. Events in the order of the file. A plan or change is confirmed before the tickets after it are sent.
        3. When the broker has confirmed all of it, a second mark: this partition has ended. Not after a stop.

        Raises what the producer raises; running it again sends everything again, which has no effect twice.
        """
        done = Replayed()
        self._mark(HeaderMark.STARTED)
        for raw in self._records(source):
            if stop():
                done.stopped = True
                break
            self._send(raw, source.stream, done)
            progress(done)
        self._flush()
        if not done.stopped:
            self._mark(HeaderMark.ENDED)
        return done

    def _records(self, source: Source) -> Iterator[Raw]:
        """Yield the records of a source, after its first thousand have shown whether their ids are numbers by nature."""
        records = source.records()
        first = list(islice(records, FIRST))
        ids = FirstIds(self._rules.identities)
        for raw in first:
            admit(raw, self._clock(), self._rules)
        ids.decide()
        yield from first
        yield from records

    def _send(self, raw: Raw, stream: str, done: Replayed) -> None:
        event = admit(raw, self._clock(), self._rules)
        if isinstance(event, RefusedEvent):
            self._deadletters.send(stream, [(raw, with_subject(raw, event, self._rules.identities))])
            done.refused[event.reason.value] += 1
            return
        self._pace.hold(event.time)
        message = event_message(event, event.data.model_dump(mode="json", exclude_unset=True))
        topic = self._topics.of(event)
        future = self._post(topic, message, None)
        if topic != self._topics.tickets:
            future.get(timeout=CONFIRM_SECONDS)
        done.sent += 1

    def _mark(self, mark: HeaderMark) -> None:
        for number in range(self._partitions):
            self._post(self._topics.tickets, mark_message(mark), number)
        self._flush()

    def _post(self, topic: str, message: KafkaMessage, partition: int | None) -> Any:
        if self._failed:
            raise self._failed[0]
        future = self._producer.send(
            topic, key=message.key, value=message.value, headers=list(message.headers), partition=partition
        )
        future.add_errback(self._failed.append)
        return future

    def _flush(self) -> None:
        self._producer.flush(timeout=CONFIRM_SECONDS)
        if self._failed:
            raise self._failed[0]
