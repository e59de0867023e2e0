"""An SQLite file is examined while it is in use, and nothing that is written is lost."""

import subprocess
import sys
from pathlib import Path

from sqlalchemy import text

from store.database import check_schema, open_database, upgrade

ANOTHER_PROCESS = """
import sqlite3, sys
one = sqlite3.connect(sys.argv[1])
print(one.execute("SELECT * FROM notes").fetchall())
one.close()
"""


def test_examining_a_file_keeps_the_locks_on_it(tmp_path) -> None:
    """A process that ends meanwhile leaves the write-ahead log to those that still write to it."""
    file = tmp_path / "groundswell.db"
    engine = open_database(f"sqlite:///{file}")
    upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE notes (words TEXT)"))
    check_schema(engine)
    assert _read_elsewhere(file) == "[]"
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO notes VALUES ('kept')"))
    assert file.with_name("groundswell.db-wal").exists()
    assert _read_elsewhere(file) == "[('kept',)]"
    engine.dispose()


def _read_elsewhere(file: Path) -> str:
    ran = subprocess.run([sys.executable, "-c", ANOTHER_PROCESS, file], check=True, capture_output=True, text=True)
    return ran.stdout.strip()
