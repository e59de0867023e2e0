"""Rebuilds: themes derived anew, kept in addition to the live ones until a person switches to them or discards them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from models.times import rfc3339
from store.errors import StoreError
from store.placements import Placement
from store.quotations import note_examples
from store.schema import metrics, rebuilds, rebuilt
from store.types import LARGEST_ID, in_bytes


class RebuildUnknown(StoreError):
    """No rebuild has the id."""

    def __init__(self, rebuild_id: int) -> None:
        self.rebuild_id = rebuild_id
        super().__init__(
            f"received rebuild {rebuild_id}, which does not exist; `groundswell themes rebuild --list` shows those that do"
        )


class RebuildSpent(StoreError):
    """The rebuild was switched to or discarded."""

    def __init__(self, rebuild_id: int, state: str) -> None:
        self.rebuild_id, self.state = rebuild_id, state
        super().__init__(
            f"rebuild {rebuild_id} is {state}, and only one that is ready can be switched to; make another with "
            "`groundswell themes rebuild`"
        )


@dataclass(frozen=True, slots=True)
class Rebuild:
    """A rebuild. `state`: ready, switched or discarded; `next_epoch`: the first epoch that was open when it was made."""

    rebuild_id: int
    at: datetime
    actor: str
    model: str
    metric: str | None
    state: str
    next_epoch: int
    report: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Write the rebuild as listings print it."""
        return {
            "id": self.rebuild_id, "at": rfc3339(self.at), "actor": self.actor, "model": self.model,
            "metric": self.metric, "state": self.state, **self.report,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRebuild:
    """A rebuild that is about to be stored; `metric` is the version of a learned metric, None without one."""

    at: datetime
    actor: str
    model: str
    metric: str | None
    next_epoch: int
    report: Mapping[str, Any]


def write_rebuild(connection: Connection, made: NewRebuild, rows: Sequence[Placement]) -> Rebuild:
    """Store a rebuild with the tickets whose theme it would change: (ticket, theme now, theme then)."""
    values = {
        "at": made.at, "actor": made.actor, "model": made.model, "metric": made.metric, "state": "ready",
        "next_epoch": made.next_epoch, "report": dict(made.report),
    }  # fmt: skip
    number = connection.execute(insert(rebuilds).values(values).returning(rebuilds.c.id)).scalar_one()
    if rows:
        connection.execute(
            insert(rebuilt),
            [
                {"rebuild_id": number, "ticket_id": ticket, "from_theme": left, "to_theme": joined}
                for ticket, left, joined in rows
            ],
        )
    note_examples(connection, number, made.report)
    return read_rebuild(connection, number)


def read_rebuild(connection: Connection, rebuild_id: int) -> Rebuild:
    """Read one rebuild. Raises `RebuildUnknown`."""
    known = select(rebuilds).where(rebuilds.c.id == rebuild_id)
    row = connection.execute(known).one_or_none() if abs(rebuild_id) <= LARGEST_ID else None
    if row is None:
        raise RebuildUnknown(rebuild_id)
    return _rebuild(row)


def ready_rebuild(connection: Connection, rebuild_id: int) -> Rebuild:
    """Read a rebuild that can be switched to. Raises `RebuildUnknown`, `RebuildSpent`."""
    found = read_rebuild(connection, rebuild_id)
    if found.state != "ready":
        raise RebuildSpent(rebuild_id, found.state)
    return found


def read_rebuilds(connection: Connection) -> list[Rebuild]:
    """Read all rebuilds, oldest first."""
    return [_rebuild(row) for row in connection.execute(select(rebuilds).order_by(rebuilds.c.id))]


def read_rebuilt(connection: Connection, rebuild_id: int) -> list[Placement]:
    """Read the tickets whose theme a rebuild would change, by id."""
    query = select(rebuilt).where(rebuilt.c.rebuild_id == rebuild_id).order_by(in_bytes(rebuilt.c.ticket_id))
    return [(row.ticket_id, row.from_theme, row.to_theme) for row in connection.execute(query)]


def close_rebuild(connection: Connection, rebuild_id: int, state: str) -> None:
    """Set the final state of a rebuild; its rows are deleted, since decisions keep what they moved."""
    connection.execute(update(rebuilds).where(rebuilds.c.id == rebuild_id).values(state=state))
    connection.execute(delete(rebuilt).where(rebuilt.c.rebuild_id == rebuild_id))


def write_metric(connection: Connection, *, version: str, model: str, at: datetime, labels: int, state: bytes) -> None:
    """Keep a learned metric under its version; the same one again changes nothing."""
    known = connection.execute(select(metrics.c.version).where(metrics.c.version == version)).first()
    if known is None:
        values = {"version": version, "model": model, "at": at, "labels": labels, "state": state}
        connection.execute(insert(metrics).values(values))


def read_metric(connection: Connection, version: str) -> bytes | None:
    """Read a learned metric; None where there is none of that version."""
    return connection.execute(select(metrics.c.state).where(metrics.c.version == version)).scalar_one_or_none()


def _rebuild(row: Row[Any]) -> Rebuild:
    return Rebuild(row.id, row.at, row.actor, row.model, row.metric, row.state, row.next_epoch, row.report)
