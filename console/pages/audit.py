"""The audit log: who did what and looked at what, filtered, in pages, and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from sqlalchemy import Engine

from console.access import needs
from console.pages.page import Pages
from console.paging import absent
from console.parameters import Instant
from models.access import Permission, Person
from models.formats import spreadsheet_text
from models.times import rfc3339
from store.audit import AuditLine, AuditQuery, read_audit, recent_names, record
from store.board import now_of, snapshot
from store.database import reading

SHOWN = 50
"""Lines of one page."""

EXPORTED = 100_000
"""Lines of one export, the newest ones; it is written in parts of `PART`."""

PART = 1_000
COLUMNS = ("at", "person", "action", "subject", "detail")


AskedTime = Annotated[Instant | None, BeforeValidator(absent)]


class AuditFields(BaseModel):
    """What of the audit log is asked for; an empty field asks for nothing, and a time without a zone is in UTC."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    person: Annotated[str, Field(max_length=128)] = ""
    action: Annotated[str, Field(max_length=64)] = ""
    subject: Annotated[str, Field(max_length=256)] = ""
    since: AskedTime = None
    until: AskedTime = None
    after: Annotated[str, Field(max_length=80)] = ""

    def query(self) -> AuditQuery:
        """Return what the store is asked for."""
        return AuditQuery(self.person or None, self.action or None, self.subject or None, self.since, self.until)

    def address(self, **changed: str) -> str:
        """Write the part of an address that asks for the same, with what is changed."""
        times = {"since": rfc3339(self.since), "until": rfc3339(self.until)}
        given = {"person": self.person, "action": self.action, "subject": self.subject, **times, **changed}
        return urlencode({name: value for name, value in given.items() if value})


def audit_routes(pages: Pages) -> APIRouter:
    """Make the page of the audit log and its export."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/audit")
    def listed(
        fields: Annotated[AuditFields, Query()], person: Annotated[Person, needs(Permission.ADMINISTER)]
    ) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            lines = read_audit(connection, fields.query(), limit=SHOWN + 1, after=fields.after or None)
            shown, address = lines[:SHOWN], fields.address()
            return pages.write(
                connection, "audit.html", now_of(connection), person=person, lines=shown, asked=_shown(fields),
                people=recent_names(connection, "actor"), actions=recent_names(connection, "action"), most=EXPORTED,
                older=fields.address(after=shown[-1].place) if len(lines) > SHOWN else None,
                filtered=bool(address or fields.after), query=f"?{address}" if address else "",
            )  # fmt: skip

    @router.get("/audit.csv")
    def exported(
        fields: Annotated[AuditFields, Query()], person: Annotated[Person, needs(Permission.ADMINISTER)]
    ) -> StreamingResponse:
        with pages.engine.begin() as connection:
            asked = {"filter": fields.address()}
            record(
                connection,
                at=pages.clock(),
                actor=person.name,
                action="exported audit log",
                subject="audit",
                detail=asked,
            )
        headers = {"Content-Disposition": 'attachment; filename="audit.csv"'}
        return StreamingResponse(
            _csv(pages.engine, fields.query()), media_type="text/csv; charset=utf-8", headers=headers
        )

    return router


def _shown(fields: AuditFields) -> dict[str, str]:
    """Return what the form shows: times as its fields take them."""
    times = {"since": fields.since, "until": fields.until}
    # As `isoformat` writes it: `strftime` leaves out the zeros of early years.
    written = {name: "" if time is None else time.isoformat(timespec="minutes")[:16] for name, time in times.items()}
    return {"person": fields.person, "action": fields.action, "subject": fields.subject, **written}


def _csv(engine: Engine, query: AuditQuery) -> Iterator[str]:
    """Write lines as CSV (RFC 4180), part by part, each in a read of its own: a slow client holds no transaction open."""
    after: str | None = None
    yield _written([COLUMNS])
    for _ in range(EXPORTED // PART):
        with reading(engine) as connection:
            lines = read_audit(connection, query, limit=PART, after=after)
        if lines:
            yield _written(map(_cells, lines))
        if len(lines) < PART:
            return
        after = lines[-1].place


def _cells(line: AuditLine) -> tuple[str, ...]:
    texts = (line.actor, line.action, line.subject, orjson.dumps(line.detail).decode())
    return (rfc3339(line.at), *(spreadsheet_text(one) for one in texts))


def _written(rows: Any) -> str:
    part = io.StringIO(newline="")
    csv.writer(part, lineterminator="\r\n").writerows(rows)
    return part.getvalue()
