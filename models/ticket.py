"""A ticket as it is remembered: redacted text and the attributes it had at creation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """One request for support.

    `text` is redacted and empty once the ticket was erased. `attributes` maps each dimension to its value at creation, or
    None. `requester` is a keyed hash. `time` is the creation in UTC.
    """

    ticket_id: str
    source: str
    time: datetime
    title: str
    text: str
    attributes: Mapping[str, str | None]
    requester: str | None
