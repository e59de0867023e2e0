"""`groundswell db`: the store itself."""

from __future__ import annotations

import typer

from groundswell.commands.options import Database

app = typer.Typer(no_args_is_help=True, help="The database.")


@app.command("upgrade")
def upgrade(database: Database = None) -> None:
    """Create the tables, or bring them to this version."""
    from groundswell.session import open_session

    session = open_session(database, create=True)
    typer.echo(f"The database {session.engine.url.render_as_string(hide_password=True)} is at this version's schema.")
