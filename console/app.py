"""The console's application: routes, guard, live news and what a failure looks like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from pathlib import Path

from anyio import to_thread
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from alerts.feedback import FeedbackLinks
from console.api import api_routes
from console.form import MAX_BYTES
from console.guard import SECURITY_HEADERS, BodyLimit, Guard
from console.live import Pulse, Sleep
from console.notification import NotificationParts
from console.pages import Pages, page_routes
from console.pages.feedback import feedback_routes
from console.pages.page import templates
from console.pages.why import why_routes
from console.settings import ConsoleSettings
from console.silences import silence_routes
from models.clock import Clock
from models.invalid_value import what_is_valid
from models.redaction import quoted, redact, shortened
from pipelines.past.explain import UNANSWERABLE
from pipelines.settings import MiningSettings
from pipelines.silencing import SilenceInvalid
from store.alerts import AlertUnknown
from store.board import mark_of, snapshot
from store.errors import KnownIssueMissing, SpikeUnknown, StoreError, ThemeUnknown
from store.incidents import IncidentUnknown
from store.known_issue_decisions import KnownIssueInvalid
from store.known_issues import KnownIssueUnknown
from store.silences import SilenceOver, SilenceUnknown


def create_app(
    engine: Engine,
    *,
    clock: Clock,
    settings: ConsoleSettings,
    mining: MiningSettings,
    feedback: FeedbackLinks | None = None,
    notification: NotificationParts | None = None,
    sleep: Sleep = asyncio.sleep,
) -> FastAPI:
    """Make the console of a database whose schema is at head.

    `mining` are the settings that the database is mined with: explanations and launch reviews use them. `feedback` reads the links of
    messages; without it they are not answered. `notification` is what decides who is notified. `clock` gives the
    wall-clock time (timezone-aware) of decisions; `sleep` waits between two looks for news. The application keeps its `Pulse` in
    `app.state.pulse`: a server closes it first when it stops, because a page that listens would keep it waiting.
    """
    environment = templates()
    pulse = _pulse(engine, settings, sleep)
    # FastAPI's own documentation pages load their scripts from outside; the description itself is served.
    app = FastAPI(
        title="Groundswell console",
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=_lifespan(pulse),
    )
    app.state.pulse = pulse
    app.add_middleware(BodyLimit, limit=MAX_BYTES)
    app.add_middleware(Guard, allowed_hosts=settings.answered_hosts)
    pages = Pages(engine, environment)
    parts, actor = notification or NotificationParts(), settings.actor
    app.include_router(page_routes(pages, clock=clock, actor=actor, cap=settings.decision_cap, mining=mining))
    app.include_router(why_routes(pages, mining, lambda: parts.path_rules(mining, clock())), include_in_schema=False)
    if feedback is not None:
        app.include_router(feedback_routes(pages, clock=clock, actor=actor, links=feedback), include_in_schema=False)
    app.include_router(api_routes(engine, mining, lambda: parts.path_rules(mining, clock())))
    app.include_router(silence_routes(engine, clock=clock, actor=actor, mining=mining, parts=parts))
    static = StaticFiles(directory=Path(__file__).parent / "static", packages=[("alerts.chart", "static")])
    app.mount("/static", static, name="static")
    _add_live_route(app, pulse)
    _add_health_route(app)
    _add_failures(app, environment)
    return app


def _pulse(engine: Engine, settings: ConsoleSettings, sleep: Sleep) -> Pulse:
    def mark() -> str:
        with snapshot(engine) as connection:
            return mark_of(connection)

    return Pulse(
        lambda: to_thread.run_sync(mark),
        sleep=sleep,
        refresh_seconds=settings.refresh_seconds,
        listeners=settings.listeners,
    )


def _lifespan(pulse: Pulse) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.create_task(pulse.run())
        try:
            yield
        finally:
            await pulse.close()
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)

    return running


def _add_live_route(app: FastAPI, pulse: Pulse) -> None:
    @app.get("/events", include_in_schema=False)
    async def events(request: Request, known: str = "") -> Response:
        if pulse.full:
            sentence = "As many pages are open as the console keeps live; close some, or reload to see what is new."
            return JSONResponse({"error": sentence}, HTTPStatus.SERVICE_UNAVAILABLE)
        known = request.headers.get("last-event-id", known)
        return StreamingResponse(
            pulse.stream(known), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )


def _add_health_route(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}


NOT_FOUND = (ThemeUnknown, SpikeUnknown, KnownIssueUnknown, AlertUnknown, SilenceUnknown, IncidentUnknown)
"""What an address names that does not exist."""


def _status_of(error: StoreError) -> HTTPStatus:
    if isinstance(error, NOT_FOUND):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, SilenceOver):
        return HTTPStatus.CONFLICT
    return (
        HTTPStatus.UNPROCESSABLE_ENTITY
        if isinstance(error, (*UNANSWERABLE, KnownIssueMissing, KnownIssueInvalid, SilenceInvalid))
        else HTTPStatus.SERVICE_UNAVAILABLE
    )


def _add_failures(app: FastAPI, environment: Environment) -> None:
    def answer(request: Request, status: int, error: str) -> Response:
        # A sentence quotes what was sent, which may be a card number that was pasted into the wrong field.
        sentence = redact(error).text
        if request.url.path.startswith("/api/"):
            return JSONResponse({"error": sentence}, status)
        phrase = HTTPStatus(status).phrase
        return HTMLResponse(environment.get_template("error.html").render(phrase=phrase, sentence=sentence), status)

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        if error.detail == HTTPStatus(error.status_code).phrase:
            asked = f"{request.method} {shortened(request.url.path, 200)}"
            sentence = f"Received {asked}, which the console does not answer; start from the board."
            return answer(request, error.status_code, sentence)
        return answer(request, error.status_code, str(error.detail))

    @app.exception_handler(RequestValidationError)
    async def misread(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        received = quoted(first.get("input", ""), 100)
        sentence = f"Received {received} as {first['loc'][-1]}: {what_is_valid(first)}; correct it in the address."
        return answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, sentence)

    @app.exception_handler(StoreError)
    async def not_stored(request: Request, error: StoreError) -> Response:
        return answer(request, _status_of(error), f"{str(error)[0].upper()}{str(error)[1:]}.")

    @app.exception_handler(DBAPIError)
    async def unreachable(request: Request, _error: DBAPIError) -> Response:
        sentence = "The database does not answer; see that it runs, or ask `groundswell doctor`."
        return answer(request, HTTPStatus.SERVICE_UNAVAILABLE, sentence)

    @app.exception_handler(Exception)
    async def failed(request: Request, _error: Exception) -> Response:
        sentence = "The console failed at this page; its log says why. Go back to the board, or try again."
        response = answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, sentence)
        # This answer is written outside the guard.
        response.headers.update(SECURITY_HEADERS)
        return response
