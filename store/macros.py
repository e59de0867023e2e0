"""Macros that were learned from the tickets: standard sentences that are left out before a ticket is embedded or a theme is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from models.demand.kind import DemandKind
from models.text.macros import Macro
from store.schema import macros, tickets
from store.upsert import upsert


def write_macros(connection: Connection, learned: Sequence[Macro], at: datetime) -> list[Macro]:
    """Keep macros, and return those that were not known; of known ones the number of tickets and the time are replaced."""
    known = set(read_macros(connection))
    rows = [{"beginning": one.beginning, "tickets": one.tickets, "learned_at": at} for one in learned]
    upsert(connection, macros, rows, ["beginning"])
    return [one for one in learned if one.beginning not in known]


def read_macros(connection: Connection) -> tuple[str, ...]:
    """Read how the learned macros begin, in lower case, by name."""
    return tuple(connection.execute(select(macros.c.beginning).order_by(macros.c.beginning)).scalars())


def read_newest_bodies(connection: Connection, most: int) -> Iterator[str]:
    """Read the redacted bodies of the tickets that count, the newest first, at most `most`."""
    query = (
        select(tickets.c.body)
        .where(
            tickets.c.body != "",
            tickets.c.counted,
            tickets.c.demand == DemandKind.CUSTOMER,
            tickets.c.erased_at.is_(None),
        )
        .order_by(tickets.c.time.desc(), tickets.c.id)
        .limit(most)
    )
    yield from connection.execute(query.execution_options(yield_per=1000)).scalars()
