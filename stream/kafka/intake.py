"""The intake: batches of messages become stored events, once each, whatever fails on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

import stamina
from sqlalchemy import Engine
from sqlalchemy.exc import DataError
from stamina.instrumentation import set_on_retry_hooks

from models.epochs import epoch_of, epoch_start
from store.database import reading
from store.offsets import lock_offsets, write_offsets
from store.records import open_epoch, seen_events
from store.sources import write_skews
from stream.kafka.frontier import REPLAYING
from stream.kafka.headers import HeaderMark, Headers, content_of
from stream.processing import BatchOutcome, Prepared, Processor
from stream.raw import Raw, RefusalReason, RefusedEvent

FIRST_WAIT = timedelta(milliseconds=200)
LONGEST_WAIT = timedelta(seconds=10)
"""A database that was down for hours is noticed again within so long after its return."""

JITTER = timedelta(seconds=1)
"""Up to so much is added to a wait at random, so that workers do not all come back to a database at once."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it came."""

    partition: int
    offset: int
    headers: Headers
    value: bytes | None


class DeadLetters(Protocol):
    """Where refused records are reported to those who sent them."""

    def send(self, topic: str, refused: Sequence[tuple[Raw, RefusedEvent]]) -> None:
        """Write them and return when the broker has them. Raises whatever prevents it."""


class Follower(Protocol):
    """Receives the progress of the intake: metrics, readiness and logs."""

    def stored(self, topic: str, outcome: BatchOutcome, messages: int) -> None:
        """A batch was committed."""

    def failed(self, topic: str, error: Exception, attempt: int) -> None:
        """An attempt failed; it is tried again."""

    def gap(self, topic: str, partition: int, expected: int, found: int) -> None:
        """A partition went on further than the store had read: the messages between may be missing."""


@dataclass(frozen=True, slots=True)
class OpenEpochs:
    """Places for Kafka: an event of a closed epoch goes to the first open one and is late; any other to its own."""

    seconds: float
    first_open: int | None

    def place(self, time: datetime) -> tuple[int, bool]:
        """Epoch that takes an event of this time, and whether it is late."""
        own = epoch_of(time, self.seconds)
        if self.first_open is None or own >= self.first_open:
            return own, False
        return self.first_open, True

    def behind(self, time: datetime) -> timedelta:
        """Return how long before the first open epoch an event of this time is; zero where it is not."""
        start = time if self.first_open is None else epoch_start(self.first_open, self.seconds)
        return max(start - time, timedelta(0))

    def saw(self, stream: str, time: datetime) -> None:
        """Nothing: each partition's newest time is stored with its offset."""


