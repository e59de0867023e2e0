"""Values of dimensions that figures can be filtered by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from models.access import AccessScope
from store.handling_scope import chosen_rows
from store.schema import handling_groups, ticket_handling

MOST_VALUES = 300
"""Values of a dimension that are offered, in alphabetical order."""


def read_figure_values(
    connection: Connection, dimensions: Sequence[str], scope: AccessScope, start: datetime, end: datetime
) -> Mapping[str, Sequence[str]]:
    """Read the values of dimensions, in alphabetical order.

    Without a scope all that there ever were, from the groups of the daily sums; within one those of its tickets that were created in
    [start, end).
    """
    found: dict[str, set[str]] = {name: set() for name in dimensions}
    if scope.is_everything:
        group = handling_groups.c
        query = select(group.dimension, group.value).where(
            group.dimension.in_(dimensions), group.filter_dimension == "", group.value != ""
        )
        for dimension, value in connection.execute(query):
            found[dimension].add(value)
    else:
        created = ticket_handling.c.created_at
        rows = select(*(ticket_handling.c[name] for name in dimensions)).where(created >= start, created < end)
        for row in connection.execute(rows.where(*chosen_rows({}, scope)).distinct()):
            for name, value in zip(dimensions, row, strict=True):
                found[name].update([value] if value else [])
    return {name: sorted(values, key=str.casefold)[:MOST_VALUES] for name, values in found.items()}
