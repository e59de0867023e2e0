"""Appending decisions with their rows of the audit log, taking them back, and carrying them to another run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from models.times import parse_rfc3339
from store.audit import record
from store.decisions.decision import DISPOSITIONS, FLAGS, INCIDENTS, NO_THEME, Decision, DecisionKind
from store.decisions.read import decisions_in_force, pending_decisions, pending_undos, read_decision
from store.decisions.rests import resting_on
from store.errors import DecisionFinal, DecisionRestedOn
from store.schema import decisions
from store.survivors import surviving_theme

_SAYS = ("title", "owner", "jira", "workaround", "sop", "fix_version", "name", "version")
"""What people type: it may hold what customers wrote. Ticket ids must stay as they are."""
_TICKETS = frozenset({"tickets", "members"})


def append_decision(
    connection: Connection,
    theme_id: int,
    kind: str,
    payload: Mapping[str, Any],
    *,
    actor: str,
    at: datetime,
    why: str | None = None,
) -> Decision:
    """Append a decision and its audit row in the caller's transaction.

    The same decision twice is one: a form that is sent twice makes one decision while that is the theme's newest pending one, and a
    decision about tickets or a name that is in force, with no later one about the same, is not made again.
    `theme_id` is `NO_THEME` for tickets that belong to none. Raises `ThemeUnknown`.
    """
    survivor = surviving_theme(connection, theme_id) if theme_id != NO_THEME else NO_THEME
    payload = _redacted(payload)
    same = _same(connection, survivor, str(kind), payload)
    if same is not None:
        return same
    row = {
        "at": at, "actor": actor, "kind": str(kind), "theme_id": survivor, "payload": payload,
        "why": _redacted_text(why),
    }  # fmt: skip
    decision_id = connection.execute(insert(decisions).values(row).returning(decisions.c.id)).scalar_one()
    _audit(connection, row, decision_id, asked_of=theme_id)
    return read_decision(connection, decision_id)


def undo_decision(
    connection: Connection, decision_id: int, *, actor: str, at: datetime, why: str | None = None
) -> Decision:
    """Append that a decision is undone; one that is still pending is withdrawn at once.

    Returns the appended decision, or the withdrawn one. Undoing twice is undoing once.

    Raises
    ------
    DecisionUnknown
        There is no such decision.
    DecisionFinal
        It is an undo itself, or was refused: there is nothing to take back.
    DecisionRestedOn
        Later decisions rest on it; they are named, and have to be undone first.
    """
    undone = read_decision(connection, decision_id)
    waiting = pending_undos(connection).get(decision_id)
    if waiting is not None:
        return waiting
    if undone.undone_by is not None:
        return undone if undone.undone_by == decision_id else read_decision(connection, undone.undone_by)
    if undone.kind == DecisionKind.UNDO or undone.state == "refused":
        raise DecisionFinal(decision_id, undone.refusal)
    later = resting_on(connection, undone)
    if later:
        raise DecisionRestedOn(decision_id, [(one.decision_id, one.kind) for one in later])
    row = {
        "at": at, "actor": actor, "kind": DecisionKind.UNDO.value, "theme_id": undone.theme_id,
        "payload": {"decision": decision_id}, "why": _redacted_text(why),
    }  # fmt: skip
    if undone.applied_epoch is None and _withdraw(connection, decision_id):
        _audit(connection, row, decision_id, asked_of=undone.theme_id)
        return read_decision(connection, decision_id)
    undo_id = connection.execute(insert(decisions).values(row).returning(decisions.c.id)).scalar_one()
    _audit(connection, row, undo_id, asked_of=undone.theme_id)
    return read_decision(connection, undo_id)


def carry_decisions(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Store the decisions of another run over the same events, each due in the epoch that applied it there.

    So a replay honours what people decided. Rows are those of `groundswell themes decisions --json`; numbers are kept, since
    an undo names its decision. What was pending, withdrawn or refused there is left out. Returns how many were stored.

    Raises
    ------
    DecisionFinal
        The database holds decisions already.
    """
    if connection.execute(select(decisions.c.id).limit(1)).first() is not None:
        raise DecisionFinal(0, "decisions can only be loaded into a database that holds none")
    kept = [
        {
            "id": row["id"], "at": parse_rfc3339(row["at"]), "actor": row["actor"], "kind": row["kind"],
            "theme_id": row["theme_id"], "payload": _redacted(row["payload"]), "why": _redacted_text(row.get("why")),
            "due_epoch": row["applied_epoch"],
        }
        for row in rows
        if row["applied_epoch"] is not None and not (row.get("outcome") or {}).get("refused")
    ]  # fmt: skip
    if kept:
        connection.execute(insert(decisions), kept)
        if connection.dialect.name == "postgresql":
            # Numbers given by hand do not advance the sequence.
            connection.exec_driver_sql(
                "SELECT setval(pg_get_serial_sequence('decisions', 'id'), (SELECT max(id) FROM decisions))"
            )
    return len(kept)


def _same(connection: Connection, theme_id: int, kind: str, payload: Mapping[str, Any]) -> Decision | None:
    def equal(one: Decision) -> bool:
        return (one.kind, one.theme_id, one.payload) == (kind, theme_id, payload)

    waiting = pending_decisions(connection).get(theme_id, ())
    if waiting and equal(waiting[-1]):
        return waiting[-1]
    # A flag that is set anew takes the volume of now for its measure, so that it is another decision.
    # Incidents that were merged, split and are merged again: the one who applies it finds what is done already.
    if kind in FLAGS or kind in DISPOSITIONS or kind in INCIDENTS:
        return None
    undoing = pending_undos(connection)
    found = [one for one in decisions_in_force(connection) if equal(one) and one.decision_id not in undoing]
    return found[-1] if found and not resting_on(connection, found[-1]) else None


def _withdraw(connection: Connection, decision_id: int) -> bool:
    """Take a pending decision back; False when the miner applied it meanwhile."""
    statement = update(decisions).where(decisions.c.id == decision_id, decisions.c.applied_epoch.is_(None))
    return connection.execute(statement.values(undone_by=decision_id)).rowcount == 1


def _redacted(payload: Mapping[str, Any]) -> dict[str, Any]:
    from models.redaction import redact_value

    return {name: redact_value(value) if name in _SAYS else value for name, value in payload.items()}


def _redacted_text(text: str | None) -> str | None:
    from models.redaction import redact_value

    return str(redact_value(text)) if text else None


def _audit(connection: Connection, row: Mapping[str, Any], decision_id: int, *, asked_of: int) -> None:
    # Thousands of ticket ids would hide what a person wants to read in a log: the decision holds them.
    said = {name: len(value) if name in _TICKETS else value for name, value in row["payload"].items()}
    if row.get("why"):
        said["why"] = row["why"]
    detail = {"decision": decision_id, "asked_of": asked_of, **said}
    issue = row["payload"].get("issue")
    subject = f"theme {row['theme_id']}" if issue is None else f"known issue {issue}"
    record(connection, at=row["at"], actor=row["actor"], action=row["kind"], subject=subject, detail=detail)