class Intake:
    """Takes batches of one topic at a time; used from one thread."""

    def __init__(
        self,
        engine: Engine,
        processor: Processor,
        deadletters: DeadLetters,
        *,
        epoch: timedelta,
        follower: Follower,
        stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take the collaborators; where `stop` answers True, a failure is raised and no longer tried again."""
        # The library's own log line quotes the error, and an error of SQLAlchemy quotes the ticket: the follower reports instead.
        set_on_retry_hooks(())
        self._engine = engine
        self._processor = processor
        self._deadletters = deadletters
        self._seconds = epoch.total_seconds()
        self._follower = follower
        self._stop = stop

    def take(self, topic: str, messages: Sequence[Arrived]) -> BatchOutcome:
        """Store a batch and return when it is committed, however long that takes.

        1. Decode, validate, redact, embed: nothing is written yet.
        2. Send what was refused to the dead-letter topic. A process that dies after it sends it again, under the same key.
        3. One transaction: events, tickets, vectors, quarantine, and how far each partition was read.
        4. Only when this returns may the messages be acknowledged to Kafka.

        Whatever fails is tried again in place with back-off, for ever unless a stop is asked for. Only a record that the database
        itself refuses is set aside: the batch is then taken one by one, and that record goes to quarantine.
        """
        try:
            outcome = self._until_stored(topic, messages)
        except DataError:
            outcome = self._one_by_one(topic, messages)
        self._follower.stored(topic, outcome, len(messages))
        return outcome

    def _one_by_one(self, topic: str, messages: Sequence[Arrived]) -> BatchOutcome:
        outcome = BatchOutcome()
        for message in messages:
            try:
                outcome.add(self._until_stored(topic, [message]))
            except DataError:
                outcome.add(self._until_stored(topic, [message], refuse=True))
        return outcome

    def _until_stored(self, topic: str, messages: Sequence[Arrived], *, refuse: bool = False) -> BatchOutcome:
        batch = _Batch.of(messages, refuse=refuse)
        outcome = BatchOutcome()
        for attempt in stamina.retry_context(
            self._again,
            attempts=None,
            timeout=None,
            wait_initial=FIRST_WAIT,
            wait_max=LONGEST_WAIT,
            wait_jitter=JITTER,
        ):
            with attempt:
                outcome = self._try(topic, batch, attempt.num)
        return outcome

    def _again(self, error: BaseException) -> bool:
        # No failure of the infrastructure may lose a batch; a value that the database refuses is refused for ever.
        return isinstance(error, Exception) and not isinstance(error, DataError) and not self._stop()

    def _try(self, topic: str, batch: _Batch, number: int) -> BatchOutcome:
        try:
            if batch.prepared is None:
                batch.prepared = self._processor.prepare(topic, batch.raws, self._seen, lambda: reading(self._engine))
            if not batch.reported:
                self._deadletters.send(topic, batch.prepared.refused)
                batch.reported = True
            return self._commit(topic, batch, batch.prepared)
        except DataError:
            raise
        except Exception as error:
            self._follower.failed(topic, error, number)
            raise

    def _seen(self, keys: set[tuple[str, str]]) -> set[tuple[str, str]]:
        with reading(self._engine) as connection:
            return seen_events(connection, keys)

    def _commit(self, topic: str, batch: _Batch, prepared: Prepared) -> BatchOutcome:
        with self._engine.begin() as connection:
            rows = lock_offsets(connection, topic, batch.reads)
            places = OpenEpochs(self._seconds, open_epoch(connection))
            outcome = self._processor.record(connection, prepared, places)
            write_offsets(connection, [read.onto(rows[n], prepared.newest.get(n)) for n, read in batch.reads.items()])
            skews = self._processor.skew.unstored() if self._processor.skew is not None else {}
            write_skews(connection, skews)
        if self._processor.skew is not None:
            self._processor.skew.stored(skews)
        for number, read in batch.reads.items():
            if rows[number]["lines"] and read.first > rows[number]["position"]:
                self._follower.gap(topic, number, rows[number]["position"], read.first)
        return outcome


@dataclass(frozen=True, slots=True)
class _Read:
    """What a batch read of one partition."""

    first: int
    next: int
    lines: int
    mark: HeaderMark | None = None
    last: bool = False
    """Whether the mark was the last of it."""

    def onto(self, row: Mapping[str, Any], newest: datetime | None) -> dict[str, Any]:
        """Update the partition's row with this read; a redelivered batch never moves a row back."""
        times = [time for time in (row["newest"], newest) if time is not None]
        known = dict(row) | {"newest": max(times, default=None)}
        if self.next <= row["position"]:
            return known
        known |= {
            "position": self.next,
            "lines": row["lines"] + self.lines,
            "ended": self.mark is HeaderMark.ENDED and self.last,
        }
        if self.mark is not None:
            known["fingerprint"] = REPLAYING if self.mark is HeaderMark.STARTED else ""
        return known


class _Batch:
    """A batch while it is tried: what was done of it once is not done again."""

    def __init__(self, raws: Sequence[Raw], reads: Mapping[int, _Read]) -> None:
        self.raws = raws
        self.reads = dict(sorted(reads.items()))
        self.prepared: Prepared | None = None
        self.reported = False

    @classmethod
    def of(cls, messages: Sequence[Arrived], *, refuse: bool) -> _Batch:
        raws: list[Raw] = []
        reads: dict[int, _Read] = {}
        for message in messages:
            content = _UNSTORABLE if refuse else content_of(message.headers, message.value)
            before = reads.get(message.partition, _Read(message.offset, message.offset, 0))
            read = replace(
                before, next=message.offset + 1, lines=before.lines + 1, last=isinstance(content, HeaderMark)
            )
            if isinstance(content, HeaderMark):
                read = replace(read, mark=content)
            else:
                raws.append(Raw(message.offset, content, message.partition))
            reads[message.partition] = read
        return cls(raws, reads)


_UNSTORABLE = RefusedEvent(
    RefusalReason.UNSTORABLE,
    "the database refuses a value of this event; look at it in its topic, at this partition and position",
    "",
)
