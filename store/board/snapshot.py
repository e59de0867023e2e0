"""A read of several queries that all see the same state of the database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """Open a connection that only reads, and never sees half of an epoch's transaction.

    On SQLite a deferred transaction in WAL mode is one view from its first read on, and does not queue behind
    the miner's write; on PostgreSQL that is what REPEATABLE READ gives.
    """
    if engine.dialect.name == "postgresql":
        reader = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    else:
        reader = engine.execution_options(writes=False)
    with reader.connect() as connection:
        yield connection
