"""The tickets of a scope among the rows of handling."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, select

from models.access import AccessScope
from store.schema import ticket_handling, tickets
from store.scoped import in_scope


def chosen_rows(filters: Mapping[str, str | int], scope: AccessScope) -> list[ColumnElement[bool]]:
    """Return the conditions on `ticket_handling` that hold for tickets with these values by column that are in a scope.

    A ticket is in the scope by its attributes when it was created, as everywhere. A vendor in this table is the last one that handled
    the ticket: where the scope limits vendors, it must be one of them, too, so that figures say nothing of the work of others.
    """
    conditions = [ticket_handling.c[name] == value for name, value in filters.items()]
    if not scope.is_everything:
        conditions += [ticket_handling.c[name].in_(allowed) for name, allowed in scope.limits]
        conditions.append(ticket_handling.c.ticket_id.in_(select(tickets.c.id).where(in_scope(scope))))
    return conditions
