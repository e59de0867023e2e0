"""Figures for leaders as the command prints them: the period that is asked for, grouped by a dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from groundswell.errors import UsageError
from models.metrics.business_hours import BusinessClock, BusinessSchedule
from models.metrics.cells import DIMENSIONS
from models.metrics.cost import CostTable
from models.metrics.figures import Figure, FigurePeriod, figures
from models.metrics.metric import ServiceMetric
from models.proportion import wilson_interval
from models.times import parse_rfc3339, rfc3339
from store.epochs import read_mined_until
from store.handling import read_first_creation, read_period
from store.service_levels import count_promises, read_at_risk
from store.themes import read_themes

DEFAULT_DAYS = 7


@dataclass(frozen=True, slots=True)
class KpiQuery:
    """What is asked for.

    Parameters
    ----------
    period: which one.
    by: the column to group by; None: all tickets are one group.
    filters: values by column.
    clock: business hours in which durations are measured; None: the calendar's.
    costs: what handling costs; without them there is no cost per resolution.
    """

    period: FigurePeriod
    by: str | None = None
    filters: Mapping[str, str | int] = field(default_factory=dict)
    clock: BusinessClock | None = None
    costs: CostTable | None = None

    @property
    def dimension(self) -> str | None:
        """What it is grouped by, as a person types it."""
        return "theme" if self.by == "theme_id" else self.by


def clock_of(
    connection: Connection, schedules: Mapping[str, BusinessSchedule], schedule: str | None, period: FigurePeriod
) -> BusinessClock | None:
    """Return the clock of a schedule of the service levels, from the first ticket on; None where no schedule is named."""
    if schedule is None:
        return None
    if schedule not in schedules:
        known = (
            ", ".join(schedules) or "none; write it under [[schedule]] in the file that figures.service_levels names"
        )
        raise UsageError(f"received the schedule {schedule!r}; known are {known}")
    first = read_first_creation(connection) or period.start
    last = max(period.end, period.known_until)
    return BusinessClock(schedules[schedule], first.date() - timedelta(days=1), last.date() + timedelta(days=1))


def column_of(dimension: str) -> str:
    """Return the column of a dimension by the name that a person types."""
    name = "theme_id" if dimension == "theme" else dimension.replace("-", "_")
    if name not in DIMENSIONS:
        known = ", ".join("theme" if one == "theme_id" else one for one in DIMENSIONS)
        raise UsageError(f"received the dimension {dimension!r}; valid are {known}")
    return name


def filters_of(texts: Sequence[str]) -> dict[str, str | int]:
    """Return filters that were typed as DIMENSION=VALUE."""
    found: dict[str, str | int] = {}
    for text in texts:
        dimension, sign, value = text.partition("=")
        if not sign or not value:
            raise UsageError(f"received the filter {text!r}; valid is DIMENSION=VALUE, for example region=BR")
        column = column_of(dimension.strip())
        if column == "theme_id" and not (value.strip().isdecimal() and len(value.strip()) < 10):
            raise UsageError(
                f"received the theme {value!r}; valid is its number, as `groundswell themes list` shows it"
            )
        found[column] = int(value) if column == "theme_id" else value.strip()
    return found


def period_of(connection: Connection, start: str | None, end: str | None, containment: timedelta) -> FigurePeriod:
    """Return the period between two days or times; by default the last seven days that are mined, to a full hour."""
    known = read_mined_until(connection)
    if known is None:
        raise UsageError("no ticket is mined yet, so there are no figures; `groundswell ingest` reads tickets")
    last = moment_of(end) if end else known.replace(minute=0, second=0, microsecond=0)
    first = moment_of(start) if start else last - timedelta(days=DEFAULT_DAYS)
    if first >= min(last, known):
        raise UsageError(
            f"received a period from {rfc3339(first)} to {rfc3339(last)}; valid is a start before the end and before {rfc3339(known)}, "
            "until when tickets are mined"
        )
    return FigurePeriod(first, last, known, containment)


def moment_of(text: str) -> datetime:
    """Return the time that was typed: a day in UTC, or a time with a zone. Raises `UsageError`."""
    try:
        if len(text) == len("2026-11-20"):
            return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
        return parse_rfc3339(text)
    except ValueError as error:
        raise UsageError(
            f"received the time {text!r}; valid is a day such as 2026-11-20 (UTC) or a time with a zone such as 2026-11-20T08:00Z"
        ) from error


def change_day(text: str, earlier: timedelta) -> date:
    """Return the first day of a change that was typed, after a time before it that is compared. Raises `UsageError`."""
    try:
        day = date.fromisoformat(text)
        day - earlier
    except (ValueError, OverflowError) as error:
        raise UsageError(f"received --at {text!r}; valid is a day such as 2026-11-20") from error
    return day


def kpi_rows(connection: Connection, query: KpiQuery) -> list[dict[str, Any]]:
    """Return a row for each group with its figures, the group with most created tickets first."""
    period = query.period
    tickets, values = read_period(connection, period.start, period.end, query.filters, query.by)
    names = {one: row.name for one, row in read_themes(connection).items()} if query.by == "theme_id" else {}
    made = [_row(query, None, figures(tickets, period, query.clock, query.costs))] if query.by is None else []
    keys = np.array(values, dtype=object)
    for value in sorted({*values}, key=str) if query.by else ():
        group = figures(tickets.where(keys == value), period, query.clock, query.costs)
        if any(figure.number for figure in group.values()):
            made.append(_row(query, value, group, names))
    return sorted(made, key=lambda row: (-row["created"]["number"], str(row["group"])))


def _row(
    query: KpiQuery,
    value: str | int | None,
    group: Mapping[ServiceMetric, Figure],
    names: Mapping[int, str] | None = None,
) -> dict[str, Any]:
    named = {"theme_name": (names or {}).get(value)} if isinstance(value, int) else {}
    return {
        "by": query.dimension, "group": value, **named,
        "from": rfc3339(query.period.start), "to": rfc3339(query.period.end), "known_until": rfc3339(query.period.known_until),
        **{metric.value: asdict(figure) for metric, figure in group.items()},
    }  # fmt: skip


def promise_rows(connection: Connection, query: KpiQuery) -> list[dict[str, Any]]:
    """Return a row for each policy, target and group: how many promises were kept and missed, and the share kept with its interval."""
    period = query.period
    counted = count_promises(connection, period.start, period.end, period.known_until, query.filters, query.by)
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
    connection: Connection, within: timedelta, filters: Mapping[str, str | int], limit: int
) -> list[dict[str, Any]]:
    """Return the open promises that are due within a length of time after what is mined, the next one first."""
    known = read_mined_until(connection)
    if known is None:
        return []
    rows = read_at_risk(connection, known, known + within, filters, limit)
    return [
        {
            **row, "started_at": rfc3339(row["started_at"]), "due_at": rfc3339(row["due_at"]),
            "seconds_left": (row["due_at"] - known).total_seconds(),
        }
        for row in rows
    ]  # fmt: skip


SHOWN: Mapping[str, ServiceMetric] = {
    "created": ServiceMetric.CREATED,
    "resolved": ServiceMetric.RESOLVED,
    "open": ServiceMetric.BACKLOG_CLOSING,
    "first reply": ServiceMetric.FIRST_REPLY_MEDIAN,
    "resolution": ServiceMetric.FULL_RESOLUTION_MEDIAN,
    "reopened": ServiceMetric.REOPEN_RATE,
    "escalated": ServiceMetric.ESCALATION_RATE,
    "satisfied": ServiceMetric.CSAT,
    "by AI": ServiceMetric.CONTAINMENT,
    "one touch": ServiceMetric.ONE_TOUCH_RATE,
}
"""The metrics that the table in the terminal shows, by heading; `--json` has all."""
