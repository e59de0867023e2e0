"""`groundswell db` and `groundswell quarantine`: the store itself, and what it could not take."""

from __future__ import annotations

from typing import Annotated

import typer

from groundswell.commands.options import Database, Json

app = typer.Typer(no_args_is_help=True, help="The database.")


@app.command("upgrade")
def upgrade(database: Database = None) -> None:
    """Create the tables, or bring them to this version."""
    from groundswell.session import open_session

    session = open_session(database, create=True)
    typer.echo(f"The database {session.engine.url.render_as_string(hide_password=True)} is at this version's schema.")


def quarantine(
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Newest so many.")] = 50,
    json: Json = False,
    database: Database = None,
) -> None:
    """Show records that could not be taken, each with its reason; all text is redacted."""
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
