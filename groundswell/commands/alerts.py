"""`groundswell alerts`: what people were told, and what they made of it."""

from __future__ import annotations

from typing import Annotated

import typer

from groundswell.commands.options import Database, Json

app = typer.Typer(no_args_is_help=True, help="Alerts: what people were told, and what they made of it.")

AlertId = Annotated[int, typer.Argument(metavar="ID", min=1, help="Number of the alert.")]


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
    }, "No alerts: nothing was worth telling.")  # fmt: skip


@app.command("ack")
def ack(alert: AlertId, database: Database = None) -> None:
    """Note that you have an alert in hand."""
    from groundswell.session import actor, now, open_session
    from store.alerts import acknowledge

    with open_session(database).engine.begin() as connection:
        found = acknowledge(connection, alert, actor=actor(), at=now())
    typer.echo(f"Alert {alert} is {found.state}.")


@app.command("resolve")
def resolve(alert: AlertId, database: Database = None) -> None:
    """Note that what an alert told of is over."""
    from groundswell.session import actor, now, open_session
    from store.alerts import resolve as resolved

    with open_session(database).engine.begin() as connection:
        found = resolved(connection, alert, actor=actor(), at=now())
    typer.echo(f"Alert {alert} is {found.state}.")
