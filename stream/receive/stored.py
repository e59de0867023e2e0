"""Admitted events as they wait in the inbox: redacted JSON there, and the same event back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from models.event import ChangeEvent, Event, LaunchEvent, TicketEvent
from stream.raw import RefusalReason, RefusedEvent
from stream.requester import seal_requester

MODELS: Mapping[str, type[TicketEvent | LaunchEvent | ChangeEvent]] = {
    "launch.planned": LaunchEvent,
    "change.recorded": ChangeEvent,
}


def stored_event(event: Event, key: bytes) -> dict[str, Any]:
    """Write an admitted event as JSON. The requester is hashed with `key`: nothing that the inbox holds names a person."""
    fields = event.model_dump(mode="json", exclude_unset=True)
    if isinstance(event, TicketEvent) and event.data.requester:
        fields["data"]["requester"] = seal_requester(event.data.requester, key)
    return fields


def restored_event(fields: Mapping[str, Any]) -> Event | RefusedEvent:
    """Read an event that `stored_event` wrote. It was admitted once, so it is not redacted again.

    A `RefusedEvent` only where another version of the program wrote it.
    """
    model = MODELS.get(str(fields.get("type")), TicketEvent)
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        detail = (
            f"an event of the inbox was written by another version ({error.error_count()} fields differ); send it again"
        )
        return RefusedEvent(RefusalReason.INVALID, detail)
