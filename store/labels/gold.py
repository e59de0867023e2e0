"""Gold labels: what the labels of a calibration are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from models.access import EVERYTHING, AccessScope, Person
from models.formats import harmless
from models.redaction import redact
from models.times import rfc3339
from store.audit import record
from store.labels.visibility import sight_of
from store.schema import label_gold, tickets
from store.scoped import in_scope
from store.upsert import upsert

LONGEST_NOTE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldLabel:
    """What a question of a label set should be answered with for a ticket. note: why, shown to those who said otherwise."""

    set_name: str
    ticket_id: str
    question: str
    value: str
    note: str
    author: str
    at: datetime

    def as_json(self) -> dict[str, Any]:
        """Write it as `labels gold list --json` does."""
        return {
            "set": self.set_name, "ticket_id": self.ticket_id, "question": self.question, "value": self.value,
            "note": self.note, "author": self.author, "at": rfc3339(self.at),
        }  # fmt: skip


def put_gold(
    connection: Connection,
    set_name: str,
    ticket: str,
    values: Mapping[str, str],
    *,
    note: str,
    actor: str,
    at: datetime,
) -> None:
    """Store gold labels of a ticket, which replace earlier ones, with a line in the audit log that has no value."""
    rows = [
        {
            "set_name": set_name, "ticket_id": ticket, "question": question, "value": value,
            "note": redact(harmless(note.strip())).text[:LONGEST_NOTE], "author": actor, "at": at,
        }
        for question, value in values.items()
    ]  # fmt: skip
    upsert(connection, label_gold, rows, ("set_name", "ticket_id", "question"))
    record(
        connection, at=at, actor=actor, action="gave gold labels", subject=f"label set {set_name}",
        detail={"ticket": ticket, "questions": sorted(values)},
    )  # fmt: skip


def drop_gold(connection: Connection, set_name: str, ticket: str, *, actor: str, at: datetime) -> int:
    """Take the gold labels of a ticket away; return how many there were."""
    mine = (label_gold.c.set_name == set_name) & (label_gold.c.ticket_id == ticket)
    removed = connection.execute(delete(label_gold).where(mine)).rowcount
    if removed:
        record(
            connection, at=at, actor=actor, action="took gold labels away", subject=f"label set {set_name}",
            detail={"ticket": ticket},
        )  # fmt: skip
    return removed


def read_gold(connection: Connection, person: Person, set_name: str | None = None) -> list[GoldLabel]:
    """Read the gold labels within a person's scope that the person may see, by set, ticket and question."""
    sight = sight_of(connection, person)
    query = _gold(person.scope).where(sight.gold())
    return [_label(row) for row in connection.execute(query if set_name is None else _of_set(query, set_name))]


def read_gold_of_case(connection: Connection, set_name: str, ticket: str) -> list[GoldLabel]:
    """Read the gold labels of a ticket, for those who have labelled it: the caller has made sure of that."""
    query = _of_set(_gold(EVERYTHING), set_name).where(label_gold.c.ticket_id == ticket)
    return [_label(row) for row in connection.execute(query)]


def gold_tickets(connection: Connection, set_name: str, scope: AccessScope) -> dict[str, set[str]]:
    """Return which questions have a gold label, by ticket within a scope; no value."""
    found: dict[str, set[str]] = {}
    for row in connection.execute(_of_set(_gold(scope), set_name)):
        found.setdefault(row.ticket_id, set()).add(row.question)
    return found


def _gold(scope: AccessScope) -> Any:
    return (
        select(label_gold)
        .join(tickets, tickets.c.id == label_gold.c.ticket_id)
        .where(in_scope(scope))
        .order_by(label_gold.c.set_name, label_gold.c.ticket_id, label_gold.c.question)
    )


def _of_set(query: Any, set_name: str) -> Any:
    return query.where(label_gold.c.set_name == set_name)


def _label(row: Any) -> GoldLabel:
    return GoldLabel(
        set_name=row.set_name, ticket_id=row.ticket_id, question=row.question, value=row.value, note=row.note,
        author=row.author, at=row.at,
    )  # fmt: skip
