"""The outbox: messages to be sent, written in the transaction that decided them and sent outside of any.

Order of effects, which is what makes a thing go out once although processes die:

1. The deciding transaction calls `enqueue`; the unique key swallows a second attempt to say the same thing.
2. A sender calls `claim`: one short transaction that marks rows as its own until `claimed_until`, and closes.
3. The sender sends. No transaction is open across the network.
4. The sender calls `mark_sent` (or `mark_failed`, `release`). Each holds only while the claim is the row's
   latest.

A sender that dies between 3 and 4 leaves a claim that runs out; the row is then sent again. A channel
therefore sees a key at least once, and exactly once unless a process dies between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from store.schema import outbox


class OutboxState(StrEnum):
    """The state of a row; `failed` rows were refused finally and wait for a person."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that is claimed by one sender until its lease expires.

    `attempt` counts claims from 1 and fences: a sender whose lease ran out and whose row was claimed anew
    changes nothing. `delivered` names the channels that already took it in an earlier attempt.
    """

    row_id: int
    key: str
    kind: str
    audience: str
    payload: Mapping[str, Any]
    attempt: int
    delivered: tuple[str, ...] = ()


_DELIVERED = "delivered"
"""Payload key that remembers the channels which took the row, while others are still to be tried."""


def enqueue(
    connection: Connection,
    *,
    key: str,
    kind: str,
    audience: str,
    payload: Mapping[str, Any],
    sequence: str | None = None,
) -> bool:
    """Put a message into the outbox, in the caller's transaction; False where its key is there already.

    `payload` is plain JSON without ticket text: what has text (a digest) is looked up when it is sent. Rows of one `sequence` are
    sent in the order in which they were enqueued.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(outbox)
        .values(
            key=key,
            kind=kind,
            audience=audience,
            payload=dict(payload),
            state=OutboxState.WAITING.value,
            attempts=0,
            sequence=sequence,
        )
        .on_conflict_do_nothing(index_elements=[outbox.c.key])
        .returning(outbox.c.id)
    )
    return connection.execute(statement).scalar_one_or_none() is not None


def claim(
    engine: Engine, *, now: datetime, lease: timedelta, limit: int = 50, hold: Collection[str] = ()
) -> list[Claim]:
    """Take up to `limit` due rows, the oldest first, for the time of `lease`; the transaction is closed then.

    `hold` names audiences whose rows stay where they are, such as those in their quiet hours. Rows that
    another sender holds are passed over, not waited for (`FOR UPDATE SKIP LOCKED` on PostgreSQL; SQLite has
    one writer at a time, `BEGIN IMMEDIATE`).
    """
    due = _due(now)
    if hold:
        due = and_(due, outbox.c.audience.not_in(sorted(hold)))
    with engine.begin() as connection:
        query = select(outbox).where(due).order_by(outbox.c.id).limit(limit).with_for_update(skip_locked=True)
        rows = connection.execute(query).all()
        connection.execute(
            update(outbox)
            .where(outbox.c.id.in_([row.id for row in rows]))
            .values(state=OutboxState.CLAIMED.value, claimed_until=now + lease, attempts=outbox.c.attempts + 1)
        )
    return [
        Claim(
            row_id=row.id, key=row.key, kind=row.kind, audience=row.audience,
            payload={name: value for name, value in row.payload.items() if name != _DELIVERED},
            attempt=row.attempts + 1, delivered=tuple(row.payload.get(_DELIVERED, ())),
        )
        for row in rows
    ]  # fmt: skip


def mark_sent(engine: Engine, claim: Claim, *, at: datetime | None = None, channels: Iterable[str] = ()) -> bool:
    """Note that every channel accepted it, at `at` (wall clock); False where the claim is no longer the row's latest."""
    settled = {"state": OutboxState.SENT.value, "claimed_until": None, "sent_at": at, "channels": sorted(channels)}
    return _settle(engine, claim, settled)


def mark_failed(engine: Engine, claim: Claim, *, at: datetime | None = None, channels: Iterable[str] = ()) -> bool:
    """Note that it was refused finally, by all but `channels`; False where the claim is no longer the row's latest."""
    settled = {"state": OutboxState.FAILED.value, "claimed_until": None, "sent_at": at, "channels": sorted(channels)}
    return _settle(engine, claim, settled, delivered=claim.delivered)


def release(engine: Engine, claim: Claim, *, retry_at: datetime, delivered: Iterable[str] = ()) -> bool:
    """Release it to be tried again from `retry_at` on, except by the channels in `delivered`."""
    return _settle(engine, claim, {"state": OutboxState.WAITING.value, "claimed_until": retry_at}, delivered=delivered)


def backlog(connection: Connection) -> dict[str, int]:
    """Count rows by state."""
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state).order_by(outbox.c.state))
    return {state: count for state, count in rows}  # noqa: C416 - rows are not pairs to mypy


def oldest_waiting(connection: Connection) -> int | None:
    """Read the id of the oldest row that is neither sent nor failed."""
    waiting = (OutboxState.WAITING.value, OutboxState.CLAIMED.value)
    oldest: int | None = connection.execute(
        select(func.min(outbox.c.id)).where(outbox.c.state.in_(waiting))
    ).scalar_one()
    return oldest


def _due(now: datetime) -> ColumnElement[bool]:
    # `claimed_until` of a waiting row is the time until which it is not tried.
    return or_(
        and_(
            outbox.c.state == OutboxState.WAITING.value,
            or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until <= now),
        ),
        and_(outbox.c.state == OutboxState.CLAIMED.value, outbox.c.claimed_until <= now),
    )


def _settle(engine: Engine, claim: Claim, values: Mapping[str, Any], *, delivered: Iterable[str] = ()) -> bool:
    payload = dict(claim.payload)
    if channels := sorted(delivered):
        payload[_DELIVERED] = channels
    with engine.begin() as connection:
        done = connection.execute(
            update(outbox)
            .where(
                outbox.c.id == claim.row_id,
                outbox.c.state == OutboxState.CLAIMED.value,
                outbox.c.attempts == claim.attempt,
            )
            .values({**values, "payload": payload})
        )
    return done.rowcount == 1
