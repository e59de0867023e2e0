"""The tables of a business review, each read from figures by group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from alerts.digest.escape import plain
from alerts.review.records import (
    CellKind,
    ReviewCell,
    ReviewColumn,
    ReviewRow,
    ReviewTable,
    cell_of,
)
from models.metrics.figures import Figure
from models.metrics.metric import ServiceMetric
from models.redaction import redact
from pipelines.figures.groups import FigureGroup, PeriodFigures, read_groups
from pipelines.figures.query import FigureQuery, earlier_period

MOST_ROWS = 15
"""Rows of a table: more are no reading for a meeting."""


@dataclass(frozen=True, slots=True)
class SectionColumn:
    """A column of a table, and which figure of a group it shows; `before` shows that of the week before, without its interval."""

    column: ReviewColumn
    figure: Callable[[PeriodFigures], Figure]
    before: bool = False

    def cell(self, group: FigureGroup) -> ReviewCell:
        """Return the cell of a group."""
        figure = self.figure(group.periods[1 if self.before else 0])
        interval = (None, None) if self.before else (figure.low, figure.high)
        counted = self.column.kind is CellKind.COUNT
        return cell_of(figure.value, interval, None if counted else figure.number)


def metric(key: str, title: str, kind: CellKind, name: ServiceMetric) -> SectionColumn:
    """Return a column of one metric."""
    return SectionColumn(ReviewColumn(key, title, kind), lambda figures: figures[name])


CREATED = metric("created", "Tickets", CellKind.COUNT, ServiceMetric.CREATED)
KEPT = SectionColumn(ReviewColumn("kept", "Promises kept", CellKind.SHARE), lambda figures: figures.compliance)
KEPT_BEFORE = SectionColumn(
    ReviewColumn("kept_before", "The week before", CellKind.SHARE), lambda figures: figures.compliance, before=True
)
REPLY = metric("first_reply", "First reply, median", CellKind.SECONDS, ServiceMetric.FIRST_REPLY_MEDIAN)
RESOLUTION = metric("resolution", "Resolution, median", CellKind.SECONDS, ServiceMetric.FULL_RESOLUTION_MEDIAN)
REOPENED = metric("reopened", "Reopened", CellKind.SHARE, ServiceMetric.REOPEN_RATE)
ESCALATED = metric("escalated", "Escalated", CellKind.SHARE, ServiceMetric.ESCALATION_RATE)
SATISFIED = metric("satisfied", "Satisfied", CellKind.SHARE, ServiceMetric.CSAT)

BY_LINE = (CREATED, KEPT, KEPT_BEFORE, REPLY, RESOLUTION)
BY_TEAM = (CREATED, KEPT, REPLY, RESOLUTION, REOPENED, SATISFIED)
BY_HANDLER = (CREATED, KEPT, RESOLUTION, REOPENED, ESCALATED, SATISFIED)


def group_table(
    connection: Connection, query: FigureQuery, heading: tuple[str, str, str], columns: Sequence[SectionColumn]
) -> ReviewTable | None:
    """Read a table of the groups of a query, those with most tickets first; None where there is no group with a name.

    heading: key and title of the table, and what its rows are.
    """
    found = read_groups(connection, query, [earlier_period(query.period)])
    named = [one for one in found.groups if one.value is not None]
    if not named:
        return None
    present = [one for one in found.groups if not one.periods[0].is_empty]
    shown = present[:MOST_ROWS]
    given = [one for one in columns if any(one.cell(group).value is not None for group in shown)]
    key, title, of = heading
    return ReviewTable(
        key=key, title=title, of=of, columns=tuple(one.column for one in given),
        rows=tuple(_row(one, given, of) for one in shown), left_out=len(present) - len(shown),
    )  # fmt: skip


def _row(group: FigureGroup, columns: Sequence[SectionColumn], of: str) -> ReviewRow:
    name = f"no {of.lower()}" if group.value is None else shown_name(_NAMES.get(group.name, group.name))
    number = group.value if isinstance(group.value, int) else None
    return ReviewRow(name, tuple(column.cell(group) for column in columns), number)


_NAMES = {"ai": "AI", "human": "own staff", "vendor": "vendors"}
"""How handlers are called."""


def shown_name(name: str) -> str:
    """Return the name of a group as one line without anything sensitive: attributes of tickets are what sources sent."""
    return plain(redact(name).text)
