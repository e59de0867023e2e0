"""Assign new tickets to themes, as rows for the store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from models.themes import NewTicket
from pipelines.context import EpochContext
from store.tickets import StoredTicket


@dataclass(frozen=True, slots=True)
class AssignedTickets:
    """The themes of the epoch's new tickets by ticket id, None for an unthemed one, and the rows of their assignments."""

    themes: Mapping[str, int | None]
    rows: list[dict[str, Any]]


def assign_tickets(context: EpochContext, fresh: Sequence[StoredTicket]) -> AssignedTickets:
    """Assign new tickets, given in canonical order.

    A ticket without text stays unthemed, and no other ticket is compared with it.
    """
    known = [
        NewTicket(ticket.id, ticket.time, ticket.vector, ticket.language)
        for ticket in fresh
        if ticket.vector is not None
    ]
    found = {one.ticket_id: one for one in context.state.index.assign(known)}
    rows = []
    for ticket in fresh:
        one = found.get(ticket.id)
        rows.append({
            "ticket_id": ticket.id, "theme_id": one.theme_id if one else None, "epoch": context.window.number, "how": "assigned",
            "confidence": float(one.confidence) if one else 0.0, "nearest": one.nearest if one else None, "remembered": one is not None,
        })  # fmt: skip
    themes = {ticket.id: found[ticket.id].theme_id if ticket.id in found else None for ticket in fresh}
    return AssignedTickets(themes, rows)
