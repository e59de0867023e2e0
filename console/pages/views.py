"""Saved views of the board: saved and deleted from it."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access import needs
from console.board_view import BoardView, view_of_search
from console.form import SavedViewForm
from console.pages.page import Pages
from models.access import Permission, Person
from store.saved_views import delete_view, save_view


def view_routes(pages: Pages) -> APIRouter:
    """Make the routes of saved views; each leads back to the board as it was looked at."""
    router = APIRouter(prefix="/themes/views", default_response_class=HTMLResponse)

    @router.post("")
    def save(
        person: Annotated[Person, needs(Permission.LOOK, narrows=True)], form: Annotated[SavedViewForm, Form()]
    ) -> Response:
        view = view_of_search(form.query)
        with pages.engine.begin() as connection:
            save_view(connection, person=person.name, name=form.redacted, query=view.search, at=pages.clock())
        return _back(view)

    @router.post("/{view_id}/delete")
    def delete(
        view_id: int,
        person: Annotated[Person, needs(Permission.LOOK, narrows=True)],
        query: Annotated[str, Form(max_length=4000)] = "",
    ) -> Response:
        with pages.engine.begin() as connection:
            delete_view(connection, view_id, person=person.name, at=pages.clock())
        return _back(view_of_search(query))

    return router


def _back(view: BoardView) -> Response:
    return RedirectResponse(view.address(), HTTPStatus.SEE_OTHER)
