"""Values of dimensions that figures can be filtered by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from models.access import AccessScope
from models.metrics.cells import NO_DIMENSION
from store.handling_scope import chosen_rows
from store.schema import handling_groups, ticket_handling

MOST_VALUES = 300
"""Values of a dimension that are offered, in alphabetical order."""


def read_figure_values(
    connection: Connection, dimensions: Sequence[str], scope: AccessScope, start: datetime, end: datetime
) -> Mapping[str, Sequence[str]]:
    """Read the values of dimensions of `models.metrics.cells.PAIRED`, in alphabetical order.

    They are those that there ever were, from the groups of the daily sums: of all tickets, or of those with the values of the dimension
    that a scope limits. Of a scope of several dimensions they are those of its tickets that were created in [start, end).
    """
    found: dict[str, set[str]] = {name: set() for name in dimensions}
    pairs = (
        _of_rows(connection, dimensions, scope, start, end) if len(scope.limits) > 1 else _of_groups(connection, scope)
    )
    for name, value in pairs:
        if value and name in found:
            found[name].add(value)
    return {name: sorted(values, key=str.casefold)[:MOST_VALUES] for name, values in found.items()}


def _of_groups(connection: Connection, scope: AccessScope) -> Iterable[tuple[str, str]]:
    group = handling_groups.c
    if scope.is_everything:
        query = select(group.dimension, group.value).where(group.filter_dimension == NO_DIMENSION)
        yield from ((row.dimension, row.value) for row in connection.execute(query))
        return
    ((limited, allowed),) = scope.limits
    # A pair has groups in one order of its dimensions.
    either = or_(
        and_(group.dimension == limited, group.value.in_(allowed)),
        and_(group.filter_dimension == limited, group.filter_value.in_(allowed)),
    )
    query = select(group.dimension, group.value, group.filter_dimension, group.filter_value).where(either)
    for row in connection.execute(query):
        yield row.dimension, row.value
        yield row.filter_dimension, row.filter_value


def _of_rows(
    connection: Connection, dimensions: Sequence[str], scope: AccessScope, start: datetime, end: datetime
) -> Iterable[tuple[str, str]]:
    created = ticket_handling.c.created_at
    rows = select(*(ticket_handling.c[name] for name in dimensions)).where(created >= start, created < end)
    for row in connection.execute(rows.where(*chosen_rows({}, scope)).distinct()):
        yield from zip(dimensions, row, strict=True)
