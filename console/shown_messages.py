"""Messages as their readers have them, with how far their delivery is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from alerts.digest.escape import excerpt
from alerts.messages.content import MessageContent, MessageQuote
from alerts.messages.incident import content_of
from alerts.ownership import BROADCAST
from store.board.theme_quotes import quotes_of
from store.notifications import StoredMessage

QUOTED = 3
"""Tickets of one message that are quoted."""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message and how far its delivery is; `content` is None once its payload is no longer kept."""

    stored: StoredMessage
    content: MessageContent | None

    def as_json(self) -> dict[str, Any]:
        """Write it as the JSON API does; quotes are left out."""
        one, shown = self.stored.notification, self.content
        return {
            "audience": one.audience, "state": one.state.value, "news": one.news, "attempts": one.attempts,
            "channels": None if one.channels is None else list(one.channels), "sent_at": one.sent_at, "not_before": one.not_before,
            "problem": one.problem, "headline": None if shown is None else shown.headline,
            "reason": None if shown is None else shown.reason,
        }  # fmt: skip


def shown_messages(connection: Connection, stored: Sequence[StoredMessage]) -> list[ShownMessage]:
    """Write messages to people with the quotes that they may show now: what was erased is in none."""
    to_people = [one for one in stored if one.notification.audience != BROADCAST]
    wanted = [_evidence(one.payload) for one in to_people]
    quotes = {one.ticket_id: one for one in quotes_of(connection, sorted({ticket for own in wanted for ticket in own}))}

    def content(one: StoredMessage, own: list[str]) -> MessageContent | None:
        if not one.payload:
            return None
        said = [MessageQuote(key, excerpt(quotes[key].title, quotes[key].body)) for key in own if key in quotes]
        return content_of(one.notification.kind, one.payload, said)

    return [ShownMessage(one, content(one, own)) for one, own in zip(to_people, wanted, strict=True)]


def quoted_tickets(shown: Sequence[ShownMessage]) -> int:
    """Count the tickets that messages quote."""
    return len({quote.ticket_id for one in shown if one.content is not None for quote in one.content.quotes})


def _evidence(payload: Any) -> list[str]:
    named = payload.get("evidence")
    return [one for one in named if isinstance(one, str)][:QUOTED] if isinstance(named, list) else []
