"""Operations: whether the installation works, how far it is, what was refused, what is sent, what ran, and what is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from alerts.channel_status import MOST_DEAD
from console.access import needs
from console.operations import LONGEST_PAUSE, Operations
from console.pages.page import Pages
from models.access import Permission, Person
from pipelines.settings import MiningSettings
from store.board import now_of, snapshot
from store.board.intake import MOST_WAITING, IntakeStatus, ThroughputHour, read_intake
from store.board.storage_status import read_storage_status
from store.flow_runs import latest_runs
from store.outbox import backlog
from store.retention.kinds import RetentionKind
from store.retention.register import Retained
from store.retention.settings import RetentionSettings
from store.types import LARGEST_ROW

HEIGHT = 56.0
"""Of the highest bar, in the box of 60 that the template draws in."""

RowId = Annotated[int | None, Form(ge=1, le=LARGEST_ROW)]
ChannelName = Annotated[str | None, Form(max_length=128)]


@dataclass(frozen=True, slots=True)
class ThroughputBar:
    """An hour with the height of its bar."""

    hour: ThroughputHour
    height: float


@dataclass(frozen=True, slots=True)
class KeptKind:
    """A kind of data: how long it is kept, and what was removed of it; None: nothing yet."""

    kind: str
    limit: timedelta | None
    known: Retained | None


def operation_routes(pages: Pages, operations: Operations, mining: MiningSettings) -> APIRouter:
    """Make the page of operations and what its buttons do; `mining` are the settings that the database is mined with."""
    router = APIRouter(prefix="/operations", default_response_class=HTMLResponse)

    @router.get("")
    def show(
        person: Annotated[Person, needs(Permission.OPERATE)],
        revived: Annotated[int | None, Query(ge=0, le=LARGEST_ROW)] = None,
    ) -> HTMLResponse:
        operations.check_if_old(person.name)
        with snapshot(pages.engine) as connection:
            now = now_of(connection)
            intake = read_intake(connection, now, mining.epoch)
            keeping = read_storage_status(connection)
            return pages.write(
                connection, "operations.html", now, person=person, at=pages.clock(), revived=revived, intake=intake,
                most_waiting=MOST_WAITING, bars=_bars(intake), tickets=sum(one.tickets for one in intake.hours),
                keeping=keeping, kept=_kept(operations.parts.retention, keeping.retained), flows=latest_runs(connection),
                **_of_channels(connection, operations), **operations.reasons(connection),
                checks=operations.checks.state, can_check=operations.parts.checks is not None,
            )  # fmt: skip

    @router.post("/checks")
    def check(person: Annotated[Person, needs(Permission.OPERATE)]) -> Response:
        operations.check(person)
        return _back("h-checks")

    @router.post("/outbox/retry")
    def retry(
        person: Annotated[Person, needs(Permission.OPERATE)], row: RowId = None, channel: ChannelName = None
    ) -> Response:
        revived = operations.revive(person, row_id=row, channel=channel)
        return RedirectResponse(f"/operations?revived={revived}", HTTPStatus.SEE_OTHER)

    _add_channel_actions(router, operations)
    _add_returns(router)
    return router


def _add_channel_actions(router: APIRouter, operations: Operations) -> None:
    @router.post("/channels/{name}/pause")
    def pause(
        name: str,
        hours: Annotated[int, Form(ge=1, le=LONGEST_PAUSE)],
        person: Annotated[Person, needs(Permission.OPERATE)],
    ) -> Response:
        operations.pause(person, name, hours)
        return _back("channels")

    @router.post("/channels/{name}/resume")
    def resume(name: str, person: Annotated[Person, needs(Permission.OPERATE)]) -> Response:
        operations.resume(person, name)
        return _back("channels")

    @router.post("/channels/{name}/test")
    def test(name: str, person: Annotated[Person, needs(Permission.OPERATE)]) -> Response:
        operations.try_channel(person, name)
        return _back("channels")


def _add_returns(router: APIRouter) -> None:
    """Lead a reload after a form back to the page: it asks for the form's address."""

    @router.get("/checks", dependencies=[needs(Permission.OPERATE)])
    @router.get("/outbox/retry", dependencies=[needs(Permission.OPERATE)])
    def back() -> Response:
        return _back("content")

    @router.get("/channels/{name}/{action}", dependencies=[needs(Permission.OPERATE)])
    def back_to_channel(name: str, action: str) -> Response:
        del name, action
        return _back("channels")


def _back(place: str) -> Response:
    return RedirectResponse(f"/operations#{place}", HTTPStatus.SEE_OTHER)


def _of_channels(connection: Connection, operations: Operations) -> dict[str, Any]:
    parts = operations.parts
    return {
        "channels": operations.channels(connection), "backlog": list(backlog(connection).items()), "most_dead": MOST_DEAD,
        "trials": operations.trials, "set_up": parts.channels, "can_test": parts.test_channel is not None,
        "longest_pause": LONGEST_PAUSE,
    }  # fmt: skip


def _bars(intake: IntakeStatus) -> list[ThroughputBar]:
    most = max((one.tickets for one in intake.hours), default=0)
    return [ThroughputBar(one, round(HEIGHT * one.tickets / most, 1) if most else 0.0) for one in intake.hours]


def _kept(limits: RetentionSettings, retained: Mapping[RetentionKind, Retained]) -> list[KeptKind]:
    return [KeptKind(kind.value, limits.limit(kind), retained.get(kind)) for kind in RetentionKind]
