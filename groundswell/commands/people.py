"""`groundswell people`: who may sign in to the console."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer

from groundswell.commands.options import Database, Json
from groundswell.terminal import say

app = typer.Typer(no_args_is_help=True, help="People who may sign in to the console: roles, scopes and one-time links.")

PersonName = Annotated[str, typer.Argument(metavar="NAME", help="How the person signs in.")]
RoleOption = Annotated[str, typer.Option("--role", metavar="ROLE", help="viewer, labeller, specialist, ops or admin.")]
ScopeOption = Annotated[
    str,
    typer.Option(
        "--scope", metavar="NAME=VALUE,...", help="See only these tickets, such as vendor=acme. Default: all."
    ),
]


@app.command("list")
def show(json: Json = False, database: Database = None) -> None:
    """List the people who may sign in, with role and scope."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from store.accounts.people import list_people
    from store.database import reading

    with reading(open_session(database).engine) as connection:
        rows = [one.as_json() for one in list_people(connection)]
    if json:
        print_json(rows)
        return
    print_table("People", rows, {
        "name": lambda row: row["name"],
        "role": lambda row: row["role"],
        "sees": lambda row: scope_text(row["scope"]),
        "signs in with": lambda row: "no access" if row["disabled_at"] else row["signs_in"],
        "since": lambda row: day_and_time(row["created_at"]),
    }, "Nobody is invited yet: `groundswell people invite NAME` does it.")  # fmt: skip


@app.command("invite")
def invite(name: PersonName, role: RoleOption = "viewer", scope: ScopeOption = "", database: Database = None) -> None:
    """Add a person, and print the path of a link with which the person chooses a password, once."""
    from groundswell.session import actor, now, open_session
    from store.accounts.administration import invite_person, parse_role, parse_scope, values_without_tickets

    with wrong_usage(), open_session(database).engine.begin() as connection:
        limits = parse_scope(scope)
        found, token = invite_person(connection, name, parse_role(role), limits, actor=actor(), at=now())
        missing = values_without_tickets(connection, limits)
    if missing:
        say(f"No ticket has {', '.join(missing)} yet: see that it is spelt as in the tickets.")
    _print_link(found.name, token)


@app.command("link")
def link(name: PersonName, database: Database = None) -> None:
    """Print a new link for a person who lost the password; the person's sessions end."""
    from groundswell.session import actor, now, open_session
    from store.accounts.administration import renew_invitation

    with open_session(database).engine.begin() as connection:
        token = renew_invitation(connection, name, actor=actor(), at=now())
    _print_link(name, token)


@app.command("role")
def role(name: PersonName, role: RoleOption, scope: ScopeOption = "", database: Database = None) -> None:
    """Give a person a role and a scope."""
    from groundswell.session import actor, now, open_session
    from store.accounts.administration import give_role, parse_role, parse_scope

    with wrong_usage(), open_session(database).engine.begin() as connection:
        found = give_role(connection, name, parse_role(role), parse_scope(scope), actor=actor(), at=now())
    say(f"{found.name} is {found.role.value} from the next request on.")


@app.command("disable")
def disable(name: PersonName, database: Database = None) -> None:
    """Take a person's access away, with all sessions and tokens."""
    _set_access(name, database, allowed=False)
    say(f"{name} cannot sign in any more.")


@app.command("enable")
def enable(name: PersonName, database: Database = None) -> None:
    """Give a person's access back."""
    _set_access(name, database, allowed=True)
    say(f"{name} can sign in again.")


@contextmanager
def wrong_usage() -> Iterator[None]:
    """Report what cannot be given as wrong usage."""
    from groundswell.errors import UsageError
    from store.accounts.administration import PersonInvalid

    try:
        yield
    except PersonInvalid as refusal:
        raise UsageError(str(refusal)) from refusal


def scope_text(scope: Mapping[str, Sequence[str]]) -> str:
    """Write the scope of a listing for a table."""
    return "; ".join(f"{name.replace('_', ' ')} {', '.join(values)}" for name, values in scope.items()) or "all tickets"


def _set_access(name: str, database: str | None, *, allowed: bool) -> None:
    from groundswell.session import actor, now, open_session
    from store.accounts.administration import set_access

    with open_session(database).engine.begin() as connection:
        set_access(connection, name, allowed=allowed, actor=actor(), at=now())


def _print_link(name: str, token: str) -> None:
    say(f"By this path below the console's address {name} chooses a password, once, within three days:")
    typer.echo(f"/invitation/{token}")
