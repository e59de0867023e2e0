"""`groundswell alerts`: what was alerted, and how people dealt with it."""

from __future__ import annotations

from typing import Annotated

import typer

from groundswell.commands.options import LARGEST, Database, Json
from groundswell.terminal import say

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
        "audience": lambda row: row["audience"],
        "state": lambda row: row["state"],
        "reason": lambda row: row["reason"],
    }, "No alerts were opened.")  # fmt: skip


@app.command("why")
def why(alert: AlertId, json: Json = False, database: Database = None) -> None:
    """Say why an alert was sent: its reason, and the test behind its spike."""
    from groundswell.session import open_session
    from groundswell.table import print_json
    from pipelines.past.explain import ask_of_spike
    from store.alerts import get_alert
    from store.database import reading

    session = open_session(database)
    with reading(session.engine) as connection:
        found = get_alert(connection, alert)
        spike = found.spike_id
        answer = None if spike is None else ask_of_spike(connection, session.settings.mining, spike)
    if json:
        print_json([{**found.as_json(), "why": None if answer is None else answer.as_json()}])
        return
    say(f"Alert {alert} ({found.kind.replace('_', ' ')}) to {found.audience}: {found.reason}.")
    for sentence in () if answer is None else answer.sentences:
        say(f"  {sentence}")


@app.command("ack")
def ack(alert: AlertId, database: Database = None) -> None:
    """Note that you have an alert in hand."""
    from groundswell.session import actor, now, open_session
    from store.alerts import acknowledge

    with open_session(database).engine.begin() as connection:
        found = acknowledge(connection, alert, actor=actor(), at=now())
    say(f"Alert {alert} is {found.state}.")


@app.command("resolve")
def resolve(alert: AlertId, database: Database = None) -> None:
    """Note that the problem of an alert is over."""
    from groundswell.session import actor, now, open_session
    from store.alerts import resolve as resolved

    with open_session(database).engine.begin() as connection:
        found = resolved(connection, alert, actor=actor(), at=now())
    say(f"Alert {alert} is {found.state}.")
