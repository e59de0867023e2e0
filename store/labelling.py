"""Tickets that may be labelled, within the scope of who labels them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, or_, select

from models.access import AccessScope
from models.labelling.queue import QueueCandidate
from store.schema import assignments, tickets
from store.scoped import in_scope


def read_candidates(
    connection: Connection,
    scope: AccessScope,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    readable: bool = False,
) -> list[QueueCandidate]:
    """Read the mined, counted tickets of customers within a scope, ordered by id, with themes and handlers.

    `since` and `until`: those created from then on, and before. `readable`: those that have a text.
    """
    query = (
        select(tickets.c.id, assignments.c.theme_id, assignments.c.confidence, tickets.c.handled_by)
        .join(assignments, assignments.c.ticket_id == tickets.c.id)
        .where(tickets.c.counted, tickets.c.demand == "customer", in_scope(scope))
    )
    if since is not None:
        query = query.where(tickets.c.time >= since)
    if until is not None:
        query = query.where(tickets.c.time < until)
    if readable:
        query = query.where(tickets.c.erased_at.is_(None), or_(tickets.c.title != "", tickets.c.body != ""))
    found = [
        QueueCandidate(ticket_id=row.id, theme_id=row.theme_id, confidence=row.confidence, handled_by=row.handled_by)
        for row in connection.execute(query)
    ]
    return sorted(found, key=lambda one: one.ticket_id)
