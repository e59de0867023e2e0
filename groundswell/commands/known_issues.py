"""`groundswell known-issues`: problems that people know about, what agents say meanwhile, and how far the fix is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from groundswell.commands.options import LARGEST, Database, Json
from groundswell.terminal import plain_option, say

if TYPE_CHECKING:
    from groundswell.session import Session
    from store.decisions import Decision

app = typer.Typer(
    no_args_is_help=True,
    help="Known issues: problems that people know about, what agents say meanwhile, and how far the fix is.",
)

IssueId: TypeAlias = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Number of the known issue.")]
Title: TypeAlias = Annotated[str | None, typer.Option("--title", help="What the issue is called.")]
Owner: TypeAlias = Annotated[
    str | None, typer.Option("--owner", metavar="AUDIENCE", help="Who works on it: an audience of the ownership file.")
]
Jira: TypeAlias = Annotated[str | None, typer.Option("--jira", help="Key or address of its Jira issue.")]
Workaround: TypeAlias = Annotated[str | None, typer.Option("--workaround", help="What customers can do meanwhile.")]
Sop: TypeAlias = Annotated[
    str | None, typer.Option("--sop", metavar="TEXT", help="What agents say and do; @FILE reads it from a file.")
]
FixVersion: TypeAlias = Annotated[
    str | None, typer.Option("--fix-version", metavar="VERSION", help="App version that is expected to hold the fix.")
]
FixExpected: TypeAlias = Annotated[
    str | None, typer.Option("--fix-expected", metavar="TIME", help="When the fix is expected: 2026-11-20T14:05Z.")
]
Why: TypeAlias = Annotated[
    str | None, typer.Option("--why", metavar="TEXT", help="Your reason, for the audit log and the issue's history.")
]
Tickets: TypeAlias = Annotated[list[str], typer.Argument(metavar="TICKET...", help="Ids of the tickets.")]


@app.command("list")
def list_(
    stale: Annotated[
        bool, typer.Option("--stale", help="Only those that nobody seems to follow any more, each with the reason.")
    ] = False,
    all_: Annotated[bool, typer.Option("--all", help="Also the closed ones.")] = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """List the known issues."""
    from alerts.known_issue_sweep import read_stale
    from groundswell.session import open_session, ownership_of
    from groundswell.table import day_and_time, print_json, print_table
    from store.database import reading
    from store.known_issue_records import known_issues_of

    session = open_session(database)
    settings = session.settings
    with reading(session.engine) as connection:
        found = [one.as_json() for one in known_issues_of(connection, closed=all_)]
        reasons = read_stale(connection, settings.alerts, ownership_of(settings)) if stale else {}
    if stale:
        found = [{**row, "stale": reasons[row["id"]]} for row in found if row["id"] in reasons]
    if json:
        print_json(found)
        return
    print_table("Known issues", found, {
        "#": lambda row: str(row["id"]),
        "title": lambda row: row["title"] + (" (pending)" if row["pending"] else ""),
        "state": lambda row: row["state"],
        "owner": lambda row: row["owner"] or "",
        "jira": lambda row: row["jira"] or "",
        "themes": lambda row: ", ".join(str(one["id"]) for one in row["themes"]),
        "#tickets": lambda row: f"{row['attached']:,}",
        "updated": lambda row: day_and_time(row["updated_at"]),
        **({"why": lambda row: "; ".join(one["sentence"] for one in row["stale"])} if stale else {}),
    }, "No known issue is stale." if stale else "No known issues: `groundswell themes known-issue` flags a theme.")  # fmt: skip


@app.command("show")
def show(issue: IssueId, json: Json = False, database: Database = None) -> None:
    """Show one known issue: what agents need, its tickets with the sentence that shows why they are attached, and its history."""
    from groundswell.session import open_session
    from groundswell.table import print_json
    from store.database import reading
    from store.known_issue_records import known_issue

    with reading(open_session(database).engine) as connection:
        found = known_issue(connection, issue).as_full_json()
    if json:
        print_json([found])
        return
    _show(found)


@app.command("create")
def create(
    theme: Annotated[
        list[int], typer.Option("--theme", metavar="ID", min=1, max=LARGEST, help="A theme of it; may be repeated.")
    ],
    title: Annotated[str, typer.Option("--title", help="What the issue is called.")],
    owner: Owner = None,
    jira: Jira = None,
    workaround: Workaround = None,
    sop: Sop = None,
    fix_version: FixVersion = None,
    fix_expected: FixExpected = None,
    state: Annotated[
        str | None, typer.Option("--state", metavar="STATE", help="investigating (default), identified or monitoring.")
    ] = None,
    why: Why = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Make themes a known issue: their tickets attach to it, and they alert only beyond their envelope."""
    from groundswell.errors import UsageError
    from groundswell.session import actor, now, open_session
    from models.known_issues import open_states
    from store.known_issue_decisions import open_issue

    details = _details(
        title=title, owner=owner, jira=jira, workaround=workaround, sop=sop, fix_version=fix_version, fix_expected_at=fix_expected
    )  # fmt: skip
    valid = [one.value for one in open_states()]
    if state is not None and state not in valid:
        raise UsageError(f"received --state {state!r}; valid for a new known issue are {', '.join(valid)}")
    why = plain_option("--why", why)
    session = open_session(database)
    with session.engine.begin() as connection:
        made = open_issue(
            connection, theme, {**details, **({"state": state} if state else {})}, actor=actor(), at=now(), why=why
        )
    _said(session, made, made.issue_id or made.decision_id, json=json)


