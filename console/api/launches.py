"""Launches as JSON: planned, previewed, revised, cancelled, and followed."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from console.access import needs
from console.api.answer import answer
from console.launch_monitors import MonitorReader
from console.pages.launch.monitor import missing
from console.pages.page import Pages
from console.parameters import Instant
from console.planning import Planning, PlanRequest
from models.access import Permission, Person
from models.redaction import redact
from pipelines.launches.monitor import monitor_json
from pipelines.launches.planning import PlanRefused
from store.board import snapshot


class PlanLineBody(BaseModel):
    """A line of a plan: exactly one of `theme` (number or name), `about` (example text), `all` and `like` (a launch's id)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    theme: int | Annotated[str, Field(max_length=500)] | None = None
    about: Annotated[str, Field(max_length=2_000)] | None = None
    all: bool = False
    like: Annotated[str, Field(max_length=256)] | None = None
    lift: float = 1.0


class PlanBody(BaseModel):
    """A plan as it is sent. Times without a zone are in UTC; `known_since` is left out for as soon as the miner can know of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    kind: str = "launch"
    start: Instant
    end: Instant
    scope: dict[str, str] = {}
    tolerance: float = 0.3
    expected: Annotated[tuple[PlanLineBody, ...], Field(max_length=60)] = ()
    known_since: Instant | None = None
    allow_unknown: bool = False

    def request(self, launch_id: str | None) -> PlanRequest:
        """Return what is asked for."""
        data = self.model_dump(exclude={"known_since", "allow_unknown"}, exclude_none=True)
        data |= {"start": self.start, "end": self.end}
        return PlanRequest(
            data=data, launch_id=launch_id, known_since=self.known_since, allow_unknown=self.allow_unknown
        )


class NewPlanBody(PlanBody):
    """A new plan; without an `id` the launch is named by its title and day."""

    id: Annotated[str, Field(min_length=1, max_length=256)] | None = None


def launch_api_routes(pages: Pages, planning: Planning, monitors: MonitorReader) -> APIRouter:
    """Make the routes under `/api/launches`."""
    router = APIRouter(prefix="/api/launches", default_response_class=Response)
    _add_plans(router, planning)
    _add_single(router, planning)
    _add_monitor(router, pages, monitors)
    return router


def _add_plans(router: APIRouter, planning: Planning) -> None:
    @router.post("", status_code=HTTPStatus.CREATED)
    def add(body: NewPlanBody, person: Annotated[Person, needs(Permission.PLAN)]) -> Response:
        """Plan a launch, as `groundswell launches add` does. Unknown names are refused with the nearest ones in `faults`."""
        try:
            asked = body.request(None)
            checked = planning.check(asked)
            launch_id, state = planning.write(asked, person, named=body.id)
        except PlanRefused as error:
            return refused(error)
        return answer({"id": launch_id, "state": state, "preview": checked.preview.as_json()}, HTTPStatus.CREATED)

    @router.post("/preview", dependencies=[needs(Permission.PLAN)])
    def preview(body: NewPlanBody) -> Response:
        """Say what a plan means without writing it: themes, usual and expected tickets of each line, the total, and warnings."""
        try:
            return answer(planning.check(body.request(body.id)).preview.as_json())
        except PlanRefused as error:
            return refused(error)


def _add_single(router: APIRouter, planning: Planning) -> None:
    @router.put("/{launch_id:path}")
    def revise(launch_id: str, body: PlanBody, person: Annotated[Person, needs(Permission.PLAN)]) -> Response:
        """Revise a plan: what is sent takes the place of what was planned."""
        try:
            asked = body.request(launch_id)
            checked = planning.check(asked)
            _, state = planning.write(asked, person)
        except PlanRefused as error:
            return refused(error)
        return answer({"id": launch_id, "state": state, "preview": checked.preview.as_json()})

    @router.post("/{launch_id:path}/cancel")
    def cancel(launch_id: str, person: Annotated[Person, needs(Permission.PLAN)]) -> Response:
        """Cancel a launch that has not begun, or end one that runs where the data are, as `groundswell launches cancel` does."""
        try:
            return answer({"id": launch_id, "state": planning.cancel(launch_id, person)})
        except PlanRefused as error:
            return refused(error, HTTPStatus.CONFLICT)


def _add_monitor(router: APIRouter, pages: Pages, monitors: MonitorReader) -> None:
    @router.get("/{launch_id:path}/monitor", dependencies=[needs(Permission.LOOK)])
    def monitor(launch_id: str) -> Response:
        """Follow a launch: the verdict with its reasons, and all figures of its page."""
        with snapshot(pages.engine) as connection:
            found = monitors.read(connection, launch_id)
            if found is None:
                raise HTTPException(HTTPStatus.NOT_FOUND, missing(launch_id))
            return answer(monitor_json(found))


def refused(error: PlanRefused, status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY) -> Response:
    """Answer with what is wrong with a plan, by field."""
    faults: list[Mapping[str, Any]] = [
        {"field": one.field, "sentence": redact(one.sentence).text} for one in error.faults
    ]
    text = "; ".join(one["sentence"] for one in faults)
    return answer({"error": f"{text[:1].upper()}{text[1:]}.", "faults": faults}, status)
