"""Later decisions that rest on one, which has to stay until they are undone."""

from __future__ import annotations

from sqlalchemy import Connection, select

from store.decisions.decision import DISPOSITIONS, FLAGS, MEMBERSHIPS, NO_THEME, Decision, DecisionKind
from store.decisions.read import pending_undos, read_decisions
from store.schema import decision_tickets

_SAID = {DecisionKind.RENAME: "name", DecisionKind.ASSIGN: "owner"}
"""What the last of several decisions about a theme says."""


def resting_on(connection: Connection, decision: Decision) -> list[Decision]:
    """Read later decisions, pending or in force, that depend on what this one did.

    Those that moved or will move tickets which it moved, that name a theme which it made, or that replaced the name or flag
    which it gave.
    """
    later = [
        one
        for one in read_decisions(connection)
        if one.decision_id > decision.decision_id and one.state in ("pending", "applied") and one.kind != "undo"
    ]
    undoing = pending_undos(connection)
    later = [one for one in later if one.decision_id not in undoing]
    if not later:
        return []
    moved, onto = _moved(connection, decision)
    shared = _sharing(connection, decision.decision_id)
    made = set((decision.outcome or {}).get("created", ()))
    return [
        one
        for one in later
        if one.decision_id in shared
        or made & set(one.touches)
        or (one.kind == decision.kind == DecisionKind.DEMAND and moved & set(one.payload["tickets"]))
        or _changes_same_issue(decision, one)
        or (one.applied_epoch is None and _will_move(one, moved, onto))
        or (
            one.theme_id == decision.theme_id
            and _says(one.kind) is not None
            and _says(one.kind) == _says(decision.kind)
        )
    ]


def _moved(connection: Connection, decision: Decision) -> tuple[set[str], set[int]]:
    """Read the tickets that a decision moves, and the themes that it moved them to."""
    query = select(decision_tickets.c.ticket_id, decision_tickets.c.to_theme)
    rows = connection.execute(query.where(decision_tickets.c.decision_id == decision.decision_id)).all()
    named = set(decision.payload.get("tickets", ()))
    onto = {row.to_theme for row in rows if row.to_theme is not None}
    if decision.applied_epoch is None and decision.kind in (DecisionKind.MERGE, DecisionKind.PIN, DecisionKind.MOVE):
        onto |= {decision.theme_id} - {NO_THEME}
    return named | {row.ticket_id for row in rows}, onto


def _sharing(connection: Connection, decision_id: int) -> set[int]:
    """Read later decisions that moved tickets which this one moved."""
    mine, other = decision_tickets.alias(), decision_tickets.alias()
    query = (
        select(other.c.decision_id)
        .join(mine, mine.c.ticket_id == other.c.ticket_id)
        .where(mine.c.decision_id == decision_id, other.c.decision_id > decision_id)
        .distinct()
    )
    return set(connection.execute(query).scalars())


def _will_move(later: Decision, moved: set[str], onto: set[int]) -> bool:
    return bool(moved & set(later.payload.get("tickets", ())) or onto & set(later.payload.get("from", ())))


def _says(kind: str) -> str | None:
    """Return what a decision says about a theme apart from its tickets: of two that say it, the later one holds."""
    if kind in FLAGS or kind in DISPOSITIONS:
        return "flag"
    return next((said for one, said in _SAID.items() if one == kind), None)


def _changes_same_issue(decision: Decision, later: Decision) -> bool:
    """Return whether undoing a decision about a known issue would take back what a later one said about it."""
    if decision.issue_id is None or decision.issue_id != later.issue_id:
        return False
    if decision.kind == DecisionKind.KNOWN_ISSUE and decision.issue_id == decision.decision_id:
        return True
    if decision.kind in MEMBERSHIPS or later.kind in MEMBERSHIPS:
        shared = set(decision.payload.get("members", ())) & set(later.payload.get("members", ()))
        return bool(shared)
    return True
