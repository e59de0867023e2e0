"""`groundswell export`: the views for analysts as files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundswell.commands.options import Database, Json


def export(
    target: Annotated[
        str, typer.Argument(metavar="FOLDER_OR_FILE", help="Folder for one file per view, or a .duckdb, .parquet or .csv file.")
    ],
    views: Annotated[
        list[str] | None, typer.Option("--view", metavar="NAME", help="Only this view; may be repeated. Default: all.")
    ] = None,
    format_: Annotated[
        str | None, typer.Option("--format", metavar="NAME", help="parquet, csv or duckdb. Default: by the file's ending.")
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", metavar="TIME", help="Only rows from then on, a day (UTC) or a time with a zone.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Only rows before it.")] = None,
    with_text: Annotated[
        bool, typer.Option("--with-text", help="Add the redacted titles and texts of tickets; the audit log notes it.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that exist.")] = False,
    json: Json = False,
    database: Database = None,
) -> None:  # fmt: skip
    """Write the views of tickets, themes, spikes, incidents and promises as Parquet or CSV files, or into one DuckDB file."""
    from groundswell.errors import UsageError
    from groundswell.export.files import ExportFormat, format_of
    from groundswell.export.run import ExportRequest, planned_files, run_export, views_of
    from groundswell.session import actor, now, open_session, refresh_handling
    from groundswell.table import print_json, print_table
    from groundswell.terminal import redacted
    from pipelines.figures.query import moment_of

    if format_ is not None and format_ not in set(ExportFormat):
        raise UsageError(f"received --format {format_}; valid are {', '.join(ExportFormat)}")
    if not target.strip():
        raise UsageError(
            "received an empty name of a folder; valid is a folder, or a file that ends in .duckdb, .parquet or .csv"
        )
    place = Path(target)
    kind = format_of(place, None if format_ is None else ExportFormat(format_))
    since, until = (None if time is None else moment_of(time) for time in (start, end))
    if since is not None and until is not None and since >= until:
        raise UsageError(f"received a period from {start} to {end}; valid is a start before the end")
    request = ExportRequest(
        target=place, kind=kind, views=views_of(views or ()), start=since, end=until, with_text=with_text, force=force
    )  # fmt: skip
    planned_files(request)
    session = open_session(database)
    refresh_handling(session)
    # A path is typed: a card number may have been pasted there.
    done = [{**row, "file": redacted(row["file"])} for row in run_export(session.engine, request, now(), actor())]
    if json:
        print_json(done)
        return
    print_table("Exported", done, {
        "table": lambda row: row["table"],
        "#rows": lambda row: f"{row['rows']:,}",
        "file": lambda row: row["file"],
    }, "Nothing was exported.")  # fmt: skip
