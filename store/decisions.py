"""What people decided: appended with an audit row, pending until the miner applies it in its next epoch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select, update

from models.redaction import redact_value
from store.audit import record
from store.errors import ThemeUnknown
from store.schema import decisions, themes


class DecisionKind(StrEnum):
    """What a person can decide about a theme's known issue."""

    KNOWN_ISSUE = "known_issue"
    CLEAR_KNOWN_ISSUE = "clear_known_issue"


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of `actor` about a theme, at the wall-clock time `at`.

    `kind` may be one that this module does not write.
    """

    decision_id: int
    at: datetime
    actor: str
    kind: str
    theme_id: int
    payload: Mapping[str, Any]


def flag_known_issue(
    connection: Connection,
    theme_id: int,
    *,
    title: str,
    jira: str | None,
    workaround: str | None,
    actor: str,
    at: datetime,
) -> Decision:
    """Append that the theme, or the one it was merged into, is a known issue. Raises `ThemeUnknown`."""
    payload = {"title": title, "jira": jira, "workaround": workaround}
    return append_decision(connection, theme_id, DecisionKind.KNOWN_ISSUE, payload, actor=actor, at=at)


def clear_known_issue(connection: Connection, theme_id: int, *, actor: str, at: datetime) -> Decision:
    """Append that the theme is a known issue no longer. Raises `ThemeUnknown`."""
    return append_decision(connection, theme_id, DecisionKind.CLEAR_KNOWN_ISSUE, {}, actor=actor, at=at)


def append_decision(
    connection: Connection, theme_id: int, kind: str, payload: Mapping[str, Any], *, actor: str, at: datetime
) -> Decision:
    """Append a decision and its audit row in the caller's transaction.

    The same decision again, while it is the theme's newest pending one, is the one that is there: a form sent
    twice says one thing. Raises `ThemeUnknown`.
    """
    survivor = surviving_theme(connection, theme_id)
    # People paste what customers wrote.
    payload = redact_value(dict(payload))
    waiting = pending_decisions(connection).get(survivor, ())
    if waiting and (waiting[-1].kind, waiting[-1].payload) == (str(kind), dict(payload)):
        return waiting[-1]
    row = {"at": at, "actor": actor, "kind": str(kind), "theme_id": survivor, "payload": dict(payload)}
    decision_id = connection.execute(insert(decisions).values(row).returning(decisions.c.id)).scalar_one()
    detail = {"decision": decision_id, "asked_of": theme_id, **payload}
    record(connection, at=at, actor=actor, action=str(kind), subject=f"theme {survivor}", detail=detail)
    return Decision(decision_id, at, actor, str(kind), survivor, dict(payload))


def pending_decisions(connection: Connection) -> dict[int, tuple[Decision, ...]]:
    """Decisions that no epoch has applied yet, oldest first, by theme."""
    found: defaultdict[int, list[Decision]] = defaultdict(list)
    query = select(decisions).where(decisions.c.applied_epoch.is_(None)).order_by(decisions.c.id)
    for row in connection.execute(query):
        found[row.theme_id].append(Decision(row.id, row.at, row.actor, row.kind, row.theme_id, row.payload))
    return {theme_id: tuple(listed) for theme_id, listed in found.items()}


def surviving_theme(connection: Connection, theme_id: int) -> int:
    """Follow merges from a theme to the one that holds its tickets. Raises `ThemeUnknown`."""
    current = theme_id
    passed: set[int] = set()
    while current not in passed:
        passed.add(current)
        row = connection.execute(select(themes.c.merged_into).where(themes.c.id == current)).one_or_none()
        if row is None:
            raise ThemeUnknown(theme_id)
        if row.merged_into is None:
            return current
        current = row.merged_into
    return current


def mark_applied(connection: Connection, ids: Collection[int], epoch: int) -> None:
    """Note which epoch applied the decisions."""
    if ids:
        connection.execute(update(decisions).where(decisions.c.id.in_(list(ids))).values(applied_epoch=epoch))
