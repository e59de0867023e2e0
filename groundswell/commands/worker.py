"""`groundswell worker`: reads events from Kafka, and waits to become the miner."""

from __future__ import annotations

from typing import Annotated

import typer

from groundswell.commands.options import Database


def worker(
    health_port: Annotated[
        int | None, typer.Option("--health-port", min=0, max=65535, help="Port of /healthz, /readyz and /metrics.")
    ] = None,
    mine: Annotated[bool, typer.Option("--mine/--no-mine", help="Whether to wait to become the miner, too.")] = True,
    database: Database = None,
) -> None:
    """Read events from Kafka into the database, one of any number of workers; SIGTERM ends it after its batch."""
    from groundswell.scaled import run

    code = run(database, health_port=health_port, reads=True, mines=mine)
    if code:
        raise typer.Exit(code)
