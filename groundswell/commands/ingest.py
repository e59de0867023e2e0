"""`groundswell ingest`: files or standard input, mined to their end."""

from __future__ import annotations

from contextlib import ExitStack, closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from groundswell.commands.options import Database

if TYPE_CHECKING:
    from stream.source import Source


class Format(StrEnum):
    """Formats that can be read."""

    jsonl = "jsonl"
    csv = "csv"


def ingest(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files of events; - is standard input.")],
    format: Annotated[
        Format | None, typer.Option("--format", help="Default: by the name of each file; standard input is jsonl.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option("--mapping", metavar="FILE", help="Which column of a CSV file is which field (TOML).")
    ] = None,
    keep_open: Annotated[
        bool, typer.Option("--keep-open", help="Leave the last epochs open, for a file that will be continued.")
    ] = False,
    database: Database = None,
) -> None:
    """Ingest tickets and mine them: themes, spikes, causes, alerts.

    Running it again on the same file adds nothing twice; a run that was stopped or killed goes on where it stopped.
    """
    from groundswell.session import open_session
    from groundswell.terminal_ingest import ingest_sources

    with ExitStack() as opened:
        sources = [opened.enter_context(closing(open_source(path, format, mapping))) for path in dict.fromkeys(paths)]
        session = open_session(database, create=True)
        code = ingest_sources(session, sources, keep_open=keep_open)
    if code:
        raise typer.Exit(code)


def open_source(path: str, format: Format | None, mapping: Path | None) -> Source:
    """Open a file or standard input as a source; without a format, by the file's name."""
    import sys

    from groundswell.errors import UsageError
    from stream.csvfile import CsvFile
    from stream.mapping import ColumnMapping
    from stream.sources import JsonLines

    stdin = sys.stdin.buffer if path == "-" else None
    kind = format or (Format.csv if path.endswith((".csv", ".csv.gz")) else Format.jsonl)
    if kind is Format.csv:
        return CsvFile(path, ColumnMapping.read(mapping) if mapping else ColumnMapping(), stdin=stdin)
    if mapping is not None:
        raise UsageError(f"received --mapping for {path}, which is read as JSON lines; a mapping needs --format csv")
    return JsonLines(path, stdin=stdin)
