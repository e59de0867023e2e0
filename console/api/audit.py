"""The audit log as JSON."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from console.access import needs
from console.api.answer import answer
from console.pages.audit import AuditFields
from console.pages.page import Pages
from models.access import Permission
from store.audit import read_audit
from store.board import snapshot


class AuditListing(AuditFields):
    """What of the audit log is listed, and how many lines."""

    limit: Annotated[int, Field(ge=1, le=1_000)] = 100


def add_audit(router: APIRouter, pages: Pages) -> None:
    """Add the route of the audit log."""

    @router.get("/audit", dependencies=[needs(Permission.ADMINISTER)])
    def audit(fields: Annotated[AuditListing, Query()]) -> Response:
        """List lines of the audit log, the newest first, as `groundswell audit list --json` does.

        `person`, `action` and `subject` are exact; `since` and `until` are times, in UTC without a zone. `next` is the `after` of the
        lines that follow; null where there are none.
        """
        with snapshot(pages.engine) as connection:
            lines = read_audit(connection, fields.query(), limit=fields.limit + 1, after=fields.after or None)
        shown = lines[: fields.limit]
        following = shown[-1].place if len(lines) > fields.limit else None
        return answer({"lines": [one.as_json() for one in shown], "next": following})
