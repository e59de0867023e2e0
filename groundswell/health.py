"""Health of a running process: /healthz, /readyz and /metrics over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from threading import Lock
from typing import Any

import orjson
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from groundswell.errors import GroundswellError

Check = Callable[[], str | None]
"""Answers None where all is well, else what is wrong in a few words."""


class HealthPortTaken(GroundswellError):
    """The health of this process cannot be requested."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"health cannot be answered at {host}:{port} ({why}); "
            "give each process of a machine its own --health-port, 0 takes a free one"
        )


class Stalls:
    """What cannot continue now, by the name of the part; set and cleared from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._stalls: dict[str, str] = {}

    def set(self, part: str, why: str) -> None:
        """Note that a part is stalled."""
        with self._lock:
            self._stalls[part] = why

    def clear(self, part: str) -> None:
        """Note that it goes on."""
        with self._lock:
            self._stalls.pop(part, None)

    def check(self) -> str | None:
        """What is stalled, if anything is."""
        with self._lock:
            return "; ".join(f"{part}: {why}" for part, why in sorted(self._stalls.items())) or None


def make_health_app(checks: Mapping[str, Check], registry: CollectorRegistry, refresh: Callable[[], None]) -> Any:
    """An ASGI app. `/healthz` answers while the event loop turns; `/readyz` answers 503 and says why where a check fails.

    `refresh` brings gauges up to date before metrics are read.
    """
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    async def healthz(_: Request) -> Response:
        return Response("ok\n", media_type="text/plain")

    async def readyz(_: Request) -> Response:
        found = {name: await run_in_threadpool(check) for name, check in checks.items()}
        ready = all(problem is None for problem in found.values())
        body = {"ready": ready, "checks": {name: problem or "ok" for name, problem in found.items()}}
        return Response(orjson.dumps(body), status_code=200 if ready else 503, media_type="application/json")

    async def metrics(_: Request) -> Response:
        await run_in_threadpool(refresh)
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return Starlette(routes=[Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)])


@asynccontextmanager
async def serving(
    app: Any,
    host: str,
    port: int,
    *,
    taken: Callable[[str, int, str], GroundswellError] = HealthPortTaken,
    proxies: Sequence[str] = (),
) -> AsyncIterator[int]:
    """Serve the app on the running loop; yields the port. Signals are left alone: they are the process's own.

    `proxies` are the addresses whose `X-Forwarded-For` is believed. Raises `taken` where the address cannot be listened on.
    """
    import asyncio
    import socket

    import uvicorn

    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # asyncio sets it only where a socket names its protocol; without it each answer waits 40 ms for the client's acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise taken(host, port, error.strerror or "unknown reason") from error
    # Who asks before the server turns waits in the queue instead of being refused.
    listener.listen()
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            log_config=None,
            lifespan="off",
            access_log=False,
            loop="none",
            server_header=False,
            proxy_headers=bool(proxies),
            forwarded_allow_ips=list(proxies),
        )
    )
    # uvicorn would take SIGTERM for itself and end before the last batch is stored.
    server.capture_signals = _no_signals  # type: ignore[method-assign]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


def _no_signals() -> Any:
    from contextlib import nullcontext

    return nullcontext()
