"""`groundswell alerts`: what was alerted, and how people dealt with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from groundswell.commands.options import LARGEST, Database, Json
from groundswell.terminal import say

if TYPE_CHECKING:
    from pipelines.past.decision_path import SignalPath, ThemePath
    from store.alerts import Alert

app = typer.Typer(no_args_is_help=True, help="Alerts: what was alerted, and how people dealt with it.")

AlertId = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Number of the alert.")]


@app.command("list")
def list_(json: Json = False, database: Database = None) -> None:
    """List the alerts."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from store.database import reading
    from store.listings import list_alerts

    with reading(open_session(database).engine) as connection:
        rows = list_alerts(connection)
    if json:
        print_json(rows)
        return
    print_table("Alerts", rows, {
        "#": lambda row: str(row["id"]),
        "kind": lambda row: row["kind"].replace("_", " "),
        "#theme": lambda row: str(row["theme_id"]),
        "opened": lambda row: day_and_time(row["opened_at"]),
        "#incident": lambda row: "" if row["incident_id"] is None else str(row["incident_id"]),
        "audience": lambda row: row["audience"],
        "state": lambda row: row["state"],
        "reason": lambda row: row["reason"],
    }, "No alerts were opened.")  # fmt: skip


@app.command("why")
def why(
    alert: Annotated[
        int | None, typer.Argument(metavar="[ID]", min=1, max=LARGEST, help="Number of the alert.", show_default=False)
    ] = None,
    theme: Annotated[
        int | None,
        typer.Option(
            "--theme", metavar="T", min=0, max=LARGEST, help="Number of a theme; 0 is all tickets.", show_default=False
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="Time to look at, such as 2026-11-20T14:05Z. Default: the last mined epoch."
        ),
    ] = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Say why an alert was sent, or why none was: every stage of the decision, with what it compared."""
    from groundswell.commands.why import time_of
    from groundswell.errors import UsageError
    from groundswell.session import open_session, path_rules
    from groundswell.table import print_json
    from pipelines.past.decision_path import explanation_of_alert, path_of_alert, path_of_theme
    from store.alerts import get_alert
    from store.database import reading

    if (alert is None) == (theme is None):
        raise UsageError("pass the number of an alert, or --theme with --at, and not both")
    if alert is not None and at is not None:
        raise UsageError("an alert has its own time; pass --at with --theme")
    time = None if at is None else time_of(at)
    session = open_session(database)
    rules = path_rules(session.settings)
    if theme is not None:
        with reading(session.engine) as connection:
            found = path_of_theme(connection, rules, theme, time)
        _show_theme(found, json=json)
        return
    with reading(session.engine) as connection:
        opened = get_alert(connection, alert or 0)
        path = path_of_alert(connection, rules, opened.alert_id)
        answer = explanation_of_alert(connection, rules, opened)
    if json:
        print_json([{**path.as_json(), **opened.as_json(), "why": None if answer is None else answer.as_json()}])
    else:
        say(path.verdict.sentence)
        say(f"Alert {alert} ({opened.kind.replace('_', ' ')}) to {opened.audience}: {opened.reason}.")
        for sentence in () if answer is None else answer.sentences:
            say(f"  {sentence}")
        _show_path(path)


@app.command("show")
def show(alert: AlertId, json: Json = False, database: Database = None) -> None:
    """Show an alert, and the incident that it is about."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json
    from store.alerts import get_alert
    from store.database import reading
    from store.incident_listings import describe_incident

    with reading(open_session(database).engine) as connection:
        found = get_alert(connection, alert)
        incident = None if found.incident_id is None else describe_incident(connection, found.incident_id)
    if json:
        print_json([{**found.as_json(), "incident": incident}])
        return
    opened = day_and_time(found.as_json()["opened_at"])
    say(f"Alert {alert} ({found.kind.replace('_', ' ')}, {found.state}) to {found.audience}, {opened}: {found.reason}.")
    if incident is not None:
        others = ", ".join(str(one) for one in incident["alert_ids"] if one != alert)
        also = f", with alert {others}" if others else ""
        say(f"  Incident {incident['id']}: {incident['theme_name']} ({incident['state']}){also}.")


@app.command("ack")
def ack(alert: AlertId, json: Json = False, database: Database = None) -> None:
    """Note that you have an alert in hand."""
    from groundswell.session import actor, now, open_session
    from store.alerts import acknowledge

    with open_session(database).engine.begin() as connection:
        found = acknowledge(connection, alert, actor=actor(), at=now())
    _show_state(found, json=json)


@app.command("resolve")
def resolve(alert: AlertId, json: Json = False, database: Database = None) -> None:
    """Note that the problem of an alert is over."""
    from groundswell.session import actor, now, open_session
    from store.alerts import resolve as resolved

    with open_session(database).engine.begin() as connection:
        found = resolved(connection, alert, actor=actor(), at=now())
    _show_state(found, json=json)


@app.command("reopen")
def reopen(alert: AlertId, json: Json = False, database: Database = None) -> None:
    """Open an alert again that was acknowledged or resolved too early."""
    from groundswell.session import actor, now, open_session
    from store.alerts import reopen as reopened

    with open_session(database).engine.begin() as connection:
        found = reopened(connection, alert, actor=actor(), at=now())
    _show_state(found, json=json)


def _show_state(found: Alert, *, json: bool) -> None:
    from groundswell.table import print_json

    if json:
        print_json([found.as_json()])
    else:
        say(f"Alert {found.alert_id} is {found.state}.")


def _show_theme(found: ThemePath, *, json: bool) -> None:
    from groundswell.table import print_json
    from models.formats import utc_minute

    if json:
        print_json([found.as_json()])
        return
    say(f"{found.theme_name} at {utc_minute(found.time)}\n")
    say(f"{found.verdict.sentence}\n")
    for path in found.signals:
        for sentence in path.sentences:
            say(f"  {sentence}")
        _show_path(path)
    if not found.signals:
        for sentence in found.sentences:
            say(f"  {sentence}")


def _show_path(path: SignalPath) -> None:
    from groundswell.table import print_table
    from models.formats import compared

    passed = {True: "yes", False: "no", None: ""}
    print_table("Stages", [one.as_json() for one in path.stages], {
        "stage": lambda row: row["stage"].replace("_", " "),
        "passed": lambda row: passed[row["passed"]],
        "found": lambda row: f"{compared(row['value'])} {row['unit'] or ''}".strip(),
        "needed": lambda row: compared(row["threshold"]),
        "because": lambda row: row["reason"],
    }, "Its stages were not kept.")  # fmt: skip
