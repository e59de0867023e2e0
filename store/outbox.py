"""The outbox: messages to be sent, written in the transaction that decided them and sent outside of any.

Order of effects, which is what makes a thing go out once although processes die:

1. The deciding transaction calls `enqueue`; the unique key swallows a second attempt to say the same thing.
2. A sender calls `claim`: one short transaction that marks rows as its own until `claimed_until`, and closes.
3. The sender sends. No transaction is open across the network.
4. After each channel, the sender calls `note_delivered`, and at last `mark_sent` (or `mark_failed`, `release`). Each holds only while
   the claim is the row's latest.

A sender that dies between 3 and 4 leaves a claim that runs out; the row is then sent again. A channel
therefore sees a key at least once, and exactly once unless a process dies between the two.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    and_,
    exists,
    func,
    or_,
    select,
    update,
)  # fmt: skip
from sqlalchemy.dialects import postgresql, sqlite

from store.schema import outbox


class OutboxState(StrEnum):
    """The state of a row; `failed` rows were refused finally and wait for a person."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"


UNSETTLED = (OutboxState.WAITING.value, OutboxState.CLAIMED.value)
"""States of rows that are neither sent nor given up."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that is claimed by one sender until its lease expires.

    until: end of the lease, which fences: a sender whose lease ran out and whose row was claimed anew, which gives it a later end,
    changes nothing. attempt: number of the attempt that it is for, from 1; it counts once `renew` begins it. delivered, refused:
    channels that took it already, and that never will. only: channels that it may be sent to now, because an earlier row of its
    sequence has gone to them; None means all.
    """

    row_id: int
    key: str
    kind: str
    audience: str
    payload: Mapping[str, Any]
    attempt: int
    until: datetime
    delivered: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    sequence: str | None = None
    only: frozenset[str] | None = None


_DELIVERED = "delivered"
"""Payload key in which earlier versions noted the channels that took a row while others were still to be tried."""


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
    """Take up to `limit` due rows for the time of `lease`; the transaction is closed then.

    Rows that were attempted least come first, and of these the oldest, so that one that fails again and again delays no other. `hold`
    names audiences whose rows stay where they are, such as those in their quiet hours. Rows that another sender holds are passed over,
    not waited for (`FOR UPDATE SKIP LOCKED` on PostgreSQL; SQLite has one writer at a time, `BEGIN IMMEDIATE`). Of a sequence only
    the first row that is neither sent nor failed is taken; where some channels have that one already, the next row, for these alone.
    """
    due = and_(_due(now), ~_held_back())
    if hold:
        due = and_(due, outbox.c.audience.not_in(sorted(hold)))
    with engine.begin() as connection:
        query = select(outbox).where(due).order_by(outbox.c.attempts, outbox.c.id).limit(limit)
        rows = connection.execute(query.with_for_update(skip_locked=True)).all()
        connection.execute(
            update(outbox)
            .where(outbox.c.id.in_([row.id for row in rows]))
            .values(state=OutboxState.CLAIMED.value, claimed_until=now + lease)
        )
        only = _partly_sent(connection, rows)
    return [
        Claim(
            row_id=row.id, key=row.key, kind=row.kind, audience=row.audience,
            payload={name: value for name, value in row.payload.items() if name != _DELIVERED},
            attempt=row.attempts + 1, until=now + lease, delivered=_delivered(row), refused=tuple(row.refused or ()),
            sequence=row.sequence, only=only.get(row.id),
        )
        for row in rows
    ]  # fmt: skip


def renew(engine: Engine, claim: Claim, until: datetime, *, begins: bool = False) -> Claim | None:
    """Prolong a claim, with the payload as it is now; None where the claim is no longer the row's latest.

    `begins`: the attempt counts from now on. A row that was only claimed, by a sender that died at another one, was not attempted.
    """
    values: dict[str, Any] = {"claimed_until": until, **({"attempts": claim.attempt} if begins else {})}
    with engine.begin() as connection:
        done = connection.execute(update(outbox).where(_is_latest(claim)).values(values))
        if done.rowcount != 1:
            return None
        payload = connection.execute(select(outbox.c.payload).where(outbox.c.id == claim.row_id)).scalar_one()
    return replace(claim, until=until, payload={name: value for name, value in payload.items() if name != _DELIVERED})


def note_delivered(connection: Connection, claim: Claim, channels: Iterable[str]) -> bool:
    """Note which channels took it so far, in the caller's transaction; False where the claim is no longer the row's latest."""
    done = connection.execute(update(outbox).where(_is_latest(claim)).values(channels=sorted(channels)))
    return done.rowcount == 1


def mark_sent(engine: Engine, claim: Claim, *, at: datetime | None = None, channels: Iterable[str] = ()) -> bool:
    """Note that every channel accepted it, at `at` (wall clock); False where the claim is no longer the row's latest."""
    values = {"state": OutboxState.SENT.value, "claimed_until": None, "sent_at": at, "problem": None}
    return _settle(engine, claim, {**values, "channels": sorted(channels)})


def mark_failed(
    engine: Engine,
    claim: Claim,
    *,
    at: datetime | None = None,
    channels: Iterable[str] = (),
    refused: Iterable[str] = (),
    problem: str | None = None,
) -> bool:
    """Note that it was given up, except for `channels`, and why; False where the claim is no longer the row's latest."""
    values = {"state": OutboxState.FAILED.value, "claimed_until": None, "sent_at": at, "problem": problem}
    return _settle(engine, claim, {**values, "channels": sorted(channels), "refused": sorted(refused) or None})


