"""Decisions as they are read: one, all, those in force, and those that wait."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Select, select

from store.decisions.decision import INCIDENTS, Decision, DecisionKind, decision_of
from store.errors import DecisionUnknown
from store.schema import decisions
from store.types import LARGEST_ID

RECENT = 200
"""Newest decisions about incidents that are looked through for those about one."""


def read_decision(connection: Connection, decision_id: int) -> Decision:
    """Read one decision. Raises `DecisionUnknown`."""
    known = select(decisions).where(decisions.c.id == decision_id)
    row = connection.execute(known).one_or_none() if abs(decision_id) <= LARGEST_ID else None
    if row is None:
        raise DecisionUnknown(decision_id)
    return decision_of(row)


def read_decisions(connection: Connection) -> list[Decision]:
    """Read all decisions in the order in which they were made."""
    return [decision_of(row) for row in connection.execute(select(decisions).order_by(decisions.c.id))]


def recent_decisions(connection: Connection, limit: int) -> list[Decision]:
    """Read the newest decisions, newest first."""
    return [
        decision_of(row) for row in connection.execute(select(decisions).order_by(decisions.c.id.desc()).limit(limit))
    ]


def incident_decisions(connection: Connection, incident_id: int) -> list[Decision]:
    """Read the newest decisions that merged or split an incident, the newest first."""
    kinds = [kind.value for kind in INCIDENTS]
    query = select(decisions).where(decisions.c.kind.in_(kinds)).order_by(decisions.c.id.desc()).limit(RECENT)
    return [one for one in map(decision_of, connection.execute(query)) if incident_id in _incidents_of(one)]


def _incidents_of(decision: Decision) -> set[int]:
    made = (decision.outcome or {}).get("incident_made")
    return {decision.payload["incident"], *decision.payload.get("incidents", ()), *([made] if made else [])}


def decisions_in_force(connection: Connection) -> list[Decision]:
    """Read the decisions in force, in the order in which they were made."""
    query = select(decisions).where(decisions.c.applied_epoch.is_not(None), decisions.c.undone_by.is_(None))
    found = [decision_of(row) for row in connection.execute(query.order_by(decisions.c.id))]
    return [one for one in found if one.in_force]


def pending_decisions(connection: Connection) -> dict[int, tuple[Decision, ...]]:
    """Read the decisions that no epoch has applied yet, oldest first, under each theme that they name."""
    found: defaultdict[int, list[Decision]] = defaultdict(list)
    for decision in waiting_decisions(connection):
        for theme_id in decision.touches:
            found[theme_id].append(decision)
    return {theme_id: tuple(listed) for theme_id, listed in found.items()}


def pending_query() -> Select[Any]:
    """Return the query of the decisions that no epoch has applied and nobody has withdrawn, the first one first."""
    return (
        select(decisions)
        .where(decisions.c.applied_epoch.is_(None), decisions.c.undone_by.is_(None))
        .order_by(decisions.c.id)
    )


def waiting_decisions(connection: Connection) -> list[Decision]:
    """Read the decisions that no epoch has applied and nobody has withdrawn, the first one first."""
    return [decision_of(row) for row in connection.execute(pending_query())]


def pending_undos(connection: Connection) -> dict[int, Decision]:
    """Read pending undos by the decision that they undo."""
    return {one.payload["decision"]: one for one in waiting_decisions(connection) if one.kind == DecisionKind.UNDO}
