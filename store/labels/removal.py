"""Labels of tickets whose text was erased: what people said of it is deleted with it."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, delete, select

from store.records import chunks
from store.schema import label_adjudications, label_cases, label_claims, label_gold, labels


def drop_labels(connection: Connection, tickets: Collection[str]) -> int:
    """Delete the cases of tickets with their labels, and gold labels; return the number of rows.

    The weights of the other cases of a queue stay: its figures are of the tickets that are left.
    """
    removed = 0
    for part in chunks(tickets):
        cases = select(label_cases.c.id).where(label_cases.c.ticket_id.in_(part))
        for table in (label_adjudications, labels, label_claims):
            removed += connection.execute(delete(table).where(table.c.case_id.in_(cases))).rowcount
        for table in (label_cases, label_gold):
            removed += connection.execute(delete(table).where(table.c.ticket_id.in_(part))).rowcount
    return removed
