"""Decisions about signals: one row whenever the decision about a signal changes, with all stages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from models.alert import AlertKind, Gate
from models.decision_path import StageResult
from models.times import rfc3339
from store.schema import decided_signals

MOST_ROWS = 32
"""Rows of one signal. Where its gate changes more often, the newest row is replaced, so that the table grows with the signals alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecidedSignal:
    """One decision about a signal, in force until the next one about it.

    Parameters
    ----------
    signal_id: number of the row; 0 before it is written.
    epoch, at: the epoch that decided, and its end (event time).
    kind: what the alert is, or would be.
    spike_id: the episode; None where the signal is a new theme or a return after a fix.
    alert_id: the alert that was opened; None where it was withheld.
    silence_id: the silence or mute rule that hides it from everyone, or from one audience.
    stages: what each stage found, in order.
    """

    epoch: int
    at: datetime
    kind: AlertKind
    theme_id: int
    reason: str
    stages: tuple[StageResult, ...]
    spike_id: int | None = None
    alert_id: int | None = None
    incident_id: int | None = None
    gate: Gate | None = None
    silence_id: int | None = None
    signal_id: int = 0

    def as_json(self) -> dict[str, Any]:
        """Write it as `--json` prints it."""
        return {
            "signal_id": self.signal_id, "at": rfc3339(self.at), "kind": self.kind.value, "theme_id": self.theme_id,
            "spike_id": self.spike_id, "alert_id": self.alert_id, "incident_id": self.incident_id,
            "gate": None if self.gate is None else self.gate.value, "silence_id": self.silence_id, "reason": self.reason,
            "stages": [one.as_json() for one in self.stages],
        }  # fmt: skip


def note_decision(connection: Connection, decided: DecidedSignal) -> int:
    """Write a decision in the caller's transaction, unless it is the one in force; returns the number of the row that is."""
    newest = connection.execute(
        select(decided_signals).where(_same_signal(decided)).order_by(decided_signals.c.id.desc()).limit(1)
    ).one_or_none()
    if newest is not None and _outcome(newest) == (decided.gate, decided.silence_id, decided.alert_id):
        return int(newest.id)
    if newest is not None and _rows(connection, decided) >= MOST_ROWS:
        connection.execute(update(decided_signals).where(decided_signals.c.id == newest.id).values(_row(decided)))
        return int(newest.id)
    inserted = connection.execute(insert(decided_signals).values(_row(decided)).returning(decided_signals.c.id))
    return int(inserted.scalar_one())


def set_incident(connection: Connection, incident_id: int, *, alert_id: int | None, spike_id: int | None) -> None:
    """Note the incident that the signal of an alert or a spike belongs to, in all decisions about it."""
    known = ((decided_signals.c.alert_id, alert_id), (decided_signals.c.spike_id, spike_id))
    chosen = [column == value for column, value in known if value is not None]
    if chosen:
        connection.execute(update(decided_signals).where(or_(*chosen)).values(incident_id=incident_id))


def read_decision_of_alert(connection: Connection, alert_id: int) -> DecidedSignal | None:
    """Read the decision that opened an alert; None for alerts that were opened before decisions were kept."""
    query = select(decided_signals).where(decided_signals.c.alert_id == alert_id).order_by(decided_signals.c.id)
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else _decided(row)


def newest_decision_of_spike(connection: Connection, spike_id: int) -> DecidedSignal | None:
    """Read the newest decision about a spike; None for one that was found before decisions were kept."""
    query = select(decided_signals).where(decided_signals.c.spike_id == spike_id).order_by(decided_signals.c.id.desc())
    row = connection.execute(query.limit(1)).one_or_none()
    return None if row is None else _decided(row)


def read_decisions(
    connection: Connection, *, theme_ids: Collection[int], spike_ids: Collection[int], until: datetime
) -> list[DecidedSignal]:
    """Read the newest decision about each signal of themes, or of spikes, that was in force at `until`, in the order of their rows."""
    chosen = or_(decided_signals.c.theme_id.in_(list(theme_ids)), decided_signals.c.spike_id.in_(list(spike_ids)))
    return _newest(connection, and_(chosen, decided_signals.c.at <= until))


def read_hidden(connection: Connection, silence_ids: Collection[int]) -> list[DecidedSignal]:
    """Read of each signal that silences ever hid the newest decision that names one of them, in the order of their rows."""
    return _newest(connection, decided_signals.c.silence_id.in_(list(silence_ids))) if silence_ids else []


def is_newest(connection: Connection, decided: DecidedSignal) -> bool:
    """Return whether a decision is still the newest about its signal."""
    newest = connection.execute(select(func.max(decided_signals.c.id)).where(_same_signal(decided))).scalar_one()
    return bool(newest == decided.signal_id)


def _newest(connection: Connection, chosen: ColumnElement[bool]) -> list[DecidedSignal]:
    rows = connection.execute(select(decided_signals).where(chosen).order_by(decided_signals.c.id))
    found: dict[tuple[int | str, ...], DecidedSignal] = {}
    for row in rows:
        key = (row.theme_id, row.kind) if row.spike_id is None else (row.spike_id,)
        found.pop(key, None)
        found[key] = _decided(row)
    return list(found.values())


def _same_signal(decided: DecidedSignal) -> ColumnElement[bool]:
    """Select the rows about the same signal: a spike is one whatever its kind and theme become."""
    if decided.spike_id is not None:
        return decided_signals.c.spike_id == decided.spike_id
    return and_(
        decided_signals.c.theme_id == decided.theme_id, decided_signals.c.kind == decided.kind.value,
        decided_signals.c.spike_id.is_(None),
    )  # fmt: skip


def _rows(connection: Connection, decided: DecidedSignal) -> int:
    query = select(func.count()).select_from(decided_signals).where(_same_signal(decided))
    return int(connection.execute(query).scalar_one())


def _outcome(row: Row[Any]) -> tuple[Gate | None, int | None, int | None]:
    return None if row.gate is None else Gate(row.gate), row.silence_id, row.alert_id


_PLAIN = ("epoch", "at", "theme_id", "spike_id", "alert_id", "incident_id", "silence_id", "reason")
"""Fields whose columns have the same name and the same form."""


def _row(decided: DecidedSignal) -> dict[str, Any]:
    return {
        **{name: getattr(decided, name) for name in _PLAIN},
        "kind": decided.kind.value,
        "gate": None if decided.gate is None else decided.gate.value,
        "stages": [one.as_json() for one in decided.stages],
    }


def _decided(row: Row[Any]) -> DecidedSignal:
    return DecidedSignal(
        signal_id=row.id, kind=AlertKind(row.kind), gate=None if row.gate is None else Gate(row.gate),
        stages=tuple(StageResult.from_json(one) for one in row.stages), **{name: getattr(row, name) for name in _PLAIN},
    )  # fmt: skip
