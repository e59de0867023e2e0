"""`groundswell serve`: the console."""

from __future__ import annotations

from typing import Annotated

import typer

from groundswell.commands.options import Database


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on. Default: this machine only.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    database: Database = None,
) -> None:
    """Serve the console: the board of themes, each theme's page, the launch monitor."""
    from console.app import create_app
    from console.serve import serve as run
    from groundswell.session import now, open_session

    session = open_session(database)
    given = {name: value for name, value in {"host": host, "port": port}.items() if value is not None}
    settings = session.settings.console.model_copy(update=given)
    run(
        create_app(session.engine, clock=now, settings=settings, mining=session.settings.mining),
        settings,
        started=lambda address: typer.echo(f"The console is at {address}; Ctrl-C ends it.", err=True),
    )
