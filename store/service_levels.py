"""Promises to tickets as they are counted: kept and missed in a period, and about to be missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from models.access import EVERYTHING, AccessScope
from store.handling_scope import chosen_rows
from store.schema import sla_cycles, ticket_handling
from store.scoped import hour_of


def count_promises(
    connection: Connection,
    start: datetime,
    end: datetime,
    known_until: datetime,
    filters: Mapping[str, str | int],
    by: str | None,
    scope: AccessScope = EVERYTHING,
) -> list[dict[str, Any]]:
    """Count the promises that were decided in [start, end): `kept` and `missed` by `policy`, `target`, and `group` if `by` is a column.

    A promise is decided when it is missed or, where it is not, when its clock stops. Promises to tickets that were merged, deleted or
    found to be spam are not counted.
    """
    missed_at = missed_at_of(known_until)
    missed = and_(missed_at >= start, missed_at < end)
    kept = and_(missed_at.is_(None), sla_cycles.c.stopped_at >= start, sla_cycles.c.stopped_at < end)
    groups = [sla_cycles.c.policy, sla_cycles.c.target, *_group_of(by)]
    query = (
        select(
            *groups,
            func.sum(case((kept, 1), else_=0)).label("kept"),
            func.sum(case((missed, 1), else_=0)).label("missed"),
        )
        .join(ticket_handling, ticket_handling.c.ticket_id == sla_cycles.c.ticket_id)
        .where(ticket_handling.c.removed_at.is_(None), missed | kept)
        .where(*chosen_rows(filters, scope))
        .group_by(*groups)
    )
    return [{str(name): value for name, value in row.items()} for row in connection.execute(query).mappings()]


def count_overdue(
    connection: Connection,
    start: datetime,
    end: datetime,
    filters: Mapping[str, str | int],
    by: str | None,
    scope: AccessScope = EVERYTHING,
) -> list[dict[str, Any]]:
    """Count the open promises that were due in [start, end): `missed` by `target`, and `group` if `by` is a column.

    `count_promises` has them among the missed ones where what is known reaches to `end`; the daily sums have only decided ones.
    """
    groups = [sla_cycles.c.target, *_group_of(by)]
    return _counted_overdue(connection, groups, [*_overdue(start, end), *chosen_rows(filters, scope)])


def read_kept(connection: Connection, start: datetime, end: datetime, known_until: datetime) -> dict[str, bool]:
    """Read, of the tickets created in [start, end) with a decided promise, whether all of their decided promises were kept."""
    missed = missed_at_of(known_until).is_not(None)
    query = (
        select(sla_cycles.c.ticket_id, func.max(case((missed, 1), else_=0)).label("missed"))
        .join(ticket_handling, ticket_handling.c.ticket_id == sla_cycles.c.ticket_id)
        .where(ticket_handling.c.created_at >= start, ticket_handling.c.created_at < end)
        .where(missed | sla_cycles.c.stopped_at.is_not(None))
        .group_by(sla_cycles.c.ticket_id)
    )
    return {row.ticket_id: not row.missed for row in connection.execute(query)}


def count_overdue_by_day(
    connection: Connection,
    start: datetime,
    end: datetime,
    filters: Mapping[str, str | int],
    by: str | None,
    scope: AccessScope,
) -> list[dict[str, Any]]:
    """Count what `count_overdue` counts by `day`, too: the days from 1970 to the one on which a promise was due."""
    day = (hour_of(sla_cycles.c.due_at) // 24).label("day")
    groups = [sla_cycles.c.target, day, *_group_of(by)]
    return _counted_overdue(connection, groups, [*_overdue(start, end), *chosen_rows(filters, scope)])


def _counted_overdue(
    connection: Connection, groups: Sequence[ColumnElement[Any]], conditions: Sequence[ColumnElement[bool]]
) -> list[dict[str, Any]]:
    query = (
        select(*groups, func.count().label("missed"))
        .join(ticket_handling, ticket_handling.c.ticket_id == sla_cycles.c.ticket_id)
        .where(*conditions)
        .group_by(*groups)
    )
    return [{str(name): value for name, value in row.items()} for row in connection.execute(query).mappings()]


def _group_of(by: str | None) -> list[ColumnElement[Any]]:
    """Return the column that is grouped by, if any."""
    return [ticket_handling.c[by].label("group")] if by else []


def _overdue(start: datetime, end: datetime) -> list[ColumnElement[bool]]:
    """Return the conditions that an open promise to a ticket that was not removed was due in [start, end)."""
    cycles = sla_cycles.c
    # As one expression: SQLite would take the index of one of the two, and look at every open promise for the few that are due then.
    is_open = func.coalesce(cycles.stopped_at, cycles.breached_at).is_(None)
    return [cycles.due_at >= start, cycles.due_at < end, is_open, ticket_handling.c.removed_at.is_(None)]


def missed_at_of(known_until: datetime) -> ColumnElement[datetime]:
    """When a promise was missed: one that is open is missed once its due time has passed."""
    open_late = and_(sla_cycles.c.stopped_at.is_(None), sla_cycles.c.due_at <= known_until)
    return func.coalesce(sla_cycles.c.breached_at, case((open_late, sla_cycles.c.due_at)))


def read_at_risk(
    connection: Connection,
    known_until: datetime,
    until: datetime,
    filters: Mapping[str, str | int],
    limit: int,
    scope: AccessScope = EVERYTHING,
) -> list[dict[str, Any]]:
    """Read open promises that are due after `known_until` and until a moment, the next one first."""
    table = ticket_handling
    query = (
        select(
            sla_cycles.c.ticket_id, sla_cycles.c.policy, sla_cycles.c.target, sla_cycles.c.started_at, sla_cycles.c.due_at,
            table.c.theme_id, table.c.handled_by, table.c.vendor, table.c.team, table.c.priority,
        )
        .join(table, table.c.ticket_id == sla_cycles.c.ticket_id)
        .where(sla_cycles.c.due_at > known_until, sla_cycles.c.due_at <= until, sla_cycles.c.stopped_at.is_(None))
        .where(table.c.removed_at.is_(None), *chosen_rows(filters, scope))
        .order_by(sla_cycles.c.due_at, sla_cycles.c.ticket_id, sla_cycles.c.target)
        .limit(limit)
    )  # fmt: skip
    return [{str(name): value for name, value in row.items()} for row in connection.execute(query).mappings()]
