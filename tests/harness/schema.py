"""Empty databases at head without going through every migration: `tests/store/test_migrations.py` shows what migrations make."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from alembic import command
from alembic.config import Config

MIGRATE = command.upgrade
"""Goes through the migrations."""


class QuickUpgrades:
    """Brings an empty SQLite file to head by the statements that the migrations of the first one left; others by the migrations."""

    def __init__(self) -> None:
        self._statements: list[str] | None = None

    def __call__(self, config: Config, revision: str) -> None:
        """Do what Alembic's `upgrade` does."""
        driver = config.attributes["connection"].connection.driver_connection
        if revision != "head" or not isinstance(driver, sqlite3.Connection) or _has_tables(driver):
            MIGRATE(config, revision)
        elif self._statements is None:
            MIGRATE(config, revision)
            # In the middle of the transaction of the migrations, which is not in the dump.
            self._statements = [one for one in driver.iterdump() if one not in ("BEGIN TRANSACTION;", "COMMIT;")]
        else:
            for statement in self._statements:
                driver.execute(statement)


def _has_tables(driver: sqlite3.Connection) -> bool:
    return driver.execute("SELECT 1 FROM sqlite_master").fetchone() is not None


@contextmanager
def quick_upgrades() -> Iterator[Any]:
    """Let `store.database.upgrade` be quick for the length of the `with` block."""
    with mock.patch.object(command, "upgrade", QuickUpgrades()) as quick:
        yield quick
