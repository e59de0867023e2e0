"""`groundswell receive`: webhooks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from groundswell.commands.options import Database


class ReceiveTarget(StrEnum):
    """Where received events go."""

    inbox = "inbox"
    kafka = "kafka"


def receive(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on. Default: this machine only.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    to: Annotated[
        ReceiveTarget | None,
        typer.Option("--to", help="Write to the database and mine it here, or to the topics. Default: receive.to."),
    ] = None,
    health_port: Annotated[
        int | None, typer.Option("--health-port", min=0, max=65535, help="Port of /healthz, /readyz and /metrics.")
    ] = None,
    database: Database = None,
) -> None:
    """Receive webhooks of Zendesk, Jira, GitHub and others; SIGTERM ends it after what it accepted is written."""
    import asyncio
    import sys

    from groundswell.drain_process import drain_process
    from groundswell.logging import configure_logging, log_crashes
    from groundswell.receiver import receive as run
    from groundswell.receiving import InboxHealth, given, inbox_receiver, kafka_receiver
    from groundswell.session import now, open_session
    from groundswell.settings import Settings

    configure_logging()
    log_crashes()
    settings = Settings()
    asked = {"host": host, "port": port, "to": None if to is None else to.value}
    settings = settings.model_copy(
        update={
            "receive": settings.receive.model_copy(
                update={name: one for name, one in asked.items() if one is not None}
            ),
            "stream": settings.stream.model_copy(update={} if health_port is None else {"health_port": health_port}),
        }
    )
    parts = given(settings, now)
    if settings.receive.to == "kafka":
        asyncio.run(run(parts, kafka_receiver(parts)))
        return
    engine = open_session(database, create=True).engine
    with drain_process(parts, engine, sys.stdout) as wake:
        asyncio.run(run(parts, inbox_receiver(parts, engine, wake), InboxHealth(parts, engine)))
