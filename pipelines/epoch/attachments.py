"""Tickets of an epoch that attach to known issues: those that joined one of their themes, and those that their system links to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Row

from models.event import TicketLinkKind
from models.known_issues import AttachmentWay, confidence_of
from models.known_issues.details import jira_keys
from pipelines.context import EpochContext
from pipelines.themes.known_issues import RECENT
from store.known_issues import (
    Attachment,
    arrived_in,
    arrived_since,
    attach,
    issues_of_tickets,
    mined_times,
    read_keys,
)
from store.ticket_links import links_in_force
from store.tickets import read_vectors

FIRST = 2_000
"""Newest tickets of a theme that attach when it becomes a known issue."""

DEEPEST = 5
"""Links that are followed from a ticket of a known issue: systems link problems to incidents, and hardly any deeper."""

SAME = 0.9999
"""Cosine from which on a ticket of the same time is the ticket itself."""


def attach_tickets(context: EpochContext, subjects: Collection[str]) -> None:
    """Attach the tickets of an epoch to known issues; `subjects` are those of its events, whose links may have changed."""
    if context.state.themes.members:
        attached = attach_by_theme(context)
        attach_by_link(context, {*subjects, *attached})


def attach_by_theme(context: EpochContext) -> list[str]:
    """Attach the tickets that joined themes of known issues in this epoch; of a theme that is new to one, those of its last day.

    Returns them.
    """
    members = context.state.themes.members or {}
    rows: list[Attachment] = []
    recent = {issue for (issue, _), since in members.items() if since == context.window.start}
    for issue, themes in sorted(_themes(members).items()):
        opened = min(themes.values()) - RECENT
        found = (
            [row for theme, since in themes.items() for row in _first(context, theme, since)]
            if issue in recent
            else arrived_in(context.connection, list(themes), context.window.number, opened)
        )
        rows += _attachments(context, issue, found, opened)
    attach(context.connection, rows)
    return [one.ticket_id for one in rows]


def attach_by_link(context: EpochContext, asked: Collection[str]) -> None:
    """Attach tickets whose system says that a ticket of a known issue, or the issue itself in Jira, is their problem.

    What attaches may itself be the problem of others: these follow, up to `DEEPEST` links away.
    """
    keys: dict[str, list[int]] = {}
    for issue, text in sorted(read_keys(context.connection).items()):
        for key in jira_keys(text):
            keys.setdefault(key, []).append(issue)
    attached: set[str] = set()
    for _ in range(DEEPEST):
        pairs = _pairs(links_in_force(context.connection, asked, context.window.number))
        issues = issues_of_tickets(context.connection, {problem for _, problem, _ in pairs})
        wanted = {
            (issue, incident)
            for incident, problem, is_problem in pairs
            for issue in (*(issues.get(problem, ()) if is_problem else ()), *keys.get(problem, ()))
        }
        times = mined_times(context.connection, {ticket for _, ticket in wanted})
        rows = [
            Attachment(issue, ticket, 1.0, AttachmentWay.LINK, times[ticket])
            for issue, ticket in sorted(wanted)
            if ticket in times
        ]
        attach(context.connection, rows)
        asked = {one.ticket_id for one in rows} - attached
        attached |= asked
        if not asked:
            return


def _pairs(links: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, bool]]:
    """Return (ticket, other, whether the other is its problem) of links; an incident is written from its own side.

    Other links count only for the issue itself in Jira, which people link in any way.
    """
    found = []
    for ticket, other, kind in links:
        if kind == TicketLinkKind.INCIDENT:
            found.append((other, ticket, True))
        else:
            found.append((ticket, other, kind == TicketLinkKind.PROBLEM))
    return found


def _themes(members: Mapping[tuple[int, int], datetime | None]) -> dict[int, dict[int, datetime]]:
    found: dict[int, dict[int, datetime]] = {}
    for (issue, theme), since in members.items():
        if since is not None:
            found.setdefault(issue, {})[theme] = since
    return found


def _first(context: EpochContext, theme: int, since: datetime) -> Sequence[Row[Any]]:
    if since == context.window.start:
        return arrived_since(context.connection, [theme], since - RECENT, FIRST)
    return arrived_in(context.connection, [theme], context.window.number, since - RECENT)


def _attachments(context: EpochContext, issue: int, rows: Sequence[Row[Any]], opened: datetime) -> list[Attachment]:
    if not rows:
        return []
    vectors = read_vectors(context.connection, [row.ticket_id for row in rows], context.window.model)
    found = []
    for row in rows:
        vector = vectors.get(row.ticket_id)
        near = () if vector is None else _similarities(context, row, vector, opened)
        confidence = confidence_of(row.confidence, near)
        found.append(Attachment(issue, row.ticket_id, confidence, AttachmentWay.THEME, row.time))
    return found


def _similarities(context: EpochContext, row: Row[Any], vector: Any, opened: datetime) -> Sequence[float]:
    """Return the cosines of a ticket to the tickets that its theme has had since the issue began, but for itself."""
    times, cosines = context.state.index.around(vector, row.theme_id)
    own = times == _milliseconds(row.time)
    kept = (times >= _milliseconds(opened)) & ~(own & (cosines > SAME))
    found: list[float] = np.round(cosines[kept], 6).tolist()
    return found


def _milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)
