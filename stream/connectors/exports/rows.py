"""Rows of a table as ticket events: the ticket's creation, and what its columns say happened later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from models.event import EARLIEST, LATEST, TicketEventType
from models.redaction import excerpt, quoted, redact, redact_value, shortened
from stream.connectors.contract import Payload
from stream.connectors.exports.export_system import ExportSystem
from stream.connectors.exports.row_fields import RowFields
from stream.connectors.jira.rich_text import plain_text
from stream.connectors.links import link_events, row_links
from stream.connectors.values import ticket_event
from stream.raw import RefusalReason, RefusedEvent
from stream.tables.cells import cell_text, cell_texts
from stream.tables.field_names import IGNORED
from stream.tables.headers import plain
from stream.tables.mapping import ColumnMapping
from stream.tables.times import TimeAmbiguous, TimeUnreadable
from stream.tables.values import flag_of

SOLVED = frozenset(
    (
        "solved",
        "closed",
        "resolved",
        "done",
        "completed",
        "complete",
        "archived",
        "gelost",
        "geschlossen",
        "erledigt",
        "resolu",
        "ferme",
        "resuelto",
        "cerrado",
        "resolvido",
        "fechado",
        "解決済み",
        "終了",
        "完了",
        "已解决",
        "已关闭",
    )
)
DELETED = frozenset(("deleted", "scrubbed", "geloscht"))

_OF_OUTCOMES = ("updated_at", "solved_at", "status", "deleted")
"""Fields that say how a ticket went on."""

SHOWN = 400
"""Characters of a cell that the excerpt of a refused row is made of."""

RowEvents = list[dict[str, Any] | RefusedEvent]


class TableConnector:
    """Makes events of the rows of one table. Pure, but for the format of times, which is remembered from row to row.

    `mapping` names the columns of all fields: see `stream.recognition`. `sample` are rows of the table, which show what is
    between tags.
    """

    def __init__(self, system: ExportSystem, mapping: ColumnMapping, sample: Sequence[Payload]) -> None:
        self.name = system.name
        self._system = system
        self._fields = RowFields(system, mapping, sample)
        # A system's ticket is created once, whichever way the event came; a table of events names them itself.
        self._keeps_ids = system.keeps_ids
        self._commented = "comments" in mapping.columns
        self._requester = mapping.columns.get("requester", ())
        self._has_outcomes = any(name in mapping.columns or name in mapping.constants for name in _OF_OUTCOMES)

    def events(self, payload: Payload) -> RowEvents | RefusedEvent:
        """Return the events of a row, some of them perhaps refused; or the refusal of the row, where it is no event at all."""
        try:
            return list(self._read(payload))
        except ValueError as error:
            return self._refused(payload, str(error), _reason(error))
        except ArithmeticError:
            return self._refused(
                payload, "received a time at the end of the calendar; correct it", RefusalReason.UNMAPPED
            )

    def elements(self, payload: Payload) -> Iterator[Payload]:
        """Yield the row: a row holds no others."""
        yield payload

    def _read(self, row: Payload) -> Iterator[dict[str, Any] | RefusedEvent]:
        fields = self._fields
        kind = fields.text("type", row) or str(TicketEventType.CREATED)
        if kind == IGNORED:
            return
        subject = fields.subject(row)
        if not subject:
            raise ValueError(f"received a row without a ticket's id{self._in('subject')}; every row needs one")
        time = fields.time("time", row)
        if time is None:
            raise ValueError(f"received a row without a time{self._in('time')}; every row needs one")
        source = fields.text("source", row) or self._system.source
        data, created = fields.data(row), kind == TicketEventType.CREATED
        # A rating is an event of its own; what is on no known scale stays with the ticket, to be seen.
        rating = data.pop("csat") if created and isinstance(data.get("csat"), int) else None
        if created:
            data.setdefault("body", "")
        if self.name == "jira" and "body" in data:
            data["body"] = plain_text(data["body"])
        event = ticket_event(source, subject, kind, time, data=data)
        if self._keeps_ids or not created:
            event["id"] = fields.text("id", row) or event["id"]
        yield event
        if created:
            yield from self._followers(row, event, time, rating)

    def _followers(
        self, row: Payload, event: dict[str, Any], time: datetime, rating: int | None
    ) -> Iterator[dict[str, Any] | RefusedEvent]:
        """Yield what else a row says of its ticket: links, outcomes, comments."""
        source, subject = event["source"], event["subject"]
        if links := row_links(self.name, row):
            last = max(time, self._optional_time("updated_at", row) or time)
            yield from link_events(source, subject, last, links)
        if self._has_outcomes or rating is not None:
            yield from self._outcomes(row, event, time, rating)
        if self._commented:
            yield from self._comments(row, source, subject)

    def _outcomes(
        self, row: Payload, ticket: dict[str, Any], created: datetime, rating: int | None
    ) -> Iterator[dict[str, Any]]:
        """Yield the ticket's solution, rating and deletion. A time of these that cannot be read costs none of the others."""
        if not self._has_outcomes and rating is None:
            return
        updated, solved = self._optional_time("updated_at", row), self._optional_time("solved_at", row)
        status = plain(text) if (text := self._fields.text("status", row)) else ""
        last = max(solved or updated or created, created)
        source, subject = ticket["source"], ticket["subject"]
        if solved is not None or (status in SOLVED and updated is not None):
            yield ticket_event(source, subject, TicketEventType.SOLVED.value, last)
        if rating is not None:
            yield ticket_event(source, subject, TicketEventType.RATED.value, last, data={"csat": rating})
        if status in DELETED or flag_of(self._fields.text("deleted", row)) is True:
            yield ticket_event(source, subject, TicketEventType.DELETED.value, max(updated or last, last))

    def _comments(self, row: Payload, source: str, subject: str) -> Iterator[dict[str, Any] | RefusedEvent]:
        requesters = {text for column in self._requester for text in cell_texts(row.get(column))}
        seen: Counter[str] = Counter()
        for column in self._fields.columns.get("comments", ()):
            for cell in cell_texts(row.get(column)):
                try:
                    said, author, body = self._comment(cell)
                except ValueError as error:
                    yield self._refused(row, f"a comment of the ticket is left out: {error}", _reason(error))
                    continue
                if not body:
                    continue
                role = {"author_role": "requester" if author in requesters else "agent"} if requesters else {}
                event = ticket_event(
                    source, subject, TicketEventType.COMMENTED.value, said, data={"body": body, **role}
                )
                seen[event["id"]] += 1
                if seen[event["id"]] > 1:
                    event["id"] += f":{seen[event['id']]}"
                yield event

    def _comment(self, cell: str) -> tuple[datetime, str, str]:
        parts = self._system.read_comment(cell) if self._system.read_comment else None
        if parts is None:
            raise ValueError(f"received {quoted(cell, 40)}; valid is a comment as time;author;text")
        return self._fields.instant("comments", parts[0]), parts[1], parts[2]

    def _optional_time(self, name: str, row: Payload) -> datetime | None:
        try:
            time = self._fields.time(name, row)
        except TimeUnreadable:
            return None
        # Programs write the first or last day that they know where there is no time.
        return time if time is not None and EARLIEST <= time < LATEST else None

    def _in(self, field: str) -> str:
        columns = self._fields.columns.get(field, ())
        return f" in its column {' or '.join(map(quoted, columns))}" if columns else ""

    def _refused(self, row: Payload, detail: str, reason: RefusalReason) -> RefusedEvent:
        # Who wrote is in none of the cells that are shown.
        named = {column: cell_text(value) for column, value in row.items() if column not in self._requester}
        cells = [shortened(value, SHOWN) for value in redact_value(named).values()]
        shown = excerpt(", ".join(cell for cell in cells if cell))
        requesters = [text for column in self._requester for text in cell_texts(row.get(column))]
        # Whoever stores the refusal hashes the requester (`stream.refused_subject`).
        return RefusedEvent(reason, redact(detail).text, shown, self._fields.subject(row), next(iter(requesters), None))


def _reason(error: ValueError) -> RefusalReason:
    return RefusalReason.AMBIGUOUS_TIME if isinstance(error, TimeAmbiguous) else RefusalReason.UNMAPPED
