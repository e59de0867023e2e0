"""`groundswell demand`: which tickets are not customer demand, and how to correct that."""

from __future__ import annotations

from typing import Annotated

import typer

from groundswell.commands.decisions import Tickets, Why
from groundswell.commands.options import Database, Json
from models.demand import DemandKind

app = typer.Typer(
    no_args_is_help=True, help="Demand: tickets that no customer wrote are kept, but neither themed nor counted."
)

Kinds = Annotated[
    list[DemandKind] | None, typer.Option("--kind", metavar="KIND", help="Only tickets of this kind; may be repeated.")
]


@app.command("list")
def list_(
    kind: Kinds = None,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="In the table: the newest N.")] = 40,
    json: Json = False,
    database: Database = None,
) -> None:
    """List the tickets that are not customer demand, the newest first."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from models.demand.figures import demand_name, demand_sentence
    from store.database import reading
    from store.demand import count_demand, list_demand

    with reading(open_session(database).engine) as connection:
        rows = list_demand(connection, [one.value for one in kind or ()], None if json else limit)
        figures = count_demand(connection)
    if json:
        print_json(rows)
        return
    print_table("Not customer demand", rows, {
        "ticket": lambda row: row["id"],
        "time": lambda row: day_and_time(row["time"]),
        "what it is": lambda row: demand_name(row["demand"]),
        "because of": lambda row: row["rule"] or "",
        "text": lambda row: row["text"][:80],
    }, "All tickets are customers' demand.")  # fmt: skip
    if figures.total:
        typer.echo(f"{demand_sentence(figures.by_kind)}. `groundswell demand set TICKET customer` corrects one.")


@app.command("set")
def set_(
    tickets: Tickets,
    kind: Annotated[DemandKind, typer.Argument(metavar="KIND", help=f"What wrote them: {', '.join(DemandKind)}.")],
    why: Why = None,
    json: Json = False,
    database: Database = None,
) -> None:
    """Decide what wrote tickets: those of customers are themed and counted, all others are not."""
    from groundswell.deciding import take_effect
    from groundswell.session import actor, now, open_session
    from groundswell.table import print_json
    from pipelines.decisions.preview import propose_demand
    from store.database import reading
    from store.decisions import append_decision

    session = open_session(database)
    with reading(session.engine) as connection:
        preview = propose_demand(connection, tickets, kind)
    with session.engine.begin() as connection:
        made = append_decision(
            connection, preview.theme_id, preview.kind, preview.payload, actor=actor(), at=now(), why=why
        )
    made, effect = take_effect(session, made)
    if json:
        print_json([{**preview.as_json(), "id": made.decision_id, "state": made.state, "effect": effect}])
        return
    typer.echo(f"Decision {made.decision_id} (demand). {effect}")
