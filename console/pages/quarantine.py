"""Quarantine: refused records by reason, each with what is wrong with it, the mapping that it was read with, and buttons to retry."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from console.access import needs
from console.errors import ConsoleError
from console.operations import Operations, RetryOrder
from console.pages.page import Pages
from console.parameters import RecordNumber
from models.access import Permission, Person
from store.board import now_of, snapshot
from store.quarantine import QuarantineChoice, RefusedRecord, count_chosen, refused_records
from store.types import LARGEST_ROW

SHOWN = 25
"""Records of one page."""

MAPPING_LENGTH = 20_000


class RetryFields(BaseModel):
    """The form that reads records again: those of a reason, of a file, or one record; `mapping` is a mended mapping (TOML)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    reason: Annotated[str, Field(max_length=32)] = ""
    record: Annotated[int, Field(ge=1, le=LARGEST_ROW)] | None = None
    stream: Annotated[str, Field(max_length=1024)] = ""
    mapping: Annotated[str, Field(max_length=MAPPING_LENGTH)] = ""

    def order(self) -> RetryOrder:
        """Return what is asked for; an empty field asks for nothing."""
        return RetryOrder(self.reason or None, self.record, self.stream or None, self.mapping.strip() or None)


def quarantine_routes(pages: Pages, operations: Operations) -> APIRouter:
    """Make the pages of refused records, and what their buttons do."""
    router = APIRouter(prefix="/operations/quarantine", default_response_class=HTMLResponse)

    @router.get("")
    def listed(
        person: Annotated[Person, needs(Permission.OPERATE)],
        reason: Annotated[str, Query(max_length=32)] = "",
        before: Annotated[int | None, Query(ge=1, le=LARGEST_ROW)] = None,
    ) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            records = refused_records(connection, reason or None, limit=SHOWN + 1, before=before)
            shown, more = records[:SHOWN], len(records) > SHOWN
            answer = pages.write(
                connection, "quarantine.html", now_of(connection), person=person, reason=reason, records=shown,
                more=shown[-1].record_id if more else None, **operations.reasons(connection),
            )  # fmt: skip
        pages.looks.note(person, f"quarantine {reason}".strip(), len(shown))
        return answer

    @router.post("/retry")
    def retry(fields: Annotated[RetryFields, Form()], person: Annotated[Person, needs(Permission.OPERATE)]) -> Response:
        operations.retry(person, fields.order())
        return RedirectResponse("/operations/quarantine", HTTPStatus.SEE_OTHER)

    @router.get("/retry", dependencies=[needs(Permission.OPERATE)])
    def back() -> Response:
        # A reload after the form asks for its address.
        return RedirectResponse("/operations/quarantine", HTTPStatus.SEE_OTHER)

    @router.get("/{record_id}")
    def show(record_id: RecordNumber, person: Annotated[Person, needs(Permission.OPERATE)]) -> HTMLResponse:
        one = operations.record_of(record_id)
        pages.looks.note(person, f"refused record {record_id}", 1)
        mapping, problem = _mapping(operations, one)
        with snapshot(pages.engine) as connection:
            return pages.write(
                connection, "refused_record.html", now_of(connection), person=person, one=one, mapping=mapping,
                no_mapping=problem, of_stream=count_chosen(connection, QuarantineChoice(stream=one.stream)),
                can_retry=operations.parts.retry_quarantine is not None,
            )  # fmt: skip

    return router


def _mapping(operations: Operations, refused: RefusedRecord) -> tuple[str | None, str]:
    """Return the mapping of a record's file, or why there is none."""
    try:
        return operations.mapping_of(refused), ""
    except ConsoleError as error:
        return None, str(error)
