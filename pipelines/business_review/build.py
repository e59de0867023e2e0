"""Building a business review: its figures are read, and put into words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from alerts.digest.procedures import notes_of, procedure_words
from alerts.ownership import Audience
from alerts.review.records import BusinessReview, CellKind, ReviewCell, ReviewNumber, ReviewTable
from alerts.review.words import cell_text, change_interval, change_text
from models.formats import counted, utc_weekday
from models.metrics.cost import CostTable
from models.metrics.daily_figures import LeadFigure
from models.metrics.figures import FigurePeriod
from pipelines.business_review.audience import ReviewScope, review_scope
from pipelines.business_review.explained import driver_table, figure_cell, read_ai, read_effort
from pipelines.business_review.sections import BY_HANDLER, BY_LINE, BY_TEAM, group_table, shown_name
from pipelines.figures.overview import LeadNumber, LeadOverview, read_overview
from pipelines.figures.query import FigureQuery
from store.digest_rows.procedures import read_procedures
from store.digests import DigestWindow
from store.promises import read_handled_until


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """How figures are made: how long a ticket that AI solved must stay solved, and what handling costs, None without a table."""

    containment: timedelta = timedelta(days=7)
    costs: CostTable | None = None


_NUMBERS = {
    LeadFigure.CREATED: ("Tickets created", CellKind.COUNT, CellKind.GROWTH),
    LeadFigure.BACKLOG: ("Open at the end of the week", CellKind.COUNT, CellKind.COUNT_CHANGE),
    LeadFigure.FIRST_REPLY: ("First reply, median", CellKind.SECONDS, CellKind.LENGTH_CHANGE),
    LeadFigure.RESOLUTION: ("Resolution, median", CellKind.SECONDS, CellKind.LENGTH_CHANGE),
    LeadFigure.COMPLIANCE: ("Promises kept", CellKind.SHARE, CellKind.POINTS),
    LeadFigure.CSAT: ("Satisfied", CellKind.SHARE, CellKind.POINTS),
}
"""How each of the five numbers is called, and what it and its change are counted in."""


def build_review(
    connection: Connection, audience: Audience, window: DigestWindow, rules: ReviewRules
) -> BusinessReview | None:
    """Build the review of an audience for a week of whole days in UTC.

    None where figures cannot be kept to the audience's tickets (`review_scope`), and before the first refresh of figures.
    """
    scope = review_scope(audience)
    return None if scope is None else review_within(connection, audience.name, scope, window, rules)


def review_within(
    connection: Connection, reader: str, scope: ReviewScope, window: DigestWindow, rules: ReviewRules
) -> BusinessReview | None:
    """Build the review of the tickets of a scope for a week of whole days in UTC; None before the first refresh of figures.

    reader: who reads it. Procedures that are overdue are listed where all tickets are in it.
    """
    known = read_handled_until(connection)
    if known is None or known <= window.start:
        return None
    period = FigurePeriod(window.start, window.end, known, rules.containment)
    query = FigureQuery(period, filters=scope.filters, costs=rules.costs, scope=scope.access)
    overview = read_overview(connection, query)
    numbers = tuple(_number(one) for one in overview.numbers)
    ai, ai_themes = read_ai(connection, query)
    drivers = [driver_table(one, overview.names) for one in overview.drivers]
    explained = [*drivers, ai_themes, read_effort(connection, query)]
    return BusinessReview(
        audience=reader, window=window, scope=shown_name(scope.words), known_until=known, numbers=numbers, ai=ai,
        tables=(*read_tables(connection, query), *(one for one in explained if one is not None)),
        sentences=(*_sentences(numbers), *_outside(overview, window), *_unfinished(window, known)),
        overdue=_overdue(connection, window) if not scope.words else (),
    )  # fmt: skip


def read_tables(connection: Connection, query: FigureQuery) -> Iterator[ReviewTable]:
    """Yield the tables of figures by group; those without a row are left out."""
    by = [
        ("business_line", ("lines", "Service levels by business line", "Business line"), BY_LINE),
        ("team", ("teams", "Teams", "Team"), BY_TEAM),
        ("vendor", ("vendors", "Vendors", "Vendor"), BY_TEAM),
        ("handled_by", ("handlers", "AI, own staff and vendors", "Handled by"), BY_HANDLER),
    ]
    for column, heading, columns in by:
        table = group_table(connection, replace(query, by=column), heading, columns)
        if table is not None:
            yield table


def _number(found: LeadNumber) -> ReviewNumber:
    title, kind, change_kind = _NUMBERS[found.figure]
    counts = kind is CellKind.COUNT
    now, before = (ReviewCell(one.value) if counts else figure_cell(one) for one in (found.now, found.before))
    return ReviewNumber(
        key=found.figure.value, title=title, kind=kind, now=now, before=before,
        change=ReviewCell(found.change, *(found.interval or (None, None))), change_kind=change_kind,
    )  # fmt: skip


def _outside(overview: LeadOverview, window: DigestWindow) -> Iterator[str]:
    """Say on which days a number was outside of what is expected of such days."""
    for one in overview.numbers:
        days = [f"{window.start + timedelta(days=at):%a}" for at in one.outside]
        if days:
            yield f"{_NUMBERS[one.figure][0]}: outside the expected range on {', '.join(days)}."


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
