"""The process of `groundswell receive`: serves webhooks, health and metrics until it is stopped."""

from __future__ import annotations

import asyncio
import signal
from contextlib import AbstractContextManager

import structlog
from fastapi import FastAPI

from groundswell.errors import GroundswellError
from groundswell.health import make_health_app, serving
from groundswell.receiving import Given, InboxHealth


class ReceiverPortTaken(GroundswellError):
    """Webhooks cannot be received at the address that was asked for."""

    def __init__(self, host: str, port: int, why: str) -> None:
        super().__init__(
            f"webhooks cannot be received at {host}:{port} ({why}); stop what listens there, or choose another --host or --port"
        )


async def receive(parts: Given, running: AbstractContextManager[FastAPI], inbox: InboxHealth | None = None) -> None:
    """Serve until SIGTERM or SIGINT: then no further request is taken, and those under way are answered.

    Raises `ReceiverPortTaken` or `HealthPortTaken`.
    """
    log = structlog.get_logger()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    settings, stream = parts.settings.receive, parts.settings.stream
    checks = {"progress": parts.stalls.check} | ({} if inbox is None else {"inbox": inbox.check})
    health = make_health_app(checks, parts.metrics.registry, _nothing if inbox is None else inbox.refresh)
    # Entering and leaving starts and joins threads, which finish what they hold: the loop must not wait for that.
    app = await asyncio.to_thread(running.__enter__)
    try:
        async with (
            serving(health, stream.health_host, stream.health_port) as health_port,
            serving(
                app, settings.host, settings.port, taken=ReceiverPortTaken, proxies=settings.trusted_proxies
            ) as port,
        ):
            log.info(
                "receiving",
                address=f"http://{settings.host}:{port}",
                health=f"http://{stream.health_host}:{health_port}",
            )
            await ended.wait()
            log.info("stopping")
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)
    log.info("stopped")


def _nothing() -> None:
    """Bring nothing up to date: every metric of this process is counted when it changes."""
