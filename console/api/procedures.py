"""Procedures as JSON: listed, described, written and linked."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import Response

from console.api.answer import answer
from console.pages.page import Pages
from console.pages.procedure import ProcedureLooker, Recorder, VersionNumber, Writer
from console.parameters import ProcedureSlug
from console.procedure_form import ProcedureFields, SopLinkFields, link_from, write_from
from models.sops.steps import shown_steps
from store.board import snapshot
from store.board.procedures import procedure_row, procedure_rows
from store.sops import WrittenSop, read_sop, read_sop_version, read_sop_versions

__all__ = ["procedure_answers"]


def procedure_answers(pages: Pages, recorder: Recorder) -> APIRouter:
    """Make the routes of procedures under `/api`; `recorder` records what was changed in them as changes of their themes."""
    router = APIRouter(prefix="/api/procedures", default_response_class=Response)

    @router.get("")
    def procedures(person: ProcedureLooker) -> Response:
        """List the procedures, what is overdue for review first, as `groundswell sops list --json` does."""
        day = pages.clock().date()
        with snapshot(pages.engine) as connection:
            return answer([one.as_json(day) for one in procedure_rows(connection, person.scope, day)])

    @router.get("/{slug}")
    def procedure(slug: ProcedureSlug, person: ProcedureLooker, version: VersionNumber = None) -> Response:
        """Describe one procedure with its text, tree and steps, as `groundswell sops show SLUG --json` does."""
        day = pages.clock().date()
        with snapshot(pages.engine) as connection:
            row = procedure_row(connection, slug, person.scope, day)
            shown = row.stored.newest if version is None else read_sop_version(connection, slug, version)
        said = shown.procedure
        whole = {"body": said.body, "tree": said.tree, "steps": shown_steps(said)}
        return answer({**row.as_json(day), **shown.as_json(), **whole})

    @router.get("/{slug}/versions")
    def versions(slug: ProcedureSlug, person: ProcedureLooker) -> Response:
        """List the versions of a procedure, the newest first, as `groundswell sops history SLUG --json` does."""
        with snapshot(pages.engine) as connection:
            procedure_row(connection, slug, person.scope, pages.clock().date())
            return answer([one.as_json() for one in read_sop_versions(connection, slug)])

    _add_writing(router, pages, recorder)
    return router


def _add_writing(router: APIRouter, pages: Pages, recorder: Recorder) -> None:
    @router.post("", status_code=HTTPStatus.CREATED)
    def create(body: ProcedureFields, person: Writer) -> Response:
        """Add a procedure, as `groundswell sops add` does; `slug` is its name in addresses."""
        with pages.engine.begin() as connection:
            done = write_from(connection, body.slug, body.model_copy(update={"based_on": 0}), person, pages.clock())
        recorder([done.slug])
        return answer(_done(done), HTTPStatus.CREATED)

    @router.put("/{slug}")
    def revise(slug: ProcedureSlug, body: ProcedureFields, person: Writer) -> Response:
        """Write a new version of a procedure that is based on version `based_on`; one that says the same is left out."""
        with pages.engine.begin() as connection:
            done = write_from(connection, slug, body, person, pages.clock())
        recorder([done.slug])
        return answer(_done(done))

    @router.post("/{slug}/links")
    def link(slug: ProcedureSlug, body: SopLinkFields, person: Writer) -> Response:
        """Say that a procedure is for a theme or known issue, or (`action` unlink) no longer for it."""
        with pages.engine.begin() as connection:
            link_from(connection, slug, body, person, pages.clock())
            stored = read_sop(connection, slug)
        recorder([slug])
        return answer(stored.as_json(pages.clock().date()))


def _done(done: WrittenSop) -> dict[str, object]:
    return {"id": done.slug, "version": done.version, "state": done.state}
