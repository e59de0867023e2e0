"""`groundswell tokens`: API tokens of programs that read the console."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import typer

from groundswell.commands.options import LARGEST, Database, Json
from groundswell.commands.people import ScopeOption, scope_text, wrong_usage
from groundswell.terminal import say

app = typer.Typer(no_args_is_help=True, help="API tokens of programs: permissions, scope and end.")


@app.command("list")
def show(json: Json = False, database: Database = None) -> None:
    """List the tokens, newest first; the tokens themselves are stored nowhere."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from store.accounts.api_tokens import list_tokens
    from store.database import reading

    with reading(open_session(database).engine) as connection:
        rows = [one.as_json() for one in list_tokens(connection)]
    if json:
        print_json(rows)
        return
    print_table("Tokens", rows, {
        "#": lambda row: str(row["id"]),
        "for": lambda row: row["label"],
        "made by": lambda row: row["person"],
        "may": lambda row: ", ".join(row["permissions"]),
        "sees": lambda row: scope_text(row["scope"]),
        "until": lambda row: "revoked" if row["revoked_at"] else day_and_time(row["expires_at"]),
        "used": lambda row: day_and_time(row["used_at"]) or "never",
    }, "There is no token.")  # fmt: skip


@app.command("create")
def create(
    label: Annotated[str, typer.Argument(metavar="LABEL", help="What the token is for.")],
    permission: Annotated[
        list[str] | None,
        typer.Option("--permission", metavar="NAME", help="What it may do; may be repeated. Default: look."),
    ] = None,
    scope: ScopeOption = "",
    days: Annotated[int, typer.Option("--days", min=1, max=366, help="Days until it ends.")] = 90,
    database: Database = None,
) -> None:
    """Make a token and print it; it is not shown again."""
    from groundswell.session import actor, now, open_session
    from models.access import local_person
    from store.accounts.administration import give_token, parse_permissions, parse_scope
    from store.accounts.api_tokens import TokenDraft

    at = now()
    with wrong_usage(), open_session(database).engine.begin() as connection:
        draft = TokenDraft(
            label=label,
            permissions=parse_permissions(permission or ["look"]),
            scope=parse_scope(scope),
            until=at + timedelta(days=days),
        )
        typer.echo(give_token(connection, local_person(actor()), draft, at=at))


@app.command("revoke")
def revoke(
    token: Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Number of the token.")],
    database: Database = None,
) -> None:
    """Revoke a token, from the next request on."""
    from groundswell.session import actor, now, open_session
    from store.accounts.administration import take_token

    with open_session(database).engine.begin() as connection:
        take_token(connection, token, actor=actor(), at=now())
    say(f"Token {token} is revoked.")
