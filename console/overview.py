"""What the first page shows: whether something needs a person, and what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from alerts.known_issue_sweep import read_stale
from console.notification import NotificationParts
from console.state_cache import StateCache
from models.access import AccessScope
from models.freshness import Freshness
from models.headline import Headline, headline_of
from models.known_issues import IssueState
from models.launch_verdict import LaunchLevel, LaunchVerdict
from models.theme import Theme
from models.times import rfc3339
from pipelines.launches.monitor import monitor_launch
from pipelines.settings import MiningSettings
from store.board import LaunchRow, Now, launch_rows, mark_of, now_of
from store.board.attention import IncidentList, IncidentSummary, ended_incidents, open_incidents
from store.board.biggest import Week, WeekTheme, read_new_themes, read_week
from store.board.scoped_week import read_scoped_issues, read_scoped_new_themes, read_scoped_week
from store.known_issues import read_issues

DAY = timedelta(hours=24)
NO_INCIDENT = IncidentList()

VERDICT_SECONDS = 300
"""A verdict is looked at again after this time, also where nothing was mined: then tickets may be missing."""

LAUNCHES = 5
"""Running launches whose verdict is read."""


@dataclass(frozen=True, slots=True)
class RunningLaunch:
    """A launch that is under way, with the verdict on it."""

    launch: LaunchRow
    verdict: LaunchVerdict | None


@dataclass(frozen=True, slots=True)
class IssueNote:
    """A known issue that somebody should look at: why, in a sentence; or how many tickets of a scope it has."""

    issue_id: int
    title: str
    regressed: bool = False
    sentences: tuple[str, ...] = ()
    tickets: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """All that the first page shows.

    Parameters
    ----------
    incidents: those that are open, those that nobody has acknowledged first, each part by severity. ended: in the last 24 hours.
    new_number, new_themes: how many themes appeared in the last 24 hours, and the greatest of them.
    launches: those under way. issues: known issues that have regressed or that nobody follows; within a scope those with tickets of it.
    week: the last seven days; None where nothing is mined. limited: whether the person sees a part of the tickets only.
    """

    now: Now | None
    headline: Headline
    freshness: Freshness
    incidents: IncidentList = NO_INCIDENT
    ended: IncidentList = NO_INCIDENT
    new_number: int = 0
    new_themes: tuple[Theme, ...] = ()
    launches: tuple[RunningLaunch, ...] = ()
    issues: tuple[IssueNote, ...] = ()
    week: Week | None = None
    limited: bool = False


@dataclass(frozen=True, slots=True)
class OverviewReader:
    """Reads the first page; what takes long is kept until something is mined, decided or alerted."""

    mining: MiningSettings
    notification: NotificationParts
    kept: StateCache

    def read(self, connection: Connection, scope: AccessScope, freshness: Freshness) -> Overview:
        """Read what a person with this scope sees at the time of `freshness`."""
        now, mark = now_of(connection), mark_of(connection)
        open_now = open_incidents(connection, scope)
        waiting, acknowledged = open_now.waiting, open_now.number - open_now.waiting
        found = Overview(
            now=now,
            headline=headline_of(freshness, waiting=waiting, acknowledged=acknowledged),
            freshness=freshness,
            incidents=open_now,
            limited=not scope.is_everything,
        )
        if now is None:
            return found
        since = now.time - DAY
        found = replace(found, ended=ended_incidents(connection, scope, since))
        if not scope.is_everything:
            return self._within(connection, now, scope, mark, found)
        number, new = read_new_themes(connection, since)
        launches = self._launches(connection, now, mark, freshness.at)
        outside = sum(one.verdict is not None and one.verdict.level is LaunchLevel.OUTSIDE for one in launches)
        return replace(
            found,
            headline=headline_of(freshness, waiting=waiting, acknowledged=acknowledged, launches=outside),
            new_number=number,
            new_themes=new,
            launches=launches,
            issues=self.kept.get("issues", mark, lambda: self._issues(connection)),
            week=self.kept.get("week", mark, lambda: read_week(connection, now)),
        )

    def _within(self, connection: Connection, now: Now, scope: AccessScope, mark: str, found: Overview) -> Overview:
        def count() -> Overview:
            number, new = read_scoped_new_themes(connection, scope, now.time - DAY)
            issues = [
                IssueNote(one, title, tickets=tickets) for one, title, tickets in read_scoped_issues(connection, scope)
            ]
            week = read_scoped_week(connection, now, scope)
            return replace(found, new_number=number, new_themes=new, issues=tuple(issues), week=week)

        counted = self.kept.get(("scope", scope), mark, count)
        return replace(
            counted, headline=found.headline, freshness=found.freshness, incidents=found.incidents, ended=found.ended
        )

    def _launches(self, connection: Connection, now: Now, mark: str, at: datetime) -> tuple[RunningLaunch, ...]:
        running = [one for one in launch_rows(connection) if one.start <= now.time < one.end]
        step = int(at.timestamp() // VERDICT_SECONDS)

        def verdict(launch_id: str) -> LaunchVerdict | None:
            monitor = monitor_launch(connection, launch_id, self.mining.spikes, at)
            return None if monitor is None else monitor.verdict

        return tuple(
            RunningLaunch(
                one,
                self.kept.get(("launch", one.launch_id), (mark, step), lambda one=one: verdict(one.launch_id))  # type: ignore[misc]
                if place < LAUNCHES
                else None,
            )
            for place, one in enumerate(running)
        )

    def _issues(self, connection: Connection) -> tuple[IssueNote, ...]:
        stale = read_stale(connection, self.notification.alerts, self.notification.ownership)
        found = [
            IssueNote(
                one.issue_id, one.title, one.state is IssueState.REGRESSED,
                tuple(reason["sentence"] for reason in stale.get(one.issue_id, ())),
            )
            for one in read_issues(connection)
            if one.state is IssueState.REGRESSED or one.issue_id in stale
        ]  # fmt: skip
        return tuple(sorted(found, key=lambda one: not one.regressed))


def overview_json(found: Overview) -> dict[str, Any]:
    """Write the first page as the JSON interface shows it."""
    fresh = found.freshness
    return {
        "headline": {
            "tone": found.headline.tone.value, "sentence": found.headline.sentence, "notes": list(found.headline.notes),
        },
        "event_time": None if found.now is None else rfc3339(found.now.time),
        "freshness": {
            "state": fresh.state.value, "newest": rfc3339(fresh.newest),
            "sources": [] if found.limited else [
                {
                    "source": one.source, "newest": rfc3339(one.newest), "state": one.state.value,
                    "silent_seconds": int(one.silence.total_seconds()), "usual_seconds": int(one.usual.total_seconds()),
                }
                for one in fresh.sources
            ],
        },
        "incidents": _incidents(found.incidents),
        "ended": _incidents(found.ended),
        "new_themes": {"number": found.new_number, "greatest": [_theme(one) for one in found.new_themes]},
        "launches": [
            {
                "id": one.launch.launch_id, "title": one.launch.title, "kind": one.launch.kind, "start": rfc3339(one.launch.start),
                "end": rfc3339(one.launch.end), **(one.verdict.as_json() if one.verdict else {"verdict": None, "reasons": []}),
            }
            for one in found.launches
        ],
        "known_issues": [
            {"id": one.issue_id, "title": one.title, "regressed": one.regressed, "why": list(one.sentences), "tickets": one.tickets}
            for one in found.issues
        ],
        "week": None if found.week is None else {
            "since": rfc3339(found.week.since), "tickets": found.week.tickets,
            "by_excess": [_week_theme(one) for one in found.week.by_excess],
            "by_volume": [_week_theme(one) for one in found.week.by_volume],
        },
    }  # fmt: skip


def _incidents(found: IncidentList) -> Mapping[str, Any]:
    return {"number": found.number, "waiting": found.waiting, "first": [_incident(one) for one in found.shown]}


def _incident(one: IncidentSummary) -> Mapping[str, Any]:
    return {
        "id": one.incident_id, "title": one.title, "theme_id": one.theme_id, "segment": one.segment.as_dict(), "state": one.state,
        "start": rfc3339(one.start), "end": rfc3339(one.end), "audience": one.audience, "severity": one.severity,
        "observed": one.observed, "expected": one.expected, "missing": one.missing, "why": one.why,
    }  # fmt: skip


def _theme(one: Theme) -> Mapping[str, Any]:
    return {
        "id": one.theme_id, "name": one.name, "status": one.status.value, "size": one.size, "first_seen": rfc3339(one.first_seen),
        "owner": one.owner,
    }  # fmt: skip


def _week_theme(one: WeekTheme) -> Mapping[str, Any]:
    return {
        **_theme(one.theme), "tickets": one.tickets, "compared": one.compared, "expected": one.expected, "excess": one.excess,
        "new": one.is_new, "signals": one.signals,
    }  # fmt: skip
