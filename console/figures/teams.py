"""The scorecard of teams and vendors."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from console.figures.page import FigureAsk, FigureContent, FigurePage
from console.figures.table import ColumnKind, FigureCell, FigureColumn, FigureRow, FigureTable
from models.metrics.metric import DEFINITIONS, BetterDirection, MetricUnit, ServiceMetric
from pipelines.figures.groups import FigureGroup, FigureGroups, read_groups

METRICS = {
    ServiceMetric.CREATED: "Created",
    ServiceMetric.RESOLVED: "Resolved",
    ServiceMetric.BACKLOG_CLOSING: "Open",
    ServiceMetric.FIRST_REPLY_MEDIAN: "First reply",
    ServiceMetric.FULL_RESOLUTION_MEDIAN: "Resolution",
    ServiceMetric.REOPEN_RATE: "Reopened",
    ServiceMetric.ESCALATION_RATE: "Escalated",
    ServiceMetric.CSAT: "Satisfied",
}
"""The metrics of the scorecard with their headings, in the order of its columns."""

COMPLIANCE = FigureColumn(
    key="compliance", title="Promises kept", kind=ColumnKind.SHARE, better=BetterDirection.HIGHER, has_interval=True, has_number=True,
    has_earlier=True, hint="promises of the service levels that were kept / those that were decided in the period, of all targets",
)  # fmt: skip


def read_teams(connection: Connection, ask: FigureAsk) -> FigureContent:
    """Read the scorecard: a row for each group with its figures and those of the period before."""
    found = read_groups(connection, ask.query, [ask.earlier])
    return FigureContent(tables=[_scorecard(ask, found)], from_cells=found.from_cells)


def _scorecard(ask: FigureAsk, found: FigureGroups) -> FigureTable:
    by = (ask.query.dimension or "").replace("_", " ")
    columns = [
        FigureColumn(key="group", title=by.capitalize()),
        *(FigureColumn.of(metric, title=title) for metric, title in METRICS.items()),
        COMPLIANCE,
    ]
    return FigureTable(
        name="scorecard",
        title=f"Scorecard by {by}",
        columns=columns,
        rows=[_row(group, columns) for group in found.groups],
    )


def _row(group: FigureGroup, columns: Sequence[FigureColumn]) -> FigureRow:
    now, earlier = group.periods
    cells = {
        metric.value: FigureCell.of(
            now[metric], earlier[metric], is_count=DEFINITIONS[metric].unit is MetricUnit.TICKETS
        )
        for metric in METRICS
    }
    cells["group"] = FigureCell(value=group.name)
    cells["compliance"] = FigureCell.of(now.compliance, earlier.compliance)
    return {column.key: cells[column.key] for column in columns}


TEAMS = FigurePage(
    path="/figures/teams", title="Teams and vendors", template="figures_teams.html", read=read_teams,
    dimensions=("vendor", "team", "handled_by"), by="vendor",
)  # fmt: skip
