"""Sums of a period by theme, handler and vendor, and series of cells: from the cells, or from the rows where these cannot answer."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from models.arrays import Ints
from models.metrics.case_sums import FOR_COST, CaseSums, divide_by_vendor
from models.metrics.cell_figures import CellSeries
from models.metrics.cells import COUNTS, NO_DIMENSION, PAIRED_WITH_THEME, CellTickets, cells_of
from models.metrics.columns import HandlingColumns
from models.metrics.figures import FigurePeriod
from pipelines.figures.groups import cells_for
from pipelines.figures.query import FigureQuery
from store.handling import read_period
from store.handling_cells import read_cells
from store.handling_sums import HANDLER, VENDOR, daily_ratings, is_vendor_last, sum_cells, sum_rows


@dataclass(frozen=True, slots=True)
class SummedCells:
    """Cells of theme and another dimension that answer a question: days [start, end) since 1970, the dimension, a value or all."""

    days: tuple[int, int]
    by: str
    only: str | None = None


def cells_of_themes(connection: Connection, query: FigureQuery, *, handlers: bool = True) -> SummedCells | None:
    """Return which cells answer a question by theme and last handler (`handlers`), or by theme alone; None where only the rows can.

    They can for whole days of all tickets, of one handler or of one vendor, and by theme alone for each dimension that is kept with it.
    """
    cells = cells_for(connection, replace(query, by=None))
    if cells is None:
        return None
    days = (cells.start, cells.end)
    if cells.filtered is None:
        return SummedCells(days, HANDLER)
    name, value = cells.filtered
    is_kept = name in PAIRED_WITH_THEME and (not handlers or name in (HANDLER, VENDOR))
    if not is_kept or (name == VENDOR and not is_vendor_last(connection, days)):
        return None
    return SummedCells(days, name, value)


def read_case_sums(
    connection: Connection, query: FigureQuery, names: tuple[str, ...], *, handlers: bool = True
) -> CaseSums:
    """Read the sums of the period by theme and last handler (`handlers`), of daily sums or of the rows: both are equal."""
    period, cells = query.period, cells_of_themes(connection, query, handlers=handlers)
    if cells is None:
        return sum_rows(connection, (period.start, period.end), names, query.filters, query.scope)
    return sum_cells(connection, cells.days, names, cells.by, None if cells.only is None else [cells.only])


def read_priced_sums(connection: Connection, query: FigureQuery, sums: CaseSums) -> CaseSums:
    """Return sums, read by `read_case_sums`, divided by those vendors that have a price of their own."""
    period, cells = query.period, cells_of_themes(connection, query)
    vendors = set(query.costs.vendors) if query.costs is not None else set()
    if cells is None or cells.by == VENDOR or cells.only not in (None, VENDOR) or not vendors:
        return sums
    if not is_vendor_last(connection, cells.days):
        return sum_rows(connection, (period.start, period.end), FOR_COST, query.filters, query.scope)
    return divide_by_vendor(sums.only(FOR_COST), sum_cells(connection, cells.days, FOR_COST, VENDOR, vendors))


def read_series(connection: Connection, query: FigureQuery, earlier: FigurePeriod) -> CellSeries:
    """Read the cells of all tickets of the query, in its period and an earlier one."""
    cells = cells_for(connection, replace(query, by=None), [earlier])
    if cells is not None:
        return next(iter(read_cells(connection, cells).values()), _NOTHING)
    start, end = min(query.period.start, earlier.start), max(query.period.end, earlier.end)
    columns, _ = read_period(connection, start, end, query.filters, None, query.scope)
    return series_of(columns)


def series_of(columns: HandlingColumns) -> CellSeries:
    """Return the cells of tickets as one group, without a backlog before them."""
    nothing = np.empty(0, dtype=np.int64)
    tickets = CellTickets(columns, {}, (nothing, nothing, np.empty(0)), np.ones(len(columns), dtype=np.int64))
    cells = next(cells_of(tickets, ((NO_DIMENSION, NO_DIMENSION),)), None)
    if cells is None:
        return _NOTHING
    return CellSeries(0, cells.day, cells.counts, cells.day[cells.cell], cells.entries, cells.numbers)


def read_daily_ratings(connection: Connection, query: FigureQuery) -> tuple[Ints, Ints]:
    """Read the ratings by day of what AI and what persons handled last, and the satisfied ones of them, shape (2, days) each."""
    period, cells = query.period, cells_for(connection, replace(query, by=HANDLER))
    counted = (
        daily_ratings(connection, period.start, period.end, query.filters, query.scope)
        if cells is None
        else _ratings_of(read_cells(connection, cells))
    )
    days = {day: at for at, day in enumerate(sorted({day for _, day in counted}))}
    rated, satisfied = np.zeros((2, 2, len(days)), dtype=np.int64)
    for (handler, day), (number, hits) in counted.items():
        if handler:
            rated[int(handler != "ai"), days[day]] += number
            satisfied[int(handler != "ai"), days[day]] += hits
    return rated, satisfied


def _ratings_of(series: dict[str, CellSeries]) -> dict[tuple[str, int], tuple[int, int]]:
    rated, satisfied = COUNTS.index("rated"), COUNTS.index("satisfied")
    return {
        (name, day): (counts[rated], counts[satisfied])
        for name, one in series.items()
        for day, counts in zip(one.day.tolist(), one.counts.tolist(), strict=True)
        if counts[rated]
    }


_EMPTY = np.empty(0, dtype=np.int64)
_NOTHING = CellSeries(0, _EMPTY, np.empty((0, len(COUNTS)), dtype=np.int64), _EMPTY, _EMPTY, _EMPTY)
