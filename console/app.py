"""The console's application: routes, guard, live news and what a failure looks like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from time import sleep
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from console.access import Identity, Looks, PeopleSignIn, needs, public
from console.access.needs import check_declared
from console.api import api_routes
from console.api.figures import figure_answers
from console.api.labels import label_answers
from console.api.launches import launch_api_routes
from console.api.operations import operation_answers
from console.api.procedures import procedure_answers
from console.api.silences import silence_routes
from console.effect import Effects
from console.failures import add_failures
from console.form import MAX_BYTES
from console.freshness import FreshnessReader
from console.guard import BodyLimit, Guard
from console.launch_monitors import MonitorReader
from console.live import ListenerLimits, LiveResponse, Pulse, Sleep
from console.operations import Operations
from console.overview import OverviewReader
from console.pages import Pages, page_routes, signal_routes
from console.pages.account import account_routes
from console.pages.audit import audit_routes
from console.pages.feedback import feedback_routes
from console.pages.figures import FigureService, figure_routes
from console.pages.labels import label_routes
from console.pages.launch import launch_routes
from console.pages.operations import operation_routes
from console.pages.page import templates
from console.pages.people import people_routes
from console.pages.procedure import procedure_routes
from console.pages.quarantine import quarantine_routes
from console.pages.review import review_routes
from console.pages.sign_in import sign_in_routes
from console.pages.why import why_routes
from console.parts import ConsoleParts
from console.planning import Planning
from console.settings import ConsoleSettings
from console.state_cache import StateCache
from models.access import Permission, Person
from models.clock import Clock
from pipelines.immediate import DecisionApplier
from pipelines.past.decision_path import PathRules
from pipelines.rules import Rules
from pipelines.settings import MiningSettings
from store.board import snapshot

THREADS = 7
"""Requests that are answered at the same time; the others wait in order. Each may hold two of the 15 connections to a database, and
more threads would wait for one until they fail."""


def create_app(
    engine: Engine, *, clock: Clock, settings: ConsoleSettings, mining: MiningSettings, parts: ConsoleParts
) -> FastAPI:
    """Make the console of a database whose schema is at head.

    `mining` are the settings that the database is mined with: explanations and launch reviews use them. `clock` gives the wall-clock
    time (timezone-aware) of decisions. The application keeps its `Pulse` in `app.state.pulse`: a server closes it first when it stops,
    because a page that listens would keep it waiting. Raises `RuntimeError` where a route does not say what it needs.
    """
    environment, freshness = templates(), FreshnessReader(clock)
    pulse = _pulse(engine, settings, parts.sleep, freshness)
    # FastAPI's own documentation pages load their scripts from outside; the description itself is served by a route of ours.
    app = FastAPI(
        title="Groundswell console", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan(pulse)
    )
    app.state.pulse = pulse
    app.state.identity = Identity(engine, clock, parts.sign_in)
    app.add_middleware(BodyLimit, limit=MAX_BYTES)
    app.add_middleware(Guard, allowed_hosts=settings.answered_hosts)
    effects = Effects(
        parts.decision_applier or _applier(engine, clock, mining, parts), clock, cap=settings.decision_cap
    )
    pages = Pages(engine, environment, clock, Looks(engine, clock), freshness, effects)
    _add_routes(app, pages, settings, mining, parts)
    static = StaticFiles(directory=Path(__file__).parent / "static", packages=[("alerts.chart", "static")])
    app.mount("/static", static, name="static")
    _add_live_route(app, pulse)
    _add_descriptions(app)
    add_failures(app, pages)
    check_declared(app.routes)
    return app


def _add_routes(
    app: FastAPI, pages: Pages, settings: ConsoleSettings, mining: MiningSettings, parts: ConsoleParts
) -> None:
    notification, clock = parts.notification, pages.clock

    def rules() -> PathRules:
        return notification.path_rules(mining, clock())

    overview = OverviewReader(mining, notification, StateCache())
    owners = tuple(one.name for one in notification.ownership.audiences)
    app.include_router(page_routes(pages, overview, owners=owners), include_in_schema=False)
    figures = FigureService(pages, parts.figures)
    refresh = figures.begin_refresh if parts.figures.service_levels is not None else None
    planning = Planning(pages.engine, clock, mining, parts.planning)
    monitors = MonitorReader(clock, mining.spikes, refresh)
    app.include_router(launch_routes(pages, planning, monitors), include_in_schema=False)
    app.include_router(why_routes(pages, mining, rules), include_in_schema=False)
    app.include_router(signal_routes(pages, rules, mining=mining, notification=notification), include_in_schema=False)
    app.include_router(sign_in_routes(pages, parts.sign_in), include_in_schema=False)
    invitations = isinstance(parts.sign_in, PeopleSignIn)
    app.include_router(people_routes(pages, invitations=invitations), include_in_schema=False)
    app.include_router(account_routes(pages), include_in_schema=False)
    if parts.feedback is not None:
        app.include_router(feedback_routes(pages, links=parts.feedback, actor=settings.actor), include_in_schema=False)
    app.include_router(api_routes(pages, overview, mining, rules, notification))
    operations = Operations(pages.engine, clock, parts.operations, notification.ownership)
    app.include_router(operation_routes(pages, operations, mining), include_in_schema=False)
    app.include_router(quarantine_routes(pages, operations), include_in_schema=False)
    app.include_router(audit_routes(pages), include_in_schema=False)
    app.include_router(operation_answers(pages, operations, mining))
    app.include_router(launch_api_routes(pages, planning, monitors))
    app.include_router(procedure_routes(pages, parts.procedure_changes), include_in_schema=False)
    app.include_router(procedure_answers(pages, parts.procedure_changes))
    app.include_router(figure_routes(pages, figures), include_in_schema=False)
    app.include_router(review_routes(pages, parts.figures, figures.bring_up_to_date), include_in_schema=False)
    app.include_router(figure_answers(pages, figures))
    app.include_router(label_routes(pages), include_in_schema=False)
    app.include_router(label_answers(pages))
    app.include_router(silence_routes(pages, mining=mining, notification=notification))


def _applier(engine: Engine, clock: Clock, mining: MiningSettings, parts: ConsoleParts) -> DecisionApplier:
    notification = parts.notification
    # The model of the database takes the place of this one.
    rules = Rules(mining=mining, alerts=notification.alerts, ownership=notification.ownership, model="")
    return DecisionApplier(engine, lambda: rules, clock, wait=sleep)


def _pulse(engine: Engine, settings: ConsoleSettings, sleep: Sleep, freshness: FreshnessReader) -> Pulse:
    def mark() -> str:
        with snapshot(engine) as connection:
            return freshness.mark(connection)

    # A thread of its own: news must not wait behind the pages that are asked for.
    alone = CapacityLimiter(1)
    return Pulse(
        lambda: to_thread.run_sync(mark, limiter=alone),
        sleep=sleep,
        refresh_seconds=settings.refresh_seconds,
        limits=ListenerLimits(
            total=settings.listeners, each=settings.listeners_of_one, seconds=settings.listening_seconds
        ),
    )


def _lifespan(pulse: Pulse) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        to_thread.current_default_thread_limiter().total_tokens = THREADS
        loop = asyncio.create_task(pulse.run())
        try:
            yield
        finally:
            await pulse.close()
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)

    return running


def _add_live_route(app: FastAPI, pulse: Pulse) -> None:
    @app.api_route("/events", methods=["GET", "HEAD"], include_in_schema=False)
    async def events(
        request: Request, person: Annotated[Person, needs(Permission.LOOK, narrows=True)], known: str = ""
    ) -> Response:
        if request.method == "HEAD":
            # The answer to GET has no end, so that nothing can be said of it by giving it.
            return Response(media_type="text/event-stream")

        async def allowed() -> bool:
            try:
                found = await to_thread.run_sync(request.app.state.identity.person, request)
            except DBAPIError:
                # Whatever the database says, open pages must survive it.
                return True
            return found is not None and found.may(Permission.LOOK)

        return LiveResponse(pulse, person.name, request.headers.get("last-event-id", known), allowed)


def _add_descriptions(app: FastAPI) -> None:
    @app.get("/healthz", include_in_schema=False, dependencies=[public()])
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/api/openapi.json", include_in_schema=False, dependencies=[needs(Permission.LOOK, narrows=True)])
    def description() -> JSONResponse:
        return JSONResponse(app.openapi())
