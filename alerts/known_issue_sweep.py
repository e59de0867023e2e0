"""The sweep of known issues: which of them nobody seems to follow any more, and why. Commands and flows call it."""

from __future__ import annotations

from sqlalchemy import Connection

from alerts.ownership import EVERYONE, Ownership
from alerts.settings import AlertSettings
from models.known_issues import IssueActivity, stale_reasons
from models.theme import ThemeState
from store.board import now_of
from store.known_issue_records import KnownIssueRecord, known_issues_of
from store.themes import read_themes


def read_stale(
    connection: Connection, settings: AlertSettings, ownership: Ownership
) -> dict[int, list[dict[str, str]]]:
    """Read the stale known issues by number, each with its reasons: `reason` (a word) and `sentence`.

    Time is event time: that of the newest ticket. Owners are compared with the ownership file where one is set.
    """
    now = now_of(connection)
    if now is None:
        return {}
    owners = {one.name for one in ownership.audiences} if settings.ownership is not None else None
    taking = {
        number for number, row in read_themes(connection).items() if row.state in (ThemeState.LIVE, ThemeState.DORMANT)
    }
    found: dict[int, list[dict[str, str]]] = {}
    for one in known_issues_of(connection):
        reasons = stale_reasons(_activity(one, taking), now.time, settings.known_issue_stale_after, owners)
        if reasons:
            found[one.issue.issue_id] = [
                {"reason": reason.value, "sentence": sentence} for reason, sentence in reasons.items()
            ]
    return found


def _activity(one: KnownIssueRecord, taking: set[int]) -> IssueActivity:
    issue = one.issue
    # No ticket can attach before the issue was opened: one that is new has not been without tickets for long.
    newest = max(one.newest_ticket or issue.opened_at, issue.opened_at)
    return IssueActivity(
        state=issue.state, owner=None if issue.owner == EVERYONE else issue.owner, updated_at=issue.updated_at,
        fix_expected_at=issue.fix_expected_at, fixed_at=issue.fixed_at, newest_ticket=newest,
        themes=sum(number in taking for number, _, _ in one.themes),
    )  # fmt: skip
