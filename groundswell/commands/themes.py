"""`groundswell themes`: what tickets are about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.commands import decisions, rebuild, suggest_name
from groundswell.commands.options import LARGEST, Database, Json, ThemeId
from groundswell.terminal import plain_option, say

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from models.theme import KnownIssue
    from store.decisions import Decision

app = typer.Typer(no_args_is_help=True, help="Themes: what tickets are about, and what people decided about them.")


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
    from models.demand.figures import demand_sentence
    from models.language.sentences import unread_sentence
    from models.theme import ThemeState
    from store.database import reading
    from store.demand import count_demand
    from store.listings import list_themes
    from store.themes import count_unread

    with reading(open_session(database).engine) as connection:
        rows = list_themes(connection, members=members)
        no_demand, unread = count_demand(connection), count_unread(connection)
    if json:
        print_json(rows)
        return
    shown = sorted(
        (row for row in rows if all_ or row["state"] == ThemeState.LIVE), key=lambda row: (-row["size"], row["id"])
    )
    print_table("Themes", shown, {
        "#": lambda row: str(row["id"]),
        "name": lambda row: row["name"] + ("" if not row["pending"] else f" (pending: {_kinds(row['pending'])})"),
        "status": lambda row: row["status"],
        "#tickets": lambda row: f"{row['size']:,}",
        "first": lambda row: day_and_time(row["first_seen"]),
        "last": lambda row: day_and_time(row["last_seen"]),
        "owner": lambda row: row["owner"] or "",
        "known issue": _flag,
    }, "No themes yet: they appear once enough tickets are alike.")  # fmt: skip
    if no_demand.total:
        typer.echo(f"{demand_sentence(no_demand.by_kind)}; `groundswell demand list` shows them.")
    if unread:
        typer.echo(unread_sentence(unread))


@app.command("show")
def show(theme: ThemeId, json: Json = False, database: Database = None) -> None:
    """Show one theme: what it is about, its spikes and its history."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, segment_text
    from store.database import reading
    from store.listings import list_lineage, list_spikes, list_themes
    from store.survivors import family, surviving_theme
    from store.transitions import read_transitions

    with reading(open_session(database).engine) as connection:
        found = surviving_theme(connection, theme)
        changes = [one.as_json() for one in read_transitions(connection, family(connection, found))]
        row = next(row for row in list_themes(connection) if row["id"] == found)
        spikes = [spike for spike in list_spikes(connection) if spike["theme_id"] == found]
        lineage = [step for step in list_lineage(connection) if found in (step["theme_id"], step["other_id"])]
    if json:
        print_json([{**row, "spikes": spikes, "lineage": lineage, "transitions": changes}])
        return
    say(f"Theme {row['id']}: {row['name']}  ({row['status']}, {row['size']:,} tickets)")
    say(
        f"  {day_and_time(row['first_seen'])} to {day_and_time(row['last_seen'])} UTC; owner {row['owner'] or 'nobody'}"
    )
    say(f"  keywords: {', '.join(row['keywords'])}")
    if row["known_issue"]:
        say(f"  known issue: {_flag(row)}")
    for spike in spikes:
        say(f"  spike {spike['id']} from {day_and_time(spike['start'])}, {segment_text(spike['segment'])}: "
                   f"{spike['observed']} where {spike['expected']:.1f} were expected. {spike['verdict']}")  # fmt: skip
    for one in row["pending"]:
        say(f"  pending: {one['kind'].replace('_', ' ')} by {one['actor']} (decision {one['id']})")
    for step in lineage:
        say(f"  {_line(step)}")
    for change in changes:
        say(f"  {_transition(change)}")


@app.command("history")
def history(theme: ThemeId, json: Json = False, database: Database = None) -> None:
    """Read what became of a theme: births, merges, splits, moves, names, each with its reason and numbers."""
    from groundswell.session import open_session
    from groundswell.table import print_json
    from store.database import reading
    from store.listings import list_lineage
    from store.survivors import family, surviving_theme

    with reading(open_session(database).engine) as connection:
        found = surviving_theme(connection, theme)
        kin = set(family(connection, found))
        steps = [step for step in list_lineage(connection) if kin & {step["theme_id"], step["other_id"]}]
    if json:
        print_json(steps)
        return
    say(f"Theme {found}" + ("" if found == theme else f", which theme {theme} was merged into"))
    for step in steps:
        say(f"  {_line(step)}")


