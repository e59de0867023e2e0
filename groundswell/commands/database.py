"""`groundswell db`: the store itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from groundswell.commands.options import Database

app = typer.Typer(no_args_is_help=True, help="The database.")


@app.command("upgrade")
def upgrade(database: Database = None) -> None:
    """Create the tables, or bring them to this version."""
    from groundswell.session import open_session

    session = open_session(database, create=True)
    typer.echo(f"The database {session.engine.url.render_as_string(hide_password=True)} is at this version's schema.")


@app.command("new-key")
def new_key(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="File of the keys; it is made if there is none.")],
) -> None:
    """Make a key for the encryption of ticket text and put it first in a file that only its owner may read.

    The keys that were there stay: text that is encrypted with them can still be read.
    """
    from models.redaction.excerpts import shortened
    from store.encryption import add_key

    name = add_key(path)
    typer.echo(
        f"The key {name} is the newest in {shortened(path, 400)}; set database.encryption_key_file to it, then run "
        "`groundswell db encrypt`."
    )


@app.command("encrypt")
def encrypt(database: Database = None) -> None:
    """Encrypt the ticket text that is stored with the newest key; run it again to go on after a stop."""
    from groundswell.column_encryption import run_encryption

    raise typer.Exit(run_encryption(database, decrypt=False))


@app.command("decrypt")
def decrypt(database: Database = None) -> None:
    """Store ticket text in plain text again; remove database.encryption_key_file afterwards."""
    from groundswell.column_encryption import run_encryption

    raise typer.Exit(run_encryption(database, decrypt=True))
