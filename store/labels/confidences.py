"""The tickets that labels are a sample of: their confidences by theme, as counts."""

from __future__ import annotations

from datetime import datetime

import numpy as np
from sqlalchemy import Connection, Integer, cast, func, select

from models.access import AccessScope
from models.arrays import Floats
from store.schema import assignments, tickets
from store.scoped import in_scope

STEPS = 1_000
"""Confidences are distinguished to a thousandth: far finer than the bands in which precision is estimated."""


def read_confidences(
    connection: Connection, scope: AccessScope, *, since: datetime | None = None, until: datetime | None = None
) -> dict[int | None, Floats]:
    """Read the confidence of each mined, counted ticket of customers within a scope, by theme, None for those without one.

    The database counts by theme and thousandth, so that a million tickets are a few thousand rows.
    """
    step = cast(func.round(assignments.c.confidence * STEPS), Integer)
    query = (
        select(assignments.c.theme_id, step.label("step"), func.count().label("n"))
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(tickets.c.counted, tickets.c.demand == "customer", in_scope(scope))
        .group_by(assignments.c.theme_id, step)
        .order_by(assignments.c.theme_id, step)
    )
    if since is not None:
        query = query.where(tickets.c.time >= since)
    if until is not None:
        query = query.where(tickets.c.time < until)
    parts: dict[int | None, list[Floats]] = {}
    for row in connection.execute(query):
        parts.setdefault(row.theme_id, []).append(np.full(row.n, row.step / STEPS))
    return {theme: np.concatenate(found) for theme, found in parts.items()}