@app.command("known-issue")
def known_issue(
    theme: ThemeId,
    title: Annotated[str | None, typer.Option("--title", help="What the issue is called.")] = None,
    jira: Annotated[str | None, typer.Option("--jira", help="Key of its Jira issue.")] = None,
    workaround: Annotated[str | None, typer.Option("--workaround", help="What to answer customers meanwhile.")] = None,
    issue: Annotated[
        int | None,
        typer.Option(
            "--issue", metavar="ID", min=1, max=LARGEST, help="Number of the known issue that the theme joins."
        ),
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="It is a known issue no longer.")] = False,
    fixed_in: Annotated[
        str | None, typer.Option("--fixed-in", metavar="VERSION", help="App version in which the known issue is fixed.")
    ] = None,
    fixed_at: Annotated[
        str | None,
        typer.Option("--fixed-at", metavar="TIME", help="Time from which the known issue is fixed: 2026-11-20T14:05Z."),
    ] = None,
    why: Annotated[str | None, typer.Option("--why", metavar="TEXT", help="Your reason, for the audit log.")] = None,
    database: Database = None,
) -> None:
    """Flag a theme as a known issue, let it join one, or mark the known issue as fixed.

    A known issue stops alerting unless it grows past its own envelope. A fixed one becomes `resolved` when its volume is
    usual again, and `regressed`, with an alert, when tickets return after that.
    """
    from groundswell.deciding import take_effect
    from groundswell.errors import UsageError
    from groundswell.session import actor, now, open_session
    from store.decisions import clear_known_issue, fix_known_issue, flag_known_issue

    form = _known_issue_form(title, jira, workaround)
    why = plain_option("--why", why)
    if sum((title is not None, issue is not None, clear, fixed_in is not None, fixed_at is not None)) != 1:
        raise UsageError(
            "pass one of --title TEXT (flag the theme), --issue ID (let it join a known issue), --fixed-in VERSION or --fixed-at TIME "
            "(mark it as fixed), or --clear (take the flag away)"
        )
    time = _fix_time(fixed_in, fixed_at)
    session = open_session(database)
    with session.engine.begin() as connection:
        if form is not None:
            made = flag_known_issue(connection, theme, form, actor=actor(), at=now(), why=why)
            said = f"flagged as the known issue {made.payload['title']!r}"
        elif issue is not None:
            made = _join(connection, issue, theme, why)
            said = f"a theme of known issue {issue}"
        elif clear:
            made = clear_known_issue(connection, theme, actor=actor(), at=now(), why=why)
            said = "flagged no longer"
        else:
            made = fix_known_issue(connection, theme, version=fixed_in, fixed_at=time, actor=actor(), at=now(), why=why)
            said = f"marked as fixed {f'in version {fixed_in}' if fixed_in else f'from {time:%Y-%m-%d %H:%M} UTC on'}"
    made, effect = take_effect(session, made)
    say(f"Theme {made.theme_id} is {said}. {effect}")


def _join(connection: Connection, issue: int, theme: int, why: str | None) -> Decision:
    from groundswell.errors import UsageError
    from groundswell.session import actor, now
    from store.known_issue_decisions import KnownIssueInvalid, join_issue

    try:
        return join_issue(connection, issue, [theme], actor=actor(), at=now(), why=why)
    except KnownIssueInvalid as refusal:
        raise UsageError(str(refusal)) from refusal


def _known_issue_form(title: str | None, jira: str | None, workaround: str | None) -> KnownIssue | None:
    """Validate what flags a theme as the console does; None without a title. Raises `UsageError`."""
    from console.form import KnownIssueFields, known_issue_of
    from groundswell.errors import UsageError
    from models.theme import KnownIssue

    if title is None:
        if jira is not None or workaround is not None:
            raise UsageError(
                "received --jira or --workaround without --title, which flags the theme; pass --title TEXT"
            )
        return None
    form = known_issue_of(KnownIssueFields(title=title, jira=jira or "", workaround=workaround or ""))
    if isinstance(form, str):
        raise UsageError(form[:1].lower() + form[1:].rstrip("."))
    return KnownIssue(title=form.title, jira=form.jira or None, workaround=form.workaround or None)


def _fix_time(version: str | None, time: str | None) -> datetime | None:
    """Check the version of a fix, or read its time. Raises `UsageError` for what cannot be read."""
    from groundswell.commands.why import time_of
    from groundswell.errors import UsageError
    from models.version import parse_version

    if version is not None and parse_version(version) is None:
        raise UsageError(f"received the version {version!r}; valid is a form such as 38.1.0")
    return None if time is None else time_of(time)


decisions.register(app)
rebuild.register(app)


def _kinds(pending: list[dict[str, Any]]) -> str:
    return ", ".join(one["kind"].replace("_", " ") for one in pending)


def _line(step: Mapping[str, Any]) -> str:
    """One event of a lineage in a line."""
    from groundswell.table import day_and_time

    ways = {
        "merge": "theme {theme_id} merged into {other_id}", "split": "theme {other_id} split off theme {theme_id}",
        "move": "tickets moved from theme {theme_id} to {other_id}", "join": "unthemed tickets joined theme {theme_id}",
        "leave": "tickets left theme {theme_id} for none", "birth": "theme {theme_id} was born",
        "rename": "theme {theme_id} was renamed", "revival": "theme {theme_id} returned",
    }  # fmt: skip
    said = ways.get(step["kind"], step["kind"]).format(**step)
    numbers = "".join(f", {name.replace('_', ' ')} {_figure(value)}" for name, value in sorted(step["figures"].items()))
    return f"{day_and_time(step['at'])} {said}: {step['reason']}, {step['tickets']:,} tickets{numbers}"


def _transition(change: Mapping[str, Any]) -> str:
    """One change of a status in a line."""
    from groundswell.table import day_and_time

    before = f"{change['from']} became {change['to']}" if change["from"] else change["to"]
    by = f" by {change['actor']}" if change["actor"] else ""
    return f"{day_and_time(change['at'])} theme {change['theme_id']}: {before}{by}: {change['reason']}"


def _figure(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _flag(row: Mapping[str, Any]) -> str:
    issue = row["known_issue"]
    if not issue:
        return ""
    return " ".join(
        part
        for part in (issue["title"], issue.get("jira"), _fix(issue), "(pending)" if issue.get("pending") else None)
        if part
    )


def _fix(issue: Mapping[str, Any]) -> str | None:
    """Say how far the fix of a known issue is; None before there is one."""
    from groundswell.table import day_and_time

    for name, said in (("regressed_at", "back since"), ("resolved_at", "resolved")):
        if issue.get(name):
            return f"({said} {day_and_time(issue[name])})"
    if issue.get("fixed_in"):
        return f"(fixed in {issue['fixed_in']})"
    return f"(fixed {day_and_time(issue['fixed_at'])})" if issue.get("fixed_at") else None


app.command("suggest-name")(suggest_name.suggest_name)
