"""The scorecard of teams and vendors, against their targets, the period before, and each other on the same case mix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from console.figures.case_mix import OUTCOMES, case_mix_table, outcome_of
from console.figures.page import FigureAsk, FigureContent, FigurePage
from console.figures.table import ColumnKind, FigureCell, FigureColumn, FigureRow, FigureTable
from models.comparison.outcomes import Outcome
from models.metrics.metric import DEFINITIONS, BetterDirection, MetricUnit, ServiceMetric
from models.metrics.targets import COMPLIANCE, target_of
from pipelines.figures.groups import FigureGroup, FigureGroups, read_groups
from pipelines.figures.query import FigureQuery
from store.handling import count_created

METRICS = {
    ServiceMetric.CREATED: "Created",
    ServiceMetric.RESOLVED: "Resolved",
    ServiceMetric.BACKLOG_CLOSING: "Open",
    ServiceMetric.FIRST_REPLY_MEDIAN: "First reply",
    ServiceMetric.FULL_RESOLUTION_MEDIAN: "Resolution",
    ServiceMetric.REOPEN_RATE: "Reopened",
    ServiceMetric.ESCALATION_RATE: "Escalated",
    ServiceMetric.CSAT: "Satisfied",
    ServiceMetric.CONTAINMENT: "Contained by AI",
}
"""The metrics of the scorecard with their headings, in the order of its columns."""

PROMISES_KEPT = FigureColumn(
    key=COMPLIANCE, title="Promises kept", kind=ColumnKind.SHARE, better=BetterDirection.HIGHER, has_interval=True, has_number=True,
    has_earlier=True,
    hint="promises of the service levels that were kept / those that were decided in the period, of all targets",
)  # fmt: skip

COMPARED_AT_ONCE = 10_000
"""Tickets of the period up to which groups are compared without being asked: beyond, a page would take too long."""


def read_teams(connection: Connection, ask: FigureAsk) -> FigureContent:
    """Read the scorecard: a row for each group with its figures, targets and the period before; and the comparison, where asked for."""
    found = read_groups(connection, ask.query, [ask.earlier])
    outcome = outcome_of(ask.address.filters.outcome) or _at_once(connection, ask, found)
    tables = [_scorecard(ask, found).comparable(is_compared=ask.is_compared)]
    if outcome is not None:
        tables.append(case_mix_table(connection, ask, outcome))
    values = {"outcomes": OUTCOMES, "outcome": outcome, "targets": len(ask.targets)}
    return FigureContent(tables=tables, values=values, from_cells=found.from_cells)


def _at_once(connection: Connection, ask: FigureAsk, found: FigureGroups) -> Outcome | None:
    """Return what is compared where nothing is asked for; None where there is too much or nothing to compare."""
    period = ask.query.period
    # Also for a few of very many tickets all of the period are looked at.
    number = count_created(connection, period.start, period.end, COMPARED_AT_ONCE + 1)
    if len(found.groups) < 2 or number > COMPARED_AT_ONCE:
        return None
    return Outcome.KEPT if any(group.periods[0].promises for group in found.groups) else Outcome.SATISFIED


def _scorecard(ask: FigureAsk, found: FigureGroups) -> FigureTable:
    by = (ask.query.dimension or "").replace("_", " ")
    targeted = {one.metric for one in ask.targets}
    columns = [
        FigureColumn(key="group", title=by.capitalize()),
        *(
            FigureColumn.of(metric, title=title, target=metric in targeted)
            for metric, title in METRICS.items()
            if _is_shown(metric, ask.query, found)
        ),
    ]
    if any(group.periods[0].promises for group in found.groups):
        columns.append(replace(PROMISES_KEPT, has_target=COMPLIANCE in targeted))
    rows = [_row(ask, group, columns) for group in found.groups]
    return FigureTable(name="scorecard", title=f"Scorecard by {by}", columns=columns, rows=rows)


def _is_shown(metric: ServiceMetric, query: FigureQuery, found: FigureGroups) -> bool:
    if metric is not ServiceMetric.CONTAINMENT:
        return True
    # What a vendor handled last was not contained: by vendor the column would say nothing.
    contained = [group for group in found.groups if group.periods[0][metric].value]
    return query.by != "vendor" and not query.is_of_persons and len(contained) > 1


def _row(ask: FigureAsk, group: FigureGroup, columns: Sequence[FigureColumn]) -> FigureRow:
    now, earlier = group.periods
    attributes = {name: str(value) for name, value in ask.query.filters.items()}
    if ask.query.by is not None and group.value is not None:
        attributes[ask.query.by] = str(group.value)
    cells = {
        metric.value: FigureCell.of(now[metric], earlier[metric], is_count=_is_count(metric)) for metric in METRICS
    }
    cells[COMPLIANCE] = FigureCell.of(now.compliance, earlier.compliance)
    cells = {key: cell.against(target_of(ask.targets, key, attributes)) for key, cell in cells.items()}
    cells["group"] = FigureCell(value=group.name)
    return {column.key: cells[column.key] for column in columns}


def _is_count(metric: ServiceMetric) -> bool:
    return DEFINITIONS[metric].unit is MetricUnit.TICKETS


TEAMS = FigurePage(
    path="/figures/teams", title="Teams and vendors", template="figures_teams.html", read=read_teams,
    dimensions=("vendor", "team", "handled_by"), by="vendor",
)  # fmt: skip
