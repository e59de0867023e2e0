"""Spikes and their causes: the rows that mining writes and reads back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, NamedTuple, Self

from sqlalchemy import Connection, delete, func, insert, or_, select

from models.alert import Gate
from models.segment import Segment
from models.spike import Spike, SpikeKind
from store.schema import causes, spikes
from store.upsert import upsert

_LEARNING = "learning"
"""How databases that were mined earlier name `Gate.LEARNING_PERIOD_LASTS` of a spike."""


class Transfer(NamedTuple):
    """Where an episode opened before its tickets went to another theme, and the bucket in which they did."""

    theme_id: int
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeState:
    """What the detector and the explanation need of a spike to continue, beyond the figures that listings show.

    Parameters
    ----------
    theme_ids: the themes that are judged together with the spike's theme, itself included.
    budget: least number of false alerts a week that an audience must accept to be alerted; 0 where a plan is exceeded.
    common: the common lift under a plan for all themes, as `LearnedLift.as_json` writes it; None without such a plan.
    transferred_from: where the episode opened; None while it is in that theme.
    explained: tickets (of missing volume: missing ones) when it was last explained; None before.
    changes: fingerprint of the changes and launches that it was explained with; None before.
    requesters: people who wrote the spike's tickets, when it was last explained.
    """

    theme_ids: tuple[int, ...] = ()
    budget: float = 0.0
    common: Mapping[str, Any] | None = None
    transferred_from: Transfer | None = None
    explained: float | None = None
    changes: str | None = None
    requesters: int = 0

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read the form that `to_json` writes; keys that are missing have their defaults."""
        transfer = value.get("lent")
        return cls(
            theme_ids=tuple(value.get("theme_ids", ())),
            budget=float(value.get("budget", 0.0)),
            common=value.get("common"),
            transferred_from=Transfer(*transfer) if transfer else None,
            explained=value.get("explained"),
            changes=value.get("changes"),
            requesters=int(value.get("requesters", 0)),
        )

    def to_json(self) -> dict[str, Any]:
        """Write the state as it is stored. The key `lent` is that of earlier versions, whose databases are still read."""
        transfer = None if self.transferred_from is None else list(self.transferred_from)
        optional = {"common": self.common, "explained": self.explained, "changes": self.changes, "lent": transfer}
        known = {name: value for name, value in optional.items() if value is not None}
        return {"theme_ids": list(self.theme_ids), "budget": self.budget, "requesters": self.requesters, **known}

    def with_(self, **changes: Any) -> Self:
        """Copy the state with some fields replaced."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSpike(Spike):
    """A spike as its row holds it: the episode, and what explains it.

    Parameters
    ----------
    kind: a rise, a rise beyond a launch's plan, or missing volume.
    now_observed: tickets at the end of the last epoch that judged it.
    evidence: ids of tickets that represent it, at most five.
    verdict: the explanation in sentences; empty before the first one.
    note: one more sentence for listings, such as why it ended.
    incident_id: the event that it is a sign of; None while no incident reports it.
    """

    kind: SpikeKind
    now_observed: int
    evidence: tuple[str, ...] = ()
    verdict: str = ""
    note: str | None = None
    incident_id: int | None = None
    state: SpikeState = field(default_factory=SpikeState)

    def with_(self, **changes: Any) -> StoredSpike:
        """Copy the spike with some fields replaced."""
        return replace(self, **changes)

    @property
    def together(self) -> tuple[int, ...]:
        """The similar themes whose tickets are counted together; empty for a theme on its own, and over a launch's plan."""
        pooled = self.kind is SpikeKind.SPIKE and len(self.state.theme_ids) > 1
        return self.state.theme_ids if pooled else ()

    @property
    def missing(self) -> bool:
        """Whether it is about volume that does not come."""
        return self.kind is SpikeKind.MISSING_VOLUME


def read_spikes(
    connection: Connection, *, theme_ids: Collection[int] | None = None, spike_ids: Collection[int] | None = None
) -> list[StoredSpike]:
    """Read all spikes, or those of themes, or those of the ids given, in the order of their ids."""
    query = select(spikes).order_by(spikes.c.id)
    if theme_ids is not None:
        query = query.where(spikes.c.theme_id.in_(list(theme_ids)))
    if spike_ids is not None:
        query = query.where(spikes.c.id.in_(list(spike_ids)))
    return [_spike(row) for row in connection.execute(query)]


