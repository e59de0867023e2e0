"""A mark that differs whenever labels, or who may see them, have changed."""

from __future__ import annotations

from collections.abc import Hashable

from sqlalchemy import Connection, func, select

from store.labels.claim_state import ClaimState
from store.schema import label_adjudications, label_claims, label_queues, labels


def labels_mark(connection: Connection) -> tuple[Hashable, ...] | None:
    """Return the mark; None while there is no label."""
    if connection.execute(select(labels.c.case_id).limit(1)).first() is None:
        return None
    query = select(
        select(func.max(labels.c.at)).scalar_subquery(),
        select(func.count()).select_from(labels).scalar_subquery(),
        select(func.max(label_adjudications.c.at)).scalar_subquery(),
        select(func.count()).select_from(label_adjudications).scalar_subquery(),
        select(func.count())
        .select_from(label_claims)
        .where(label_claims.c.state == ClaimState.SKIPPED.value)
        .scalar_subquery(),
        select(func.count()).select_from(label_queues).scalar_subquery(),
        select(func.count(label_queues.c.closed_at)).scalar_subquery(),
    )
    return tuple(connection.execute(query).one())
