"""What became of a theme: recorded changes around it, alerts, people's decisions, and what the machine reorganised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from models.segment import Segment
from store.board.spikes import SpikeRow
from store.decisions import Decision, recent_decisions
from store.schema import alerts, changes, lineage

CHANGES = 40
LINEAGE = 50
ALERTS = 20
DECIDED = 20
LOOKED_AT = 1_000
"""Newest decisions among which those about a theme are looked for: a decision names further themes in its payload."""


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A recorded change in its latest revision; `cited`: a spike of the theme names it as a cause."""

    change_id: str
    kind: str
    title: str
    scope: Segment
    time: datetime
    url: str | None
    cited: bool


@dataclass(frozen=True, slots=True)
class LineageRow:
    """One step of the theme's history. `tickets` is how many it moved."""

    kind: str
    theme_id: int
    other_id: int | None
    tickets: int
    reason: str


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert of the theme."""

    alert_id: int
    kind: str
    state: str
    audience: str
    opened_at: datetime
    reason: str
    incident_id: int | None


def changes_between(
    connection: Connection, episodes: Sequence[SpikeRow], began: datetime | None, ended: datetime
) -> tuple[ChangeRow, ...]:
    """Read the changes recorded in a range of time, those first that a spike names as a cause, in the order of time."""
    if began is None:
        return ()
    cited = {cause.change_id for episode in episodes for cause in episode.causes if cause.change_id}
    query = (
        select(changes)
        .where(changes.c.time >= began - timedelta(hours=1), changes.c.time < ended)
        .order_by(changes.c.time.desc(), changes.c.id.desc())
        .limit(10 * CHANGES)
    )
    latest: dict[tuple[str, str], ChangeRow] = {}
    for row in connection.execute(query):
        change = ChangeRow(
            row.subject, row.kind, row.title, Segment.of(row.scope), row.time, row.url, row.subject in cited
        )
        latest.setdefault((row.source, row.subject), change)
    kept = sorted(latest.values(), key=lambda change: (not change.cited, -change.time.timestamp()))[:CHANGES]
    return tuple(sorted(kept, key=lambda change: (change.time, change.change_id)))


def lineage_of(connection: Connection, theme_id: int) -> tuple[LineageRow, ...]:
    """Read the newest steps of a theme's history, newest first."""
    query = (
        select(lineage)
        .where((lineage.c.theme_id == theme_id) | (lineage.c.other_id == theme_id))
        .order_by(lineage.c.id.desc())
        .limit(LINEAGE)
    )
    return tuple(
        LineageRow(row.kind, row.theme_id, row.other_id, row.tickets, row.reason) for row in connection.execute(query)
    )


def decisions_about(connection: Connection, theme_ids: set[int]) -> tuple[Decision, ...]:
    """Read the newest decisions about a theme and those merged into it, newest first."""
    found = [one for one in recent_decisions(connection, LOOKED_AT) if theme_ids & set(one.touches)]
    return tuple(found[:DECIDED])


def alerts_of(connection: Connection, theme_ids: Sequence[int]) -> tuple[AlertRow, ...]:
    """Read the newest alerts of themes, newest first."""
    query = select(alerts).where(alerts.c.theme_id.in_(theme_ids)).order_by(alerts.c.id.desc()).limit(ALERTS)
    return tuple(
        AlertRow(row.id, row.kind, row.state, row.audience, row.opened_at, row.reason, row.incident_id)
        for row in connection.execute(query)
    )
