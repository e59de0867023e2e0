"""`groundswell serve`: the console."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.commands.options import Database

if TYPE_CHECKING:
    from contextlib import ExitStack

    from fastapi import FastAPI

    from console.notification import NotificationParts
    from groundswell.session import Session


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="Address to listen on. Default: this machine only.")
    ] = None,
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Port; 0 takes a free one.")] = None,
    receive: Annotated[
        bool, typer.Option("--receive", help="Receive webhooks below /receive, too, and mine what they bring.")
    ] = False,
    database: Database = None,
) -> None:
    """Serve the console: the board of themes, each theme's page, the launch monitor."""
    from contextlib import ExitStack
    from functools import partial

    from console.app import create_app
    from console.parts import ConsoleParts
    from console.serve import serve as run
    from groundswell.console_operations import operations_parts
    from groundswell.console_sign_in import console_sign_in
    from groundswell.deciding import decision_applier
    from groundswell.feedback import feedback_links
    from groundswell.logging import configure_logging, log_crashes
    from groundswell.plan_desk import ConsolePlanningDesk
    from groundswell.procedures import record_or_log
    from groundswell.session import now, open_session

    configure_logging(sys.stderr)
    log_crashes()
    session = open_session(database, create=receive)
    given = {name: value for name, value in {"host": host, "port": port}.items() if value is not None}
    settings = session.settings.console.model_copy(update=given)
    sign_in, opening = console_sign_in(session.engine, settings, now)
    parts = ConsoleParts(
        sign_in=sign_in,
        feedback=feedback_links(session.settings, now),
        notification=_notification(session),
        operations=operations_parts(session),
        planning=ConsolePlanningDesk(session),
        decision_applier=decision_applier(session),
        procedure_changes=partial(record_or_log, session),
        figures=session.settings.figures,
    )
    app = create_app(session.engine, clock=now, settings=settings, mining=session.settings.mining, parts=parts)
    with ExitStack() as running:
        if receive:
            mount_receiver(app, session, running)
        run(
            app,
            settings,
            started=lambda address: typer.echo(opening.sentence(address), err=True),
        )


def _notification(session: Session) -> NotificationParts:
    """Compose what decides who is notified; the embedding model is loaded when the first example text is silenced."""
    from console.notification import NotificationParts
    from groundswell.embedding import text_embedder
    from groundswell.session import ownership_of
    from store.database import reading

    settings = session.settings

    def embed(text: str) -> Any:
        with reading(session.engine) as connection:
            return text_embedder(settings, connection)(text)

    return NotificationParts(alerts=settings.alerts, ownership=ownership_of(settings), embed=embed)


def mount_receiver(app: FastAPI, session: Session, running: ExitStack) -> None:
    """Start a receiver that ends with `running`, and put it in front of the console's routes."""
    from groundswell.drain_process import drain_process
    from groundswell.mounted import MountedReceiver
    from groundswell.receiving import given, inbox_receiver
    from groundswell.session import now

    parts = given(session.settings, now)
    wake = running.enter_context(drain_process(parts, session.engine, sys.stderr))
    receiver = running.enter_context(inbox_receiver(parts, session.engine, wake))
    app.add_middleware(MountedReceiver, receiver=receiver)
