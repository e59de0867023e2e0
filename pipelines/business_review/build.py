"""Building a business review: its figures are read, and put into words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts.digest.procedures import notes_of, procedure_words
from alerts.ownership import EVERYONE, Audience
from alerts.review.records import BusinessReview, CellKind, ReviewCell, ReviewNumber, ReviewTable, cell_of
from alerts.review.words import cell_text, change_interval, change_text
from models.formats import counted, utc_weekday
from models.metrics.cost import CostTable
from models.metrics.figure_change import figure_change
from models.metrics.figures import Figure, FigurePeriod
from models.metrics.metric import ServiceMetric
from pipelines.business_review.audience import review_scope
from pipelines.business_review.sections import BY_HANDLER, BY_LINE, BY_TEAM, BY_THEME, group_table, shown_name
from pipelines.figures.groups import PeriodFigures, read_groups
from pipelines.figures.query import FigureQuery, earlier_period
from store.digest_rows.procedures import read_procedures
from store.digests import DigestWindow
from store.promises import read_handled_until


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """How figures are made: how long a ticket that AI solved must stay solved, and what handling costs, None without a table."""

    containment: timedelta = timedelta(days=7)
    costs: CostTable | None = None


@dataclass(frozen=True, slots=True)
class _Measure:
    key: str
    title: str
    kind: CellKind
    metric: ServiceMetric | None

    def of(self, figures: PeriodFigures) -> Figure:
        return figures.compliance if self.metric is None else figures[self.metric]


_MEASURES = (
    _Measure("created", "Tickets created", CellKind.COUNT, ServiceMetric.CREATED),
    _Measure("backlog", "Open at the end of the week", CellKind.COUNT, ServiceMetric.BACKLOG_CLOSING),
    _Measure("first_reply", "First reply, median", CellKind.SECONDS, ServiceMetric.FIRST_REPLY_MEDIAN),
    _Measure("resolution", "Resolution, median", CellKind.SECONDS, ServiceMetric.FULL_RESOLUTION_MEDIAN),
)
_KEPT = _Measure("kept", "Promises kept", CellKind.SHARE, None)
_SATISFIED = _Measure("satisfied", "Satisfied", CellKind.SHARE, ServiceMetric.CSAT)
"""The fifth number, where no promise was decided in either week."""


def build_review(
    connection: Connection, audience: Audience, window: DigestWindow, rules: ReviewRules
) -> BusinessReview | None:
    """Build the review of an audience for a week of whole days in UTC.

    None where figures cannot be kept to the audience's tickets (`review_scope`), and before the first refresh of figures.
    """
    scope, known = review_scope(audience), read_handled_until(connection)
    if scope is None or known is None or known <= window.start:
        return None
    period = FigurePeriod(window.start, window.end, known, rules.containment)
    query = FigureQuery(period, filters=scope.filters, costs=rules.costs, scope=scope.access)
    tables = read_tables(connection, query)
    numbers = read_numbers(connection, query)
    overdue = _overdue(connection, window) if audience.name == EVERYONE else ()
    return BusinessReview(
        audience=audience.name, window=window, scope=shown_name(scope.words), known_until=known, numbers=numbers, tables=tables,
        sentences=(*_sentences(numbers), *_unfinished(window, known)), overdue=overdue,
    )  # fmt: skip


def read_numbers(connection: Connection, query: FigureQuery) -> tuple[ReviewNumber, ...]:
    """Read the five numbers of the week and of the one before, with the interval of their change where both have one."""
    found = read_groups(connection, replace(query, by=None), [earlier_period(query.period)]).groups
    now, before = found[0].periods if found else (PeriodFigures({}, {}), PeriodFigures({}, {}))
    fifth = _KEPT if _KEPT.of(now).number or _KEPT.of(before).number else _SATISFIED
    return tuple(_number(one, one.of(now), one.of(before)) for one in (*_MEASURES, fifth))


def read_tables(connection: Connection, query: FigureQuery) -> tuple[ReviewTable, ...]:
    """Read the tables of a review; those without a row are left out."""
    by = [
        ("business_line", ("lines", "Service levels by business line", "Business line"), BY_LINE),
        ("team", ("teams", "Teams", "Team"), BY_TEAM),
        ("vendor", ("vendors", "Vendors", "Vendor"), BY_TEAM),
        ("handled_by", ("handlers", "AI, persons and vendors", "Handled by"), BY_HANDLER),
        ("theme_id", ("themes", "Themes with most tickets", "Theme"), BY_THEME),
    ]
    read = (group_table(connection, replace(query, by=column), heading, columns) for column, heading, columns in by)
    return tuple(table for table in read if table is not None)


def _number(measure: _Measure, now: Figure, before: Figure) -> ReviewNumber:
    return ReviewNumber(
        key=measure.key, title=measure.title, kind=measure.kind, now=_cell(measure, now), before=_cell(measure, before),
        change=_change(measure, now, before),
    )  # fmt: skip


def _cell(measure: _Measure, figure: Figure) -> ReviewCell:
    number = None if measure.kind is CellKind.COUNT else figure.number
    return cell_of(figure.value, (figure.low, figure.high), number)


def _change(measure: _Measure, now: Figure, before: Figure) -> ReviewCell:
    if now.value is None or before.value is None:
        return ReviewCell()
    if measure.kind is CellKind.COUNT:
        return ReviewCell((now.value - before.value) / before.value) if before.value else ReviewCell()
    low, high = figure_change(now, before) or (None, None)
    return ReviewCell(now.value - before.value, low, high)


def _sentences(numbers: tuple[ReviewNumber, ...]) -> Iterator[str]:
    """Say the week in one sentence, then which of the numbers changed by more than chance explains."""
    created, backlog, *_, fifth = numbers
    tickets = counted(round(created.now.value or 0), "ticket")
    kept = f", {fifth.title.lower()}: {cell_text(fifth.now, fifth.kind)}" if fifth.now.value is not None else ""
    grown = f" ({change_text(created)})" if created.change.value is not None else ""
    yield f"{tickets} created{grown}, {cell_text(backlog.now, backlog.kind)} open at the end of the week{kept}."
    for one in numbers:
        low, high = one.change.low, one.change.high
        if low is not None and high is not None and (low > 0 or high < 0):
            before, now = cell_text(one.before, one.kind), cell_text(one.now, one.kind)
            yield f"{one.title} went from {before} to {now}: {change_text(one)} ({change_interval(one)})."


def _unfinished(window: DigestWindow, known: datetime) -> Iterator[str]:
    if known < window.end:
        yield f"The week is not over: figures are of what is known until {utc_weekday(known)} UTC, and compared with a whole week."


def _overdue(connection: Connection, window: DigestWindow) -> tuple[str, ...]:
    day = (window.end - timedelta(microseconds=1)).date()
    return tuple(procedure_words(one) for one in notes_of(read_procedures(connection), day) if one.overdue_since)
