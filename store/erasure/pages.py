"""The files of the database after a removal: nothing of it may stay in free pages or in the write-ahead log.

Every connection to SQLite overwrites what it deletes (`PRAGMA secure_delete`, see `store.database`). What older versions of the program
left in free pages, and what SQLite leaves when it moves rows between pages, is gone after `VACUUM`, which writes the file anew.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from store.schema import events, inbox, quarantine, tickets, vectors

LARGEST_VACUUM = 512 * 1024 * 1024
"""Bytes of the largest file that is written anew without being asked for: it takes some seconds, in which nothing else is written."""

_LOGS = (
    "PostgreSQL's write-ahead log, its archive and its replicas, until they are recycled: "
    "run CHECKPOINT, and let archives and base backups of before expire"
)
_FREED = (
    "pages whose rows were freed and not yet written again, and dead rows that an older transaction may still read: "
    "VACUUM FULL tickets, events, vectors, quarantine, inbox writes them anew"
)
_POSTGRESQL = (tickets, events, vectors, quarantine, inbox)


@dataclass(frozen=True, slots=True)
class PageCleanup:
    """What was done to the files of the database, and in sentences what they may still hold."""

    database: str
    vacuumed: bool
    log_emptied: bool
    may_hold: tuple[str, ...] = ()


def clean_pages(engine: Engine, *, vacuum: bool | None = None) -> PageCleanup:
    """Remove what the database's own files may still hold of deleted rows.

    `vacuum`: whether the database is written anew; None: SQLite up to 512 MiB is, and PostgreSQL always frees its dead rows.
    """
    if engine.dialect.name == "postgresql":
        return _clean_postgresql(engine, vacuum=vacuum)
    return _clean_sqlite(engine, vacuum=vacuum)


def _clean_sqlite(engine: Engine, *, vacuum: bool | None) -> PageCleanup:
    file = engine.url.database
    size = Path(file).stat().st_size if file and Path(file).is_file() else 0
    wanted = size <= LARGEST_VACUUM if vacuum is None else vacuum
    may_hold = []
    vacuumed = wanted and _run(engine, "VACUUM")
    if not vacuumed:
        why = "it is in use" if wanted else f"it has {size / 1024**2:,.0f} MiB"
        may_hold.append(
            f"free pages of the file from before this version: it was not written anew, since {why}; "
            "run `groundswell erase --clean`"
        )
    emptied = _checkpoint(engine)
    if not emptied:
        may_hold.append("the write-ahead log: another process reads an older state; run `groundswell erase --clean`")
    return PageCleanup("sqlite", vacuumed, emptied, tuple(may_hold))


def _clean_postgresql(engine: Engine, *, vacuum: bool | None) -> PageCleanup:
    vacuumed = vacuum is not False and all(_run(engine, f'VACUUM "{table.name}"') for table in _POSTGRESQL)
    may_hold = [_LOGS, _FREED]
    if not vacuumed:
        may_hold.insert(0, "dead rows: VACUUM was not run; run `groundswell erase --clean` as the owner of the tables")
    return PageCleanup("postgresql", vacuumed, log_emptied=False, may_hold=tuple(may_hold))


def _run(engine: Engine, statement: str) -> bool:
    """Run a statement outside of any transaction; False where others use the database, or the role may not."""
    try:
        _outside(engine, statement)
    except (DBAPIError, sqlite3.Error):
        return False
    return True


def _outside(engine: Engine, statement: str) -> Any:
    """Run a statement that refuses to be part of a transaction; returns its first row."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(statement)
        return None
    pooled = engine.raw_connection()
    try:
        # The driver's own connection is in autocommit mode: SQLAlchemy would send BEGIN first.
        driver: Any = pooled.driver_connection
        return driver.execute(statement).fetchone()
    finally:
        pooled.close()


def _checkpoint(engine: Engine) -> bool:
    """Move the write-ahead log into the file and empty it; False where a reader needs it."""
    try:
        busy: int = _outside(engine, "PRAGMA wal_checkpoint(TRUNCATE)")[0]
    except sqlite3.Error:
        return False
    return busy == 0
