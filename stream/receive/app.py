"""The receiver's HTTP application: a route for each system, and what each answer means to a sender.

202: stored; 200: stored before, or nothing to store; 4xx: not accepted, and the same again will not be either; 429 and 503: not stored,
send it again after `Retry-After`. A delivery whose sender is known and whose content cannot be an event is quarantined and answered
202: Zendesk and Jira give up at a 4xx, and at many of them switch the webhook off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from time import perf_counter
from typing import Any, Protocol

from fastapi import FastAPI
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from models.clock import Clock
from stream.receive.access import Access
from stream.receive.body import read_body
from stream.receive.delivery import Delivery, DeliveryReader, Received, check_media_type
from stream.receive.refusals import DeliveryProblem, DeliveryRefused
from stream.receive.settings import ReceiveSettings, WebhookSystem
from stream.receive.signatures import SignedRequest


class Sink(Protocol):
    """Where accepted deliveries are written before they are answered."""

    async def store(self, delivery: Delivery) -> bool:
        """Write a delivery and return when it is durable: True where it is new, False where it was stored before.

        Raises whatever prevents it.
        """

    def is_full(self) -> bool:
        """Return whether more waits behind it than the settings allow."""


class ReceiverFollower(Protocol):
    """Receives what becomes of each request: metrics and logs."""

    def accepted(self, delivery: Delivery, *, fresh: bool, seconds: float) -> None:
        """A delivery was stored, or found stored."""

    def refused(self, system: WebhookSystem, problem: DeliveryProblem) -> None:
        """A request was not accepted."""

    def unwritten(self, system: WebhookSystem, error: Exception) -> None:
        """A delivery could not be written; its sender was asked to send it again."""


class Receiver:
    """Answers deliveries. One for a process; `close` ends its threads."""

    def __init__(
        self,
        settings: ReceiveSettings,
        reader: DeliveryReader,
        sink: Sink,
        *,
        clock: Clock,
        follower: ReceiverFollower,
    ) -> None:
        self._settings = settings
        self._access = Access(settings)
        self._reader = reader
        self._sink = sink
        self._clock = clock
        self._follower = follower
        self._active = 0
        # Redaction of a long text would stop the event loop, and so every other sender.
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="receive")

    async def answer(self, system: WebhookSystem, request: Request) -> Response:
        """Answer one request."""
        begun = perf_counter()
        self._active += 1
        try:
            delivery = await self._read(system, request)
            fresh = await self._store(delivery)
        except DeliveryRefused as refused:
            self._follower.refused(system, refused.problem)
            return self._refusal(refused)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        finally:
            self._active -= 1
        self._follower.accepted(delivery, fresh=fresh, seconds=perf_counter() - begun)
        return _accepted(delivery, fresh=fresh)

    def close(self) -> None:
        """End the threads; nothing is received any more."""
        self._threads.shutdown(wait=True)

    async def _read(self, system: WebhookSystem, request: Request) -> Delivery:
        settings = self._settings
        if self._active > settings.in_flight or self._sink.is_full():
            raise DeliveryRefused(
                DeliveryProblem.PRESSURE, "more deliveries are waiting than this receiver accepts; send it again later"
            )
        media_type = check_media_type(system, request.headers.get("content-type", ""))
        body = await read_body(request, settings.max_bytes, settings.body_timeout)
        at = self._clock()
        signed = SignedRequest(
            [(name.lower(), value) for name, value in request.headers.raw], body, at, settings.time_window
        )
        self._access.check(system, signed, request.client.host if request.client else None)
        received = Received(system, _decoded(request.headers.raw), body, at, media_type)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._reader.read, received)

    async def _store(self, delivery: Delivery) -> bool:
        if not delivery.events and not delivery.refused:
            return False
        try:
            return await asyncio.wait_for(self._sink.store(delivery), self._settings.answer_within.total_seconds())
        except Exception as error:
            self._follower.unwritten(delivery.system, error)
            raise DeliveryRefused(
                DeliveryProblem.UNWRITTEN, "the delivery could not be written in time; send it again later"
            ) from error

    def _refusal(self, refused: DeliveryRefused) -> Response:
        headers = {}
        if refused.may_be_repeated:
            headers["Retry-After"] = str(round(self._settings.retry_after.total_seconds()))
        return JSONResponse({"error": str(refused)}, refused.status, headers)


def make_receiver_app(receiver: Receiver) -> FastAPI:
    """Make the application. It has no documentation pages: those would load their scripts from elsewhere."""
    app = FastAPI(title="Groundswell receiver", docs_url=None, redoc_url=None, openapi_url=None)
    for system in WebhookSystem:
        # A plain route: the body is read by ourselves, byte for byte as it was signed.
        app.add_route(f"/{system.value}", _route(receiver, system), methods=["POST"], include_in_schema=False)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


def _route(receiver: Receiver, system: WebhookSystem) -> Callable[[Request], Awaitable[Response]]:
    async def deliver(request: Request) -> Response:
        return await receiver.answer(system, request)

    return deliver


def _accepted(delivery: Delivery, *, fresh: bool) -> Response:
    if delivery.unreadable:
        return JSONResponse({"error": delivery.refused[0].detail}, HTTPStatus.BAD_REQUEST)
    body = {"events": len(delivery.events), "quarantined": len(delivery.refused), "repeated": not fresh}
    if not delivery.events and not delivery.refused:
        body["repeated"] = False
    return JSONResponse(body, HTTPStatus.ACCEPTED if fresh else HTTPStatus.OK)


def _decoded(raw: Any) -> Mapping[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}
