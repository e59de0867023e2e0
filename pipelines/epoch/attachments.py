"""Tickets of an epoch that attach to known issues: those that joined one of their themes, and those that their system links to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Row

from models.known_issues import AttachmentWay, confidence_of
from pipelines.context import EpochContext
from pipelines.themes.known_issues import RECENT
from store.known_issues import Attachment, arrived_in, arrived_since, attach
from store.tickets import read_vectors

FIRST = 2_000
"""Newest tickets of a theme that attach when it becomes a known issue."""

SAME = 0.9999
"""Cosine from which on a ticket of the same time is the ticket itself."""


def attach_by_theme(context: EpochContext) -> None:
    """Attach the tickets that joined themes of known issues in this epoch; of a theme that is new to one, those of its last day."""
    members = context.state.themes.members or {}
    if not members:
        return
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
