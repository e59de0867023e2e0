"""`groundswell miner`: mines what the workers store."""

from __future__ import annotations

from typing import Annotated

import typer

from groundswell.commands.options import Database


def miner(
    health_port: Annotated[
        int | None, typer.Option("--health-port", min=0, max=65535, help="Port of /healthz, /readyz and /metrics.")
    ] = None,
    database: Database = None,
) -> None:
    """Mine what the workers store; of all processes that could, the one that has the lease does."""
    from groundswell.scaled import run

    code = run(database, health_port=health_port, reads=False, mines=True)
    if code:
        raise typer.Exit(code)
