"""Operations as JSON: how far everything is, what ran, and the examination of the installation."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import Connection

from console.access import needs
from console.api.answer import answer
from console.api.audit import add_audit
from console.api.channels import add_channels
from console.api.quarantine import add_quarantine
from console.operations import Operations
from console.pages.page import Pages
from models.access import Permission, Person
from pipelines.settings import MiningSettings
from store.board import now_of, snapshot
from store.board.intake import read_intake
from store.board.storage_status import read_storage_status
from store.flow_runs import latest_runs, runs_of
from store.outbox import backlog
from store.records import count_quarantine
from store.retention.kinds import RetentionKind


def operation_answers(pages: Pages, operations: Operations, mining: MiningSettings) -> APIRouter:
    """Make the routes of operations and of the audit log; `mining` are the settings that the database is mined with."""
    router = APIRouter(prefix="/api", default_response_class=Response)
    _add_overview(router, pages, operations, mining)
    add_quarantine(router, pages, operations)
    add_channels(router, pages, operations)
    add_audit(router, pages)
    return router


def _add_overview(router: APIRouter, pages: Pages, operations: Operations, mining: MiningSettings) -> None:

    @router.get("/operations", dependencies=[needs(Permission.OPERATE)])
    def overview() -> Response:
        """Describe the installation as the page of operations does: intake, throughput, quarantine, outbox, flows, what is kept."""
        with snapshot(pages.engine) as connection:
            return answer(_overview(connection, operations, mining))

    @router.get("/operations/checks", dependencies=[needs(Permission.OPERATE)])
    def checks() -> Response:
        """Show what the last examination of the installation found, as `groundswell doctor --json` does; null before the first."""
        state = operations.checks.state
        return answer(None if state is None else state.as_json())

    @router.post("/operations/checks")
    def check(person: Annotated[Person, needs(Permission.OPERATE)]) -> Response:
        """Examine the installation again, and show what was found, or that it goes on."""
        operations.check(person)
        state = operations.checks.state
        return answer(None if state is None else state.as_json())

    @router.get("/flow-runs", dependencies=[needs(Permission.OPERATE)])
    def flow_runs(flow: Annotated[str, Query(max_length=64)] = "") -> Response:
        """List the newest run of each flow, or all runs that are kept of `flow`, the newest first."""
        with snapshot(pages.engine) as connection:
            return answer([one.as_json() for one in (runs_of(connection, flow) if flow else latest_runs(connection))])


def _overview(connection: Connection, operations: Operations, mining: MiningSettings) -> dict[str, Any]:
    limits = operations.parts.retention
    kept_for = {kind.value: limits.limit(kind) for kind in RetentionKind}
    return {
        "intake": read_intake(connection, now_of(connection), mining.epoch).as_json(),
        "quarantine": count_quarantine(connection), "outbox": backlog(connection),
        "flows": [one.as_json() for one in latest_runs(connection)], "kept": read_storage_status(connection).as_json(),
        "kept_for_seconds": {kind: None if limit is None else limit.total_seconds() for kind, limit in kept_for.items()},
    }  # fmt: skip
