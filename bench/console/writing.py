"""Writing many rows at once: `executemany` of the driver on SQLite, COPY on PostgreSQL. Memory holds one block of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Engine, Table

BLOCK = 20_000


class TableWriter:
    """Writes rows into tables of a database, in transactions of their own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def write(self, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """Write rows with values in the order of `columns`; returns how many there were."""
        bind = [self._processor(table, name) for name in columns]
        ready = ([value if one is None else one(value) for one, value in zip(bind, row, strict=True)] for row in rows)
        with self._engine.begin() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            if self._engine.dialect.name == "postgresql":
                return self._copy(driver, table, columns, ready)
            marks = ", ".join("?" for _ in columns)
            statement = f"INSERT INTO {table.name} ({self._named(columns)}) VALUES ({marks})"  # noqa: S608 (names of ours)
            number = 0
            while block := list(islice(ready, BLOCK)):
                driver.executemany(statement, block)
                number += len(block)
            return number

    def _copy(self, driver: Any, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        number = 0
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({self._named(columns)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
                number += 1
        return number

    def _processor(self, table: Table, name: str) -> Any:
        kind = table.c[name].type.dialect_impl(self._engine.dialect)
        return kind.bind_processor(self._engine.dialect)

    @staticmethod
    def _named(columns: Sequence[str]) -> str:
        # `end` is a word of SQL.
        return ", ".join(f'"{name}"' for name in columns)
