"""`groundswell audiences`: who gets what."""

from __future__ import annotations

import typer

from groundswell.commands.options import Database, Json
from groundswell.terminal import say

app = typer.Typer(no_args_is_help=True, help="Audiences: who must act on which theme, and who also sees it.")


@app.command("check")
def check(json: Json = False, database: Database = None) -> None:
    """Show for each theme who must act, who also sees it and why, and what nobody of the ownership file gets."""
    from groundswell.audience_check import check_audiences, without_themes
    from groundswell.session import open_session, ownership_of
    from groundswell.table import print_json, print_table
    from models.formats import counted
    from store.database import reading

    session = open_session(database)
    ownership = ownership_of(session.settings)
    with reading(session.engine) as connection:
        rows = check_audiences(connection, ownership)
    if json:
        print_json(rows)
        return
    print_table("Audiences", rows, {
        "#": lambda row: str(row["theme_id"]),
        "theme": lambda row: row["theme_name"],
        "#tickets": lambda row: f"{row['size']:,}",
        "must act": lambda row: row["owner"],
        "by": lambda row: ", ".join(row["channels"]),
        "also sees": lambda row: "; ".join(f"{one['audience']} ({one['why']})" for one in row["subscribers"]),
    }, "No themes yet.")  # fmt: skip
    unowned = [row for row in rows if row["unowned"]]
    if unowned:
        tickets = counted(sum(row["size"] for row in unowned), "ticket")
        say(
            f"{counted(len(unowned), 'theme')} with {tickets} match no audience of the ownership file: only `everyone` gets them."
        )
    if absent := without_themes(rows, ownership):
        say(f"Nothing reaches {', '.join(absent)} now.")
