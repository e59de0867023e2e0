"""`groundswell backfill`: reads Kafka again where something may be missing."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from groundswell.commands.options import Database


def backfill(
    since: Annotated[
        datetime | None,
        typer.Option(
            "--since", formats=["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z", "%Y-%m-%d"],
            help="From messages that Kafka took at this time on (UTC unless it says otherwise). Default: all that is kept.",
        ),
    ] = None,
    database: Database = None,
) -> None:  # fmt: skip
    """Read again what was read before, and store what is missing; workers may go on meanwhile. Nothing is stored twice."""
    from groundswell.backfill import run_backfill

    code = run_backfill(database, since)
    if code:
        raise typer.Exit(code)
