"""Quotes: redacted text of tickets that shows what a theme is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from models.access import EVERYTHING, AccessScope
from models.segment import Segment
from models.text import customers_words
from store.board.spikes import SpikeRow
from store.records import chunks
from store.schema import assignments, tickets
from store.scoped import in_scope

QUOTES = 6
CANDIDATES = 60
"""Newest tickets that may be quoted, the surest first: enough to find clear ones in a theme of any size."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Redacted text of one ticket of the theme; `attributes` says where it came from."""

    ticket_id: str
    time: datetime
    title: str
    body: str
    attributes: Segment


def theme_quotes(
    connection: Connection, theme_id: int, episodes: Sequence[SpikeRow], scope: AccessScope
) -> tuple[Quote, ...]:
    """Read the clearest quotes of a theme within a scope, those first that its spikes name as evidence."""
    named = list(dict.fromkeys(ticket for episode in episodes[:3] for ticket in episode.evidence))[: 2 * QUOTES]
    newest = select(assignments.c.ticket_id, assignments.c.confidence).where(assignments.c.theme_id == theme_id)
    if not scope.is_everything:
        newest = newest.join(tickets, tickets.c.id == assignments.c.ticket_id).where(in_scope(scope))
    newest = newest.order_by(assignments.c.epoch.desc(), assignments.c.ticket_id).limit(CANDIDATES)
    surest = sorted(connection.execute(newest).all(), key=lambda row: (-row.confidence, row.ticket_id))
    wanted = list(dict.fromkeys([*named, *(row.ticket_id for row in surest)]))
    texts = _texts(connection, wanted[: 4 * QUOTES], scope)
    seen: set[tuple[str, str]] = set()
    quotes: list[Quote] = []
    for ticket_id in wanted:
        quote = texts.get(ticket_id)
        # Templates sent word for word say nothing a second time.
        if quote is not None and (quote.title, quote.body) not in seen:
            seen.add((quote.title, quote.body))
            quotes.append(quote)
    return tuple(quotes[:QUOTES])


def quotes_of(connection: Connection, ticket_ids: Sequence[str], scope: AccessScope = EVERYTHING) -> tuple[Quote, ...]:
    """Read quotes of tickets within a scope, in the order of their ids given; those without a text are left out."""
    texts = _texts(connection, ticket_ids, scope)
    return tuple(texts[ticket] for ticket in ticket_ids if ticket in texts)


def _texts(connection: Connection, ticket_ids: Sequence[str], scope: AccessScope) -> dict[str, Quote]:
    found: dict[str, Quote] = {}
    for part in chunks(ticket_ids):
        for row in connection.execute(select(tickets).where(tickets.c.id.in_(part), in_scope(scope))):
            if row.erased_at is None and (row.title or row.body):
                names = ("region", "platform", "app_version", "payment_method", "channel")
                attributes = Segment.of({name: getattr(row, name) for name in names})
                found[row.id] = Quote(row.id, row.time, *customers_words(row.title, row.body), attributes)
    return found
