"""Names of the fields that a mapping can name, and of what a row says of them."""

from __future__ import annotations

from models.event import TicketData

ENVELOPE = ("id", "source", "type", "time", "subject")
SEVERAL = ("tags", "comments", "custom", "body", "requester")
"""Fields that several columns may be."""

LATER = ("updated_at", "solved_at", "status", "comments")
"""Fields that are events of their own, not attributes of the ticket."""

FIELDS = (*ENVELOPE, *TicketData.model_fields, *LATER)
NEEDED = ("subject", "time")
TEXTS = ("title", "body")
IGNORED = "ignore"
"""The value of `type` whose rows are no events."""
