"""`groundswell changes`: releases, config flips, rule updates and incidents elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from groundswell.commands.options import Database, Json, PlanScope, PlanSource, PlanTitle

app = typer.Typer(no_args_is_help=True, help="Changes: releases, config flips, rule updates and incidents elsewhere.")

ChangeId = Annotated[str, typer.Argument(metavar="ID", help="What the change is called; the same id again revises it.")]


class ChangeKind(StrEnum):
    """Kinds of changes."""

    release = "release"
    config = "config"
    rule_update = "rule_update"
    incident = "incident"


@app.command("list")
def list_changes(json: Json = False, database: Database = None) -> None:
    """List the recorded changes."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
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
        "scope": _change_scope,
    }, "No changes are recorded.")  # fmt: skip


@app.command("add")
def add_change(
    change: ChangeId,
    kind: Annotated[ChangeKind | None, typer.Option("--kind", help="Needed the first time.")] = None,
    title: PlanTitle = None,
    scope: PlanScope = None,
    url: Annotated[str | None, typer.Option("--url", help="Where people read more.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="When it was made. Default: now, the first time.")
    ] = None,
    source: PlanSource = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Record a change, or revise its record: what is left out stays as it is. Given twice, it changes nothing the second time."""
    from groundswell.plan_options import scope_of, time_of
    from groundswell.plan_writing import write_and_say
    from groundswell.planning import Draft
    from groundswell.session import open_session

    session = open_session(database, create=True)
    said = {"kind": kind and kind.value, "title": title, "scope": scope_of(scope), "url": url}
    data = {name: value for name, value in said.items() if value is not None}
    write_and_say(session, [Draft("change", change, data, time_of(session, "--at", at), source)], json=json)


def _change_scope(row: Mapping[str, Any]) -> str:
    """Return the segment and the themes that a change concerns."""
    from groundswell.table import segment_text

    if not row["themes"]:
        return segment_text(row["scope"])
    themes = f"themes {', '.join(map(str, row['themes']))}"
    return f"{segment_text(row['scope'])}, {themes}" if row["scope"] else themes
