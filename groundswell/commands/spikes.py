"""`groundswell spikes`: where tickets rise above what is expected."""

from __future__ import annotations

import typer

from groundswell.commands import why
from groundswell.commands.options import Database, Json

app = typer.Typer(no_args_is_help=True, help="Spikes: where tickets rise above what is expected, and what explains it.")


@app.command("list")
def list_(json: Json = False, database: Database = None) -> None:
    """List the spikes, each with what explains it."""
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table, segment_text
    from models.formats import multiple
    from store.database import reading
    from store.listings import list_spikes

    with reading(open_session(database).engine) as connection:
        rows = list_spikes(connection)
    if json:
        print_json(rows)
        return
    print_table("Spikes", rows, {
        "#": lambda row: str(row["id"]),
        "theme": lambda row: f"{row['theme_id']} {row['theme_name']}",
        "where": lambda row: segment_text(row["segment"]),
        "from": lambda row: day_and_time(row["start"]),
        "until": lambda row: day_and_time(row["end"]) or "now",
        "#observed": lambda row: f"{row['observed']:,}",
        "#expected": lambda row: f"{row['expected']:.1f}",
        "#ratio": lambda row: multiple(row["ratio"]),
        "withheld": lambda row: (row["gate"] or "").replace("_", " "),
        "explained by": lambda row: row["verdict"],
    }, "No spikes: nothing rose above what was expected.")  # fmt: skip


app.command("explain")(why.explain)
