"""Epochs: the events that wait for one, and the miner's own row, which moves on in each epoch's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, update

from models.epochs import epoch_start
from store.schema import events, miner
from store.upsert import upsert

MINER = "miner"


@dataclass(frozen=True, slots=True)
class MinerRow:
    """How far the miner is: the first open epoch, the first one ever mined, and the state that no other row holds."""

    next_epoch: int | None = None
    first_epoch: int | None = None
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenEvent:
    """A ticket event as the miner reads it."""

    source: str
    id: str
    type: str
    subject: str
    time: datetime
    late: bool
    data: Mapping[str, Any] | None


# Statements that each epoch executes are made once.
_MINER_QUERY = select(miner).where(miner.c.name == MINER)
_NEXT_QUERY = select(miner.c.next_epoch).where(miner.c.name == MINER)
_WAITING_QUERY = select(func.min(events.c.epoch)).where(events.c.mined_epoch.is_(None))
_TAKING = (
    update(events)
    .where(events.c.epoch <= bindparam("last"), events.c.mined_epoch.is_(None))
    .values(mined_epoch=bindparam("taken_by"))
    .returning(
        events.c.source, events.c.id, events.c.type, events.c.subject, events.c.time, events.c.late, events.c.data
    )
)


def read_miner(connection: Connection) -> MinerRow:
    """Read the miner's row; an empty one before its first epoch."""
    row = connection.execute(_MINER_QUERY).one_or_none()
    return MinerRow() if row is None else MinerRow(row.next_epoch, row.first_epoch, row.state)


def read_mined_until(connection: Connection) -> datetime | None:
    """Read the end of the last mined epoch, in event time; None before the first."""
    row = read_miner(connection)
    if row.next_epoch is None:
        return None
    return epoch_start(row.next_epoch, float(row.state.get("epoch_seconds", 300.0)))


def read_next_epoch(connection: Connection) -> int | None:
    """Read the first epoch that is not mined; None before the first."""
    return connection.execute(_NEXT_QUERY).scalar_one_or_none()


def read_planned(connection: Connection, launch_id: str) -> list[list[int]]:
    """Read the themes of each line of a launch's plan, the one that it means most first; none before it is resolved."""
    groups: list[list[int]] = read_miner(connection).state.get("planned", {}).get(launch_id, [])
    return groups


def write_miner(connection: Connection, row: MinerRow) -> None:
    """Store the miner's row."""
    values = {"name": MINER, "next_epoch": row.next_epoch, "first_epoch": row.first_epoch, "state": dict(row.state)}
    upsert(connection, miner, [values], ["name"])


def first_waiting(connection: Connection) -> int | None:
    """Read the oldest epoch that has events which no epoch has taken; None where there are none."""
    waiting: int | None = connection.execute(_WAITING_QUERY).scalar_one()
    return waiting


def read_busy_epochs(connection: Connection, first: int) -> list[int]:
    """Read the epochs from one on that took events, in order."""
    query = select(events.c.mined_epoch).where(events.c.mined_epoch >= first).distinct()
    return sorted(connection.execute(query).scalars())


def take_events(connection: Connection, epoch: int, before: int | None = None) -> list[TakenEvent]:
    """Take the waiting events of this epoch, and of closed ones, in canonical order (`time`, `source`, `id`).

    With `before`, take only those of epochs before that one.

    Selecting and marking is one statement: an event that a worker commits meanwhile is either in the answer or still waiting.
    """
    last = epoch if before is None else min(epoch, before - 1)
    taken = [TakenEvent(*row) for row in connection.execute(_TAKING, {"last": last, "taken_by": epoch})]
    return sorted(taken, key=lambda event: (event.time, event.source, event.id))
