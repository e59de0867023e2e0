"""Spikes as the pages show them: with the theme's name, their causes, and the titles of the changes named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, select

from models.causes.cause import EARLIER_SPIKE
from models.segment import Segment
from store.schema import causes, changes, spikes, themes
from store.survivors import survivors

SPIKES = 25


@dataclass(frozen=True, slots=True)
class CauseRow:
    """One cause of a spike. `change_title` is that of the change it names, where stored."""

    kind: str
    segment: Segment | None
    change_id: str | None
    change_title: str | None
    contribution: float
    relative_risk: float | None
    interval: tuple[float, float] | None
    reason: str

    @property
    def earlier_spike(self) -> int | None:
        """The number of the earlier spike that an incident names, or None."""
        number = (self.change_id or "").removeprefix(EARLIER_SPIKE)
        return int(number) if self.kind == "incident" and number != self.change_id and number.isdecimal() else None


@dataclass(frozen=True, slots=True)
class SpikeRow:
    """One episode; `end` is None while it is open. `theme_id` is the surviving theme, 0 for all tickets."""

    spike_id: int
    theme_id: int
    theme_name: str
    kind: str
    segment: Segment
    start: datetime
    end: datetime | None
    detected_at: datetime
    observed: int
    expected: float
    ratio: float
    severity: float
    launch_id: str | None
    gate: str | None
    verdict: str
    note: str | None
    evidence: tuple[str, ...]
    causes: tuple[CauseRow, ...]
    p_value: float
    q_value: float
    incident_id: int | None


def spike_rows(connection: Connection, *where: ColumnElement[bool]) -> tuple[SpikeRow, ...]:
    """Read the newest spikes (up to 25) that the conditions choose, each with its causes in order of rank."""
    query = (
        select(spikes, themes.c.name)
        .outerjoin(themes, themes.c.id == spikes.c.theme_id)
        .where(*where)
        .order_by(spikes.c.start.desc(), spikes.c.id.desc())
        .limit(SPIKES)
    )
    rows = connection.execute(query).all()
    merged = survivors(connection)
    explained = _causes(connection, [row.id for row in rows])
    return tuple(
        SpikeRow(
            spike_id=row.id,
            theme_id=merged.get(row.theme_id, row.theme_id),
            theme_name=row.name or "All tickets",
            kind=row.kind,
            segment=Segment.of(row.segment),
            start=row.start,
            end=row.end,
            detected_at=row.detected_at,
            observed=row.observed,
            expected=row.expected,
            ratio=row.ratio,
            severity=row.severity,
            launch_id=row.launch_id,
            gate=row.gate,
            verdict=row.verdict,
            note=row.note,
            evidence=tuple(row.evidence),
            causes=tuple(explained.get(row.id, ())),
            p_value=row.p_value,
            q_value=row.q_value,
            incident_id=row.incident_id,
        )
        for row in rows
    )


def _causes(connection: Connection, spike_ids: Sequence[int]) -> dict[int, list[CauseRow]]:
    found: defaultdict[int, list[CauseRow]] = defaultdict(list)
    rows = connection.execute(
        select(causes).where(causes.c.spike_id.in_(spike_ids)).order_by(causes.c.spike_id, causes.c.rank)
    ).all()
    titles = _titles(connection, {row.change_id for row in rows if row.change_id})
    for row in rows:
        found[row.spike_id].append(
            CauseRow(
                kind=row.kind,
                segment=None if row.segment is None else Segment.of(row.segment),
                change_id=row.change_id,
                change_title=titles.get(row.change_id),
                contribution=row.contribution,
                relative_risk=row.relative_risk,
                interval=None if row.interval is None else (row.interval[0], row.interval[1]),
                reason=row.reason,
            )
        )
    return found


def _titles(connection: Connection, change_ids: Collection[str]) -> dict[str, str]:
    query = select(changes.c.subject, changes.c.title).where(changes.c.subject.in_(change_ids))
    # In the order of the revisions, so that the latest one's title stays.
    return {row.subject: row.title for row in connection.execute(query.order_by(changes.c.time, changes.c.id))}
