"""Sums of handling over a period by theme, last handler and vendor: from the cells, or from the rows where these cannot answer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from models.access import EVERYTHING, AccessScope
from models.metrics.case_sums import CaseKey, CaseSums
from models.metrics.figures import GOOD_RATING
from models.metrics.history import HandlerKind
from store.handling_scope import chosen_rows
from store.schema import handling_cells, handling_groups, ticket_handling, ticket_resolutions
from store.scoped import hour_of
from store.views.view import seconds_between

HANDLER, VENDOR = "handled_by", "vendor"
"""Dimensions; tickets that a vendor handles have the handler of this name."""


def sum_cells(
    connection: Connection,
    days: tuple[int, int],
    names: tuple[str, ...],
    by: str = HANDLER,
    only: Collection[str] | None = None,
) -> CaseSums:
    """Add up the cells of theme and `by` over days [start, end) since 1970; of `by` `only` some values.

    By handler or vendor the sums are of these, by another dimension of themes alone, for one value of it.
    """
    (start, end), group, cell = days, handling_groups.c, handling_cells.c
    pair = [group.dimension == "theme_id", group.filter_dimension == by]
    if only is not None:
        pair.append(group.filter_value.in_(only))
    ids = select(group.id).where(*pair)
    sums = (
        select(cell.group_id, *(func.sum(cell[name]) for name in names))
        .where(cell.group_id.in_(ids), cell.day >= start, cell.day < end)
        .group_by(cell.group_id)
    )
    rows = connection.execute(sums).all()
    groups = select(group.id, group.value, group.filter_value).where(*pair)
    values = {row[0]: row[1:] for row in connection.execute(groups)}
    keys = [_key(by, *values[row[0]]) for row in rows]
    return _of(names, keys, [tuple(row)[1:] for row in rows])


def is_vendor_last(connection: Connection, days: tuple[int, int]) -> bool:
    """Return whether in the days every ticket with a vendor is handled by it, so that sums by handler can be divided by vendor."""
    (start, end), group, cell = days, handling_groups.c, handling_cells.c
    other = (
        select(cell.day)
        .join_from(handling_groups, handling_cells, cell.group_id == group.id)
        .where(
            group.dimension == HANDLER, group.filter_dimension == VENDOR, group.value != VENDOR, group.filter_value != "",
            cell.day >= start, cell.day < end, or_(cell.created > 0, cell.rated > 0),
        )
        .limit(1)
    )  # fmt: skip
    return connection.execute(other).first() is None


def daily_ratings(
    connection: Connection,
    start: datetime,
    end: datetime,
    filters: Mapping[str, str | int],
    scope: AccessScope = EVERYTHING,
) -> dict[tuple[str, int], tuple[int, int]]:
    """Count the ratings given in [start, end) to tickets of a scope, and the satisfied ones, by last handler and day since 1970."""
    row = ticket_handling.c
    day = (hour_of(row.rated_at) // 24).label("day")
    query = (
        select(row.handled_by, day, func.count(), func.coalesce(func.sum(case((row.csat >= GOOD_RATING, 1))), 0))
        .where(row.removed_at.is_(None), row.rated_at >= start, row.rated_at < end, *chosen_rows(filters, scope))
        .group_by(row.handled_by, day)
    )
    return {(one[0] or "", int(one[1])): (int(one[2]), int(one[3])) for one in connection.execute(query)}


def _key(by: str, theme: str, value: str) -> CaseKey:
    if by == HANDLER:
        return CaseKey(theme, value)
    return CaseKey(theme, VENDOR, value) if by == VENDOR else CaseKey(theme, "")


def _of(names: tuple[str, ...], keys: Sequence[CaseKey], rows: Sequence[Any]) -> CaseSums:
    # Sums of PostgreSQL are decimals, and those of seconds fractions.
    counts = np.array(rows, dtype=np.int64).reshape(len(rows), len(names))
    return CaseSums(names, keys, counts)


def sum_rows(
    connection: Connection,
    period: tuple[datetime, datetime],
    names: tuple[str, ...],
    filters: Mapping[str, str | int],
    scope: AccessScope = EVERYTHING,
) -> CaseSums:
    """Add up the rows of the tickets of a scope that were created, or for ratings rated, in [start, end), by theme, handler and vendor.

    The sums are those of the cells, and handled seconds within one second a ticket. `filters` are values by column.
    """
    (start, end), row = period, ticket_handling.c
    created = and_(row.created_at >= start, row.created_at < end)
    rated = and_(row.rated_at >= start, row.rated_at < end)
    key, amounts = (row.theme_id, row.handled_by, row.vendor), _amounts(created, rated)
    counted = or_(created, rated) if "rated" in names else created
    query = (
        select(*key, *(func.coalesce(func.sum(case(amounts[name])), 0) for name in names))
        .where(row.removed_at.is_(None), counted, *chosen_rows(filters, scope))
        .group_by(*key)
    )
    rows = connection.execute(query).all()
    keys = [CaseKey(*("" if value is None else str(value) for value in one[:3])) for one in rows]
    return _of(names, keys, [one[3:] for one in rows])


def _amounts(created: ColumnElement[bool], rated: ColumnElement[bool]) -> dict[str, tuple[ColumnElement[bool], Any]]:
    """Return of each name which rows are added up, and what of them."""
    row = ticket_handling.c
    begun = and_(created, row.created_by == HandlerKind.AI.value)
    alone = and_(begun, row.resolved_by == HandlerKind.AI.value, row.had_human.is_(False))
    decided = and_(begun, or_(row.had_human, row.first_resolved_at.is_not(None)))
    solved = and_(created, row.resolved_at.is_not(None))
    return {
        "created": (created, 1), "escalated": (and_(created, row.escalated_at.is_not(None)), 1), "ai_begun": (begun, 1),
        "ai_decided": (decided, 1), "ai_alone": (alone, 1), "ai_handed_over": (and_(begun, row.had_human), 1),
        "ai_escalated": (and_(begun, row.escalated_at.is_not(None)), 1), "ai_reopened": (and_(alone, row.reopens > 0), 1),
        "replies": (created, row.replies), "human_replies": (created, row.human_replies), "transfers": (created, row.transfers),
        "handled": (solved, 1), "handled_seconds": (solved, _handling_seconds()), "rated": (rated, 1),
        "satisfied": (and_(rated, row.csat >= GOOD_RATING), 1),
    }  # fmt: skip


def _handling_seconds() -> ColumnElement[float]:
    """Return the expression of `models.metrics.columns.handling_seconds` of a solved ticket."""
    row, span = ticket_handling.c, ticket_resolutions.c
    often = (
        select(func.coalesce(func.sum(seconds_between(span.resolved_at, span.reopened_at)), 0.0))
        .where(span.ticket_id == row.ticket_id, span.reopened_at.is_not(None))
        .scalar_subquery()
    )
    solved = case(
        (row.reopens == 0, 0.0),
        (row.reopens == 1, seconds_between(row.first_resolved_at, row.first_reopened_at)),
        else_=often,
    )
    seconds = seconds_between(row.created_at, row.resolved_at) - solved - row.requester_wait - row.third_party_wait
    return case((seconds > 0, seconds), else_=0.0)
