"""What an SQLite file is, before it is opened for writing: tables, schema, or something else; and a check of all of its pages."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from sqlalchemy import Engine, event
from sqlalchemy.exc import DatabaseError

from store.errors import DatabaseDamaged, DatabaseForeign

MAGIC = b"SQLite format 3\0"
"""First bytes of each SQLite file: https://www.sqlite.org/fileformat.html#the_database_header."""

OTHER_FORMATS = {
    b"\x1f\x8b": "a gzip file", b"PK\x03\x04": "a ZIP archive", b"PAR1": "a Parquet file", b"%PDF": "a PDF file",
}  # fmt: skip

SHOWN_FAULTS = 5
CHECKED_BYTES = 4_096

_connected: Counter[Path] = Counter()
_counting = Lock()


@dataclass(frozen=True, slots=True)
class FileContents:
    """The tables of an SQLite file, and the revision of the schema that Alembic noted in it, if any."""

    tables: frozenset[str] = field(default_factory=frozenset)
    revision: str | None = None


def file_of(engine: Engine) -> Path | None:
    """Return the file of an SQLite database; None for a server, and for a database in memory."""
    name = engine.url.database if engine.dialect.name == "sqlite" else None
    return None if not name or name == ":memory:" or name.startswith("file:") else Path(name)


def watch(engine: Engine) -> None:
    """Count the engine's connections to its file, so that the file is never read past SQLite while there are any.

    Closing a file drops all locks that the process has on it. Another process that ends would take itself for the last one, and
    delete the write-ahead log in which this process goes on writing: https://www.sqlite.org/howtocorrupt.html (2.2).
    """
    file = file_of(engine)
    if file is None:
        return
    path = file.absolute()

    def count(change: int) -> None:
        with _counting:
            _connected[path] += change

    event.listen(engine, "connect", lambda *_: count(1))
    event.listen(engine, "close", lambda *_: count(-1))


def read_contents(file: Path) -> FileContents | None:
    """Read what an SQLite file contains, and change nothing: opening it as a database of ours would change its journal mode.

    None where there is no file yet, and where it cannot be looked at without the rights to write. Raises `DatabaseForeign` where it is
    no SQLite database, `DatabaseDamaged` where it is one and cannot be read.
    """
    if not file.exists():
        return None
    if file.is_dir():
        raise DatabaseForeign(file, "is a folder")
    if _connected[file.absolute()] > 0:
        return _contents(file)
    beginning = _beginning(file)
    if not beginning:
        return FileContents()
    if not beginning.startswith(MAGIC):
        raise DatabaseForeign(file, f"is {_kind_of(beginning)}, no SQLite database")
    _check_length(file, beginning)
    return _contents(file)


def find_faults(engine: Engine, *, thorough: bool = False) -> list[str]:
    """Check every page of an SQLite database; returns what is wrong, a few sentences of SQLite's own, or nothing.

    `thorough` compares indexes with their tables, too, which takes several times as long.
    """
    if engine.dialect.name != "sqlite":
        return []
    pragma = "integrity_check" if thorough else "quick_check"
    try:
        with engine.connect().execution_options(writes=False) as connection:
            rows = connection.exec_driver_sql(f"PRAGMA {pragma}({SHOWN_FAULTS})").scalars().all()
    except DatabaseError as error:
        if not is_damage(error.orig):
            raise
        return [str(error.orig)]
    # SQLite writes several faults into one row, each in a line of its own.
    lines = [" ".join(line.split()) for row in rows for line in str(row).splitlines()]
    return [] if lines == ["ok"] else [line for line in lines if not line.startswith("***")]


def is_damage(error: BaseException | None) -> bool:
    """Check whether the driver reports a file that is damaged, or no database at all."""
    name = getattr(error, "sqlite_errorname", None) or ""
    return name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB"))


def _beginning(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(CHECKED_BYTES)
    except OSError as error:
        raise DatabaseForeign(file, f"cannot be read ({error.strerror or type(error).__name__})") from error


def _kind_of(beginning: bytes) -> str:
    for magic, kind in OTHER_FORMATS.items():
        if beginning.startswith(magic):
            return kind
    # The last character may be cut.
    readable = b"\0" not in beginning and len(beginning.decode(errors="ignore").encode()) >= len(beginning) - 3
    return "a text file" if readable else "a binary or encrypted file"


def _check_length(file: Path, header: bytes) -> None:
    """Compare the length with the number of pages that the header states, where that is valid.

    It is not while a write-ahead log waits to be merged, and where an old version of SQLite wrote last.
    """
    log = file.with_name(f"{file.name}-wal")
    if (log.is_file() and log.stat().st_size) or header[24:28] != header[92:96]:
        return
    page = int.from_bytes(header[16:18], "big")
    expected = int.from_bytes(header[28:32], "big") * (65_536 if page == 1 else page)
    found = file.stat().st_size
    if found < expected:
        raise DatabaseDamaged(file, f"it has {found:,} of {expected:,} bytes, its end is missing")


def _contents(file: Path) -> FileContents | None:
    try:
        connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise DatabaseDamaged(file, str(error)) from error
    try:
        rows = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
        )
        tables = frozenset(str(name) for (name,) in rows)
        if "alembic_version" not in tables:
            return FileContents(tables)
        noted = connection.execute("SELECT * FROM alembic_version").fetchone()
        return FileContents(tables, str(noted[0]) if noted else None)
    except sqlite3.OperationalError:
        # It is locked, or in a folder that may not be written to: whoever opens it next gets an error that says so.
        return None
    except sqlite3.DatabaseError as error:
        raise DatabaseDamaged(file, str(error)) from error
    finally:
        connection.close()
