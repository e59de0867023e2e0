"""Known issues as their themes change: which themes they have, and how flags follow tickets that move."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from models.bucket import bucket_of
from models.known_issues import IssueState
from models.segment import EVERYTHING
from models.spikes import SeriesKey
from models.themes import Move
from pipelines.context import EpochContext
from pipelines.state.themes import VOLUMES, ThemeRecord
from store.known_issues import (
    IssueEvent,
    StoredIssue,
    read_issue,
    read_members,
    write_issue,
    write_issue_event,
    write_members,
)
from store.themes import read_flags, write_themes
from store.tickets import StoredTicket

RECENT = timedelta(days=1)
"""The tickets of so long before decide which part of a theme is the known issue: people know the problem as it is now."""

MOST = 0.5
"""Share of a theme's recent tickets that a part must take for the known issue to follow it."""


def adopt_flags(context: EpochContext) -> None:
    """Take over the flags from which an erasure has removed a passage since the epoch before."""
    flagged = [one.theme_id for one in context.state.themes if one.known_issue is not None]
    for theme, flag in read_flags(context.connection, flagged).items():
        context.state.themes[theme].known_issue = flag


def carry_flags(context: EpochContext, moves: Sequence[Move], tickets: Mapping[str, StoredTicket]) -> None:
    """Let a flag, and what a person made of a theme, follow most of its tickets into another theme, which has none yet.

    Both themes have it from then on, and its volume is divided as the tickets are. To be called before the themes are measured anew.
    """
    leaving: defaultdict[int, list[Move]] = defaultdict(list)
    for move in moves:
        if move.from_theme is not None and move.to_theme not in (None, move.from_theme):
            leaving[move.from_theme].append(move)
    for theme, gone in sorted(leaving.items()):
        source = context.state.themes[theme]
        if source.known_issue is not None or source.disposition is not None:
            for joined, share in _followed(context, source, gone, tickets):
                _carry(context, source, context.state.themes[joined], share)


def _followed(
    context: EpochContext, source: ThemeRecord, moves: Sequence[Move], tickets: Mapping[str, StoredTicket]
) -> list[tuple[int, float]]:
    """Return the themes that took most of a theme's recent tickets, each with its share; of all tickets where it has no recent ones.

    Where several took most of them together, the one that took most.
    """
    start, end = bucket_of(context.window.end - RECENT), context.window.bucket
    # What moves is still counted where it was.
    before = context.state.counts.total(SeriesKey(source.theme_id, EVERYTHING), start, end)
    oldest = context.window.end - RECENT if before else None
    counted = [
        move
        for move in moves
        if tickets[move.ticket_id].counted and (oldest is None or tickets[move.ticket_id].time >= oldest)
    ]
    parts = Counter(move.to_theme for move in counted if move.to_theme is not None)
    whole = max(before or source.size, parts.total(), 1)
    found = sorted((theme, n / whole) for theme, n in parts.items() if n >= MOST * whole)
    if found or parts.total() < MOST * whole:
        return found
    largest, n = max(parts.items(), key=lambda one: (one[1], -one[0]))
    return [(largest, n / whole)]


def _carry(context: EpochContext, source: ThemeRecord, target: ThemeRecord, share: float) -> None:
    if target.known_issue is not None or target.disposition is not None:
        return
    if source.known_issue is not None:
        source.known_issue, target.known_issue = _divided(source.known_issue, share)
    elif source.disposition is not None:
        source.disposition, target.disposition = _divided(source.disposition, share)
    target.cause = (f"most recent tickets of theme {source.theme_id} went to it", None)
    target.status = target.status_said or target.status
    write_themes(context.connection, [source.as_row(), target.as_row()])


def sync_members(context: EpochContext) -> None:
    """Write which themes each known issue has, as their flags say it at the end of an epoch."""
    themes = context.state.themes
    wanted = {
        (issue, record.theme_id): record
        for issue, records in themes.flagged().items()
        if issue > 0
        for record in records
    }
    if themes.members is None:
        themes.members = read_members(context.connection)
    if wanted.keys() == themes.members.keys():
        return
    now = context.window.start
    rows: list[tuple[int, int, datetime | None, datetime | None]] = [
        (*key, since, now) for key, since in sorted(themes.members.items()) if key not in wanted
    ]
    rows += [(*key, now, None) for key in sorted(wanted.keys() - themes.members.keys())]
    write_members(context.connection, rows)
    themes.members = {key: themes.members.get(key, now) for key in wanted}


def set_issue(
    context: EpochContext,
    issue: StoredIssue,
    before: IssueState | None,
    *,
    at: datetime,
    actor: str | None,
    reason: str,
) -> StoredIssue:
    """Store a known issue as it is from `at` on, with an event that says what happened; returns it with that time."""
    issue = replace(issue, updated_at=at)
    write_issue(context.connection, issue)
    event_id = context.state.counts.next_id("issue_event")
    write_issue_event(
        context.connection, IssueEvent(event_id, issue.issue_id, at, actor, before, issue.state, reason)
    )  # fmt: skip
    return issue


def change_state(
    context: EpochContext, members: Collection[ThemeRecord], after: IssueState, *, at: datetime, reason: str
) -> None:
    """Note that the volume of a known issue changed its state; its themes' flags have the state, too."""
    issue_id = next(
        (one.known_issue["issue"] for one in members if one.known_issue and one.known_issue.get("issue")), None
    )
    for record in members:
        record.known_issue = {**(record.known_issue or {}), "state": after.value}
    if issue_id is not None:
        issue = read_issue(context.connection, issue_id)
        set_issue(context, replace(issue, state=after), issue.state, at=at, actor=None, reason=reason)


def _divided(said: Mapping[str, Any], share: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what is said of the theme that tickets left and of the one that they joined, with the volume of each."""
    left, joined = dict(said), dict(said)
    for name in VOLUMES:
        if said.get(name) is not None:
            joined[name] = round(said[name] * share, 4)
            left[name] = round(said[name] - joined[name], 4)
    return left, joined
