"""`groundswell ingest`: files or standard input, mined to their end."""

from __future__ import annotations

from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundswell.commands.options import Database
from groundswell.terminal import say

if TYPE_CHECKING:
    from stream.opening import OpenOptions
    from stream.source import Source

FORMATS = "jsonl, json, csv, tsv, xlsx, parquet, mbox or eml"


def ingest(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="PATH...", help="Files of tickets or events, whatever the format; - is standard input."),
    ],
    format: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help=f"One of {FORMATS}. Default: recognised by the content."),
    ] = None,
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", metavar="FILE", help="Which column of a table is which field (TOML); see --guess."),
    ] = None,
    guess: Annotated[
        bool, typer.Option("--guess", help="Print the mapping of a table as a TOML file, and ingest nothing.")
    ] = False,
    encoding: Annotated[
        str | None,
        typer.Option("--encoding", metavar="NAME", help="Encoding of text files. Default: found by the whole file."),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option("--zone", metavar="NAME", help="Time zone (IANA) of times that carry none. Default: UTC."),
    ] = None,
    keep_open: Annotated[
        bool,
        typer.Option(
            "--keep-open",
            help="Leave the last epochs, and a last line without its end, for a file that will be continued.",
        ),
    ] = False,
    history: Annotated[
        bool, typer.Option("--history", help="Take what is older than the database's record as history, not as late.")
    ] = False,
    database: Database = None,
) -> None:
    """Ingest tickets and mine them: themes, spikes, causes, alerts.

    Running it again on the same file adds nothing twice; a run that was stopped or killed goes on where it stopped.
    """
    from groundswell.quarantine_retry import ReadingOptions
    from groundswell.session import open_session
    from groundswell.terminal_ingest import ingest_sources

    options = open_options(format, mapping, encoding, zone, keep_open=keep_open)
    unique = list(dict.fromkeys(paths))
    if guess:
        _print_guesses(unique, options)
        return
    with ExitStack() as opened:
        sources = [opened.enter_context(closing(_described(path, options))) for path in unique]
        session = open_session(database, create=True)
        code = ingest_sources(
            session, sources, keep_open=keep_open, history=history, reading=ReadingOptions.used(options)
        )
    if code:
        raise typer.Exit(code)


def open_options(
    format: str | None = None,
    mapping: Path | None = None,
    encoding: str | None = None,
    zone: str | None = None,
    *,
    keep_open: bool = False,
) -> OpenOptions:
    """Make the options of `stream.opening` of those of the command line. Raises `UsageError` where one is not valid."""
    import sys

    from groundswell.errors import UsageError
    from stream.opening import InputFormat, OpenOptions
    from stream.tables.mapping import zone_named

    try:
        chosen = InputFormat(format.lower()) if format else None
    except ValueError as error:
        raise UsageError(f"received --format {format}; valid are {', '.join(InputFormat)}") from error
    try:
        named = zone_named(zone) if zone else None
    except ValueError as error:
        raise UsageError(f"--zone {error}; valid is, for example, Europe/Berlin") from error
    return OpenOptions(chosen, mapping, encoding, named, stdin=sys.stdin.buffer, complete_lines_only=keep_open)


def _described(path: str, options: OpenOptions) -> Source:
    from stream.opening import open_source
    from stream.record_source import JsonSource, MailSource
    from stream.table_source import TableSource

    source = open_source(path, options)
    # Events of our own need no explanation: they say themselves what they are.
    own = isinstance(source, JsonSource) and source.kind.name == "cloudevents"
    if isinstance(source, TableSource | MailSource | JsonSource) and not own:
        say(source.description(), err=True)
    return source


def _print_guesses(paths: list[str], options: OpenOptions) -> None:
    from stream.opening import guess_mapping

    for path in paths:
        typer.echo(guess_mapping(path, options), nl=False)
