"""Whom a refused record is about: the ticket and the requester, as far as they can be read, so that an erasure finds the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from models.event import ChangeEvent, Event, LaunchEvent, TicketEvent
from stream.decoding import decode
from stream.identity import Identities, plain_identity
from stream.raw import Raw, RefusedEvent
from stream.requester import hash_requester

LONGEST = 256
"""Characters of the longest id that a ticket can have."""


def with_subject(raw: Raw, refusal: RefusedEvent, identities: Identities) -> RefusedEvent:
    """Return a refusal with the ticket's id as it would be stored, and the requester's hash; None where they are not readable."""
    content = raw.content
    if isinstance(content, RefusedEvent):
        subject, requester = refusal.subject, refusal.requester
    elif isinstance(content, TicketEvent | LaunchEvent | ChangeEvent):
        subject, requester = of_event(content)
    else:
        subject, requester = _of_record(content)
    return replace(
        refusal, subject=_storable(subject, identities), requester=_hashed(requester, identities)
    )  # fmt: skip


def of_event(event: Event) -> tuple[str, str | None]:
    """Return the subject and the requester of an admitted event."""
    return event.subject, event.data.requester if isinstance(event, TicketEvent) else None


def _of_record(content: bytes | Mapping[str, Any]) -> tuple[Any, Any]:
    decoded = decode(content)
    if isinstance(decoded, RefusedEvent):
        return None, None
    data = decoded.get("data")
    return decoded.get("subject"), data.get("requester") if isinstance(data, Mapping) else None


def _storable(subject: Any, identities: Identities) -> str | None:
    plain = plain_identity(subject)
    if not isinstance(plain, str) or not plain:
        return None
    stored = identities.storable(plain)
    return stored if len(stored) <= LONGEST else None


def _hashed(requester: Any, identities: Identities) -> str | None:
    if isinstance(requester, int) and not isinstance(requester, bool):
        requester = str(requester)
    if not isinstance(requester, str) or not requester.strip():
        return None
    return hash_requester(requester, identities.key)
