"""The tickets of a theme, page by page, and a search in their texts.

Texts may be encrypted in their columns, so that the database cannot look into them: a search reads the newest ones and compares.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from models.access import AccessScope
from models.event import DIMENSIONS
from models.segment import Segment
from models.text import customers_words
from models.theme import Theme
from store.schema import assignments, tickets
from store.scoped import in_scope
from store.types import in_bytes

NEWEST = 5_000
"""Newest tickets of a theme that its pages list and a search looks at: reading and decrypting them takes a fraction of a second."""

PAGE_ROWS = 50
SORTED_BY_TIME = 20_000
"""Up to so many tickets a theme's are sorted by their time. Those of a larger one, and of a scope, come by epoch, from an index."""


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket with its redacted text; both parts are empty where no text is kept."""

    ticket_id: str
    time: datetime
    title: str
    body: str
    attributes: Segment


@dataclass(frozen=True, slots=True)
class TicketPage:
    """A page of a theme's tickets, newest first.

    `matching` counts those found among the `looked_at` newest, `total` all of the theme that the person may see. `page` counts from 1.
    """

    rows: tuple[TicketRow, ...]
    text: str
    page: int
    pages: int
    matching: int
    looked_at: int
    total: int


def theme_tickets(
    connection: Connection, theme: Theme, scope: AccessScope, text: str = "", page: int = 1
) -> TicketPage:
    """Read a page of the counted tickets of a theme within a scope whose text has each word of `text`, in any case.

    `theme.size` counts the theme's tickets within the scope.
    """
    newest = _newest(theme, scope)
    words = text.casefold().split()
    looked_at = min(theme.size, NEWEST)
    start = (page - 1) * PAGE_ROWS
    if words:
        query = newest.with_only_columns(tickets.c.id, tickets.c.title, tickets.c.body, tickets.c.erased_at).limit(
            NEWEST
        )
        read = connection.execute(query).all()
        found = [row.id for row in read if _holds(row, words)]
        looked_at, matching = len(read), len(found)
        chosen = found[start : start + PAGE_ROWS]
        by_id = {row.id: row for row in connection.execute(select(tickets).where(tickets.c.id.in_(chosen)))}
        rows = [by_id[ticket] for ticket in chosen if ticket in by_id]
    else:
        matching = looked_at
        rows = list(connection.execute(newest.limit(max(0, min(PAGE_ROWS, NEWEST - start))).offset(start)))
    pages = max(1, -(-matching // PAGE_ROWS))
    return TicketPage(tuple(_row(row) for row in rows), text, page, pages, matching, looked_at, theme.size)


def _newest(theme: Theme, scope: AccessScope) -> Select[Any]:
    by_time = (tickets.c.time.desc(), in_bytes(tickets.c.id).desc())
    # A scope may hold few tickets of a large theme.
    few = scope.is_everything and theme.size <= SORTED_BY_TIME
    order = by_time if few else (assignments.c.epoch.desc(), in_bytes(assignments.c.ticket_id))
    return (
        select(tickets)
        .join(assignments, assignments.c.ticket_id == tickets.c.id)
        .where(assignments.c.theme_id == theme.theme_id, tickets.c.counted, in_scope(scope))
        .order_by(*order)
    )


def _holds(row: Any, words: list[str]) -> bool:
    text = "" if row.erased_at is not None else f"{row.title}\n{row.body}".casefold()
    return all(word in text or word == row.id.casefold() for word in words)


def _row(row: Any) -> TicketRow:
    title, body = ("", "") if row.erased_at is not None else customers_words(row.title, row.body)
    attributes = Segment.of({name: getattr(row, name) for name in (*DIMENSIONS, "vendor")})
    return TicketRow(row.id, row.time, title, body, attributes)
