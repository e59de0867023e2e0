"""Figures for leaders as the command prints them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from groundswell.table import day_and_time, print_table
from models.formats import elapsed, utc_range
from models.metrics.cells import without
from models.metrics.metric import DEFINITIONS, MetricUnit, ServiceMetric

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
"""The metrics that the table in the terminal shows, by heading, and the cost per resolution where there are costs; `--json` has all."""


def print_figures(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows of figures as a table."""
    shown = dict(SHOWN)
    if any(ServiceMetric.COST_PER_RESOLUTION.value in row for row in rows):
        shown["cost"] = ServiceMetric.COST_PER_RESOLUTION
    columns = {f"#{heading}": partial(_figure, metric) for heading, metric in shown.items()}
    print_table(f"Figures{period_text(rows)}", rows, {"of": group_text, **columns}, "No tickets in this period.")


def print_promises(rows: Sequence[Mapping[str, Any]], *, grouped: bool) -> None:
    """Print rows of promises as a table; `grouped`: they are of groups."""
    print_table(f"Service levels{period_text(rows)}", rows, {
        "policy": lambda row: row["policy"],
        "target": lambda row: row["target"].replace("_", " "),
        **({"of": group_text} if grouped else {}),
        "#kept": lambda row: f"{row['kept']:,}",
        "#missed": lambda row: f"{row['missed']:,}",
        "#compliance": lambda row: f"{row['compliance']['value']:.1%}",
        "95 % interval": lambda row: f"{row['compliance']['low']:.1%} to {row['compliance']['high']:.1%}",
    }, "No promise was decided in this period; policies are set by figures.service_levels.")  # fmt: skip


def print_risks(rows: Sequence[Mapping[str, Any]], within: str) -> None:
    """Print open promises that are due within a time, as it was typed."""
    print_table(f"Due within {within}", rows, {
        "ticket": lambda row: row["ticket_id"],
        "promise": lambda row: row["target"].replace("_", " "),
        "policy": lambda row: row["policy"],
        "due": lambda row: day_and_time(row["due_at"]),
        "#left": lambda row: elapsed(row["seconds_left"]),
        "handled by": lambda row: " ".join(one for one in (row["handled_by"], row["vendor"], row["team"]) if one),
        "priority": lambda row: row["priority"] or "",
    }, f"Nothing is due within {within}.")  # fmt: skip


def period_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write the period of rows for the title of their table; nothing where there are none."""
    if not rows:
        return ""
    start, end = (datetime.fromisoformat(rows[0][name]) for name in ("from", "to"))
    return f", {utc_range(start, end)}"


def group_text(row: Mapping[str, Any]) -> str:
    """Write what a row is about."""
    if row["by"] is None:
        return "all tickets"
    return without(row["by"]) if row["group"] is None else str(row.get("theme_name") or row["group"])


def _figure(metric: ServiceMetric, row: Mapping[str, Any]) -> str:
    value = row[metric.value]["value"] if metric.value in row else None
    if value is None:
        return "-"
    if DEFINITIONS[metric].unit is MetricUnit.SECONDS:
        return elapsed(value)
    if DEFINITIONS[metric].unit is MetricUnit.MONEY:
        return f"{value:,.2f}"
    return f"{value:.0%}" if DEFINITIONS[metric].unit is MetricUnit.SHARE else f"{value:,.0f}"
