"""A message as it is classified: plain values, before the requester is hashed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingMessage:
    """What is known of the message that created a ticket.

    Parameters
    ----------
    title, body: its redacted text.
    requester: who wrote it, as the source wrote it: an address, an id or nothing.
    author_role: `requester`, `agent`, `bot`, or None where the source does not say it.
    direction: `inbound`, `outbound`, or None.
    demand: the kind that the source gives, or None.
    mail: header fields of a mail, see `models.demand.headers`.
    """

    title: str = ""
    body: str = ""
    requester: str | None = None
    author_role: str | None = None
    direction: str | None = None
    demand: str | None = None
    mail: Mapping[str, Any] = field(default_factory=dict)
