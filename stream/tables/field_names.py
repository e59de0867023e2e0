"""Names of the fields that a mapping can name, and of what a row says of them."""

from __future__ import annotations

from models.event import TicketData

ENVELOPE = ("id", "source", "type", "time", "subject")
JOINED = ("comments", "solved_at")
"""Fields of which all columns count that a system names so: all comments, and the first time at which a ticket was done."""

SEVERAL = ("tags", "comments", "custom", "body", "requester", "solved_at", "updated_at", "subject", "time")
"""Fields for which a mapping may name several columns.

All of tags, comments, body and custom count; date and time of day are joined; of a ticket's id they are its parts; of the others the
first that is filled counts.
"""

LATER = ("updated_at", "solved_at", "status", "comments", "deleted")
"""Fields that are events of their own, not attributes of the ticket."""

FIELDS = (*ENVELOPE, *(name for name in TicketData.model_fields if name not in ("demand", "mail", "links")), *LATER)
NEEDED = ("subject", "time")
TEXTS = ("title", "body")
IGNORED = "ignore"
"""The value of `type` whose rows are no events."""
