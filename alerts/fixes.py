"""Fixed known issues: when one counts as resolved, and when its tickets are back.

Pure: counts, times and settings are passed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from alerts.gates import AlertSignal
from alerts.known_issue import known_issue_envelope
from alerts.reason import since as since_text
from alerts.settings import AlertSettings
from models.alert import AlertKind
from models.formats import counted
from models.theme import KnownIssue


def usual_after_fix(issue: KnownIssue, hours: float, settings: AlertSettings) -> int:
    """Return the most tickets that a fixed issue may bring in `hours` and still be in its usual envelope.

    The 99.9 % quantile of a Poisson count around the volume before the trouble, times `known_issue_growth`; always fewer
    than the tickets that an alert needs, where the theme had no volume before the trouble.
    """
    usual = known_issue_envelope(issue.before_per_day, hours, settings.known_issue_growth)
    return max(usual, settings.min_tickets - 1)


def window_start(issue: KnownIssue, now: datetime, settings: AlertSettings) -> datetime | None:
    """Return the start of the window whose volume decides about a fixed issue; None while there is nothing to decide.

    Before the issue is resolved, the window is the whole settling time and must follow the fix. After that, it covers at
    most the settling time and begins when the issue was resolved.
    """
    if issue.fixed_at is None or issue.regressed or now <= issue.fixed_at:
        return None
    start = now - settings.fix_settles
    if issue.resolved_at is not None:
        return max(issue.resolved_at, start)
    return start if start >= issue.fixed_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnedTickets:
    """The tickets of a theme since `since` that can show that its fixed issue is back.

    `requesters` counts the people behind them; a ticket without a requester counts as one.
    """

    theme_id: int
    theme_name: str
    tickets: int
    requesters: int
    since: datetime


def regressed_signal(
    issue: KnownIssue, returned: ReturnedTickets, now: datetime, settings: AlertSettings
) -> AlertSignal:
    """Describe tickets that returned after a fix as a signal at `now`, the end of the epoch that is decided."""
    usual = usual_after_fix(issue, (now - returned.since).total_seconds() / 3600, settings)
    fix = f"in version {issue.fixed_in}" if issue.fixed_in else f"on {issue.fixed_at:%Y-%m-%d %H:%M} UTC"
    tickets, people = counted(returned.tickets, "ticket"), counted(returned.requesters, "requester")
    sentence = (
        f"{tickets} from {people} since {since_text(returned.since, now)} about {returned.theme_name}, "
        f"which was fixed {fix}; up to {usual:,} are usual"
    )
    return AlertSignal(
        kind=AlertKind.REGRESSED, sentence=sentence, theme_id=returned.theme_id, theme_name=returned.theme_name,
        tickets=returned.tickets, requesters=returned.requesters, start=returned.since,
    )  # fmt: skip
