"""The erasures that this database knows: what, when, by whom, and their proofs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from store.erasure.scope import ErasureScope
from store.records import chunks
from store.schema import erased_tickets, erasures
from store.upsert import insert_new, upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureRecord:
    """An erasure. `subject` is the keyed hash of what was erased; `proof` is None while it is under way, or was killed."""

    erasure_id: str
    at: datetime
    actor: str
    scope: ErasureScope
    subject: str
    proof: Mapping[str, Any] | None = None


def begin_erasure(connection: Connection, record: ErasureRecord, tickets: Collection[str]) -> None:
    """Write an erasure and its tickets; one that was begun before gets the present time, and further tickets."""
    row = {
        "id": record.erasure_id, "at": record.at, "actor": record.actor, "scope": record.scope.value,
        "subject": record.subject, "proof": None,
    }  # fmt: skip
    upsert(connection, erasures, [row], ["id"], only=["at"])
    add_erased_tickets(connection, record.erasure_id, tickets)


def add_erased_tickets(connection: Connection, erasure_id: str, tickets: Collection[str]) -> None:
    """Note that an erasure reached tickets."""
    rows = [{"erasure_id": erasure_id, "ticket_id": ticket} for ticket in sorted(tickets)]
    insert_new(connection, erased_tickets, rows)


def finish_erasure(connection: Connection, erasure_id: str, proof: Mapping[str, Any]) -> None:
    """Store the proof of an erasure, which is finished by that."""
    connection.execute(update(erasures).where(erasures.c.id == erasure_id).values(proof=dict(proof)))


def unfinished_erasure(connection: Connection, subject: str) -> ErasureRecord | None:
    """Read an erasure of a subject that was begun and has no proof; None where there is none."""
    query = select(erasures).where(erasures.c.subject == subject, erasures.c.proof.is_(None)).order_by(erasures.c.at)
    row = connection.execute(query).first()
    return None if row is None else _record(row)


def read_erasure(connection: Connection, erasure_id: str) -> ErasureRecord | None:
    """Read an erasure; None where the database does not know it."""
    row = connection.execute(select(erasures).where(erasures.c.id == erasure_id)).first()
    return None if row is None else _record(row)


def read_erased_tickets(connection: Connection, erasure_id: str) -> list[str]:
    """Read the tickets that an erasure reached, ascending."""
    query = select(erased_tickets.c.ticket_id).where(erased_tickets.c.erasure_id == erasure_id)
    return sorted(connection.execute(query).scalars())


def unknown_erasures(connection: Connection, ids: Collection[str]) -> set[str]:
    """Return those of the erasures that this database does not know, or has not finished."""
    known: set[str] = set()
    for part in chunks(ids):
        query = select(erasures.c.id).where(erasures.c.id.in_(part), erasures.c.proof.is_not(None))
        known.update(connection.execute(query).scalars())
    return set(ids) - known


def _record(row: Row[Any]) -> ErasureRecord:
    return ErasureRecord(
        erasure_id=row.id, at=row.at, actor=row.actor, scope=ErasureScope(row.scope), subject=row.subject, proof=row.proof
    )  # fmt: skip
