"""The tickets that decisions moved: from which theme, to which."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sqlalchemy import Connection, Integer, and_, cast, insert, literal, select

from store.records import chunks
from store.schema import assignments, decision_tickets, vectors
from store.tickets import Vector, unpack
from store.types import in_bytes

Placement = tuple[str, int | None, int | None]
"""A ticket, the theme that it left, and the theme that it joined; None is unthemed."""


def write_placements(connection: Connection, decision_id: int, rows: Sequence[Placement]) -> None:
    """Keep which tickets a decision moved."""
    if rows:
        connection.execute(
            insert(decision_tickets),
            [
                {"decision_id": decision_id, "ticket_id": ticket, "from_theme": left, "to_theme": joined}
                for ticket, left, joined in rows
            ],
        )


def write_whole_theme(connection: Connection, decision_id: int, from_theme: int, to_theme: int) -> None:
    """Keep that a decision moves all tickets of a theme; call it before they are moved."""
    tickets = select(
        literal(decision_id), assignments.c.ticket_id, assignments.c.theme_id, cast(literal(to_theme), Integer)
    ).where(assignments.c.theme_id == from_theme)
    names = ["decision_id", "ticket_id", "from_theme", "to_theme"]
    connection.execute(insert(decision_tickets).from_select(names, tickets))


def read_placements(connection: Connection, decision_id: int) -> list[Placement]:
    """Read what a decision moved, by ticket."""
    query = (
        select(decision_tickets.c.ticket_id, decision_tickets.c.from_theme, decision_tickets.c.to_theme)
        .where(decision_tickets.c.decision_id == decision_id)
        .order_by(in_bytes(decision_tickets.c.ticket_id))
    )
    return [(row.ticket_id, row.from_theme, row.to_theme) for row in connection.execute(query)]


def placed_by(connection: Connection, decision_ids: Collection[int]) -> set[str]:
    """Read the tickets that any of the decisions moved to a theme."""
    found: set[str] = set()
    for part in chunks(decision_ids):
        query = select(decision_tickets.c.ticket_id).where(decision_tickets.c.decision_id.in_(part))
        found.update(connection.execute(query).scalars())
    return found


def examples_of(
    connection: Connection, decision_ids: Collection[int], model: str
) -> Iterator[tuple[str, int, Vector, str | None]]:
    """Read the pinned tickets that others are compared with, each with its theme of now, vector and language, by ticket."""
    found: dict[str, tuple[int, Vector, str | None]] = {}
    for part in chunks(decision_ids):
        query = (
            select(assignments.c.ticket_id, assignments.c.theme_id, vectors.c.vector, vectors.c.language)
            .join(decision_tickets, decision_tickets.c.ticket_id == assignments.c.ticket_id)
            .join(vectors, and_(vectors.c.ticket_id == assignments.c.ticket_id, vectors.c.model == model))
            .where(
                decision_tickets.c.decision_id.in_(part), assignments.c.remembered, assignments.c.theme_id.is_not(None)
            )
        )
        found.update(
            {row.ticket_id: (row.theme_id, unpack(row.vector), row.language) for row in connection.execute(query)}
        )
    for ticket in sorted(found):
        yield ticket, *found[ticket]
