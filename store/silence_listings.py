"""Silences as listings show them: with their state at a time, and what they have hidden."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from store.decided_signals import read_hidden
from store.schema import decided_signals
from store.silences import get_silence, read_silences


def list_silences(connection: Connection, time: datetime, *, ended: bool = False) -> list[dict[str, Any]]:
    """List silences by id, with `state` at `time` and `hidden`, the number of signals; `ended` adds those that are over."""
    counts = _hidden(connection)
    return [
        {**one.as_json(), "state": one.state_at(time), "hidden": counts.get(one.silence_id, 0)}
        for one in read_silences(connection)
        if ended or not one.over_at(time)
    ]


def describe_silence(connection: Connection, silence_id: int, time: datetime) -> dict[str, Any]:
    """Describe a silence with the `signals` that it has hidden, the oldest first. Raises `SilenceUnknown`."""
    silence = get_silence(connection, silence_id)
    signals = [one.as_json() for one in read_hidden(connection, [silence_id])]
    return {**silence.as_json(), "state": silence.state_at(time), "hidden": len(signals), "signals": signals}


def _hidden(connection: Connection) -> dict[int, int]:
    """Count the signals that each silence has hidden: a signal counts once, however often it was decided."""
    table = decided_signals.c
    births = select(table.silence_id, table.theme_id, table.kind).where(
        table.spike_id.is_(None), table.silence_id.is_not(None)
    )
    spikes = select(table.silence_id, table.spike_id).where(table.spike_id.is_not(None), table.silence_id.is_not(None))
    found: dict[int, int] = {}
    for query in (births.distinct().subquery(), spikes.distinct().subquery()):
        for silence_id, count in connection.execute(
            select(query.c.silence_id, func.count()).group_by(query.c.silence_id)
        ):
            found[silence_id] = found.get(silence_id, 0) + count
    return found
