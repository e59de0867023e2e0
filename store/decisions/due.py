"""What an epoch applies: the decisions that are due, and what applying them did."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, or_, select, update

from store.decisions.decision import Decision, DecisionKind, decision_of
from store.decisions.read import pending_query, read_decision
from store.schema import decisions, miner


def due_decisions(connection: Connection, epoch: int) -> list[Decision]:
    """Read the decisions that this epoch has to apply, in the order in which they were made.

    They are locked, so that none is withdrawn while it is being applied.
    """
    return [decision_of(row) for row in connection.execute(_due_query(), {"until": epoch})]


def is_due(connection: Connection) -> bool:
    """Tell whether a decision waits that the first open epoch has to apply; False before the first epoch was mined."""
    return connection.execute(_one_due()).first() is not None


def tickets_decided(connection: Connection, epoch: int) -> list[str]:
    """Read the tickets of decisions about demand, and of undos, that this epoch or a later one applied; ascending."""
    found: set[str] = set()
    for kind, payload in connection.execute(_about_demand(), {"since": epoch}):
        if kind == DecisionKind.UNDO:
            payload = read_decision(connection, payload["decision"]).payload  # noqa: PLW2901 (what it undid)
        found |= set(payload.get("tickets", ())) if "demand" in payload else set()
    return sorted(found)


# Statements that each epoch executes are made once.


@cache
def _due_query() -> Select[Any]:
    due = or_(decisions.c.due_epoch.is_(None), decisions.c.due_epoch <= bindparam("until"))
    return pending_query().where(due).with_for_update()


@cache
def _one_due() -> Select[Any]:
    ready = or_(decisions.c.due_epoch.is_(None), decisions.c.due_epoch <= miner.c.next_epoch)
    waiting = select(decisions.c.id).where(
        decisions.c.applied_epoch.is_(None), decisions.c.undone_by.is_(None), miner.c.next_epoch.is_not(None), ready
    )
    return waiting.limit(1)


@cache
def _about_demand() -> Select[Any]:
    kinds = [DecisionKind.DEMAND.value, DecisionKind.UNDO.value]
    return select(decisions.c.kind, decisions.c.payload).where(
        decisions.c.applied_epoch >= bindparam("since"), decisions.c.kind.in_(kinds)
    )


def mark_applied(connection: Connection, decision_id: int, epoch: int, outcome: Mapping[str, Any]) -> None:
    """Note which epoch applied a decision, and what that did."""
    statement = update(decisions).where(decisions.c.id == decision_id)
    connection.execute(statement.values(applied_epoch=epoch, outcome=dict(outcome)))


def mark_undone(connection: Connection, decision_id: int, undone_by: int) -> None:
    """Note by which decision another one was undone."""
    connection.execute(update(decisions).where(decisions.c.id == decision_id).values(undone_by=undone_by))
