"""Silences and mute rules: written by people, read by the miner at the start of each epoch."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, bindparam, insert, select, update

from models.silence import Silence, SilenceKind, SilenceMatchers
from models.times import rfc3339
from store.audit import record
from store.errors import StoreError
from store.schema import silences
from store.types import LARGEST_ID


class SilenceUnknown(StoreError):
    """No silence has the id."""

    def __init__(self, silence_id: int) -> None:
        self.silence_id = silence_id
        super().__init__(
            f"received silence {silence_id}, which does not exist; `groundswell silences list --all` shows those that do"
        )


class SilenceOver(StoreError):
    """The silence has ended already."""

    def __init__(self, silence_id: int, ended_at: datetime) -> None:
        self.silence_id = silence_id
        super().__init__(
            f"received silence {silence_id}, which ended at {rfc3339(ended_at)}; only those that `groundswell silences list` shows "
            "can be ended"
        )


def insert_silence(connection: Connection, silence: Silence) -> Silence:
    """Add a silence in the caller's transaction, with its line in the audit log; returns it with its id."""
    values = {
        **{name: getattr(silence, name) for name in _PLAIN},
        "kind": silence.kind.value,
        "matchers": silence.matchers.as_json(),
        "example": None if silence.example is None else silence.example.astype("<f2").tobytes(),
    }
    silence_id = int(connection.execute(insert(silences).values(values).returning(silences.c.id)).scalar_one())
    detail = {"kind": silence.kind.value, "ends_at": rfc3339(silence.ends_at), "reason": silence.reason}
    record(
        connection, at=silence.created_at, actor=silence.owner, action="silence added", subject=f"silence {silence_id}",
        detail={**detail, "matchers": silence.matchers.as_json()},
    )  # fmt: skip
    return replace(silence, silence_id=silence_id)


def end_silence(connection: Connection, silence_id: int, *, ends_at: datetime, actor: str, at: datetime) -> Silence:
    """End a silence or a mute rule early, at `ends_at` in event time; one that has not begun never does.

    `at` is the wall clock, for the audit log. Raises `SilenceUnknown`, and `SilenceOver` where it ends sooner by itself.
    """
    known = get_silence(connection, silence_id)
    if known.over_at(ends_at):
        raise SilenceOver(silence_id, known.ends_at or ends_at)
    end = max(ends_at, known.starts_at)
    connection.execute(update(silences).where(silences.c.id == silence_id).values(ends_at=end, expired_by=actor))
    record(
        connection, at=at, actor=actor, action="silence ended", subject=f"silence {silence_id}",
        detail={"ends_at": rfc3339(end), "would_have_ended_at": rfc3339(known.ends_at)},
    )  # fmt: skip
    return get_silence(connection, silence_id)


def get_silence(connection: Connection, silence_id: int) -> Silence:
    """Read one silence. Raises `SilenceUnknown`."""
    query = select(silences).where(silences.c.id == silence_id)
    row = connection.execute(query).one_or_none() if abs(silence_id) <= LARGEST_ID else None
    if row is None:
        raise SilenceUnknown(silence_id)
    return _silence(row)


_UNREPORTED = (
    select(silences)
    .where(silences.c.starts_at <= bindparam("begun_by"), silences.c.reported_at.is_(None))
    .order_by(silences.c.id)
)
"""Each epoch executes it."""


def read_silences(connection: Connection, *, unreported_at: datetime | None = None) -> list[Silence]:
    """Read all silences in the order of their ids; with `unreported_at`, those that began by then and whose end is not reported."""
    if unreported_at is None:
        return [_silence(row) for row in connection.execute(select(silences).order_by(silences.c.id))]
    return [_silence(row) for row in connection.execute(_UNREPORTED, {"begun_by": unreported_at})]


def mark_reminded(connection: Connection, silence_id: int, at: datetime) -> None:
    """Note that the owner was reminded, at `at` in event time."""
    connection.execute(update(silences).where(silences.c.id == silence_id).values(reminded_at=at))


def mark_reported(connection: Connection, silence_id: int, at: datetime) -> None:
    """Note that what it hid was reported, at `at` in event time."""
    connection.execute(update(silences).where(silences.c.id == silence_id).values(reported_at=at))


_PLAIN = (
    "owner", "reason", "created_at", "starts_at", "ends_at", "review_at", "expired_by", "reminded_at", "reported_at",
)  # fmt: skip
"""Fields whose columns have the same name and the same form."""


def _silence(row: Row[Any]) -> Silence:
    example = None if row.example is None else np.frombuffer(row.example, dtype="<f2").astype(np.float32)
    return Silence(
        silence_id=row.id, kind=SilenceKind(row.kind), matchers=SilenceMatchers.from_json(row.matchers), example=example,
        **{name: getattr(row, name) for name in _PLAIN},
    )  # fmt: skip
