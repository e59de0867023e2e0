"""Rows of figures as `kpis --json` and the API give them: metrics, promises, and what is due soon, by group."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from models.access import EVERYTHING, AccessScope
from models.proportion import wilson_interval
from models.times import rfc3339
from pipelines.figures.errors import FigureQueryInvalid
from pipelines.figures.groups import FigureGroup, FigureGroups, cells_for, read_groups
from pipelines.figures.query import FigureQuery
from store.epochs import read_mined_until
from store.service_levels import count_promises, read_at_risk


def figure_rows(connection: Connection, query: FigureQuery) -> list[dict[str, Any]]:
    """Return a row for each group with its figures, from the rows of the tickets; the group with most created tickets comes first."""
    return _rows(query, read_groups(connection, query, exact=True))


def fast_rows(connection: Connection, query: FigureQuery) -> list[dict[str, Any]]:
    """Return the rows of `figure_rows` from the daily sums. Raises `FigureQueryInvalid` where these cannot answer."""
    if cells_for(connection, query) is None:
        raise FigureQueryInvalid(
            "the sums by day do not answer this; valid are whole days in UTC in the calendar's time, and one filter with a dimension "
            "of which there are sums together; leave out --fast"
        )
    return _rows(query, read_groups(connection, query))


def _rows(query: FigureQuery, found: FigureGroups) -> list[dict[str, Any]]:
    return [
        _row(query, group, from_sums=found.from_cells)
        for group in found.groups
        if query.by is None or any(figure.number for figure in group.periods[0].figures.values())
    ]


def _row(query: FigureQuery, group: FigureGroup, *, from_sums: bool) -> dict[str, Any]:
    named = {"theme_name": group.name} if isinstance(group.value, int) else {}
    return {
        "by": query.dimension, "group": group.value, **named,
        "from": rfc3339(query.period.start), "to": rfc3339(query.period.end), "known_until": rfc3339(query.period.known_until),
        **({"from_daily_sums": True} if from_sums else {}),
        **{metric.value: asdict(figure) for metric, figure in group.periods[0].figures.items()},
    }  # fmt: skip


def promise_rows(connection: Connection, query: FigureQuery) -> list[dict[str, Any]]:
    """Return a row for each policy, target and group: how many promises were kept and missed, and the share kept with its interval."""
    period = query.period
    counted = count_promises(
        connection, period.start, period.end, period.known_until, query.filters, query.by, query.scope
    )
    made = []
    for row in counted:
        number = row["kept"] + row["missed"]
        low, high = wilson_interval(row["kept"], number)
        made.append({
            "by": query.dimension, "group": row.get("group"), "policy": row["policy"],
            "target": row["target"], "kept": row["kept"], "missed": row["missed"],
            "compliance": {"value": row["kept"] / number, "low": low, "high": high, "number": number},
            "from": rfc3339(period.start), "to": rfc3339(period.end), "known_until": rfc3339(period.known_until),
        })  # fmt: skip
    return sorted(made, key=lambda row: (str(row["policy"]), str(row["target"]), str(row["group"])))


def risk_rows(
    connection: Connection,
    within: timedelta,
    filters: Mapping[str, str | int],
    limit: int,
    scope: AccessScope = EVERYTHING,
) -> list[dict[str, Any]]:
    """Return the open promises that are due within a length of time after what is mined, the next one first."""
    known = read_mined_until(connection)
    if known is None:
        return []
    rows = read_at_risk(connection, known, known + within, filters, limit, scope)
    return [
        {
            **row, "started_at": rfc3339(row["started_at"]), "due_at": rfc3339(row["due_at"]),
            "seconds_left": (row["due_at"] - known).total_seconds(),
        }
        for row in rows
    ]  # fmt: skip
