"""The inbox: deliveries that were accepted and are not processed yet, written before their senders are answered."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, select, tuple_

from store.erasure.arrivals import waiting_without_erased
from store.erasure.lock import share_with_erasures
from store.records import chunks
from store.schema import inbox
from store.upsert import insert_new


@dataclass(frozen=True, slots=True)
class InboxDelivery:
    """One delivery; `events` are redacted and ready to be stored."""

    system: str
    delivery_id: str
    received_at: datetime
    events: Sequence[Any]


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery as it waits in the inbox, with the number that it is deleted by."""

    id: int
    delivery: InboxDelivery


@contextmanager
def durable(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that is on the disk when it is committed.

    SQLite in WAL mode survives a killed process by default, but may lose its last commits with the power. What was answered to a
    sender must not be lost, so this connection waits for the disk (`PRAGMA synchronous=FULL`).
    """
    with engine.connect() as connection:
        driver = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
        if driver is not None:
            driver.execute("PRAGMA synchronous=FULL")
        try:
            with connection.begin():
                yield connection
        finally:
            if driver is not None:
                driver.execute("PRAGMA synchronous=NORMAL")


def known_deliveries(connection: Connection, keys: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return which of the (system, delivery id) are in the inbox."""
    found: set[tuple[str, str]] = set()
    for part in chunks(keys):
        query = select(inbox.c.system, inbox.c.delivery_id).where(tuple_(inbox.c.system, inbox.c.delivery_id).in_(part))
        found.update((row.system, row.delivery_id) for row in connection.execute(query))
    return found


def put_deliveries(connection: Connection, deliveries: Sequence[InboxDelivery]) -> None:
    """Store deliveries; one whose (system, delivery id) is there already stays as it is.

    Events of erased tickets and requesters lose their text, which would wait here otherwise.
    """
    share_with_erasures(connection)
    insert_new(
        connection,
        inbox,
        [
            {
                "system": one.system,
                "delivery_id": one.delivery_id,
                "received_at": one.received_at,
                "events": waiting_without_erased(connection, one.events),
            }
            for one in deliveries
        ],
    )


def next_deliveries(connection: Connection, limit: int) -> list[StoredDelivery]:
    """Read the oldest deliveries that wait, in the order in which they were accepted."""
    query = select(inbox).order_by(inbox.c.id).limit(limit)
    return [
        StoredDelivery(row.id, InboxDelivery(row.system, row.delivery_id, row.received_at, row.events))
        for row in connection.execute(query)
    ]


def drop_deliveries(connection: Connection, ids: Collection[int]) -> None:
    """Delete deliveries, in the transaction that stores what came of them."""
    for part in chunks(ids):
        connection.execute(delete(inbox).where(inbox.c.id.in_(part)))


def inbox_size(connection: Connection) -> int:
    """Count the deliveries that wait."""
    return connection.execute(select(func.count()).select_from(inbox)).scalar_one()


def oldest_delivery(connection: Connection) -> datetime | None:
    """Read when the oldest waiting delivery was received; None where none waits."""
    query = select(inbox.c.received_at).order_by(inbox.c.id).limit(1)
    return connection.execute(query).scalar_one_or_none()
