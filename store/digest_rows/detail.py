"""What the items of a digest show in addition to figures: quotes, and whom the tickets concern."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, func, select

from models.event import DIMENSIONS
from models.segment import Segment
from models.service_levels import is_breached
from models.text import customers_words
from store.digest_rows.records import DigestRows, DigestSpike, QuoteRow, Reach
from store.digests import DigestWindow
from store.promises import PromisePeriod, promises_by_theme, read_handled_until
from store.records import chunks
from store.schema import assignments, tickets


def add_detail(connection: Connection, rows: DigestRows, theme_ids: Collection[int], *, quotes: int = 12) -> DigestRows:
    """Add quotes, reach and promises of some themes: up to `quotes` tickets a theme in addition to the evidence of spikes."""
    wanted = sorted(set(theme_ids))
    period = promise_period(connection, rows.window)
    return replace(
        rows, quotes=_quotes(connection, rows, wanted, quotes), reach=_reach(connection, rows.window, wanted),
        promises={} if period is None else promises_by_theme(connection, period, wanted),
    )  # fmt: skip


def promise_period(connection: Connection, window: DigestWindow) -> PromisePeriod | None:
    """Return which promises a digest of a window is about; None before the first refresh of them."""
    known = read_handled_until(connection)
    return None if known is None else PromisePeriod(window.start, window.end, known)


def quote_rows(connection: Connection, ticket_ids: Sequence[str]) -> dict[str, QuoteRow]:
    """Read the tickets that may be quoted, by id; those whose text was erased, or that no longer count, are left out."""
    found: dict[str, QuoteRow] = {}
    for chunk in chunks(ticket_ids):
        for row in connection.execute(select(tickets).where(tickets.c.id.in_(chunk), _quotable())):
            found[row.id] = _quote(row)
    return found


def _quotes(
    connection: Connection, rows: DigestRows, theme_ids: Sequence[int], limit: int
) -> dict[int, tuple[QuoteRow, ...]]:
    episodes = [spike for spike in rows.spikes if spike.theme_id in set(theme_ids)]
    evidence = quote_rows(connection, sorted({ticket_id for spike in episodes for ticket_id in spike.evidence}))
    found: dict[int, dict[str, QuoteRow]] = defaultdict(dict)
    for spike in sorted(episodes, key=_by_severity):
        for ticket_id in spike.evidence:
            if ticket_id in evidence:
                found[spike.theme_id].setdefault(ticket_id, evidence[ticket_id])
    for theme_id, quote in _typical(connection, rows.window, theme_ids, limit):
        found[theme_id].setdefault(quote.ticket_id, quote)
    return {theme_id: tuple(quotes.values()) for theme_id, quotes in found.items()}


def _by_severity(spike: DigestSpike) -> tuple[float, int]:
    return -spike.severity, spike.spike_id


def _typical(
    connection: Connection, window: DigestWindow, theme_ids: Sequence[int], limit: int
) -> Iterator[tuple[int, QuoteRow]]:
    """Read the tickets of the window that are closest to their theme, with the theme's id."""
    place = (
        func.row_number()
        .over(
            partition_by=assignments.c.theme_id,
            order_by=(assignments.c.confidence.desc(), assignments.c.ticket_id),
        )
        .label("place")
    )
    ranked = (
        select(assignments.c.theme_id, assignments.c.ticket_id, place)
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(
            assignments.c.theme_id.in_(theme_ids),
            _quotable(),
            tickets.c.time >= window.start,
            tickets.c.time < window.end,
        )
        .subquery()
    )
    query = (
        select(ranked.c.theme_id, tickets)
        .join(tickets, tickets.c.id == ranked.c.ticket_id)
        .where(ranked.c.place <= limit)
        .order_by(ranked.c.theme_id, ranked.c.place)
    )
    for row in connection.execute(query):
        yield row.theme_id, _quote(row)


def _reach(connection: Connection, window: DigestWindow, theme_ids: Sequence[int]) -> dict[int, Reach]:
    breaches = _breaches(connection, window, theme_ids)
    query = (
        select(
            assignments.c.theme_id,
            func.count(tickets.c.requester.distinct()).label("customers"),
            func.count(case((tickets.c.escalated.is_(True), 1))).label("escalated"),
            func.count(tickets.c.escalated).label("asked"),
        )
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(*_in_window(window, theme_ids), tickets.c.counted)
        .group_by(assignments.c.theme_id)
    )
    return {
        row.theme_id: Reach(row.customers, row.escalated, row.asked, breaches.get(row.theme_id))
        for row in connection.execute(query)
    }


def _breaches(connection: Connection, window: DigestWindow, theme_ids: Sequence[int]) -> Mapping[int, int]:
    """Count the tickets with a missed service level by theme; themes none of whose tickets has a service level are left out."""
    query = (
        select(assignments.c.theme_id, tickets.c.custom)
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(*_in_window(window, theme_ids), tickets.c.counted, tickets.c.custom.is_not(None))
        .execution_options(yield_per=1000)
    )
    found: dict[int, int] = {}
    for row in connection.execute(query):
        breached = is_breached(row.custom)
        if breached is not None:
            found[row.theme_id] = found.get(row.theme_id, 0) + breached
    return found


def _in_window(window: DigestWindow, theme_ids: Sequence[int]) -> tuple[ColumnElement[bool], ...]:
    return (
        assignments.c.theme_id.in_(theme_ids),
        tickets.c.time >= window.start,
        tickets.c.time < window.end,
    )


def _quotable() -> ColumnElement[bool]:
    return tickets.c.counted & tickets.c.erased_at.is_(None) & ((tickets.c.title != "") | (tickets.c.body != ""))


def _quote(row: Row[Any]) -> QuoteRow:
    return QuoteRow(row.id, row.time, *customers_words(row.title, row.body), _segment(row))


def _segment(row: Row[*tuple[Any, ...]]) -> Segment:
    return Segment.of({name: getattr(row, name) for name in DIMENSIONS})
