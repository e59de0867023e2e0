"""`groundswell digest`: what each audience reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundswell.commands.options import Database
from groundswell.terminal import say

if TYPE_CHECKING:
    from alerts.ownership import Ownership
    from groundswell.session import Session
    from store.digests import DigestWindow

app = typer.Typer(no_args_is_help=True, help="Digests: one page per audience, with evidence.")

DayOption = Annotated[
    str | None,
    typer.Option(
        "--day",
        metavar="YYYY-MM-DD",
        help="The day (UTC) that the digest is about. Default: the newest day with tickets.",
    ),
]
Folder = Annotated[Path | None, typer.Option("--folder", help="Where the files go. Default: alerts.digest_folder.")]


@app.command("build")
def build(
    day: DayOption = None,
    audience: Annotated[str | None, typer.Option("--audience", help="Only this one.")] = None,
    database: Database = None,
) -> None:
    """Print digests as Markdown without publishing them."""
    from alerts.digest.markdown import render_markdown
    from alerts.publishing import build_digests
    from groundswell.errors import UsageError
    from groundswell.session import open_session
    from store.database import reading

    session = open_session(database)
    settings = session.settings.alerts
    with reading(session.engine) as connection:
        digests = build_digests(connection, _ownership(session), window_of(session, day), settings)
    names = [digest.audience for digest in digests]
    if audience is not None and audience not in names:
        raise UsageError(f"received the audience {audience!r}; valid are {', '.join(names)}")
    for digest in digests:
        if audience in (None, digest.audience):
            say(render_markdown(digest))


@app.command("publish")
def publish(
    day: DayOption = None,
    folder: Folder = None,
    flow: Annotated[bool, typer.Option("--flow", help="Run it as a Prefect flow, on a temporary server.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build again what was published before.")] = False,
    database: Database = None,
) -> None:
    """Publish the digests of a day: files for each audience, and one outbox row each. Publishing twice changes nothing."""
    from alerts.publishing import publish_digests
    from groundswell.session import flow_context, open_session

    session = open_session(database)
    settings = session.settings.alerts
    window, target = window_of(session, day), folder or settings.digest_folder
    if flow:
        from pipelines.flows.run import run_publish_digests

        context, home = flow_context(session), session.settings.data / "prefect"
        placed = context.model_copy(update={"alerts": settings.model_copy(update={"digest_folder": target})})
        published = run_publish_digests(placed, window, home=home, rebuild=rebuild)
    else:
        published = publish_digests(session.engine, _ownership(session), window, target, settings, rebuild=rebuild)
    for one in published:
        say(f"{one.audience}: {one.path_md} and {one.path_html.name}")


def _ownership(session: Session) -> Ownership:
    from alerts.ownership_file import read_ownership

    return read_ownership(session.settings.alerts.ownership, channels=session.settings.channel_names)


def _start_of(day: str) -> datetime:
    from groundswell.errors import UsageError

    try:
        return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError as error:
        raise UsageError(f"received the day {day!r}; valid is YYYY-MM-DD, for example 2026-11-20") from error


def window_of(session: Session, day: str | None) -> DigestWindow:
    """The day that was asked for, or the newest one of event time that has tickets."""
    from groundswell.errors import GroundswellError, UsageError
    from store.board import now_of
    from store.database import reading
    from store.digests import DigestWindow

    asked = None if day is None else _start_of(day)
    with reading(session.engine) as connection:
        newest = now_of(connection)
    if asked is not None and newest is not None and asked >= newest.time:
        raise UsageError(
            f"received the day {day}, but the newest ticket is of {newest.time:%Y-%m-%d}; valid is that day or an earlier one"
        )
    if asked is not None:
        return DigestWindow(asked, asked + timedelta(days=1))
    if newest is None:
        raise GroundswellError(
            "no ticket has been mined yet, so there is no day to digest; `groundswell ingest FILE` first"
        )
    # `newest.time` is the end of the newest bucket: the instant before it is in the day of that ticket.
    start = (newest.time - timedelta(seconds=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return DigestWindow(start, start + timedelta(days=1))
