"""What was decided about cases whose labellers disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from models.access import Person
from models.formats import harmless
from models.labelling.case_label import AdjudicatedLabel
from models.redaction import redact
from store.audit import record
from store.labels.gold import LONGEST_NOTE
from store.labels.reading import of_cases
from store.labels.visibility import sight_of
from store.schema import label_adjudications, label_cases, tickets
from store.scoped import in_scope
from store.upsert import upsert


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAdjudication:
    """What was decided about a case, and why."""

    case_id: int
    label: AdjudicatedLabel
    note: str


def put_adjudication(
    connection: Connection,
    case_id: int,
    values: Mapping[str, str],
    *,
    note: str,
    actor: str,
    at: datetime,
) -> None:
    """Store what was decided about a case, which replaces an earlier decision, with a line in the audit log that has no value."""
    rows = [
        {
            "case_id": case_id, "question": question, "value": value, "note": redact(harmless(note.strip())).text[:LONGEST_NOTE],
            "actor": actor, "at": at,
        }
        for question, value in values.items()
    ]  # fmt: skip
    upsert(connection, label_adjudications, rows, ("case_id", "question"))
    record(
        connection, at=at, actor=actor, action="adjudicated a case", subject=f"label case {case_id}",
        detail={"questions": sorted(values)},
    )  # fmt: skip


def read_adjudications(
    connection: Connection, person: Person, *, queue_id: int | None = None, case_id: int | None = None
) -> list[CaseAdjudication]:
    """Read what was adjudicated within a person's scope, as far as the person may see it; by time and case."""
    query = (
        select(label_adjudications, label_cases.c.ticket_id)
        .join(label_cases, label_cases.c.id == label_adjudications.c.case_id)
        .join(tickets, tickets.c.id == label_cases.c.ticket_id)
        .where(in_scope(person.scope), sight_of(connection, person).others(), *of_cases(queue_id, case_id))
        .order_by(label_adjudications.c.at, label_adjudications.c.case_id, label_adjudications.c.question)
    )
    found = []
    for row in connection.execute(query):
        label = AdjudicatedLabel(
            ticket_id=row.ticket_id, question=row.question, value=row.value, adjudicator=row.actor, at=row.at
        )
        found.append(CaseAdjudication(case_id=row.case_id, label=label, note=row.note))
    return found