@app.command("update")
def update(
    issue: IssueId,
    title: Title = None,
    owner: Owner = None,
    jira: Jira = None,
    workaround: Workaround = None,
    sop: Sop = None,
    fix_version: FixVersion = None,
    fix_expected: FixExpected = None,
    state: Annotated[
        str | None,
        typer.Option("--state", metavar="STATE", help="investigating, identified, monitoring, resolved or closed."),
    ] = None,
    why: Why = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Change what is known about a known issue, or how far people are; an empty text takes a detail away."""
    from groundswell.errors import UsageError
    from groundswell.session import actor, now, open_session
    from models.known_issues import IssueState, TransitionRefused
    from store.known_issue_decisions import KnownIssueInvalid, update_issue

    changes: dict[str, Any] = _details(
        title=title, owner=owner, jira=jira, workaround=workaround, sop=sop, fix_version=fix_version, fix_expected_at=fix_expected
    )  # fmt: skip
    if state is not None and state not in list(IssueState):
        raise UsageError(
            f"received --state {state!r}; valid are investigating, identified, monitoring, resolved and closed"
        )
    if state is not None:
        changes["state"] = state
    why = plain_option("--why", why)
    session = open_session(database)
    with session.engine.begin() as connection:
        try:
            made = update_issue(connection, issue, changes, actor=actor(), at=now(), why=why)
        except (TransitionRefused, KnownIssueInvalid) as refusal:
            raise UsageError(str(refusal)) from refusal
    _said(session, made, issue, json=json)


@app.command("fix")
def fix(
    issue: IssueId,
    version: Annotated[
        str | None, typer.Option("--version", metavar="VERSION", help="App version that holds the fix.")
    ] = None,
    at: Annotated[
        str | None, typer.Option("--at", metavar="TIME", help="Time from which it is fixed: 2026-11-20T14:05Z.")
    ] = None,
    why: Why = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Mark a known issue as fixed: it is resolved when its volume is usual again, and regressed when tickets return."""
    from groundswell.commands.why import time_of
    from groundswell.errors import UsageError
    from groundswell.session import actor, now, open_session
    from models.known_issues import TransitionRefused
    from models.version import parse_version
    from store.known_issue_decisions import KnownIssueInvalid, fix_issue

    if (version is None) == (at is None):
        raise UsageError("pass one of --version VERSION and --at TIME, to say what the fix came with")
    if version is not None and parse_version(version) is None:
        raise UsageError(f"received the version {version!r}; valid is a form such as 38.1.0")
    time = None if at is None else time_of(at)
    why = plain_option("--why", why)
    session = open_session(database)
    with session.engine.begin() as connection:
        try:
            made = fix_issue(connection, issue, version=version, fixed_at=time, actor=actor(), at=now(), why=why)
        except (TransitionRefused, KnownIssueInvalid) as refusal:
            raise UsageError(str(refusal)) from refusal
    _said(session, made, issue, json=json)


@app.command("attach")
def attach(issue: IssueId, tickets: Tickets, why: Why = None, json: Json = False, database: Database = None) -> None:
    """Attach tickets to a known issue, whatever their themes are."""
    _place(issue, tickets, why, json=json, database=database, detach=False)


@app.command("detach")
def detach(issue: IssueId, tickets: Tickets, why: Why = None, json: Json = False, database: Database = None) -> None:
    """Take tickets out of a known issue; they do not attach again by themselves."""
    _place(issue, tickets, why, json=json, database=database, detach=True)


def _place(issue: int, tickets: list[str], why: str | None, *, json: bool, database: str | None, detach: bool) -> None:
    from groundswell.errors import UsageError
    from groundswell.session import actor, now, open_session
    from store.known_issue_decisions import KnownIssueInvalid, attach_tickets

    why = plain_option("--why", why)
    session = open_session(database)
    with session.engine.begin() as connection:
        try:
            made = attach_tickets(connection, issue, tickets, detach=detach, actor=actor(), at=now(), why=why)
        except KnownIssueInvalid as refusal:
            raise UsageError(str(refusal)) from refusal
    _said(session, made, issue, json=json)


def _details(**given: str | None) -> dict[str, str | None]:
    """Validate details as the console does. Raises `UsageError`."""
    from groundswell.errors import UsageError
    from models.known_issues.details import DetailsInvalid, issue_details

    sop = given.get("sop")
    if sop is not None and sop.startswith("@"):
        given["sop"] = _file(sop)
    try:
        return issue_details(given)
    except DetailsInvalid as error:
        raise UsageError(str(error)) from error


def _file(given: str) -> str:
    from pathlib import Path

    from groundswell.errors import UsageError

    try:
        return Path(given[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise UsageError(
            f"received --sop {given!r}, whose file cannot be read; name a text file in UTF-8 of up to 8,000 characters"
        ) from error


def _said(session: Session, made: Decision, issue: int, *, json: bool) -> None:
    from groundswell.deciding import take_effect
    from groundswell.table import print_json

    made, effect = take_effect(session, made)
    if json:
        print_json([{
            "id": made.decision_id, "kind": made.kind, "known_issue": issue, "state": made.state, "payload": dict(made.payload),
            "effect": effect,
        }])  # fmt: skip
        return
    say(f"Known issue {issue}: decision {made.decision_id} ({made.kind.replace('_', ' ')}). {effect}")


def _show(row: Mapping[str, Any]) -> None:
    from groundswell.table import day_and_time

    say(f"Known issue {row['id']}: {row['title']}  ({row['state']}{', pending' if row['pending'] else ''})")
    say(
        f"  owner {row['owner'] or 'nobody'}; opened {day_and_time(row['opened_at'])}, updated {day_and_time(row['updated_at'])} UTC"
    )
    for theme in row["themes"]:
        say(f"  theme {theme['id']}: {theme['name']} ({theme['status']})")
    for name, label in (
        ("jira", "Jira"),
        ("workaround", "workaround"),
        ("sop", "for agents"),
        ("fix_version", "fix in version"),
    ):
        if row[name]:
            say(f"  {label}: {row[name]}")
    for name, label in (("fix_expected_at", "fix expected"), ("fixed_at", "fixed since")):
        if row[name]:
            say(f"  {label}: {day_and_time(row[name])} UTC")
    if row["linked"]:
        say(f"  linked in Jira: {', '.join(row['linked'])}")
    say(f"  {row['attached']:,} tickets are attached")
    for ticket in row["tickets"]:
        say(f"  {ticket['id']} ({ticket['how']}, {ticket['confidence']:.2f}): {ticket['quote'] or 'no text is kept'}")
    for event in row["events"]:
        say(f"  {day_and_time(event['at'])} {event['to']} by {event['actor'] or 'its volume'}: {event['reason']}")
