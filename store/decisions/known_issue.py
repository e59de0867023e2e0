"""Flags of themes as known issues."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from models.theme import KnownIssue
from store.decisions.append import append_decision
from store.decisions.decision import Decision, DecisionKind
from store.decisions.read import pending_decisions
from store.errors import KnownIssueMissing
from store.schema import themes
from store.survivors import surviving_theme


def flag_known_issue(
    connection: Connection, theme_id: int, issue: KnownIssue, *, actor: str, at: datetime, why: str | None = None
) -> Decision:
    """Append that the theme, or the one it was merged into, is a known issue. Raises `ThemeUnknown`.

    Of the issue, the title, the ticket in Jira and the workaround are kept; its time and volume are set when it is applied.
    """
    payload = {"title": issue.title, "jira": issue.jira, "workaround": issue.workaround}
    return append_decision(connection, theme_id, DecisionKind.KNOWN_ISSUE, payload, actor=actor, at=at, why=why)


def clear_known_issue(
    connection: Connection, theme_id: int, *, actor: str, at: datetime, why: str | None = None
) -> Decision:
    """Append that the theme is a known issue no longer. Raises `ThemeUnknown`, and `KnownIssueMissing` where it is none."""
    survivor = surviving_theme(connection, theme_id)
    flagged, newest = _flagged(connection, survivor)
    if not flagged and newest != DecisionKind.CLEAR_KNOWN_ISSUE:
        raise KnownIssueMissing(theme_id)
    return append_decision(connection, theme_id, DecisionKind.CLEAR_KNOWN_ISSUE, {}, actor=actor, at=at, why=why)


def fix_known_issue(
    connection: Connection,
    theme_id: int,
    *,
    version: str | None = None,
    fixed_at: datetime | None = None,
    actor: str,
    at: datetime,
    why: str | None = None,
) -> Decision:
    """Append that the theme's known issue is fixed: in an app version, or from a time on.

    Raises
    ------
    ThemeUnknown
        There is no such theme.
    KnownIssueMissing
        The theme is not flagged as a known issue, and no decision to flag it is pending.
    """
    survivor = surviving_theme(connection, theme_id)
    flagged, _ = _flagged(connection, survivor)
    if not flagged:
        raise KnownIssueMissing(theme_id)
    payload = {"version": version, "at": None if fixed_at is None else fixed_at.isoformat()}
    return append_decision(connection, theme_id, DecisionKind.FIX_KNOWN_ISSUE, payload, actor=actor, at=at, why=why)


def _flagged(connection: Connection, theme_id: int) -> tuple[bool, str | None]:
    """Return whether a theme is a known issue once the pending decisions are applied, and which of these says so."""
    flagged = connection.execute(select(themes.c.known_issue).where(themes.c.id == theme_id)).scalar_one() is not None
    newest = None
    for decision in pending_decisions(connection).get(theme_id, ()):
        if decision.kind in (DecisionKind.KNOWN_ISSUE, DecisionKind.CLEAR_KNOWN_ISSUE):
            flagged, newest = decision.kind == DecisionKind.KNOWN_ISSUE, decision.kind
    return flagged, newest
