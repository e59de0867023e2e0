"""`groundswell audit`: who did and looked at what."""

from __future__ import annotations

from typing import Annotated

import typer

from groundswell.commands.options import Database, Json

app = typer.Typer(
    no_args_is_help=True, help="The audit log: who did what, and who looked at the text of which tickets."
)


@app.command("list")
def list_(
    person: Annotated[str | None, typer.Option("--person", metavar="NAME", help="Only lines of this person.")] = None,
    action: Annotated[str | None, typer.Option("--action", metavar="NAME", help="Only this action.")] = None,
    subject: Annotated[
        str | None, typer.Option("--subject", metavar="NAME", help="Only about this, for example `theme:12`.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="From this time on (RFC 3339); UTC without a zone.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Before this time (RFC 3339); UTC without a zone.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="Newest so many.")] = 100,
    json: Json = False,
    database: Database = None,
) -> None:
    """List the lines of the audit log, the newest first. Tickets are named by their ids; no line has text of a ticket."""
    from groundswell.commands.why import time_of
    from groundswell.session import open_session
    from groundswell.table import day_and_time, print_json, print_table
    from store.audit import AuditQuery, read_audit
    from store.database import reading

    query = AuditQuery(person, action, subject, *(None if time is None else time_of(time) for time in (since, until)))
    with reading(open_session(database).engine) as connection:
        rows = [line.as_json() for line in read_audit(connection, query, limit=limit)]
    if json:
        print_json(rows)
        return
    print_table("Audit log", rows, {
        "at (UTC)": lambda row: day_and_time(row["at"]),
        "person": lambda row: row["actor"],
        "action": lambda row: row["action"],
        "subject": lambda row: row["subject"],
        "detail": lambda row: ", ".join(f"{name}: {value}" for name, value in row["detail"].items()),
    }, "No line of the audit log is like this.")  # fmt: skip
