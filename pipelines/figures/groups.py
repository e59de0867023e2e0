"""Figures by group: from the daily sums where they can answer the question, else from the tickets' rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from models.metrics.cell_figures import CellSeries, day_of, figures_of_cells, promises_of_cells
from models.metrics.cells import without
from models.metrics.figures import Figure, FigurePeriod, figures, share_figure
from models.metrics.metric import ServiceMetric
from pipelines.figures.query import FigureQuery
from store.handling import read_period
from store.handling_cells import CellQuery, are_cells_counted, rank_values, read_cells
from store.scoped import scoped_names
from store.service_levels import count_overdue, count_promises

GroupValue = str | int | None
"""A value of the dimension that is grouped by: a theme's number, a text, or None for tickets without one and for all tickets."""

Promises = Mapping[str, tuple[int, int]]
"""How many promises were kept and missed, by target."""


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """The metrics of a group in a period, and the promises to its tickets that were decided in it."""

    figures: Mapping[ServiceMetric, Figure]
    promises: Promises

    def __getitem__(self, metric: ServiceMetric) -> Figure:
        """Return a metric's figure; one that was not computed is founded on nothing."""
        return self.figures.get(metric, Figure(None))

    @property
    def compliance(self) -> Figure:
        """Return the share of promises of all targets that were kept."""
        kept, missed = (sum(pair[at] for pair in self.promises.values()) for at in (0, 1))
        return share_figure(kept, kept + missed)

    @property
    def is_empty(self) -> bool:
        """Return whether nothing happened and nothing is open."""
        return not any(figure.number for figure in self.figures.values()) and not self.promises


@dataclass(frozen=True, slots=True)
class FigureGroup:
    """A group's figures in each period that was asked for; `name` is what a page calls it."""

    value: GroupValue
    name: str
    periods: tuple[PeriodFigures, ...]


@dataclass(frozen=True, slots=True)
class FigureGroups:
    """Groups, the one with most created tickets in the first period first, and whether they are of daily sums."""

    groups: Sequence[FigureGroup]
    from_cells: bool


def read_groups(
    connection: Connection,
    query: FigureQuery,
    earlier: Sequence[FigurePeriod] = (),
    *,
    limit: int | None = None,
    exact: bool = False,
) -> FigureGroups:
    """Read the figures of each group in the period of the query, and in earlier ones.

    From daily sums, percentiles are within 2 %, and the age of the backlog and the cost per resolution are left out; everything else is
    equal to the rows'. With `exact` the rows are read in any case. `limit`: only so many of the largest groups.
    """
    cells = None if exact else cells_for(connection, query, earlier)
    periods = (query.period, *earlier)
    found = (
        [_from_rows(connection, query.within(period)) for period in periods]
        if cells is None
        else _from_cells(connection, query, cells, periods, limit)
    )
    values = list(dict.fromkeys(value for period in found for value in period)) or ([None] if query.by is None else [])
    groups = [(value, tuple(period.get(value, _NOTHING) for period in found)) for value in values]
    groups = [(value, made) for value, made in groups if query.by is None or not all(one.is_empty for one in made)]
    groups.sort(key=lambda pair: (-(pair[1][0][ServiceMetric.CREATED].value or 0), str(pair[0])))
    names = _names(connection, query, [value for value, _ in groups[:limit]])
    return FigureGroups([FigureGroup(value, names[value], made) for value, made in groups[:limit]], cells is not None)


def cells_for(connection: Connection, query: FigureQuery, earlier: Sequence[FigurePeriod] = ()) -> CellQuery | None:
    """Return which daily sums answer a question in the calendar's time; None where only the rows can.

    They can for whole days in UTC, at most one filter, and a pair of dimensions that is kept. A scope of one value of one dimension is
    a filter.
    """
    filters = dict(query.filters)
    for name, values in query.scope.limits:
        if len(values) > 1 or filters.get(name, values[0]) != values[0]:
            return None
        filters[name] = values[0]
    moments = [moment for one in (query.period, *earlier) for moment in (one.start, one.end)]
    if query.clock is not None or len(filters) > 1 or any(not _is_midnight(moment) for moment in moments):
        return None
    filtered = next(((name, str(value)) for name, value in filters.items()), None)
    found = CellQuery(day_of(min(moments)), day_of(max(moments)), query.by, filtered)
    return found if found.is_kept and are_cells_counted(connection) else None


