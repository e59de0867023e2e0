"""`groundswell flows`: what runs by schedule."""

from __future__ import annotations

import signal
from types import FrameType
from typing import TYPE_CHECKING

import typer

from groundswell.commands.options import Database

if TYPE_CHECKING:
    from groundswell.session import Session


def flows(database: Database = None) -> None:
    """Serve the flows on their schedules: digests, reviews of launches, the outbox, retention, a weekly proposal to rebuild the themes.

    It needs a Prefect server: `prefect server start`, and PREFECT_API_URL=http://127.0.0.1:4200/api in the environment.
    It ends with exit code 0 on SIGTERM and on Ctrl-C; the schedules stay, and late runs are made up for.
    """
    signal.signal(signal.SIGTERM, _end)
    # A shell that starts a command in the background lets it ignore SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _serve(database)
    except KeyboardInterrupt:
        raise typer.Exit from None


def _end(_number: int, _frame: FrameType | None) -> None:
    """End the process as wished, while Prefect is still being imported; it then sets a handler of its own."""
    raise SystemExit(0)


def _serve(database: str | None) -> None:
    from functools import partial
    from threading import Event

    from groundswell.prefect_server import require_server
    from groundswell.session import flow_context, open_session, ownership_of

    session: Session = open_session(database)
    session.engine.dispose()
    read_owners = partial(ownership_of, session.settings)
    read_owners()
    require_server()
    from pipelines.flows.serve import serve_flows

    serve_flows(flow_context(session), read_owners, Event(), typer.echo)
