"""`groundswell quarantine`: records that could not be taken, and reading them again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from groundswell.commands.options import Database, Json
from groundswell.terminal import say

if TYPE_CHECKING:
    from groundswell.quarantine_retry import ReadingOptions
    from stream.source import Source

app = typer.Typer(help="Records that could not be taken, each with its reason; all text is redacted.")

Limit: TypeAlias = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Newest so many.")]


@app.callback(invoke_without_command=True)
def quarantine(context: typer.Context, limit: Limit = 50, json: Json = False, database: Database = None) -> None:
    """Show records that could not be taken, each with its reason; all text is redacted."""
    if context.invoked_subcommand is None:
        _list(limit, database, json=json)


@app.command("list")
def list_(limit: Limit = 50, json: Json = False, database: Database = None) -> None:
    """List the newest refused records; the same as `groundswell quarantine` alone."""
    _list(limit, database, json=json)


@app.command("retry")
def retry(
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH...]", help="Files whose records to read again. Default: all.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", metavar="FILE", help="The mended mapping. Default: the one used before.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="NAME", help="Only what was refused for this reason.")
    ] = None,
    record: Annotated[
        int | None, typer.Option("--record", metavar="ID", min=1, max=2**63 - 1, help="Only the record with this id.")
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Read refused records of files again, at their lines, and store what is readable by now.

    Records that are stored leave quarantine, the others stay with their new reason. What came by Kafka, a webhook or standard input
    cannot be read again from here.
    """
    from rich.console import Console

    from groundswell.quarantine_retry import Retry
    from groundswell.session import now, open_session
    from groundswell.table import print_json
    from groundswell.terminal_ingest import INTERRUPTED, run_ingest
    from store.quarantine import QuarantineChoice

    session, console = open_session(database), Console(stderr=True, soft_wrap=True)
    report = Retry(session.engine, _open, lambda sources: run_ingest(session, sources, console), now)(
        paths or [], mapping, QuarantineChoice(reason, record)
    )
    if json:
        print_json([report.as_json()])
    for sentence in [] if json else report.sentences or ["Nothing is quarantined."]:
        say(sentence, err=True)
    if report.stopped:
        raise typer.Exit(INTERRUPTED)
    if report.left and not report.settled:
        raise typer.Exit(1)


def _list(limit: int, database: str | None, *, json: bool) -> None:
    from groundswell.session import open_session
    from groundswell.table import print_json, print_table
    from store.database import reading
    from store.records import newest_quarantine

    with reading(open_session(database).engine) as connection:
        rows = newest_quarantine(connection, limit)
    if json:
        print_json(rows)
        return
    print_table("Quarantine", rows, {
        "where": lambda row: f"{row['stream'].rsplit('/', 1)[-1]} at {row['position']}",
        "reason": lambda row: row["reason"].replace("_", " "),
        "what is wrong": lambda row: row["detail"],
    }, "Nothing is quarantined.")  # fmt: skip


def _open(path: str, how: ReadingOptions) -> Source:
    from groundswell.commands.ingest import open_options
    from stream.opening import open_source

    mapping = None if how.mapping is None else Path(how.mapping)
    return open_source(path, open_options(how.format, mapping, how.encoding, how.zone))
