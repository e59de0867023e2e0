"""Opening a database: SQLite in WAL mode by default, PostgreSQL by URL, the schema brought to head by Alembic."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from store.encryption import TextCipher, give_cipher, read_keys
from store.errors import (
    DatabaseDamaged,
    DatabaseForeign,
    DatabaseUnreachable,
    DatabaseUrlInvalid,
    SchemaOutdated,
    address_of,
)
from store.reencryption import check_keys
from store.revisions import MIGRATIONS, current_revision, known_revisions
from store.schema import metadata
from store.sqlite_file import file_of, read_contents, watch

if TYPE_CHECKING:
    from alembic.config import Config

OWN_TABLES = 5
"""Tables by the names of ours that a database of this program has at least: another application may have `events` and `tickets`."""

SHOWN_TABLES = 3

BUSY_SECONDS = 30
"""How long a writer waits for another one on SQLite before it fails."""


CONNECT_SECONDS = 10
"""How long PostgreSQL may take to answer: a host that is gone must be reported as unreachable."""

LET_GO = (
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 "
    "-c idle_in_transaction_session_timeout=60000"
)
"""PostgreSQL ends the session of a machine that vanished after 25 s, and of a process that is idle inside a transaction after 60 s:
its locks, the miner's lease among them, would block all others. No step between two statements takes so long."""


def open_database(url: str, key_file: Path | None = None) -> Engine:
    """Make an engine for `url`; nothing is connected yet. Its errors do not quote the values of a statement.

    With the keys in `key_file` it encrypts ticket text. Raises `DatabaseUrlInvalid` where the text is no SQLAlchemy URL of SQLite
    or PostgreSQL, `EncryptionKeyInvalid` where the file has no keys.
    """
    cipher = None if key_file is None else TextCipher(read_keys(key_file))
    engine = _engine(url)
    give_cipher(engine, cipher)
    return engine


def _engine(url: str) -> Engine:
    parsed = _parse(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_pre_ping=True,
            json_deserializer=orjson.loads,
            hide_parameters=True,
            connect_args={
                "connect_timeout": CONNECT_SECONDS,
                "options": f"{LET_GO} {parsed.query.get('options', '')}".strip(),
            },
        )
    if parsed.database and parsed.database != ":memory:":
        try:
            _private_folder(Path(parsed.database))
        except OSError as error:
            raise DatabaseUnreachable(parsed, error) from error
    engine = create_engine(parsed, connect_args={"timeout": BUSY_SECONDS}, hide_parameters=True)
    event.listen(engine, "connect", _tune_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    watch(engine)
    return engine


def reading(engine: Engine) -> Connection:
    """Open a connection that only reads: use it as a context manager.

    On SQLite it takes a snapshot and waits for no other transaction. `engine.begin()` is for transactions that write.
    """
    return engine.connect().execution_options(writes=False)


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to `revision`; does nothing when it is at it already. Raises `DatabaseUnreachable` when no server answers."""
    from alembic import command

    _migrate(engine, lambda config: command.upgrade(config, revision), to_head=revision == "head")


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to `revision` (`base`: nothing left)."""
    from alembic import command

    _migrate(engine, lambda config: command.downgrade(config, revision))


def check_schema(engine: Engine) -> None:
    """Raise `SchemaOutdated` unless the schema is the one this version of the program knows, and `EncryptionKeyMissing`.

    Raises `DatabaseForeign` and `DatabaseDamaged` where it is no database of this program, or a damaged one.
    """
    check_file(engine)
    head = known_revisions()[-1]
    try:
        with reading(engine) as connection:
            current = current_revision(connection)
    except OperationalError as error:
        raise DatabaseUnreachable(engine.url, error) from error
    except DatabaseError as error:
        raise DatabaseDamaged(file_of(engine) or address_of(engine.url), str(error.orig)) from error
    if current != head:
        raise SchemaOutdated(engine.url, current, head, newer=current is not None and current not in known_revisions())
    check_keys(engine)


def check_file(engine: Engine) -> None:
    """See that an SQLite file is a database of this program, or one without tables. Raises `DatabaseForeign`, `DatabaseDamaged`."""
    file = file_of(engine)
    contents = None if file is None else read_contents(file)
    if file is None or contents is None or not contents.tables:
        return
    own = contents.tables & set(metadata.tables)
    if "alembic_version" in contents.tables and (len(own) >= OWN_TABLES or contents.revision is None):
        return
    named = ", ".join(sorted(contents.tables - {"alembic_version"})[:SHOWN_TABLES]) or "alembic_version"
    raise DatabaseForeign(file, f"is the database of another application (it has tables such as {named})")


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, ValueError) as error:
        raise DatabaseUrlInvalid(url) from error
    if backend not in ("sqlite", "postgresql"):
        raise DatabaseUrlInvalid(url)
    return parsed


def _private_folder(file: Path) -> None:
    # The database holds ticket text: only its owner may read a folder and a file that we make.
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))


def _tune_sqlite(connection: Any, _record: Any) -> None:
    # We send BEGIN ourselves (below): the driver's own lazy BEGIN would let a read become a write half way and fail.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA cache_size=-65536")
    cursor.execute("PRAGMA foreign_keys=ON")
    # Ticket text that was deleted, or moved to another page, must not stay in the file (see `store.erasure.pages`).
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that will write declares it at its start and waits for others, instead of failing when it first writes.
    immediate = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _migrate(engine: Engine, step: Callable[[Config], None], *, to_head: bool = False) -> None:
    """Run migrations; the views are removed before and made again after them, so that no migration has to know of views."""
    from alembic.config import Config

    from store.views.catalogue import create_views, drop_views

    check_file(engine)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    try:
        with engine.connect() as connection, _unchecked(connection), connection.begin():
            config.attributes["connection"] = connection
            head = known_revisions()[-1]
            if not to_head or current_revision(connection) != head:
                drop_views(connection)
            step(config)
            if current_revision(connection) == head:
                create_views(connection)
    except OperationalError as error:
        raise DatabaseUnreachable(engine.url, error) from error


@contextmanager
def _unchecked(connection: Connection) -> Iterator[None]:
    """Set foreign keys aside on SQLite, which changes a table by copying it and dropping the old one.

    It has to be said outside a transaction.
    """
    driver = connection.connection.driver_connection if connection.dialect.name == "sqlite" else None
    if driver is None:
        yield
        return
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        driver.execute("PRAGMA foreign_keys=ON")
