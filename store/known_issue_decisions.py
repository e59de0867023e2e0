"""Decisions about known issues that have several themes: opened, joined, updated, fixed, and tickets attached or taken out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from models.known_issues import IssueState
from models.known_issues.issue_state import check_by_people
from store.decisions import (
    NO_THEME,
    Decision,
    DecisionKind,
    append_decision,
    pending_decisions,
)
from store.errors import StoreError
from store.known_issues import KnownIssueUnknown, StoredIssue, read_issue, themes_of_issue
from store.records import known_tickets
from store.survivors import surviving_theme


class KnownIssueInvalid(StoreError):
    """What was asked of a known issue is not possible; the text says what is."""


def open_issue(
    connection: Connection,
    theme_ids: Sequence[int],
    details: Mapping[str, str | None],
    *,
    actor: str,
    at: datetime,
    why: str | None = None,
) -> Decision:
    """Append that themes are a new known issue, whose number is the decision's.

    `details` are validated (`models.known_issues.details`) and hold a title. A single theme that is a known issue already
    stays the same one, with these details. Raises `ThemeUnknown`, `KnownIssueInvalid` without a theme.
    """
    first, others = _themes(connection, theme_ids)
    payload = {**details, **({"themes": others} if others else {})}
    return append_decision(connection, first, DecisionKind.KNOWN_ISSUE, payload, actor=actor, at=at, why=why)


def join_issue(
    connection: Connection,
    issue_id: int,
    theme_ids: Sequence[int],
    *,
    actor: str,
    at: datetime,
    why: str | None = None,
) -> Decision:
    """Append that themes belong to a known issue, too. Raises `ThemeUnknown`, `KnownIssueUnknown`, `KnownIssueInvalid`."""
    joining = joining_payload(connection, issue_id)
    first, others = _themes(connection, theme_ids)
    payload = {**joining, **({"themes": others} if others else {})}
    return append_decision(connection, first, DecisionKind.KNOWN_ISSUE, payload, actor=actor, at=at, why=why)


def joining_payload(connection: Connection, issue_id: int) -> dict[str, Any]:
    """Return the payload of a decision that a theme joins a known issue. Raises `KnownIssueUnknown`, `KnownIssueInvalid`."""
    found = stored_or_pending(connection, issue_id)
    if found is not None and found.state is IssueState.CLOSED:
        raise KnownIssueInvalid(
            f"known issue {issue_id} is closed and takes no themes; flag them anew with --title, or undo the decision that closed it"
        )
    # Listings show the title while it is pending; what is true when it is applied is read then.
    return {"issue": issue_id, **_shown(connection, issue_id, found)}


def update_issue(
    connection: Connection,
    issue_id: int,
    changes: Mapping[str, Any],
    *,
    actor: str,
    at: datetime,
    why: str | None = None,
) -> Decision:
    """Append what has changed about a known issue: its details, and `state` where people are farther with it.

    Raises
    ------
    KnownIssueUnknown
        There is none of this number.
    KnownIssueInvalid
        Nothing is changed, or the issue is closed.
    TransitionRefused
        The state cannot follow the one that the issue has.
    """
    found = stored_or_pending(connection, issue_id)
    if not changes:
        raise KnownIssueInvalid(f"received no change of known issue {issue_id}; name at least one detail or a state")
    before = IssueState.INVESTIGATING if found is None else found.state
    if "state" in changes:
        after = IssueState(changes["state"])
        if after is IssueState.FIXED:
            raise KnownIssueInvalid(
                f"received the state fixed; say from when or in which version with `groundswell known-issues fix {issue_id}`"
            )
        check_by_people(issue_id, before, after)
    elif before is IssueState.CLOSED:
        raise KnownIssueInvalid(
            f"known issue {issue_id} is closed; undo the decision that closed it before you change it"
        )
    payload = {"issue": issue_id, **changes}
    theme = next(iter(_members(connection, issue_id)), NO_THEME)
    return append_decision(
        connection, theme, DecisionKind.UPDATE_KNOWN_ISSUE, payload, actor=actor, at=at, why=why
    )  # fmt: skip


def fix_issue(
    connection: Connection,
    issue_id: int,
    *,
    version: str | None = None,
    fixed_at: datetime | None = None,
    actor: str,
    at: datetime,
    why: str | None = None,
) -> Decision:
    """Append that a known issue is fixed: in an app version, or from a time on.

    Raises `KnownIssueUnknown`, and `TransitionRefused` where the issue is closed.
    """
    found = stored_or_pending(connection, issue_id)
    if found is not None:
        check_by_people(issue_id, found.state, IssueState.FIXED)
    payload = {"issue": issue_id, "version": version, "at": None if fixed_at is None else fixed_at.isoformat()}
    theme = next(iter(_members(connection, issue_id)), None)
    if theme is None:
        raise KnownIssueInvalid(
            f"known issue {issue_id} has no theme whose volume could show a fix; join one with "
            f"`groundswell themes known-issue ID --issue {issue_id}`, or close it"
        )
    return append_decision(connection, theme, DecisionKind.FIX_KNOWN_ISSUE, payload, actor=actor, at=at, why=why)


def attach_tickets(
    connection: Connection,
    issue_id: int,
    ticket_ids: Sequence[str],
    *,
    detach: bool = False,
    actor: str,
    at: datetime,
    why: str | None = None,
) -> Decision:
    """Append that tickets are about a known issue, or with `detach` that they are not; neither follows their themes any more.

    Raises `KnownIssueUnknown`, `KnownIssueInvalid` where one of the tickets is not stored.
    """
    stored_or_pending(connection, issue_id)
    wanted = list(dict.fromkeys(ticket_ids))
    known = known_tickets(connection, wanted)
    unknown = [one for one in wanted if one not in known]
    if unknown or not wanted:
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        raise KnownIssueInvalid(
            f"received {', '.join(unknown[:3])}{more}, of which no ticket is stored; give ids of tickets that were read"
            if unknown
            else "received no tickets; name those that are meant"
        )
    kind = DecisionKind.DETACH_TICKETS if detach else DecisionKind.ATTACH_TICKETS
    theme = next(iter(_members(connection, issue_id)), NO_THEME)
    payload = {"issue": issue_id, "members": sorted(wanted)}
    return append_decision(connection, theme, kind, payload, actor=actor, at=at, why=why)


def stored_or_pending(connection: Connection, issue_id: int) -> StoredIssue | None:
    """Read a known issue; None for one whose decision is still pending. Raises `KnownIssueUnknown`."""
    try:
        return read_issue(connection, issue_id)
    except KnownIssueUnknown:
        if _opening(connection, issue_id) is None:
            raise
        return None


def opening_decisions(connection: Connection) -> list[Decision]:
    """Read the pending decisions that will make a known issue, oldest first."""
    waiting = {one.decision_id: one for listed in pending_decisions(connection).values() for one in listed}
    return [
        one
        for _, one in sorted(waiting.items())
        if one.kind == DecisionKind.KNOWN_ISSUE and not one.payload.get("issue") and one.payload.get("title")
    ]


def _shown(connection: Connection, issue_id: int, found: StoredIssue | None) -> dict[str, str | None]:
    if found is not None:
        return {"title": found.title, "jira": found.jira, "workaround": found.workaround}
    opening = _opening(connection, issue_id)
    return {name: opening.payload.get(name) if opening else None for name in ("title", "jira", "workaround")}


def _opening(connection: Connection, issue_id: int) -> Decision | None:
    return next((one for one in opening_decisions(connection) if one.decision_id == issue_id), None)


def _members(connection: Connection, issue_id: int) -> list[int]:
    """Return the themes of a known issue, or those that it will have."""
    found = [surviving_theme(connection, theme) for theme in themes_of_issue(connection, issue_id)]
    pending = _opening(connection, issue_id)
    return found or ([] if pending is None else list(pending.touches))


def _themes(connection: Connection, theme_ids: Sequence[int]) -> tuple[int, list[int]]:
    found = list(dict.fromkeys(surviving_theme(connection, theme) for theme in theme_ids))
    if not found:
        raise KnownIssueInvalid("received no theme; a known issue has at least one")
    return found[0], found[1:]
