"""The inbox drained: deliveries that were accepted become stored events, once each, and are mined as time passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from time import monotonic
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import DataError

from groundswell.miner_loop import MinerLoop
from models.clock import Clock
from models.epochs import epoch_of
from pipelines.settings import MiningSettings
from store.database import reading
from store.inbox import StoredDelivery, drop_deliveries, next_deliveries, oldest_delivery
from store.records import open_epoch, seen_events
from stream.kafka.intake import OpenEpochs
from stream.processing import BatchOutcome, Processor
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.receive.stored import restored_event

MINED_EVERY = 2.0
"""Seconds between two rounds of mining while deliveries keep coming."""

GATHERED_FOR = 0.25
"""Seconds that deliveries are gathered for before they are moved: one transaction for many costs little more than one for one, and
each takes the database from the senders that wait for their answers."""


class InboxFollower(Protocol):
    """Receives the progress of the drain: metrics, readiness and logs."""

    def stored(self, topic: str, outcome: BatchOutcome, messages: int) -> None:
        """Deliveries left the inbox."""

    def failed(self, topic: str, error: Exception, attempt: int) -> None:
        """An attempt failed; it is tried again."""


class InboxDrain:
    """Moves deliveries from the inbox to the tables of events and tickets."""

    def __init__(
        self,
        engine: Engine,
        make_processor: Callable[[], Processor],
        *,
        epoch: timedelta,
        batch: int,
        follower: InboxFollower,
    ) -> None:
        """`make_processor` loads the embedding model, when the first delivery is moved."""
        self._engine = engine
        self._make_processor = make_processor
        self._processor: Processor | None = None
        self._seconds = epoch.total_seconds()
        self._batch = batch
        self._follower = follower
        self._attempt = 0

    def move(self) -> bool:
        """Move the oldest deliveries and return whether more may wait. Where the attempt fails, that is reported.

        1. Read deliveries and embed their texts: nothing is written yet.
        2. One transaction stores what came of them and deletes them from the inbox. A process that is killed before its commit
           has done nothing; a delivery whose events another one brought already adds nothing.
        """
        try:
            with reading(self._engine) as connection:
                waiting = next_deliveries(connection, self._batch)
            if waiting:
                outcome = self._move_all(waiting)
                self._follower.stored(STREAM, outcome, len(waiting))
        except Exception as error:  # noqa: BLE001 (the deliveries stay in the inbox, and the next attempt takes them)
            self._attempt += 1
            self._follower.failed(STREAM, error, self._attempt)
            return False
        self._attempt = 0
        return len(waiting) == self._batch

    def _move_all(self, waiting: Sequence[StoredDelivery]) -> BatchOutcome:
        try:
            return self._store(waiting, _raws(waiting))
        except DataError:
            outcome = BatchOutcome()
            for one in waiting:
                try:
                    outcome.add(self._store([one], _raws([one])))
                except DataError:
                    outcome.add(self._store([one], [Raw(one.id, _UNSTORABLE)]))
            return outcome

    def _store(self, waiting: Sequence[StoredDelivery], raws: Sequence[Raw]) -> BatchOutcome:
        if self._processor is None:
            self._processor = self._make_processor()
        with reading(self._engine) as connection:
            stream = f"/receive/{waiting[0].delivery.system}" if len(waiting) == 1 else STREAM
            prepared = self._processor.prepare(
                stream, raws, lambda keys: seen_events(connection, keys), lambda: nullcontext(connection)
            )
        with self._engine.begin() as connection:
            places = OpenEpochs(self._seconds, open_epoch(connection))
            outcome = self._processor.record(connection, prepared, places)
            drop_deliveries(connection, [one.id for one in waiting])
        return outcome


class LiveFrontier:
    """Says up to which epoch may be mined while events arrive by webhook: up to the clock, less the allowed lateness."""

    def __init__(self, engine: Engine, settings: MiningSettings, clock: Clock) -> None:
        self._engine = engine
        self._settings = settings
        self._clock = clock

    def until(self) -> int | None:
        """First epoch that must stay open.

        Nothing closes beyond the time at which the oldest waiting delivery was received: what it holds is not later than allowed
        because we were slow.
        """
        now: datetime = self._clock()
        with reading(self._engine) as connection:
            oldest = oldest_delivery(connection)
        reached = now if oldest is None else min(now, oldest)
        return epoch_of(reached - self._settings.lateness, self._settings.epoch.total_seconds())


class InboxLoop:
    """Rounds of draining and mining. Run it in a thread of its own.

    Another process that mines the same database, as `groundswell ingest` does, has the lease meanwhile; the inbox is drained all
    the same.
    """

    def __init__(
        self,
        drain: InboxDrain,
        miner: MinerLoop,
        *,
        wait: Callable[[float], object],
        gather: Callable[[float], object],
        stop: Callable[[], bool],
    ) -> None:
        """`wait` returns after so many seconds, or sooner where a delivery came; both sooner where a stop was asked for."""
        self._drain = drain
        self._miner = miner
        self._wait = wait
        self._gather = gather
        self._stop = stop
        self._mined = float("-inf")

    def run(self) -> None:
        """Repeat until stopped, then release the lease."""
        while not self._stop():
            if not self.round():
                self._wait(MINED_EVERY)
                self._gather(GATHERED_FOR)
        self._miner.release()

    def round(self) -> bool:
        """Move a batch, and mine where it is time to. True where more waits."""
        more = self._drain.move()
        if monotonic() - self._mined >= MINED_EVERY:
            more |= self._miner.round()
            self._mined = monotonic()
        return more


def _raws(waiting: Sequence[StoredDelivery]) -> list[Raw]:
    return [Raw(one.id, restored_event(fields)) for one in waiting for fields in one.delivery.events]


STREAM = "/receive"
"""Name under which what the inbox held is reported."""

_UNSTORABLE = RefusedEvent(
    RefusalReason.UNSTORABLE, "the database refuses a value of this delivery; look for it at its sender"
)
