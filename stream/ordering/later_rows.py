"""Tables with several rows for a ticket: the first one is the ticket, later ones are comments."""

from __future__ import annotations

import hashlib

from models.event import TicketData, TicketEvent, TicketEventType


def later_row(first: TicketEvent, row: TicketEvent) -> TicketEvent | None:
    """Return the comment that a later row of a ticket is; None where it repeats the first row, or says nothing.

    first: the creation of the ticket. row: another creation of it, of the same file, whose text or time is another one. The id of the
    comment is the row's own; where it has none, it is computed of time and text, so that a row that is repeated is one comment.
    """
    data, known = row.data, first.data
    same = (row.time, data.title, data.body) == (first.time, known.title, known.body)
    text = data.body or data.title
    if same or not text.strip():
        return None
    return TicketEvent(
        specversion=row.specversion,
        id=_id(row),
        source=row.source,
        type=TicketEventType.COMMENTED,
        time=row.time,
        subject=row.subject,
        data=TicketData.model_validate({"body": text, **_role(known, data)}),
    )


def _role(known: TicketData, data: TicketData) -> dict[str, str]:
    if data.author_role is not None:
        return {"author_role": data.author_role}
    return {"author_role": "requester"} if data.requester and data.requester == known.requester else {}


def _id(row: TicketEvent) -> str:
    if row.id != f"{row.subject}:{TicketEventType.CREATED.value}":
        return row.id
    said = f"{row.time.isoformat()}\x00{row.data.title}\x00{row.data.body}"
    digest = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:16]
    return f"{row.subject}:{TicketEventType.COMMENTED.value}:{digest}"
