"""`groundswell doctor`: checks everything that a running installation needs."""

from __future__ import annotations

import typer

from groundswell.commands.options import Database, Json


def doctor(json: Json = False, database: Database = None) -> None:
    """Check database, model, and with PostgreSQL broker, topics, clock, miner and offsets; exit code 1 where one check fails.

    Of an SQLite database each page is read.
    """
    from groundswell.doctor import Doctor
    from groundswell.session import embedder_choice, now
    from groundswell.settings import Settings
    from groundswell.table import print_json, print_table
    from store.database import open_database

    settings = Settings()
    name = embedder_choice(settings).name
    engine = open_database(settings.database_url(database), settings.database.encryption_key_file)
    found = list(Doctor(settings, engine, name, now, thorough=True).examine())
    rows = [one.as_json() for one in found]
    if json:
        print_json(rows)
    else:
        print_table("Doctor", rows, {
            "": lambda row: "ok" if row["good"] else "WRONG",
            "what": lambda row: row["what"],
            "found": lambda row: row["found"],
            "what to do": lambda row: row["remedy"],
        }, "Nothing was looked at.")  # fmt: skip
    if not all(one.good for one in found):
        raise typer.Exit(1)
