"""The form that plans a launch: what each line means is shown before anything is written."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from console.access import needs
from console.form import fault_of
from console.format import path_part
from console.pages.launch.fields import (
    KINDS,
    LINE_KINDS,
    SPARE_LINES,
    SPARE_PAIRS,
    PlanFields,
    blank_fields,
    fields_of,
    padded,
    request_of,
)
from console.pages.launch.monitor import missing
from console.pages.page import Pages
from console.planning import CheckedPlan, Planning
from models.access import Permission, Person
from models.redaction import redact_value
from pipelines.launches.planning import PlanFault, PlanRefused
from store.board import now_of, snapshot
from store.plans import newest_revision

MOST_NAMES = 400
"""Themes whose names the form offers while one types: the largest; any other is found by its name as well."""
MOST_VALUES = 200


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the form is shown with: the plan that was checked, or what is wrong with it, and the number of its rows."""

    fields: PlanFields
    checked: CheckedPlan | None = None
    faults: tuple[PlanFault, ...] = ()
    more: int = 0


def add_planning(router: APIRouter, pages: Pages, planning: Planning) -> None:
    """Add the routes of the form: a new plan, a revision, the preview alone, and cancelling."""
    _add_new(router, pages, planning)
    _add_revision(router, pages, planning)

    @router.post("/preview")
    def preview(
        fields: Annotated[PlanFields, Form()],
        person: Annotated[Person, needs(Permission.PLAN)],
        own: Annotated[str, Query(max_length=256)] = "",
    ) -> Response:
        """Show what a plan means: the part of the form that its script puts in place while one types."""
        shown = _checked(planning, fields, person, own or None)
        with snapshot(pages.engine) as connection:
            now = now_of(connection)
            return pages.write(connection, "launch_preview.html", now, person=person, shown=shown)

    @router.post("/{launch_id:path}/cancel")
    def cancel(launch_id: str, person: Annotated[Person, needs(Permission.PLAN)]) -> Response:
        try:
            planning.cancel(launch_id, person)
        except PlanRefused as error:
            raise HTTPException(HTTPStatus.CONFLICT, fault_of(error)) from error
        return RedirectResponse(f"/launches/{path_part(launch_id)}", HTTPStatus.SEE_OTHER)


def _add_new(router: APIRouter, pages: Pages, planning: Planning) -> None:
    @router.get("/new")
    def new(
        person: Annotated[Person, needs(Permission.PLAN)], like: Annotated[str, Query(max_length=256)] = ""
    ) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            fields = blank_fields(pages.clock(), person.time_zone, like)
            return _written(pages, planning, connection, person, _Shown(fields), None)

    @router.post("/new")
    def create(fields: Annotated[PlanFields, Form()], person: Annotated[Person, needs(Permission.PLAN)]) -> Response:
        return _sent(pages, planning, fields, person, None)


def _add_revision(router: APIRouter, pages: Pages, planning: Planning) -> None:
    @router.get("/{launch_id:path}/edit")
    def edit(launch_id: str, person: Annotated[Person, needs(Permission.PLAN)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            row = newest_revision(connection, "launch", launch_id, None)
            if row is None:
                raise HTTPException(HTTPStatus.NOT_FOUND, missing(launch_id))
            plan = {str(name): value for name, value in row._mapping.items()}  # noqa: SLF001 - SQLAlchemy's public name
            fields = fields_of(plan, person.time_zone)
            return _written(pages, planning, connection, person, _Shown(fields), launch_id)

    @router.post("/{launch_id:path}/edit")
    def revise(
        launch_id: str, fields: Annotated[PlanFields, Form()], person: Annotated[Person, needs(Permission.PLAN)]
    ) -> Response:
        return _sent(pages, planning, fields, person, launch_id)


def _sent(pages: Pages, planning: Planning, fields: PlanFields, person: Person, launch_id: str | None) -> Response:
    """Write the plan where that was asked for and nothing is wrong with it; else show the form with what it means."""
    if fields.action == "save":
        try:
            asked = request_of(fields, person.time_zone, launch_id)
            written, _ = planning.write(asked, person)
        except PlanRefused:
            pass
        else:
            return RedirectResponse(f"/launches/{path_part(written)}", HTTPStatus.SEE_OTHER)
    shown = _checked(planning, fields, person, launch_id)
    with snapshot(pages.engine) as connection:
        return _written(pages, planning, connection, person, shown, launch_id)


def _checked(planning: Planning, fields: PlanFields, person: Person, launch_id: str | None) -> _Shown:
    # What was typed is shown again: it is redacted first, as everything that people type.
    plain = PlanFields.model_validate(redact_value(fields.model_dump()))
    more = SPARE_LINES if fields.action == "more" else 0
    try:
        checked = planning.check(request_of(fields, person.time_zone, launch_id))
    except PlanRefused as error:
        return _Shown(plain, None, error.faults, more)
    return _Shown(plain, checked, (), more)


def _written(
    pages: Pages, planning: Planning, connection: Connection, person: Person, shown: _Shown, launch_id: str | None
) -> HTMLResponse:
    known = planning.known_names(connection)
    fields = shown.fields
    failed = bool(shown.faults) and fields.action == "save"
    return pages.write(
        connection,
        "launch_plan.html",
        now_of(connection),
        person=person,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if failed else HTTPStatus.OK,
        shown=shown,
        fields=fields,
        launch_id=launch_id,
        kinds=KINDS,
        line_kinds=LINE_KINDS,
        pairs=padded(fields.pairs(), SPARE_PAIRS, ("", "")),
        lines=padded(fields.lines(), max(SPARE_LINES, shown.more), ("about", "", "")),
        values={name: list(values)[:MOST_VALUES] for name, values in known.values.items()},
        themes=list(known.themes.items())[:MOST_NAMES],
        launches=[one for one in known.launches if one != launch_id][:MOST_VALUES],
        writable=planning.desk is not None,
    )
