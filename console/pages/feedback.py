"""Feedback: what a link of a message asks for is shown first, and recorded when its reader confirms it."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from alerts.errors import FeedbackLinkExpired, FeedbackLinkInvalid
from alerts.feedback import FeedbackLinks, FeedbackRequest
from console.access import public
from console.form import fault_of
from console.pages.page import Pages
from models.feedback import FeedbackVote
from store.audit import record
from store.board import now_of, snapshot
from store.feedback import record_vote


def feedback_routes(pages: Pages, *, links: FeedbackLinks, actor: str) -> APIRouter:
    """Make the routes of feedback links, whose signature is the permission: their readers need not sign in.

    Opening one changes nothing: scanners of mail open every link. `actor` is who a vote is noted under.
    """
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/feedback/{token}", dependencies=[public()])
    def ask(token: str) -> HTMLResponse:
        return _page(pages, _request(links, token), noted=False)

    @router.post("/feedback/{token}", dependencies=[public()])
    def confirm(token: str) -> HTMLResponse:
        request = _request(links, token)
        item, at = request.item, pages.clock()
        vote = FeedbackVote(
            subject=item.subject, audience=item.audience, verdict=request.verdict, rule=item.rule,
            theme_id=item.theme_id, at=at,
        )  # fmt: skip
        with pages.engine.begin() as connection:
            record_vote(connection, vote, token=item.token)
            detail = {"verdict": request.verdict.value, "audience": item.audience}
            record(connection, at=at, actor=actor, action="feedback", subject=item.subject, detail=detail)
        return _page(pages, request, noted=True)

    return router


def _request(links: FeedbackLinks, token: str) -> FeedbackRequest:
    try:
        return links.read(token)
    except FeedbackLinkExpired as error:
        raise HTTPException(HTTPStatus.GONE, fault_of(error)) from error
    except FeedbackLinkInvalid as error:
        raise HTTPException(HTTPStatus.NOT_FOUND, fault_of(error)) from error


def _page(pages: Pages, request: FeedbackRequest, *, noted: bool) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        return pages.write(connection, "feedback.html", now_of(connection), person=None, request=request, noted=noted)