def release(
    engine: Engine,
    claim: Claim,
    *,
    retry_at: datetime,
    delivered: Iterable[str] = (),
    refused: Iterable[str] = (),
    problem: str | None = None,
) -> bool:
    """Release it to be tried again from `retry_at` on, except by the channels in `delivered` and `refused`."""
    values: dict[str, Any] = {
        "state": OutboxState.WAITING.value, "claimed_until": retry_at, "problem": problem,
        "channels": sorted(delivered) or None, "refused": sorted(refused) or None,
    }  # fmt: skip
    return _settle(engine, claim, values)


def revive(connection: Connection, row_ids: Collection[int]) -> int:
    """Let failed rows be sent again, from the first attempt on, to the channels that did not take them; returns how many did fail."""
    failed = outbox.c.id.in_(list(row_ids)) & (outbox.c.state == OutboxState.FAILED.value)
    done = connection.execute(
        update(outbox)
        .where(failed)
        .values(state=OutboxState.WAITING.value, claimed_until=None, attempts=0, sent_at=None, refused=None)
    )
    return done.rowcount


def try_at_once(connection: Connection) -> int:
    """Let all rows that wait for a later attempt be tried by the next round of sending; returns how many there are."""
    waits = (outbox.c.state == OutboxState.WAITING.value) & outbox.c.claimed_until.is_not(None)
    return connection.execute(update(outbox).where(waits).values(claimed_until=None)).rowcount


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row that is not sent: `channels` took it, `problem` says why the others did not."""

    row_id: int
    key: str
    audience: str
    state: str
    channels: tuple[str, ...]
    problem: str | None
    empty: bool


def read_unfinished(connection: Connection) -> list[StoredRow]:
    """Read the rows that wait, are claimed, or were given up, the oldest first."""
    query = select(outbox).where(outbox.c.state != OutboxState.SENT.value).order_by(outbox.c.id)
    return [
        StoredRow(row.id, row.key, row.audience, row.state, _delivered(row), row.problem, not row.payload)
        for row in connection.execute(query)
    ]


def has_later(connection: Connection, claim: Claim) -> bool:
    """Return whether a later row of the sequence waits: what it shows includes what this one does."""
    later = (outbox.c.sequence == claim.sequence) & (outbox.c.id > claim.row_id)
    query = select(outbox.c.id).where(later, outbox.c.state == OutboxState.WAITING.value).limit(1)
    return claim.sequence is not None and connection.execute(query).first() is not None


def backlog(connection: Connection) -> dict[str, int]:
    """Count rows by state."""
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state).order_by(outbox.c.state))
    return {state: count for state, count in rows}  # noqa: C416 - rows are not pairs to mypy


def oldest_waiting(connection: Connection) -> int | None:
    """Read the id of the oldest row that is neither sent nor failed."""
    oldest: int | None = connection.execute(
        select(func.min(outbox.c.id)).where(outbox.c.state.in_(UNSETTLED))
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


def _held_back() -> ColumnElement[bool]:
    """Return the condition that an earlier row of the sequence is on its way, or has gone to no channel yet."""
    earlier = outbox.alias("earlier")
    untouched = and_(earlier.c.channels.is_(None), earlier.c.refused.is_(None))
    waiting = and_(earlier.c.state == OutboxState.WAITING.value, untouched)
    return exists().where(
        earlier.c.sequence == outbox.c.sequence,
        earlier.c.id < outbox.c.id,
        or_(earlier.c.state == OutboxState.CLAIMED.value, waiting),
    )


def _partly_sent(connection: Connection, rows: Sequence[Row[Any]]) -> dict[int, frozenset[str]]:
    """Read for rows of sequences the channels that took or refused all unsettled predecessors; rows without any are left out."""
    found: dict[int, frozenset[str]] = {}
    sequences = {row.sequence for row in rows if row.sequence is not None}
    if not sequences:
        return found
    query = select(outbox.c.id, outbox.c.sequence, outbox.c.channels, outbox.c.refused).where(
        outbox.c.sequence.in_(sorted(sequences)), outbox.c.state.in_(UNSETTLED)
    )
    unsettled = connection.execute(query).all()
    for row in rows:
        before = [
            frozenset((*(one.channels or ()), *(one.refused or ())))
            for one in unsettled
            if one.sequence == row.sequence and one.id < row.id
        ]
        if row.sequence is not None and before:
            found[row.id] = frozenset.intersection(*before)
    return found


def _delivered(row: Row[Any]) -> tuple[str, ...]:
    return tuple(row.channels if row.channels is not None else row.payload.get(_DELIVERED, ()))


def _is_latest(claim: Claim) -> ColumnElement[bool]:
    return and_(
        outbox.c.id == claim.row_id,
        outbox.c.state == OutboxState.CLAIMED.value,
        outbox.c.claimed_until == claim.until,
    )


def _settle(engine: Engine, claim: Claim, values: Mapping[str, Any]) -> bool:
    with engine.begin() as connection:
        return connection.execute(update(outbox).where(_is_latest(claim)).values(values)).rowcount == 1
