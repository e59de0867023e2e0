"""Pages of figures for leaders, each with its tables as files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse, Response, StreamingResponse
from sqlalchemy import Connection

from console.access import needs
from console.figures.address import FILTERED, PERIODS, FigureAddress, FigureFilters
from console.figures.files import MEDIA_TYPES, TableFormat, table_file
from console.figures.page import FigureAsk, FigureContent, FigurePage
from console.figures.pages import PAGES
from console.figures.refresher import FigureRefresher
from console.figures.table import FigureTable
from console.pages.page import Pages
from console.state_cache import StateCache
from models.access import Permission, Person
from models.metrics.targets import FigureTarget
from models.redaction import redact
from models.times import rfc3339
from pipelines.figures.errors import FigureQueryInvalid, TargetsInvalid
from pipelines.figures.query import FigureQuery, are_known, earlier_period, whole_days
from pipelines.figures.target_file import read_targets
from pipelines.handling.settings import FigureSettings
from store.board import mark_of, now_of, snapshot
from store.epochs import read_mined_until
from store.figure_values import read_figure_values
from store.handling import read_refreshed

FigureReader = Annotated[Person, needs(Permission.LOOK, narrows=True)]
Filters = Annotated[FigureFilters, Depends()]

MOST_DAYS = 400
"""Days of the longest period of a page: one of more would have tables too long to read."""


@dataclass(frozen=True, slots=True)
class FigureAnswer:
    """What was asked for and what was found; both are None where no ticket is mined yet. `notice`: why figures are not up to date."""

    ask: FigureAsk | None
    content: FigureContent | None
    notice: str | None


class FigureService:
    """Reads pages of figures: brings these up to date, reads the address, and keeps what was read until something changes."""

    def __init__(self, pages: Pages, settings: FigureSettings) -> None:
        self._pages, self._settings = pages, settings
        self._refresher = FigureRefresher(pages.engine, pages.clock, settings)
        self._cache = StateCache()
        self._targets: Sequence[FigureTarget] | None = None

    def bring_up_to_date(self) -> str | None:
        """Refresh the figures where that is due; return a sentence where they are not up to date, or have no targets."""
        notice = self._refresher.bring_up_to_date()
        try:
            self._targets = self._targets or read_targets(self._settings.targets)
        except TargetsInvalid as error:
            return " ".join([*([notice] if notice else []), f"No targets are shown: {redact(str(error)).text}."])
        return notice

    def begin_refresh(self) -> None:
        """Begin to refresh the figures where that is due, without waiting for it."""
        self._refresher.bring_up_to_date(0.0)

    def answer(
        self, connection: Connection, page: FigurePage, person: Person, filters: FigureFilters, notice: str | None
    ) -> FigureAnswer:
        """Read what a page shows a person. Raises `FigureQueryInvalid`."""
        if read_mined_until(connection) is None:
            return FigureAnswer(None, None, notice)
        ask = self._ask(connection, page, person, filters)
        # What sorts, searches and exports a table does not change what is read.
        asked = replace(filters, sort="", find="", table="", format="")
        also = None if page.depends is None else page.depends(connection, person)
        name = (page.path, asked, person.scope, None if also is None else person)
        state = (mark_of(connection), read_refreshed(connection), also)
        content = self._cache.get(name, state, lambda: page.read(connection, ask))
        return FigureAnswer(ask, content, notice)

    def _ask(self, connection: Connection, page: FigurePage, person: Person, filters: FigureFilters) -> FigureAsk:
        period = whole_days(
            connection, filters.start, filters.end, self._settings.containment, filters.period_days(page.days)
        )
        if (days := (period.end - period.start).days) > MOST_DAYS:
            raise FigureQueryInvalid(f"received a period of {days:,} days; valid are at most {MOST_DAYS}")
        query = FigureQuery(period, filters.column(page.dimensions, page.by), filters.chosen(), scope=person.scope)
        return FigureAsk(
            query=query, earlier=earlier_period(period), is_compared=are_known(connection, period),
            address=FigureAddress(page.path, filters), person=person, settings=self._settings, targets=self._targets or (),
            now=self._pages.clock(),
        )  # fmt: skip


def figure_routes(pages: Pages, service: FigureService) -> APIRouter:
    """Make the routes of the pages of figures."""
    router = APIRouter(default_response_class=HTMLResponse)

    for page in PAGES:
        _add_page(router, pages, service, page)
    return router


def _add_page(router: APIRouter, pages: Pages, service: FigureService, page: FigurePage) -> None:
    @router.get(page.path, name=page.title)
    def show(person: FigureReader, filters: Filters) -> Response:
        filters, notice = filters.redacted(), service.bring_up_to_date()
        kind = filters.file_format()
        with snapshot(pages.engine) as connection:
            found = service.answer(connection, page, person, filters, notice)
            tables = shown_tables(found, filters)
            if kind is not None:
                if found.ask is None:
                    raise FigureQueryInvalid("no ticket is mined yet, so there is no table to export")
                return _file(page, found.ask, chosen_table(tables, filters), kind)
            offered = _offered(connection, found)
            return pages.write(
                connection, page.template, now_of(connection), person=person, page=page, places=PAGES, ask=found.ask, tables=tables,
                content=found.content, notice=notice, offered=offered, filters=filters, periods=PERIODS,
                address=FigureAddress(page.path, filters),
            )  # fmt: skip


def shown_tables(found: FigureAnswer, filters: FigureFilters) -> list[FigureTable]:
    """Return the tables of a page; the one that the address names, or the first, is searched and sorted as it asks for."""
    tables = [] if found.content is None else list(found.content.tables)
    if tables:
        chosen = chosen_table(tables, filters)
        if filters.sort and chosen.column(filters.sort.removeprefix("-")) is None:
            known = ", ".join(one.key for one in chosen.columns)
            raise FigureQueryInvalid(f"received the order {filters.sort!r}; this table is sorted by {known}")
        tables[tables.index(chosen)] = chosen.found(filters.find).sorted_by(filters.sort)
    return tables


def chosen_table(tables: Sequence[FigureTable], filters: FigureFilters) -> FigureTable:
    """Return the table that the address names, or the first. Raises `FigureQueryInvalid`."""
    found = next((one for one in tables if one.name == filters.table or not filters.table), None)
    if found is None:
        known = ", ".join(one.name for one in tables)
        raise FigureQueryInvalid(f"received the table {filters.table!r}; this page has {known}")
    return found


def _offered(connection: Connection, found: FigureAnswer) -> dict[str, Sequence[str]]:
    if found.ask is None:
        return {}
    query = found.ask.query
    return dict(read_figure_values(connection, FILTERED, query.scope, query.period.start, query.period.end))


def _file(page: FigurePage, ask: FigureAsk, table: FigureTable, kind: TableFormat) -> Response:
    period = ask.query.period
    of = page.path.removeprefix("/figures").strip("/") or "overview"
    name = f"{of}-{table.name}-{period.start:%Y-%m-%d}-{period.end:%Y-%m-%d}.{kind}"
    return StreamingResponse(
        table_file(table, kind, about_of(ask)),
        media_type=MEDIA_TYPES[kind],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def about_of(ask: FigureAsk) -> list[tuple[str, str]]:
    """List the facts of what was asked for: period, known until when, filters and scope."""
    period, filters = ask.query.period, ask.query.filters
    facts: list[tuple[str, Any]] = [
        ("from", rfc3339(period.start)), ("to", rfc3339(period.end)), ("known_until", rfc3339(period.known_until)),
        ("earlier_from", rfc3339(ask.earlier.start)), ("by", ask.query.dimension or "all tickets"),
        *(("filter", f"{name} = {value}") for name, value in filters.items()),
        ("scope", ask.query.scope.in_words() or "all tickets"),
    ]  # fmt: skip
    return [(name, str(value)) for name, value in facts]
