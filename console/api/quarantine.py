"""Refused records as JSON, and reading them again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from console.access import needs
from console.api.answer import answer
from console.operations import Operations, RetryOrder
from console.pages.page import Pages
from console.parameters import RecordNumber
from models.access import Permission, Person
from store.board import snapshot
from store.quarantine import refused_records
from store.types import LARGEST_ROW


class RetryBody(BaseModel):
    """Which refused records to read again: those of a reason, of a stream, or one record; `mapping` is a mended mapping (TOML)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: Annotated[str, Field(max_length=32)] | None = None
    record: Annotated[int, Field(ge=1, le=LARGEST_ROW)] | None = None
    stream: Annotated[str, Field(max_length=1024)] | None = None
    mapping: Annotated[str, Field(max_length=20_000)] | None = None


def add_quarantine(router: APIRouter, pages: Pages, operations: Operations) -> None:
    """Add the routes of refused records."""

    @router.get("/quarantine")
    def quarantine(
        person: Annotated[Person, needs(Permission.OPERATE)],
        reason: Annotated[str, Query(max_length=32)] = "",
        before: Annotated[int | None, Query(ge=1, le=LARGEST_ROW)] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 25,
    ) -> Response:
        """List refused records, the newest first, of one `reason` or all; `before` is the id to continue after. Text is redacted."""
        with snapshot(pages.engine) as connection:
            records = refused_records(connection, reason or None, limit=limit, before=before)
        pages.looks.note(person, f"quarantine {reason}".strip(), len(records))
        return answer([one.as_json() for one in records])

    @router.get("/quarantine/retry", dependencies=[needs(Permission.OPERATE)])
    def retrying() -> Response:
        """Show what became of the last retry, or that it goes on; null before the first."""
        state = operations.retries.state
        return answer(None if state is None else state.as_json())

    @router.post("/quarantine/retry", status_code=HTTPStatus.ACCEPTED)
    def retry(body: RetryBody, person: Annotated[Person, needs(Permission.OPERATE)]) -> Response:
        """Read refused records of files again, as `groundswell quarantine retry` does; GET shows what became of it."""
        operations.retry(person, RetryOrder(body.reason, body.record, body.stream, body.mapping))
        state = operations.retries.state
        return answer(None if state is None else state.as_json(), HTTPStatus.ACCEPTED)

    @router.get("/quarantine/{record_id}")
    def refused(record_id: RecordNumber, person: Annotated[Person, needs(Permission.OPERATE)]) -> Response:
        """Describe one refused record. Text is redacted."""
        found = operations.record_of(record_id)
        pages.looks.note(person, f"refused record {record_id}", 1)
        return answer(found.as_json())
