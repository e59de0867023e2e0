"""`groundswell digest`: what each audience reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundswell.commands.options import Database, Json
from groundswell.terminal import say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from alerts.digest.formats import DigestFormat
    from alerts.ownership import Ownership
    from alerts.publishing import DigestOrder, PublishedDigest
    from groundswell.session import Session
    from pipelines.business_review.build import ReviewRules
    from store.digests import DigestWindow, StoredDigest

app = typer.Typer(no_args_is_help=True, help="Digests: one page per audience, with evidence.")

DayOption = Annotated[
    str | None,
    typer.Option(
        "--day",
        metavar="YYYY-MM-DD",
        help="The day (UTC) that the digest is about; of a week any day of it. Default: the newest with tickets.",
    ),
]
KindOption = Annotated[
    str,
    typer.Option(
        "--kind",
        metavar="KIND",
        help="daily, weekly, launch-day (from the start of a launch to its last full hour) or review (the weekly business review).",
    ),
]
WindowOption = Annotated[
    str | None,
    typer.Option("--window", metavar="START/END", help="Two times with a zone, instead of a day."),
]
LaunchOption = Annotated[
    str | None,
    typer.Option(
        "--launch", metavar="ID", help="The launch of a launch-day digest. Default: the newest that has begun."
    ),
]
Folder = Annotated[Path | None, typer.Option("--folder", help="Where the files go. Default: alerts.digest_folder.")]


@app.command("build")
def build(
    day: DayOption = None,
    audience: Annotated[str | None, typer.Option("--audience", help="Only this one.")] = None,
    kind: KindOption = "daily",
    window: WindowOption = None,
    launch: LaunchOption = None,
    form: Annotated[
        str,
        typer.Option("--format", metavar="FORMAT", help="md, html, slack (blocks as JSON), pdf or csv (the numbers)."),
    ] = "md",
    output: Annotated[Path | None, typer.Option("--output", help="File to write, instead of printing.")] = None,
    database: Database = None,
) -> None:
    """Print digests without publishing them, as Markdown or in another format."""
    from dataclasses import replace

    from alerts.publishing import quotes_of, write_form
    from groundswell.session import open_session, ownership_of, refresh_handling
    from store.database import reading

    [asked] = _formats([form])
    session = open_session(database)
    refresh_handling(session)
    settings = session.settings.alerts
    ownership = ownership_of(session.settings)
    chosen = _audiences(ownership, audience)
    with reading(session.engine) as connection:
        span, order = _order(connection, session, kind, day, window, launch)
        order = replace(order, audiences=chosen)
        found = _built(connection, session, ownership, span, order)
        _check_one_file(asked, found, output)
        written = [write_form(one, asked, quotes_of(connection, one), settings.console_url) for one in found]
    _put_out(written, output)


@app.command("publish")
def publish(
    day: DayOption = None,
    folder: Folder = None,
    audience: Annotated[str | None, typer.Option("--audience", help="Only this one.")] = None,
    kind: KindOption = "daily",
    window: WindowOption = None,
    launch: LaunchOption = None,
    forms: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT", help="Write this too: slack, pdf or csv. Repeat it for several."),
    ] = None,
    flow: Annotated[bool, typer.Option("--flow", help="Run it as a Prefect flow, on a temporary server.")] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Build again what was published before.")] = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """Publish digests: files for each audience, and one outbox row each. Publishing twice changes nothing."""
    from dataclasses import replace

    from groundswell.session import flow_context, open_session, ownership_of, refresh_handling
    from groundswell.table import print_json
    from store.database import reading

    formats = _formats(forms or [])
    session = open_session(database)
    settings = session.settings.alerts
    ownership = ownership_of(session.settings)
    chosen = _audiences(ownership, audience)
    with reading(session.engine) as connection:
        span, order = _order(connection, session, kind, day, window, launch)
    order = replace(order, audiences=chosen, rebuild=rebuild, formats=formats)
    target = folder or settings.digest_folder
    if flow:
        from pipelines.flows.run import run_publish_digests

        context, home = flow_context(session), session.settings.data / "prefect"
        placed = context.model_copy(update={"alerts": settings.model_copy(update={"digest_folder": target})})
        published = run_publish_digests(placed, span, home=home, order=order)
    else:
        refresh_handling(session)
        published = _published(session, ownership, span, target, order)
    if json:
        print_json([one.as_json() for one in published])
        return
    if not published:
        say(_why_none(session, ownership, span, order))
    for one in published:
        others = "".join(f", {path.name}" for path in one.others)
        say(f"{one.audience}: {one.path_md} and {one.path_html.name}{others}")


def _built(
    connection: Connection, session: Session, ownership: Ownership, span: DigestWindow, order: DigestOrder
) -> list[StoredDigest]:
    """Build the digests, at least one. Raises `GroundswellError` where nobody has a review."""
    from alerts.publishing import build_digests, stored_form
    from groundswell.errors import GroundswellError
    from pipelines.business_review.publish import build_reviews, why_no_review
    from store.digests import DigestKind

    settings = session.settings.alerts
    if order.kind is not DigestKind.REVIEW:
        return [stored_form(one, settings) for one in build_digests(connection, ownership, span, settings, order)]
    found = build_reviews(connection, ownership, span, _review_rules(session), settings, order)
    if not found:
        raise GroundswellError(why_no_review(connection, ownership, span, order))
    return found


def _why_none(session: Session, ownership: Ownership, span: DigestWindow, order: DigestOrder) -> str:
    from pipelines.business_review.publish import why_no_review
    from store.database import reading

    with reading(session.engine) as connection:
        sentence = why_no_review(connection, ownership, span, order)
    return f"Nothing was published: {sentence}."


def _published(
    session: Session, ownership: Ownership, span: DigestWindow, folder: Path, order: DigestOrder
) -> list[PublishedDigest]:
    from datetime import UTC, datetime

    from alerts.digest_extras import completed
    from alerts.publishing import publish_digests
    from groundswell.feedback import feedback_links
    from pipelines.business_review.publish import publish_reviews
    from store.digests import DigestKind

    settings = session.settings.alerts
    if order.kind is DigestKind.REVIEW:
        placed = settings.model_copy(update={"digest_folder": folder})
        return publish_reviews(session.engine, ownership, span, placed, _review_rules(session), order)
    feedback = feedback_links(session.settings, lambda: datetime.now(UTC))
    with completed(order, session.settings.digest.narrator, feedback) as asked:
        return publish_digests(session.engine, ownership, span, folder, settings, asked)


def _review_rules(session: Session) -> ReviewRules:
    from pipelines.business_review.build import ReviewRules
    from pipelines.handling.cost_file import read_costs

    figures = session.settings.figures
    return ReviewRules(figures.containment, read_costs(figures.costs))


def _order(
    connection: Connection, session: Session, kind: str, day: str | None, window: str | None, launch: str | None
) -> tuple[DigestWindow, DigestOrder]:
    from alerts.publishing import DigestOrder
    from groundswell.digest_windows import launch_of, parse_kind, window_of
    from groundswell.errors import UsageError
    from pipelines.launches.digests import launch_order
    from store.digests import DigestKind

    asked = parse_kind(kind)
    if asked is not DigestKind.LAUNCH_DAY:
        if launch is not None:
            raise UsageError(f"received --launch with --kind {kind}; valid is --kind launch-day")
        return window_of(connection, asked, day, window), DigestOrder(kind=asked)
    if day is not None or window is not None:
        raise UsageError(
            "received a day or window with --kind launch-day; it is from the start of the launch on, name it by --launch"
        )
    chosen, span = launch_of(connection, launch)
    return span, launch_order(connection, [chosen], span, session.settings.mining.spikes)


def _formats(names: list[str]) -> list[DigestFormat]:
    from alerts.digest.formats import DigestFormat
    from groundswell.errors import UsageError

    try:
        return [DigestFormat(name) for name in names]
    except ValueError as error:
        wrong = next(name for name in names if name not in list(DigestFormat))
        raise UsageError(f"received the format {wrong!r}; valid are {', '.join(DigestFormat)}") from error


def _audiences(ownership: Ownership, audience: str | None) -> tuple[str, ...] | None:
    from groundswell.errors import UsageError

    names = [one.name for one in ownership.audiences]
    if audience is not None and audience not in names:
        raise UsageError(f"received the audience {audience!r}; valid are {', '.join(names)}")
    return None if audience is None else (audience,)


def _check_one_file(form: DigestFormat, found: list[StoredDigest], output: Path | None) -> None:
    """Refuse several digests in one file of a format that has no place for a second one."""
    from alerts.digest.formats import DigestFormat
    from groundswell.errors import UsageError

    if form is not DigestFormat.MARKDOWN and len(found) > 1:
        names = ", ".join(one.audience for one in found)
        raise UsageError(f"received the format {form} for {len(found)} audiences; name one by --audience: {names}")
    if form is DigestFormat.PDF and output is None:
        raise UsageError("received the format pdf without a file to write; name one by --output")


def _put_out(written: list[bytes], output: Path | None) -> None:
    from alerts.atomic import write_atomically
    from models.formats import counted

    if output is not None:
        write_atomically(output, b"\n".join(written))
        # The name of the file is not repeated: whatever was typed there would be shown.
        say(f"Wrote {counted(len(written), 'digest')}.")
        return
    for one in written:
        say(one.decode())
