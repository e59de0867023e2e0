"""The conversation of one ticket: its text, comments and what happened to it, without saying whether a person or machine answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from models.access import AccessScope
from models.segment import Segment
from models.times import rfc3339
from store.schema import events, tickets
from store.scoped import in_scope

MOST_TURNS = 200
"""Newest comments and events that are shown."""

ATTRIBUTES = (
    "business_line", "user_type", "product", "payment_method", "region", "platform", "app_version", "channel", "language", "priority",
)  # fmt: skip
"""What is shown of the ticket: not who handled it, which would bias whoever judges the handling."""


class TurnKind(StrEnum):
    """Who wrote a turn, or that something happened."""

    CUSTOMER = "customer"
    SUPPORT = "support"
    COMMENT = "comment"
    """A comment whose author the source does not tell."""
    NOTE = "note"
    """An internal note, which the customer does not see."""
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class ConversationTurn:
    """One comment with its redacted text, "" where it was deleted, or what happened, such as `Solved`."""

    kind: TurnKind
    time: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A ticket with its turns in order of time. `left_out` counts older turns; title and body are empty where they were erased."""

    ticket_id: str
    time: datetime
    title: str
    body: str
    attributes: Segment
    turns: tuple[ConversationTurn, ...]
    left_out: int = 0

    @property
    def has_text(self) -> bool:
        """Whether any text of the ticket is kept."""
        return bool(self.title or self.body or any(one.text for one in self.turns if one.kind is not TurnKind.EVENT))

    def as_json(self) -> dict[str, Any]:
        """Write it as the API does."""
        return {
            "ticket_id": self.ticket_id, "time": rfc3339(self.time), "title": self.title, "body": self.body,
            "attributes": self.attributes.as_dict(), "left_out": self.left_out,
            "turns": [{"kind": one.kind.value, "time": rfc3339(one.time), "text": one.text} for one in self.turns],
        }  # fmt: skip


_SAID = {
    "ticket.escalated": "Escalated", "ticket.reassigned": "Passed on", "ticket.solved": "Solved", "ticket.reopened": "Reopened",
    "ticket.merged": "Merged into another ticket", "ticket.spam": "Marked as spam", "ticket.deleted": "Deleted",
}  # fmt: skip


def read_conversation(connection: Connection, ticket_id: str, scope: AccessScope) -> Conversation | None:
    """Read the conversation of a ticket within a scope, redacted as it is stored; None where no such ticket is in the scope."""
    row = connection.execute(select(tickets).where(tickets.c.id == ticket_id, in_scope(scope))).one_or_none()
    if row is None:
        return None
    query = (
        select(events.c.type, events.c.time, events.c.data, events.c.source, events.c.id)
        .where(events.c.subject == ticket_id, events.c.type != "ticket.created")
        .order_by(events.c.time.desc(), events.c.source.desc(), events.c.id.desc())
        .limit(MOST_TURNS + 1)
    )
    read = list(connection.execute(query))
    turns = [turn for one in reversed(read[:MOST_TURNS]) if (turn := _turn(one)) is not None]
    erased = row.erased_at is not None
    return Conversation(
        ticket_id=row.id, time=row.time, title="" if erased else row.title, body="" if erased else row.body,
        attributes=Segment.of({name: getattr(row, name) for name in ATTRIBUTES}), turns=tuple(turns),
        left_out=max(0, len(read) - MOST_TURNS),
    )  # fmt: skip


def _turn(event: Row[Any]) -> ConversationTurn | None:
    data = event.data or {}
    if event.type == "comment.added":
        return ConversationTurn(_kind(data), event.time, str(data.get("body") or ""))
    if event.type == "ticket.rated":
        return ConversationTurn(TurnKind.EVENT, event.time, f"Rated {data['csat']} of 5") if data.get("csat") else None
    said = _SAID.get(event.type)
    return None if said is None else ConversationTurn(TurnKind.EVENT, event.time, said)


def _kind(data: dict[str, Any]) -> TurnKind:
    if data.get("public") is False:
        return TurnKind.NOTE
    role = data.get("author_role")
    return TurnKind.COMMENT if role is None else TurnKind.CUSTOMER if role == "requester" else TurnKind.SUPPORT