def read_recent_spikes(connection: Connection, ended_after: datetime) -> list[StoredSpike]:
    """Read the spikes that detection may still need, in the order of their ids.

    These are the open ones, those that ended after `ended_after`, and of missing volume the newest closed one of each theme,
    segment and launch, however old: the same silence is not reported twice until the volume has come back.
    """
    place = func.row_number().over(
        partition_by=(spikes.c.theme_id, spikes.c.segment, spikes.c.launch_id),
        order_by=(spikes.c.end.desc(), spikes.c.id.desc()),
    )
    silences = (
        select(spikes.c.id, place.label("place"))
        .where(spikes.c.kind == SpikeKind.MISSING_VOLUME.value, spikes.c.end.is_not(None))
        .subquery()
    )
    newest = select(silences.c.id).where(silences.c.place == 1)
    chosen = or_(spikes.c.end.is_(None), spikes.c.end > ended_after, spikes.c.id.in_(newest))
    return [_spike(row) for row in connection.execute(select(spikes).where(chosen).order_by(spikes.c.id))]


def read_reported_spans(connection: Connection, ended_after: datetime) -> list[tuple[int, datetime, datetime | None]]:
    """Read when alerted episodes lasted that are open or ended after a time, as (theme, start, end), in the order of their ids."""
    query = (
        select(spikes.c.theme_id, spikes.c.start, spikes.c.end)
        .where(spikes.c.gate.is_(None), or_(spikes.c.end.is_(None), spikes.c.end > ended_after))
        .order_by(spikes.c.id)
    )
    return [(row.theme_id, row.start, row.end) for row in connection.execute(query)]


def read_ended_spikes(
    connection: Connection, theme_ids: Collection[int], kind: str, ended_by: datetime, limit: int
) -> list[StoredSpike]:
    """Read the `limit` spikes of themes that began last among those of a kind that had ended by a time, newest first."""
    query = (
        select(spikes)
        .where(spikes.c.theme_id.in_(list(theme_ids)), spikes.c.kind == kind, spikes.c.end <= ended_by)
        .order_by(spikes.c.start.desc(), spikes.c.id.desc())
        .limit(limit)
    )
    return [_spike(row) for row in connection.execute(query)]


def write_spikes(connection: Connection, found: Sequence[StoredSpike]) -> None:
    """Insert spikes, or replace those of the same id."""
    upsert(connection, spikes, [_row(spike) for spike in found], ["id"])


def spike_ids_of(connection: Connection, theme_id: int) -> list[int]:
    """Return the ids of a theme's spikes, ascending."""
    query = select(spikes.c.id).where(spikes.c.theme_id == theme_id).order_by(spikes.c.id)
    return list(connection.execute(query).scalars())


def write_causes(connection: Connection, spike_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Replace the causes of a spike; `rows` are in the order of their rank."""
    connection.execute(delete(causes).where(causes.c.spike_id == spike_id))
    if rows:
        connection.execute(
            insert(causes), [{**row, "spike_id": spike_id, "rank": rank} for rank, row in enumerate(rows, start=1)]
        )


def read_causes(connection: Connection, spike_ids: Collection[int] | None = None) -> dict[int, list[Mapping[str, Any]]]:
    """Read causes by spike, in the order of their rank."""
    query = select(causes).order_by(causes.c.spike_id, causes.c.rank)
    if spike_ids is not None:
        query = query.where(causes.c.spike_id.in_(list(spike_ids)))
    found: dict[int, list[Mapping[str, Any]]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["spike_id"], []).append(dict(row))
    return found


def gate_of(stored: str | None) -> Gate | None:
    """Read a gate as it is stored; None where no alert was withheld."""
    if stored is None:
        return None
    return Gate.LEARNING_PERIOD_LASTS if stored == _LEARNING else Gate(stored)


_PLAIN = tuple(
    one.name
    for one in fields(StoredSpike)
    if one.name not in ("spike_id", "segment", "kind", "gate", "evidence", "state")
)
"""Fields whose columns have the same name and the same form."""


def _spike(row: Any) -> StoredSpike:
    return StoredSpike(
        spike_id=row.id,
        segment=Segment.of(row.segment),
        kind=SpikeKind(row.kind),
        gate=gate_of(row.gate),
        evidence=tuple(row.evidence),
        state=SpikeState.from_json(row.state),
        **{name: getattr(row, name) for name in _PLAIN},
    )


def _row(spike: StoredSpike) -> dict[str, Any]:
    return {
        **{name: getattr(spike, name) for name in _PLAIN},
        "id": spike.spike_id,
        "segment": spike.segment.as_dict(),
        "kind": spike.kind.value,
        "gate": None if spike.gate is None else spike.gate.value,
        "evidence": list(spike.evidence),
        "state": spike.state.to_json(),
    }
