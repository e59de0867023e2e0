"""Known issues that nobody seems to follow any more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from models.formats import utc_minute
from models.known_issues.issue_state import IssueState


class StaleReason(StrEnum):
    """Why a known issue needs somebody to look at it; the values are shown."""

    NO_UPDATE = "no_update"
    FIX_OVERDUE = "fix_overdue"
    FIX_NOT_CONFIRMED = "fix_not_confirmed"
    """It was fixed long ago, and its volume is not usual again."""
    NO_TICKETS = "no_tickets"
    OWNER_GONE = "owner_gone"
    NO_THEME = "no_theme"
    """None of its themes takes tickets any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueActivity:
    """What a known issue is judged by; times are event times.

    Parameters
    ----------
    updated_at: when a person or its volume changed it last.
    fix_expected_at: when the fix is expected; None where nobody said so.
    fixed_at: from when it counts as fixed; None where it does not.
    newest_ticket: time of the newest ticket of its themes; None where they have none.
    themes: how many themes that take tickets it has.
    """

    state: IssueState
    owner: str | None
    updated_at: datetime
    fix_expected_at: datetime | None
    fixed_at: datetime | None
    newest_ticket: datetime | None
    themes: int


def stale_reasons(
    issue: IssueActivity, now: datetime, after: timedelta, owners: Collection[str] | None
) -> dict[StaleReason, str]:
    """Return why an issue is stale, each with a sentence; nothing for one that is closed or is followed.

    Parameters
    ----------
    now: the event time now.
    after: how long an issue may go without an update or a ticket.
    owners: names of the audiences; None where none are set, so that no owner can be missing.
    """
    if issue.state is IssueState.CLOSED:
        return {}
    days = f"{after / timedelta(days=1):g} days"
    found: dict[StaleReason, str] = {}
    if now - issue.updated_at > after and issue.state is not IssueState.RESOLVED:
        found[StaleReason.NO_UPDATE] = f"nobody has updated it for more than {days}"
    if issue.state not in (IssueState.FIXED, IssueState.RESOLVED):
        if issue.fix_expected_at is not None and issue.fix_expected_at < now:
            found[StaleReason.FIX_OVERDUE] = f"its fix was expected at {utc_minute(issue.fix_expected_at)}"
        if issue.newest_ticket is None or now - issue.newest_ticket > after:
            found[StaleReason.NO_TICKETS] = f"it has had no ticket for more than {days}; fix it or close it"
    if issue.state is IssueState.FIXED and issue.fixed_at is not None and now - issue.fixed_at > after:
        found[StaleReason.FIX_NOT_CONFIRMED] = (
            f"it was fixed at {utc_minute(issue.fixed_at)}, and its volume is not usual again"
        )
    if issue.state is IssueState.RESOLVED and now - issue.updated_at > after:
        found[StaleReason.NO_UPDATE] = f"it was resolved more than {days} ago; close it"
    if issue.owner is not None and owners is not None and issue.owner not in owners:
        found[StaleReason.OWNER_GONE] = f"its owner {issue.owner} is no audience of the ownership file"
    if not issue.themes:
        found[StaleReason.NO_THEME] = "none of its themes takes tickets any more"
    return found
