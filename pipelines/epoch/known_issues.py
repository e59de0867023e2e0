"""Known issues after their fix: resolved when volume is usual again, regressed when tickets return.

The themes of one known issue are judged together. A theme that a person resolved is judged like a known issue of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from alerts.fixes import ReturnedTickets, regressed_signal, usual_after_fix, window_start
from alerts.gates import decide
from models.alert import AlertKind, Gate
from models.bucket import bucket_of
from models.known_issues import IssueState
from models.segment import EVERYTHING, Segment
from models.spikes import SeriesKey
from models.theme import KnownIssue
from models.version import at_least
from pipelines.context import EpochContext
from pipelines.epoch.alerts import note, past_alerts, signal_facts
from pipelines.epoch.incidents import open_alert
from pipelines.state.themes import ThemeRecord, together
from pipelines.themes.known_issues import change_state
from pipelines.ticket_mix import mix_of
from store.themes import write_themes
from store.tickets import TicketAttributes, read_attributes

VERSION = "app_version"
"""The dimension that says whether a ticket can come from a fixed version."""

DAY = timedelta(days=1)

_ALL = 100_000
"""More tickets than the window of a resolved issue has, so that all of them are read."""


@dataclass(frozen=True, slots=True)
class _Followed:
    """What is judged together: a known issue over its themes, or a theme that a person resolved (`own`)."""

    issue: KnownIssue
    members: Sequence[ThemeRecord]
    own: bool = False

    @property
    def name(self) -> str:
        return self.members[0].name if len(self.members) == 1 else f"{self.issue.title} ({len(self.members)} themes)"

    @property
    def theme_ids(self) -> list[int]:
        return [one.theme_id for one in self.members]


def review_fixes(context: EpochContext) -> None:
    """Decide at the end of an epoch which fixed known issues are resolved, and which are back."""
    changed: list[ThemeRecord] = []
    for followed in _followed(context):
        since = window_start(followed.issue, context.window.end, context.rules.alerts)
        found = None if since is None or since >= context.window.end else _review(context, followed, since)
        if found is not None:
            _note(context, followed, found)
            changed += followed.members
    write_themes(context.connection, [record.as_row() for record in changed])


def _followed(context: EpochContext) -> list[_Followed]:
    themes = context.state.themes
    found = [_Followed(together(members), members) for members in themes.flagged().values()]
    disposed = [one for one in themes if one.disposition is not None and one.known_issue is None and one.live]
    for record in sorted(disposed, key=lambda one: one.theme_id):
        issue = record.handling
        if issue is not None and not issue.archived:
            found.append(_Followed(issue, [record], own=True))
    return found


def _review(context: EpochContext, followed: _Followed, since: datetime) -> IssueState | None:
    """Return the state that follows; None while it stays."""
    now, issue = context.window.end, followed.issue
    tickets = _tickets(context, followed, since)
    usual = usual_after_fix(issue, (now - since).total_seconds() / 3600, context.rules.alerts)
    if issue.resolved_at is None:
        rising = any(one.theme_id in followed.theme_ids and one.gate is None for one in context.state.episodes.open())
        return IssueState.RESOLVED if tickets <= usual and not rising else None
    # A spike may have been alerted as the return already: then there is no second alert.
    resolved_at = issue.since if followed.own and issue.since is not None else issue.resolved_at
    alerted = any(_alerted(context, theme, resolved_at) for theme in followed.theme_ids)
    back = alerted or (tickets > usual and _alert(context, followed, since))
    return IssueState.REGRESSED if back else None


def _note(context: EpochContext, followed: _Followed, found: IssueState) -> None:
    """Note a change of state in the flags of the themes, in their status, and in the known issue."""
    now = context.window.end
    back = found is IssueState.REGRESSED
    values = {"regressed_at" if back else "resolved_at": now.isoformat()}
    reason = "tickets came back beyond what is usual" if back else "volume is usual again after the fix"
    for record in followed.members:
        record.cause = record.cause or (reason, None)
        if followed.own:
            record.disposition = {**(record.disposition or {}), **values}
        else:
            record.known_issue = {
                **(record.known_issue or {}),
                **values,
                **(_known_again(context, followed, record) if back else {}),
            }
        record.status = record.status_said or record.status
    if not followed.own:
        change_state(context, followed.members, found, at=now, reason=reason)


def _known_again(context: EpochContext, followed: _Followed, record: ThemeRecord) -> dict[str, Any]:
    """Return the time and the volume with which a theme is a known issue from now on: those that it has come back with."""
    now = context.window.end
    volume = float(_tickets(context, _Followed(followed.issue, [record]), now - DAY))
    return {"since": now.isoformat(), "usual_per_day": volume}


def _tickets(context: EpochContext, followed: _Followed, since: datetime) -> int:
    """Count the tickets since a time that can show that the issue is not fixed."""
    counts, start, end = context.state.counts, bucket_of(since), context.window.bucket
    segments = [EVERYTHING]
    if followed.issue.fixed_in is not None:
        fixed_in = followed.issue.fixed_in
        segments = [Segment.of({VERSION: one}) for one in counts.values_of(VERSION) if at_least(one, fixed_in)]
    return sum(
        counts.total(SeriesKey(theme, segment), start, end) for theme in followed.theme_ids for segment in segments
    )


def _alerted(context: EpochContext, theme: int, since: datetime) -> bool:
    """Tell whether a spike of the theme was already alerted as a return of the issue."""
    past = past_alerts(context.connection, theme)
    return any(one.kind is AlertKind.REGRESSED and one.opened_at > since for one in past)


def _alert(context: EpochContext, followed: _Followed, since: datetime) -> bool:
    """Open the alert that the issue is back; False where too few tickets or people show it. A silence hides the alert alone."""
    now, issue = context.window.end, followed.issue
    found = {theme: _returned(context, issue, theme, since) for theme in followed.theme_ids}
    tickets = [one for listed in found.values() for one in listed]
    theme = max(found, key=lambda one: (len(found[one]), -one))
    returned = ReturnedTickets(
        theme_id=theme, theme_name=followed.name, tickets=len(tickets),
        requesters=len({one.person for one in tickets}), since=since,
    )  # fmt: skip
    signal = regressed_signal(issue, returned, now, context.rules.alerts)
    decision = decide(signal, signal_facts(context, signal, known_issue=issue))
    alert = None
    if decision.notify:
        alert = open_alert(context, decision, theme, None, mix_of(tickets))
    note(context, signal, decision, alert)
    return decision.notify or decision.gate in (Gate.SILENCED, Gate.MUTED)


def _returned(context: EpochContext, issue: KnownIssue, theme: int, since: datetime) -> list[TicketAttributes]:
    return [
        one
        for one in read_attributes(context.connection, [theme], since, context.window.end, _ALL)
        if issue.fixed_in is None or at_least(one.attributes.get(VERSION), issue.fixed_in)
    ]
