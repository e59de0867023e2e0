"""Labels: queues of cases, one case per screen, disputes that are adjudicated, and what labels say."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from console.pages.labels.adjudication import add_adjudication
from console.pages.labels.case import add_cases
from console.pages.labels.queues import add_queues
from console.pages.labels.results import add_results
from console.pages.page import Pages

__all__ = ["label_routes"]


def label_routes(pages: Pages) -> APIRouter:
    """Make the routes of labels."""
    router = APIRouter(prefix="/labels", default_response_class=HTMLResponse)
    add_queues(router, pages)
    add_cases(router, pages)
    add_adjudication(router, pages)
    add_results(router, pages)
    return router
