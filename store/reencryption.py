"""Encryption of what is stored already: every row gets the newest key, in batches, or none; a run that is killed goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Engine,
    Row,
    Table,
    Text,
    and_,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    update,
)

from store.encryption import MARK, SealedJson, SealedText, TextCipher, cipher_of, give_cipher
from store.errors import EncryptionKeyMissing
from store.schema import encryption_keys, metadata
from store.upsert import insert_new

BATCH = 500
"""Rows of a transaction: writers wait for one for some milliseconds."""


@dataclass(frozen=True, slots=True)
class EncryptionState:
    """How many values of ticket text are stored with the newest key, with older ones, and in plain text."""

    current: int
    older: int
    plain: int


def sealed_columns() -> list[Column[Any]]:
    """Return the columns that are encrypted where the engine has keys."""
    return [
        column
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, SealedText | SealedJson)
    ]


def check_keys(engine: Engine, at: datetime | None = None) -> None:
    """Raise `EncryptionKeyMissing` where the database is encrypted with a key that the engine has not.

    With `at`, the wall-clock time, the newest key of the engine is noted: from now on the database is opened with it only.
    """
    cipher = cipher_of(engine.dialect)
    with engine.connect().execution_options(writes=False) as connection:
        known = set(connection.execute(select(encryption_keys.c.id)).scalars())
    missing = sorted(known - (cipher.names if cipher else frozenset()))
    if missing:
        raise EncryptionKeyMissing(missing[0])
    if cipher is not None and at is not None and cipher.current not in known:
        with engine.begin() as connection:
            insert_new(connection, encryption_keys, [{"id": cipher.current, "since": at}])


def encryption_state(connection: Connection, cipher: TextCipher | None) -> EncryptionState:
    """Count the values of all encrypted columns by how they are stored; reads every row."""
    counts = [0, 0, 0]
    for column in sealed_columns():
        raw = _raw(column)
        current = raw.startswith(_beginning(column, cipher)) if cipher else raw.is_(None)
        query = select(
            func.count().filter(current), func.count().filter(raw.startswith(_beginning(column, None))), func.count()
        ).where(_is_filled(column))
        mine, sealed, all_ = connection.execute(query.select_from(column.table)).one()
        counts = [counts[0] + mine, counts[1] + sealed - mine, counts[2] + all_ - sealed]
    return EncryptionState(*counts)


def encrypt_stored(
    engine: Engine, at: datetime, stop: Callable[[], bool] = lambda: False, batch: int = BATCH
) -> Iterator[int]:
    """Encrypt every value with the engine's newest key; yields the number of rows after each batch. In the end it is the only key."""
    cipher = cipher_of(engine.dialect)
    if cipher is None:
        raise EncryptionKeyMissing("")
    check_keys(engine, at)
    yield from _rewrite(engine, cipher, stop, batch)
    if not stop():
        with engine.begin() as connection:
            connection.execute(delete(encryption_keys).where(encryption_keys.c.id != cipher.current))
        _drop_remains(engine)


def decrypt_stored(engine: Engine, stop: Callable[[], bool] = lambda: False, batch: int = BATCH) -> Iterator[int]:
    """Store every value in plain text again; the engine's keys are needed for the last time."""
    yield from _rewrite(engine, None, stop, batch)
    if not stop():
        with engine.begin() as connection:
            connection.execute(delete(encryption_keys))
        give_cipher(engine, None)
        _drop_remains(engine)


def _rewrite(engine: Engine, cipher: TextCipher | None, stop: Callable[[], bool], batch: int) -> Iterator[int]:
    """Write the rows of each table again that have a value which is not stored as wanted, in the order of their keys."""
    tables: dict[Table, list[Column[Any]]] = {}
    for column in sealed_columns():
        tables.setdefault(column.table, []).append(column)
    for table, columns in tables.items():
        last: tuple[Any, ...] | None = None
        while not stop():
            with engine.begin() as connection:
                if connection.dialect.name == "sqlite":
                    connection.exec_driver_sql("PRAGMA secure_delete=ON")
                rows = _next_rows(connection, columns, cipher, last, batch)
                _rewrite_rows(connection, columns, cipher, rows)
            if not rows:
                break
            last = tuple(rows[-1][: len(table.primary_key.columns)])
            yield len(rows)


def _next_rows(
    connection: Connection,
    columns: list[Column[Any]],
    cipher: TextCipher | None,
    last: tuple[Any, ...] | None,
    batch: int,
) -> Sequence[Row[Any]]:
    """Read the next rows of a table, after a key, of which a value is not stored as wanted: the key, then the values."""
    keys = list(columns[0].table.primary_key.columns)
    wanted = or_(*(and_(_is_filled(column), _differs(column, cipher)) for column in columns))
    query = select(*keys, *columns).where(wanted).order_by(*keys).limit(batch).with_for_update()
    if last is not None:
        # A bare value in a tuple has no type, and times are numbers on SQLite.
        bound = [literal(value, key.type) for value, key in zip(last, keys, strict=True)]
        query = query.where(tuple_(*keys) > tuple_(*bound) if len(keys) > 1 else keys[0] > bound[0])
    return connection.execute(query).all()


def _rewrite_rows(
    connection: Connection, columns: list[Column[Any]], cipher: TextCipher | None, rows: Sequence[Row[Any]]
) -> None:
    table = columns[0].table
    keys, given = list(table.primary_key.columns), cipher_of(connection.dialect)
    give_cipher(connection.engine, cipher)
    try:
        for row in rows:
            one = [key == value for key, value in zip(keys, row, strict=False)]
            values = {column.name: value for column, value in zip(columns, row[len(keys) :], strict=True)}
            connection.execute(update(table).where(*one).values(values))
    finally:
        give_cipher(connection.engine, given)


def _raw(column: Column[Any]) -> ColumnElement[str]:
    return cast(column, Text)


def _is_filled(column: Column[Any]) -> ColumnElement[bool]:
    return and_(column.is_not(None), _raw(column) != "")


def _beginning(column: Column[Any], cipher: TextCipher | None) -> str:
    quote = '"' if isinstance(column.type, SealedJson) else ""
    return f"{quote}{MARK}{f'{cipher.current}:' if cipher else ''}"


def _differs(column: Column[Any], cipher: TextCipher | None) -> ColumnElement[bool]:
    sealed = _raw(column).startswith(_beginning(column, cipher))
    return ~sealed if cipher else sealed


def _drop_remains(engine: Engine) -> None:
    """Let the database give back the pages on which the values were before: SQLite's file and journal, PostgreSQL's dead rows."""
    if engine.dialect.name == "sqlite":
        driver = engine.raw_connection()
        try:
            cursor = driver.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()
        finally:
            driver.close()
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in dict.fromkeys(column.table for column in sealed_columns()):
            connection.execute(text(f'VACUUM FULL "{table.name}"'))