_NOTHING = PeriodFigures({}, {})


def _is_midnight(moment: datetime) -> bool:
    return moment == moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _from_cells(
    connection: Connection, query: FigureQuery, cells: CellQuery, periods: Sequence[FigurePeriod], limit: int | None
) -> list[dict[GroupValue, PeriodFigures]]:
    first = CellQuery(day_of(query.period.start), day_of(query.period.end), cells.by, cells.filtered)
    chosen = None if limit is None else rank_values(connection, first, limit)
    series = read_cells(connection, cells, chosen)
    made = []
    for period in periods:
        overdue = _overdue(connection, query.within(period))
        made.append({_value(query, key): _of_cells(one, period, overdue.get(key, {})) for key, one in series.items()})
    return made


def _of_cells(cells: CellSeries, period: FigurePeriod, overdue: Mapping[str, int]) -> PeriodFigures:
    decided = promises_of_cells(cells, period)
    promises = {target: (kept, missed + overdue.get(target, 0)) for target, (kept, missed) in decided.items()}
    return PeriodFigures(
        figures_of_cells(cells, period), {target: pair for target, pair in promises.items() if any(pair)}
    )


def _overdue(connection: Connection, query: FigureQuery) -> dict[str, dict[str, int]]:
    """Return how many open promises are missed as things are, by value as text and target: the daily sums have decided ones only."""
    period = query.period
    # One that is due at the last known moment is missed, as in the rows.
    last = min(period.end, period.known_until + timedelta(microseconds=1))
    rows = count_overdue(connection, period.start, last, query.filters, query.by, query.scope)
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        value = row.get("group")
        found.setdefault("" if value is None else str(value), {})[row["target"]] = row["missed"]
    return found


def _value(query: FigureQuery, key: str) -> GroupValue:
    if query.by is None or not key:
        return None
    return int(key) if query.by == "theme_id" else key


def _from_rows(connection: Connection, query: FigureQuery) -> dict[GroupValue, PeriodFigures]:
    period = query.period
    tickets, values = read_period(connection, period.start, period.end, query.filters, query.by, query.scope)
    promises = _promises(connection, query)
    if query.by is None:
        return {None: PeriodFigures(figures(tickets, period, query.clock, query.costs), promises.get(None, {}))}
    keys = np.array(values, dtype=object)
    return {
        value: PeriodFigures(
            figures(tickets.where(keys == value), period, query.clock, query.costs), promises.get(value, {})
        )
        for value in {*values, *promises}
    }


def _promises(connection: Connection, query: FigureQuery) -> dict[GroupValue, dict[str, tuple[int, int]]]:
    period = query.period
    found: dict[GroupValue, dict[str, tuple[int, int]]] = {}
    for row in count_promises(
        connection, period.start, period.end, period.known_until, query.filters, query.by, query.scope
    ):
        kept, missed = found.setdefault(row.get("group"), {}).get(row["target"], (0, 0))
        found[row.get("group")][row["target"]] = (kept + row["kept"], missed + row["missed"])
    return found


def _names(connection: Connection, query: FigureQuery, values: Sequence[GroupValue]) -> dict[GroupValue, str]:
    if query.by is None:
        return {None: "all tickets"}
    numbers = [value for value in values if isinstance(value, int)]
    names = scoped_names(connection, query.scope, numbers) if numbers else {}
    nothing = without(query.by)
    return {
        value: nothing if value is None else names.get(value, f"theme {value}") if isinstance(value, int) else value
        for value in values
    }
