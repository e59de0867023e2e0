"""Procedures: their list with what is overdue for review, one with its steps and versions, and the form that revises it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from console.access import needs
from console.form import fault_of
from console.pages.page import Pages
from console.parameters import ProcedureSlug
from console.procedure_form import (
    ProcedureFields,
    SopLinkFields,
    fields_of,
    link_from,
    procedure_of,
    write_from,
)
from models.access import Permission, Person
from models.redaction import redact_value
from models.sops.difference import difference
from models.sops.markdown import markdown_html
from models.sops.procedure import Procedure
from models.sops.steps import steps_html
from models.sops.tree import TreeInvalid
from store.board import now_of, snapshot
from store.board.procedures import procedure_row, procedure_rows
from store.errors import KnownIssueMissing, ThemeUnknown
from store.known_issues import KnownIssueUnknown
from store.sops import (
    SopExists,
    SopInvalid,
    SopRevisedMeanwhile,
    SopUnknown,
    SopVersionUnknown,
    read_sop,
    read_sop_versions,
)
from store.types import LARGEST_ID

ProcedureLooker = Annotated[Person, needs(Permission.LOOK, narrows=True)]
Writer = Annotated[Person, needs(Permission.DECIDE)]
Recorder = Callable[[Sequence[str]], None]
VersionNumber = Annotated[int | None, Query(ge=1, le=LARGEST_ID, description="Default: the newest version.")]

_REFUSALS = (SopInvalid, SopExists, SopRevisedMeanwhile)


def procedure_routes(pages: Pages, recorder: Recorder) -> APIRouter:
    """Make the routes of procedures; `recorder` records what was changed in them as changes of their themes."""
    router = APIRouter(prefix="/procedures", default_response_class=HTMLResponse)

    @router.get("")
    def listed(person: ProcedureLooker) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            rows = procedure_rows(connection, person.scope, pages.clock().date())
            return pages.write(connection, "procedures.html", now_of(connection), person=person, rows=rows)

    # Before the page of one, whose address `new` would be.
    _add_new(router, pages, recorder)

    @router.get("/{slug}")
    def show(slug: ProcedureSlug, person: ProcedureLooker, version: VersionNumber = None) -> HTMLResponse:
        return _shown(pages, person, slug, version)

    _add_edit(router, pages, recorder)
    _add_links(router, pages, recorder)
    return router


def _add_new(router: APIRouter, pages: Pages, recorder: Recorder) -> None:
    @router.get("/new")
    def form(person: Writer) -> HTMLResponse:
        return _form(pages, person, ProcedureFields(), None)

    @router.post("/new")
    def add(fields: Annotated[ProcedureFields, Form()], person: Writer) -> Response:
        return _written(pages, recorder, person, fields, None)


def _add_edit(router: APIRouter, pages: Pages, recorder: Recorder) -> None:
    @router.get("/{slug}/edit")
    def form(slug: ProcedureSlug, person: Writer) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            fields = fields_of(read_sop(connection, slug).newest)
        return _form(pages, person, fields, slug)

    @router.post("/{slug}/edit")
    def revise(slug: ProcedureSlug, fields: Annotated[ProcedureFields, Form()], person: Writer) -> Response:
        return _written(pages, recorder, person, fields, slug)


def _add_links(router: APIRouter, pages: Pages, recorder: Recorder) -> None:
    @router.post("/{slug}/links")
    def link(slug: ProcedureSlug, fields: Annotated[SopLinkFields, Form()], person: Writer) -> Response:
        try:
            with pages.engine.begin() as connection:
                link_from(connection, slug, fields, person, pages.clock())
        except (ThemeUnknown, KnownIssueUnknown, KnownIssueMissing) as error:
            return _shown(pages, person, slug, None, fault=fault_of(error))
        recorder([slug])
        return RedirectResponse(f"/procedures/{slug}#scope", HTTPStatus.SEE_OTHER)

    @router.get("/{slug}/links")
    def back(slug: ProcedureSlug, _person: ProcedureLooker) -> Response:
        # A reload after a refused form asks for its address.
        return RedirectResponse(f"/procedures/{slug}#scope", HTTPStatus.SEE_OTHER)


def rendered(procedure: Procedure) -> dict[str, Markup]:
    """Return body and steps of a procedure as safe HTML; a stored tree that cannot be read any more is shown as it is written."""
    try:
        tree = procedure.decision_tree()
        steps = "" if tree is None else steps_html(tree)
    except TreeInvalid:
        steps = Markup("<pre>{}</pre>").format(procedure.tree)
    # Both are escaped where they are made.
    return {"body": Markup(markdown_html(procedure.body)), "steps": Markup(steps)}  # noqa: S704


def _shown(pages: Pages, person: Person, slug: str, version: int | None, *, fault: str | None = None) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        row = procedure_row(connection, slug, person.scope, pages.clock().date())
        versions = read_sop_versions(connection, slug)
        chosen = next((one for one in versions if one.number == version), None) if version else versions[0]
        if chosen is None:
            raise SopVersionUnknown(slug, version or 0, versions[0].number)
        before = next((one for one in versions if one.number == chosen.number - 1), None)
        changed = (
            []
            if before is None
            else difference(before.procedure, chosen.procedure, f"version {before.number}", f"version {chosen.number}")
        )
        return pages.write(
            connection, "procedure.html", now_of(connection), person=person, row=row, chosen=chosen, versions=versions,
            changed=changed, html=rendered(chosen.procedure), fault=fault,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        )  # fmt: skip


def _written(pages: Pages, recorder: Recorder, person: Person, fields: ProcedureFields, slug: str | None) -> Response:
    try:
        if fields.action == "preview":
            return _form(pages, person, fields, slug, preview=procedure_of(fields))
        with pages.engine.begin() as connection:
            done = write_from(connection, slug or fields.slug, fields, person, pages.clock())
    except SopUnknown:
        raise
    except _REFUSALS as error:
        return _form(pages, person, fields, slug, fault=fault_of(error))
    recorder([done.slug])
    return RedirectResponse(f"/procedures/{done.slug}", HTTPStatus.SEE_OTHER)


def _form(
    pages: Pages,
    person: Person,
    fields: ProcedureFields,
    slug: str | None,
    *,
    preview: Procedure | None = None,
    fault: str | None = None,
) -> HTMLResponse:
    """Write the form with what was sent, above it the preview that was asked for; `slug` is None for a new procedure."""
    with snapshot(pages.engine) as connection:
        return pages.write(
            connection, "procedure_form.html", now_of(connection), person=person, sent=redact_value(fields.model_dump()), slug=slug,
            preview=preview, html=None if preview is None else rendered(preview), fault=fault,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
        )  # fmt: skip
