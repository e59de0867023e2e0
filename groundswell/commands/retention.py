"""`groundswell retention`: how long each kind of data is kept, and the removal of what is older."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundswell.commands.options import Database, Json
from groundswell.terminal import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from groundswell.session import Session

app = typer.Typer(no_args_is_help=True, help="How long each kind of data is kept, and the removal of what is older.")


@app.command("show")
def show(json: Json = False, database: Database = None) -> None:
    """Show how long each kind of data is kept, what was removed, and how many rows are older now."""
    from groundswell.session import open_session

    _print(_due(open_session(database)), "older", json=json)


@app.command("apply")
def apply(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be removed, and remove nothing.")
    ] = False,
    flow: Annotated[bool, typer.Option("--flow", help="Run it as a Prefect flow, on a temporary server.")] = False,
    json: Json = False,
    database: Database = None,
) -> None:
    """Remove what is older than it is kept, by the settings `retention.*`. Doing it twice changes nothing.

    Counts, themes and spikes stay, and so do the keys by which nothing is counted or sent twice. It may be stopped at any time, and is
    continued when it is run again.
    """
    from groundswell.session import flow_context, now, open_session, retention_rules
    from pipelines.retention import apply_retention

    session = open_session(database)
    if dry_run:
        _print(_due(session), "would be removed", json=json)
        return
    if flow:
        from pipelines.flows.run import run_apply_retention

        done = run_apply_retention(flow_context(session), home=session.settings.data / "prefect")
    else:
        done = [one.as_json() for one in apply_retention(session.engine, retention_rules(session.settings), now())]
    _print(done, "removed", json=json)


def _due(session: Session) -> list[dict[str, Any]]:
    from groundswell.session import now, retention_rules
    from pipelines.retention import retention_status
    from store.database import reading

    with reading(session.engine) as connection:
        return [one.as_json() for one in retention_status(connection, retention_rules(session.settings), now())]


def _print(rows: Sequence[dict[str, Any]], number: str, *, json: bool) -> None:
    from groundswell.table import print_json, print_table

    if json:
        print_json(rows)
        return
    print_table("Retention", rows, {
        "kind": lambda row: row["kind"],
        "kept for": lambda row: _days(row["kept_for"]),
        "kept since": lambda row: (row["since"] or "all of it").partition("T")[0],
        f"#{number}": lambda row: f"{row['older']:,}",
    }, "Nothing is stored.")  # fmt: skip
    say("The settings `retention.*` say how long each kind is kept.")


def _days(seconds: float | None) -> str:
    return "ever" if seconds is None else f"{timedelta(seconds=seconds) / timedelta(days=1):g} days"
