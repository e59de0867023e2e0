"""`groundswell incidents`: the events behind the alerts, each with its timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.commands.options import LARGEST, Database, Json
from groundswell.terminal import plain_option, say

if TYPE_CHECKING:
    from groundswell.session import Session
    from store.decisions import Decision

app = typer.Typer(no_args_is_help=True, help="Incidents: the events behind the alerts, each with its timeline.")

Why = Annotated[str | None, typer.Option("--why", metavar="TEXT", help="Your reason, for the audit log.")]
IncidentId = Annotated[int, typer.Argument(metavar="ID", min=1, max=LARGEST, help="Number of the incident.")]


@app.command("list")
def list_(json: Json = False, database: Database = None) -> None:
    """List the incidents."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from models.formats import figure
    from store.database import reading
    from store.incident_listings import list_incidents

    with reading(open_session(database).engine) as connection:
        rows = list_incidents(connection)
    if json:
        print_json(rows)
        return
    print_table("Incidents", rows, {
        "#": lambda row: str(row["id"]),
        "title": lambda row: row["theme_name"],
        "where": lambda row: ", ".join(f"{name} {value}" for name, value in row["segment"].items()) or "everything",
        "since": lambda row: day_and_time(row["start"]),
        "until": lambda row: day_and_time(row["end"]) if row["end"] else "lasts",
        "#seen": lambda row: f"{row['observed']:,}",
        "#expected": lambda row: figure(row["expected"]),
        "#times": lambda row: str(row["bursts"]),
        "#alerts": lambda row: str(len(row["alert_ids"])),
        "audience": lambda row: row["audience"],
        "state": lambda row: row["state"],
    }, "There were no incidents.")  # fmt: skip


@app.command("show")
def show(incident: IncidentId, json: Json = False, database: Database = None) -> None:
    """Show an incident with its signals and its timeline."""
    from groundswell.session import open_session
    from groundswell.table import print_json
    from store.database import reading
    from store.incident_listings import describe_incident

    with reading(open_session(database).engine) as connection:
        found = describe_incident(connection, incident)
    if json:
        print_json([found])
        return
    for line in _lines(found):
        say(line)


@app.command("merge")
def merge(
    from_: Annotated[list[int], typer.Argument(metavar="FROM...", min=1, max=LARGEST, help="Incidents that end.")],
    into: Annotated[
        int,
        typer.Option(
            "--into", metavar="ID", min=1, max=LARGEST, help="The incident that has their alerts from now on."
        ),
    ],
    why: Why = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Merge incidents that are one event: they have one message from then on."""
    from groundswell.session import actor, now, open_session
    from pipelines.decisions.incidents import decide_merge

    session = open_session(database)
    with session.engine.begin() as connection:
        made = decide_merge(connection, from_, into, actor=actor(), at=now(), why=plain_option("--why", why))
    _show_decision(session, made, json=json)


@app.command("split")
def split(
    incident: IncidentId,
    alert: Annotated[
        list[int] | None,
        typer.Option("--alert", metavar="ID", min=1, max=LARGEST, help="An alert that leaves; may be repeated."),
    ] = None,
    spike: Annotated[
        list[int] | None,
        typer.Option(
            "--spike", metavar="ID", min=1, max=LARGEST, help="A spike without an alert that leaves; may be repeated."
        ),
    ] = None,
    why: Why = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Make alerts and spikes of an incident an incident of their own: the two are never merged again automatically."""
    from groundswell.session import actor, now, open_session
    from pipelines.decisions.incidents import decide_split

    session = open_session(database)
    with session.engine.begin() as connection:
        made = decide_split(
            connection,
            incident,
            alert or (),
            spike_ids=spike or (),
            actor=actor(),
            at=now(),
            why=plain_option("--why", why),
        )
    _show_decision(session, made, json=json)


def _show_decision(session: Session, made: Decision, *, json: bool) -> None:
    from groundswell.deciding import take_effect
    from groundswell.table import print_json
    from store.listings import decision_as_json

    made, effect = take_effect(session, made)
    if json:
        print_json([{**decision_as_json(made), "effect": effect}])
    else:
        say(f"Decision {made.decision_id} ({made.kind.replace('_', ' ')}). {effect}")


def _lines(found: dict[str, Any]) -> list[str]:
    from groundswell.table import day_and_time

    where = ", ".join(f"{name} {value}" for name, value in found["segment"].items())
    title = f"{found['theme_name']}{', in ' + where if where else ''}"
    first = f"Incident {found['id']}: {title} ({found['state']}), of {found['audience']}."
    alerts = ", ".join(str(one) for one in found["alert_ids"]) or "none"
    events = [
        f"  {day_and_time(one['at'])}  {one['kind'].replace('_', ' ')}: {one['reason']}"
        f"{' (' + one['actor'] + ')' if one['actor'] else ''}{' [sent]' if one['notified'] else ''}"
        for one in found["events"]
    ]
    return [first, f"  alerts: {alerts}", *events]
