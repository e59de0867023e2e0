"""Writing to the inbox: several deliveries share one transaction, and each sender is answered after its commit."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine

from store.database import reading
from store.erasure.arrivals import store_refused
from store.inbox import InboxDelivery, durable, inbox_size, known_deliveries, put_deliveries
from store.records import seen_events
from stream.raw import Raw
from stream.receive.delivery import Delivery
from stream.receive.settings import ReceiveSettings
from stream.receive.stored import stored_event
from stream.rows import quarantine_row

MOST = 256
"""Deliveries in one transaction."""

COUNTED_EVERY = 1.0
"""Seconds between two counts of the inbox."""

Waiting = tuple[Delivery, "Future[bool]"]


class InboxWriter:
    """Writes deliveries in a thread of its own: SQLite has one writer at a time, and a commit waits for the disk.

    At 200 deliveries a second a transaction for each would spend most of the time waiting; with a window of a few milliseconds
    those that come together share one (group commit).
    """

    def __init__(
        self,
        engine: Engine,
        settings: ReceiveSettings,
        key: bytes,
        *,
        wake: Callable[[], None],
        also: Callable[[Connection], None] = lambda _: None,
    ) -> None:
        """Take the database and the key of requesters' hashes.

        `wake` is called after each commit; `also` writes what else belongs to each transaction.
        """
        self._engine = engine
        self._limit = settings.inbox_limit
        self._window = settings.commit_window.total_seconds()
        self._key = key
        self._wake = wake
        self._also = also
        self._queue: queue.Queue[Waiting | None] = queue.Queue()
        self._waiting = 0
        self._counted = float("-inf")
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Write what was handed over, then end the thread."""
        self._queue.put(None)
        self._thread.join()

    async def store(self, delivery: Delivery) -> bool:
        """Write a delivery; True where it is new. Raises what the database raises."""
        future: Future[bool] = Future()
        self._queue.put((delivery, future))
        return await asyncio.wrap_future(future)

    def is_full(self) -> bool:
        """Return whether the inbox was longer than the limit when it was counted last."""
        return self._waiting >= self._limit

    def _run(self) -> None:
        going = True
        while going:
            batch, going = self._take()
            if batch:
                self._write_all(batch)
            if monotonic() - self._counted >= COUNTED_EVERY:
                self._count()

    def _take(self) -> tuple[list[Waiting], bool]:
        """Return the deliveries that came together, and whether more may follow."""
        taken: list[Waiting] = []
        until = monotonic() + COUNTED_EVERY
        while len(taken) < MOST:
            try:
                one = self._queue.get(timeout=max(0.0, until - monotonic()))
            except queue.Empty:
                return taken, True
            if one is None:
                return taken, False
            if not taken:
                until = monotonic() + self._window
            # A sender that was answered meanwhile, because it waited for too long, sends its delivery again.
            if one[1].set_running_or_notify_cancel():
                taken.append(one)
        return taken, True

    def _write_all(self, batch: Sequence[Waiting]) -> None:
        try:
            fresh = self._write([delivery for delivery, _ in batch])
        except Exception as error:  # noqa: BLE001 (whatever the database says, each sender is answered, and the thread goes on)
            if len(batch) > 1:
                # One delivery that the database refuses must not take the others with it.
                for one in batch:
                    self._write_all([one])
                return
            batch[0][1].set_exception(error)
            return
        for (_, future), new in zip(batch, fresh, strict=True):
            future.set_result(new)
        self._wake()

    def _write(self, deliveries: Sequence[Delivery]) -> list[bool]:
        with durable(self._engine) as connection:
            known = self._known(connection, deliveries)
            fresh: list[bool] = []
            rows: list[InboxDelivery] = []
            refused: list[dict[str, Any]] = []
            for one in deliveries:
                key = (one.system.value, one.delivery_id)
                fresh.append(key not in known)
                if key in known:
                    continue
                known.add(key)
                if one.events:
                    rows.append(self._row(one))
                refused += [
                    quarantine_row(one.stream, Raw(one.position(number), refusal), refusal)
                    for number, refusal in enumerate(one.refused)
                ]
            put_deliveries(connection, rows)
            store_refused(connection, refused)
            self._also(connection)
        return fresh

    def _known(self, connection: Connection, deliveries: Sequence[Delivery]) -> set[tuple[str, str]]:
        """Find the deliveries that wait in the inbox, or all of whose events have left it for the store."""
        keys = {(one.system.value, one.delivery_id) for one in deliveries}
        known = known_deliveries(connection, keys)
        stored = seen_events(connection, {(event.source, event.id) for one in deliveries for event in one.events})
        return known | {
            (one.system.value, one.delivery_id)
            for one in deliveries
            if one.events and not one.refused and all((event.source, event.id) in stored for event in one.events)
        }

    def _row(self, delivery: Delivery) -> InboxDelivery:
        return InboxDelivery(
            delivery.system.value,
            delivery.delivery_id,
            delivery.received_at,
            [stored_event(event, self._key) for event in delivery.events],
        )

    def _count(self) -> None:
        try:
            with reading(self._engine) as connection:
                self._waiting = inbox_size(connection)
        except Exception:  # noqa: BLE001 (the next write says what is wrong; the last count stays)
            self._counted = monotonic()
            return
        self._counted = monotonic()
