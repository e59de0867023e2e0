"""`groundswell themes`: what tickets are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from groundswell.commands.options import Database, Json

app = typer.Typer(no_args_is_help=True, help="Themes: what tickets are about, and what people decided about them.")

ThemeId = Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of the theme.")]


@app.command("list")
def list_(
    members: Annotated[bool, typer.Option("--members", help="With the ids of each theme's tickets.")] = False,
    all_: Annotated[bool, typer.Option("--all", help="In the table: also merged and dormant themes.")] = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """List the themes."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from store.database import reading
    from store.listings import list_themes

    with reading(open_session(database).engine) as connection:
        rows = list_themes(connection, members=members)
    if json:
        print_json(rows)
        return
    shown = sorted((row for row in rows if all_ or row["state"] == "live"), key=lambda row: (-row["size"], row["id"]))
    print_table("Themes", shown, {
        "#": lambda row: str(row["id"]),
        "name": lambda row: row["name"],
        "status": lambda row: row["status"],
        "#tickets": lambda row: f"{row['size']:,}",
        "first": lambda row: day_and_time(row["first_seen"]),
        "last": lambda row: day_and_time(row["last_seen"]),
        "owner": lambda row: row["owner"] or "",
        "known issue": _flag,
    }, "No themes yet: they appear once enough tickets are alike.")  # fmt: skip


@app.command("show")
def show(theme: ThemeId, json: Json = False, database: Database = None) -> None:
    """Show one theme: what it is about, its spikes and its history."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, segment_text
    from store.database import reading
    from store.decisions import surviving_theme
    from store.listings import list_lineage, list_spikes, list_themes

    with reading(open_session(database).engine) as connection:
        found = surviving_theme(connection, theme)
        row = next(row for row in list_themes(connection) if row["id"] == found)
        spikes = [spike for spike in list_spikes(connection) if spike["theme_id"] == found]
        lineage = [step for step in list_lineage(connection) if found in (step["theme_id"], step["other_id"])]
    if json:
        print_json([{**row, "spikes": spikes, "lineage": lineage}])
        return
    typer.echo(f"Theme {row['id']}: {row['name']}  ({row['status']}, {row['size']:,} tickets)")
    typer.echo(
        f"  {day_and_time(row['first_seen'])} to {day_and_time(row['last_seen'])} UTC; owner {row['owner'] or 'nobody'}"
    )
    typer.echo(f"  keywords: {', '.join(row['keywords'])}")
    if row["known_issue"]:
        typer.echo(f"  known issue: {_flag(row)}")
    for spike in spikes:
        typer.echo(f"  spike {spike['id']} from {day_and_time(spike['start'])}, {segment_text(spike['segment'])}: "
                   f"{spike['observed']} where {spike['expected']:.1f} were expected. {spike['verdict']}")  # fmt: skip
    for step in lineage:
        typer.echo(f"  {day_and_time(step['at'])} {step['kind']} ({step['reason']}, {step['tickets']} tickets)")


@app.command("known-issue")
def known_issue(
    theme: ThemeId,
    title: Annotated[str | None, typer.Option("--title", help="What the issue is called.")] = None,
    jira: Annotated[str | None, typer.Option("--jira", help="Key of its Jira issue.")] = None,
    workaround: Annotated[str | None, typer.Option("--workaround", help="What to tell people meanwhile.")] = None,
    clear: Annotated[bool, typer.Option("--clear", help="It is a known issue no longer.")] = False,
    database: Database = None,
) -> None:
    """Flag a theme as a known issue: it stops alerting unless it grows past its own envelope."""
    from groundswell.errors import UsageError
    from groundswell.session import actor, now, open_session
    from store.decisions import clear_known_issue, flag_known_issue

    if clear == bool(title):
        raise UsageError("pass either --title TEXT, to flag the theme, or --clear, to take the flag away")
    with open_session(database).engine.begin() as connection:
        if title:
            flag_known_issue(connection, theme, title=title, jira=jira, workaround=workaround, actor=actor(), at=now())
        else:
            clear_known_issue(connection, theme, actor=actor(), at=now())
    said = f"flagged as the known issue {title!r}" if title else "flagged no longer"
    typer.echo(f"Theme {theme} is {said}; it takes effect with the next epoch that is mined.")


def _flag(row: Mapping[str, Any]) -> str:
    issue = row["known_issue"]
    if not issue:
        return ""
    return " ".join(
        part for part in (issue["title"], issue.get("jira"), "(pending)" if issue.get("pending") else None) if part
    )
