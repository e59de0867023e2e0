"""The tickets of a scope among the rows of handling."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement

from models.access import AccessScope
from store.schema import ticket_handling


def chosen_rows(filters: Mapping[str, str | int], scope: AccessScope) -> list[ColumnElement[bool]]:
    """Return the conditions on `ticket_handling` that hold for tickets with these values by column that are in a scope.

    Business line and region are those at the creation, as everywhere. The vendor is the last one that handled the ticket, as in all
    figures of handling: a vendor's figures are of its own work, also on tickets that came to it later, and not of the work of those to
    whom it passed a ticket on.
    """
    conditions = [ticket_handling.c[name] == value for name, value in filters.items()]
    return conditions + [ticket_handling.c[name].in_(allowed) for name, allowed in scope.limits]
