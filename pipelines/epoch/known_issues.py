"""Known issues after their fix: resolved when volume is usual again, regressed when tickets return."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from alerts.fixes import ReturnedTickets, regressed_signal, usual_after_fix, window_start
from alerts.gates import decide
from models.alert import AlertKind
from models.bucket import bucket_of
from models.segment import EVERYTHING, Segment
from models.spikes import SeriesKey
from models.theme import KnownIssue
from models.version import at_least
from pipelines.context import EpochContext
from pipelines.epoch.alerts import note, past_alerts, signal_facts
from pipelines.epoch.incidents import open_alert
from pipelines.state.themes import ThemeRecord
from store.themes import write_themes
from store.tickets import read_attributes

VERSION = "app_version"
"""The dimension that says whether a ticket can come from a fixed version."""

DAY = timedelta(days=1)

_ALL = 100_000
"""More tickets than the window of a resolved issue has, so that all of them are read."""


def review_fixes(context: EpochContext) -> None:
    """Decide at the end of an epoch which fixed known issues are resolved, and which are back."""
    changed = []
    for record in context.state.themes.by_id():
        issue = record.issue if record.live else None
        since = None if issue is None else window_start(issue, context.window.end, context.rules.alerts)
        found = {} if issue is None or since is None else _review(context, record, issue, since)
        if found:
            record.known_issue = {**(record.known_issue or {}), **found}
            record.status = record.status_by_flag or record.status
            changed.append(record)
    write_themes(context.connection, [record.as_row() for record in changed])


def _review(context: EpochContext, record: ThemeRecord, issue: KnownIssue, since: datetime) -> dict[str, Any]:
    """Return what changes in a theme's flag; nothing while the state of the issue stays."""
    now = context.window.end
    tickets = _tickets(context, record.theme_id, issue, since)
    usual = usual_after_fix(issue, (now - since).total_seconds() / 3600, context.rules.alerts)
    if issue.resolved_at is None:
        rising = any(one.theme_id == record.theme_id and one.gate is None for one in context.state.episodes.open())
        return {"resolved_at": now.isoformat()} if tickets <= usual and not rising else {}
    # A spike may have been alerted as the return already: then there is no second alert.
    alerted = _alerted(context, record.theme_id, issue.resolved_at)
    if not alerted and not (tickets > usual and _alert(context, record, issue, since)):
        return {}
    # From now on it is a known issue again, with the volume that it has come back with.
    volume = _tickets(context, record.theme_id, issue, now - DAY)
    return {"regressed_at": now.isoformat(), "since": now.isoformat(), "usual_per_day": float(volume)}


def _tickets(context: EpochContext, theme: int, issue: KnownIssue, since: datetime) -> int:
    """Count the tickets since a time that can show that the issue is not fixed."""
    counts, start, end = context.state.counts, bucket_of(since), context.window.bucket
    if issue.fixed_in is None:
        return counts.total(SeriesKey(theme, EVERYTHING), start, end)
    versions = [
        Segment.of({VERSION: version}) for version in counts.values_of(VERSION) if at_least(version, issue.fixed_in)
    ]
    return sum(counts.total(SeriesKey(theme, segment), start, end) for segment in versions)


def _alerted(context: EpochContext, theme: int, since: datetime) -> bool:
    """Tell whether a spike of the theme was already alerted as a return of the issue."""
    past = past_alerts(context.connection, theme)
    return any(one.kind is AlertKind.REGRESSED and one.opened_at > since for one in past)


def _alert(context: EpochContext, record: ThemeRecord, issue: KnownIssue, since: datetime) -> bool:
    """Open the alert that the issue is back; False where too few tickets or people show it."""
    now = context.window.end
    tickets = [
        one
        for one in read_attributes(context.connection, [record.theme_id], since, now, _ALL)
        if issue.fixed_in is None or at_least(one.attributes.get(VERSION), issue.fixed_in)
    ]
    returned = ReturnedTickets(
        theme_id=record.theme_id, theme_name=record.name, tickets=len(tickets),
        requesters=len({one.person for one in tickets}), since=since,
    )  # fmt: skip
    signal = regressed_signal(issue, returned, now, context.rules.alerts)
    decision = decide(signal, signal_facts(context, signal, known_issue=issue))
    alert = None
    if decision.notify:
        mix = Counter(Segment.of(one.attributes) for one in tickets)
        alert = open_alert(context, decision, record.theme_id, None, mix)
    note(context, signal, decision, alert)
    return decision.notify
