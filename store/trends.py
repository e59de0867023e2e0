"""Trends: rises of days and weeks, as rows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from models.alert import Gate
from models.segment import Segment
from models.trends.trend import TrendOutcome, VolumeTrend
from store.schema import trends
from store.upsert import upsert


def write_trends(connection: Connection, written: Sequence[VolumeTrend]) -> None:
    """Insert trends, or replace those that are stored already."""
    rows = [
        {
            "id": one.trend_id, "theme_id": one.theme_id, "segment": one.segment.as_dict(), "start": one.start, "end": one.end,
            "detected_at": one.detected_at, "days": one.days, "observed": one.observed, "expected": one.expected,
            "p_value": one.p_value, "gate": None if one.gate is None else one.gate.value,
            "outcome": None if one.outcome is None else one.outcome.value,
        }
        for one in written
    ]  # fmt: skip
    upsert(connection, trends, rows, ["id"])


def read_trends(
    connection: Connection, start: datetime | None = None, end: datetime | None = None
) -> list[VolumeTrend]:
    """Read the trends that overlap [start, end), or all, in the order of their ids."""
    query = select(trends).order_by(trends.c.id)
    if start is not None:
        query = query.where(or_(trends.c.end.is_(None), trends.c.end > start))
    if end is not None:
        query = query.where(trends.c.start < end)
    return [_trend(row) for row in connection.execute(query)]


def _trend(row: Row[Any]) -> VolumeTrend:
    return VolumeTrend(
        trend_id=row.id, theme_id=row.theme_id, segment=Segment.of(row.segment), start=row.start, end=row.end,
        detected_at=row.detected_at, days=row.days, observed=row.observed, expected=row.expected, p_value=row.p_value,
        gate=None if row.gate is None else Gate(row.gate), outcome=None if row.outcome is None else TrendOutcome(row.outcome),
    )  # fmt: skip
