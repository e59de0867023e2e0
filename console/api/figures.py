"""Figures for leaders as JSON: the tables of each page of figures."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from console.api.answer import answer
from console.figures.page import FigurePage
from console.figures.pages import PAGES
from console.pages.figures import FigureReader, FigureService, Filters, about_of, shown_tables
from console.pages.page import Pages
from store.board import snapshot


def figure_answers(pages: Pages, service: FigureService) -> APIRouter:
    """Make the routes of figures under `/api`."""
    router = APIRouter(prefix="/api", default_response_class=Response)
    for page in PAGES:
        _add_answer(router, pages, service, page)
    return router


def _add_answer(router: APIRouter, pages: Pages, service: FigureService, page: FigurePage) -> None:
    description = (
        f"Give the tables of the page “{page.title}” with the figures that it shows: seconds, and shares from 0 to 1."
    )

    @router.get(page.path, name=f"{page.title} as JSON", description=description)
    def figures(person: FigureReader, filters: Filters) -> Response:
        filters, notice = filters.redacted(), service.bring_up_to_date()
        with snapshot(pages.engine) as connection:
            found = service.answer(connection, page, person, filters, notice)
        about = {} if found.ask is None else dict(about_of(found.ask))
        tables = [one.as_json() for one in shown_tables(found, filters)]
        return answer({**about, "notice": notice, "tables": tables})
