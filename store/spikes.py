"""Spikes and their causes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from models.segment import Segment
from store.schema import causes, spikes
from store.upsert import upsert


@dataclass(frozen=True, slots=True)
class StoredSpike:
    """A spike's row. `state` holds what only the detector and the explanation need to go on."""

    spike_id: int
    theme_id: int
    segment: Segment
    kind: str
    start: datetime
    end: datetime | None
    detected_at: datetime
    observed: int
    expected: float
    ratio: float
    p_value: float
    q_value: float
    severity: float
    now_observed: int
    launch_id: str | None
    gate: str | None
    evidence: tuple[str, ...]
    verdict: str
    note: str | None
    state: Mapping[str, Any]

    def with_(self, **changes: Any) -> StoredSpike:
        """A copy with some fields replaced."""
        return replace(self, **changes)


def read_spikes(connection: Connection) -> list[StoredSpike]:
    """All spikes, in the order of their ids."""
    return [_spike(row) for row in connection.execute(select(spikes).order_by(spikes.c.id))]


def write_spikes(connection: Connection, found: Sequence[StoredSpike]) -> None:
    """Insert spikes, or replace those of the same id."""
    upsert(connection, spikes, [_row(spike) for spike in found], ["id"])


def write_causes(connection: Connection, spike_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the causes of a spike; `rows` stand in the order of their rank."""
    connection.execute(delete(causes).where(causes.c.spike_id == spike_id))
    if rows:
        connection.execute(
            insert(causes), [{**row, "spike_id": spike_id, "rank": rank} for rank, row in enumerate(rows, start=1)]
        )


def read_causes(connection: Connection, spike_ids: Collection[int] | None = None) -> dict[int, list[Mapping[str, Any]]]:
    """Causes by spike, in the order of their rank."""
    query = select(causes).order_by(causes.c.spike_id, causes.c.rank)
    if spike_ids is not None:
        query = query.where(causes.c.spike_id.in_(list(spike_ids)))
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["spike_id"], []).append(dict(row))
    return found


def _spike(row: Any) -> StoredSpike:
    values = {
        name: getattr(row, name) for name in StoredSpike.__slots__ if name not in ("spike_id", "segment", "evidence")
    }
    return StoredSpike(spike_id=row.id, segment=Segment.of(row.segment), evidence=tuple(row.evidence), **values)


def _row(spike: StoredSpike) -> dict[str, Any]:
    values = {name: getattr(spike, name) for name in StoredSpike.__slots__ if name != "spike_id"}
    return {
        **values,
        "id": spike.spike_id,
        "segment": spike.segment.as_dict(),
        "evidence": list(spike.evidence),
        "state": dict(spike.state),
    }
