"""Figures of business lines and user types, and of each pair of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from console.figures.page import FigureAsk, FigureContent, FigurePage
from console.figures.table import ColumnKind, FigureCell, FigureColumn, FigureRow, FigureTable
from models.metrics.metric import DEFINITIONS, BetterDirection, MetricUnit, ServiceMetric
from pipelines.figures.groups import FigureGroup, FigureGroups, read_groups

LINES, TYPES = "business_line", "user_type"

METRICS = {
    ServiceMetric.CREATED: "Created",
    ServiceMetric.BACKLOG_CLOSING: "Open",
    ServiceMetric.FIRST_REPLY_MEDIAN: "First reply",
    ServiceMetric.FULL_RESOLUTION_MEDIAN: "Resolution",
    ServiceMetric.ESCALATION_RATE: "Escalated",
    ServiceMetric.CONTAINMENT: "Contained by AI",
    ServiceMetric.CSAT: "Satisfied",
}
"""The metrics with their headings, in the order of the columns; kept promises come after the resolution."""

COMPLIANCE = FigureColumn(
    key="compliance", title="Promises kept", kind=ColumnKind.SHARE, better=BetterDirection.HIGHER, has_interval=True, has_number=True,
    has_earlier=True, hint="promises of the service levels that were kept / those that were decided in the period, of all targets",
)  # fmt: skip

MOST_LINES = 12
"""Business lines whose user types are listed; the largest ones."""


def read_segments(connection: Connection, ask: FigureAsk) -> FigureContent:
    """Read the tables of business lines, of user types, and of the user types of each business line."""
    lines, types = (read_groups(connection, replace(ask.query, by=name), [ask.earlier]) for name in (LINES, TYPES))
    pairs, all_from_cells = _pairs(connection, ask, lines)
    tables = [
        _table(ask, "business-lines", "Business lines", lines),
        _table(ask, "user-types", "User types", types),
    ]
    if len(lines.groups) > 1:
        tables.append(pairs)
    tables = [one.comparable(is_compared=ask.is_compared) for one in tables]
    return FigureContent(tables=tables, from_cells=lines.from_cells and types.from_cells and all_from_cells)


def _pairs(connection: Connection, ask: FigureAsk, lines: FigureGroups) -> tuple[FigureTable, bool]:
    """Return the table of pairs, and whether all of its rows are of daily sums."""
    columns = _columns(ask, "Business line", FigureColumn(key="user_type", title="User type"))
    rows: list[FigureRow] = []
    from_cells = True
    for line in [one for one in lines.groups if isinstance(one.value, str)][:MOST_LINES]:
        query = replace(ask.query, by=TYPES, filters={**ask.query.filters, LINES: str(line.value)})
        found = read_groups(connection, query, [ask.earlier])
        from_cells = from_cells and found.from_cells
        rows += (
            {**_row(group), "group": FigureCell(value=line.name), "user_type": FigureCell(value=group.name)}
            for group in found.groups
        )
    table = FigureTable(
        name="business-lines-by-user-type", title="User types of each business line", columns=columns, rows=rows
    )
    return table, from_cells


def _table(ask: FigureAsk, name: str, title: str, found: FigureGroups) -> FigureTable:
    columns = _columns(ask, title.removesuffix("s"))
    return FigureTable(name=name, title=title, columns=columns, rows=[_row(group) for group in found.groups])


def _row(group: FigureGroup) -> FigureRow:
    now, earlier = group.periods
    cells = {
        metric.value: FigureCell.of(
            now[metric], earlier[metric], is_count=DEFINITIONS[metric].unit is MetricUnit.TICKETS
        )
        for metric in METRICS
    }
    compliance = FigureCell.of(now.compliance, earlier.compliance)
    return {"group": FigureCell(value=group.name), **cells, COMPLIANCE.key: compliance}


def _columns(ask: FigureAsk, title: str, *more: FigureColumn) -> Sequence[FigureColumn]:
    metrics = [
        FigureColumn.of(metric, title=heading)
        for metric, heading in METRICS.items()
        # Of what persons handled last AI contained nothing, by definition.
        if metric is not ServiceMetric.CONTAINMENT or not ask.query.is_of_persons
    ]
    place = list(METRICS).index(ServiceMetric.FULL_RESOLUTION_MEDIAN) + 1
    return [FigureColumn(key="group", title=title), *more, *metrics[:place], COMPLIANCE, *metrics[place:]]


SEGMENTS = FigurePage(
    path="/figures/segments", title="Business lines and user types", template="figures_segments.html", read=read_segments,
)  # fmt: skip
