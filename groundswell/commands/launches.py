"""`groundswell launches` and `groundswell changes`: what is planned, and what was changed."""

from __future__ import annotations

import typer

from groundswell.commands.options import Database, Json

app = typer.Typer(no_args_is_help=True, help="Launches: planned windows in which more is expected than usual.")
changes = typer.Typer(
    no_args_is_help=True, help="Changes: releases, config flips, rule updates and incidents elsewhere."
)


@app.command("list")
def list_launches(json: Json = False, database: Database = None) -> None:
    """List the launches as they are planned now."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table, segment_text
    from store.database import reading
    from store.listings import list_launches as listed

    with reading(open_session(database).engine) as connection:
        rows = listed(connection)
    if json:
        print_json(rows)
        return
    print_table("Launches", rows, {
        "id": lambda row: row["id"],
        "kind": lambda row: row["kind"],
        "title": lambda row: row["title"],
        "start": lambda row: day_and_time(row["start"]),
        "end": lambda row: day_and_time(row["end"]),
        "scope": lambda row: segment_text(row["scope"]),
        "lifts": lambda row: ", ".join(f"x{lift:g}" for lift in row["lifts"]),
    }, "No launches are planned.")  # fmt: skip


@changes.command("list")
def list_changes(json: Json = False, database: Database = None) -> None:
    """List the recorded changes."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table, segment_text
    from store.database import reading
    from store.listings import list_changes as listed

    with reading(open_session(database).engine) as connection:
        rows = listed(connection)
    if json:
        print_json(rows)
        return
    print_table("Changes", rows, {
        "id": lambda row: row["id"],
        "kind": lambda row: row["kind"],
        "title": lambda row: row["title"],
        "time": lambda row: day_and_time(row["time"]),
        "scope": lambda row: segment_text(row["scope"]),
    }, "No changes are recorded.")  # fmt: skip
