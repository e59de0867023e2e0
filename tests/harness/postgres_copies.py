"""Copies of a PostgreSQL database at head, each for many tests, one after the other.

To copy and drop the four hundred files of a database takes longer than most tests. What a test left in its copy is removed instead; a
copy whose tables it changed is not used again.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Self

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.harness.postgres import PostgresServer

OTHERS = """
SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
SCHEMA = """
WITH tables AS (
  SELECT c.oid, c.oid::regclass::text AS name, c.relkind::text AS kind, c.reloptions::text AS options FROM pg_class c
  WHERE c.relnamespace NOT IN (SELECT oid FROM pg_namespace WHERE nspname LIKE 'pg\\_%' OR nspname = 'information_schema')
)
SELECT name || kind || coalesce(options, '') FROM tables
UNION ALL SELECT format('%s.%s %s %s %s', t.name, attname, atttypid, attnotnull, pg_get_expr(adbin, adrelid))
  FROM tables t JOIN pg_attribute ON attrelid = t.oid LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum WHERE attnum > 0
UNION ALL SELECT pg_get_indexdef(indexrelid) FROM tables t JOIN pg_index ON indrelid = t.oid
UNION ALL SELECT conname || pg_get_constraintdef(pg_constraint.oid) FROM tables t JOIN pg_constraint ON conrelid = t.oid
UNION ALL SELECT pg_get_triggerdef(pg_trigger.oid) FROM tables t JOIN pg_trigger ON tgrelid = t.oid WHERE NOT tgisinternal
UNION ALL SELECT 'extension ' || extname FROM pg_extension
UNION ALL SELECT 'setting ' || setconfig::text FROM pg_db_role_setting
UNION ALL SELECT 'revision ' || version_num FROM alembic_version
ORDER BY 1
"""
USED = """
SELECT oid::regclass::text FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
"""
COUNTED = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"


class PostgresCopies:
    """Hands out copies of a database, and takes them back.

    Parameters
    ----------
    server : PostgresServer
        Where they are.
    template : str
        URL of the database, without rows, to which nobody is connected.

    """

    def __init__(self, server: PostgresServer, template: str) -> None:
        self._server = server
        self._template = template
        self._made = ExitStack()
        self._spare: list[str] = []
        self._schema: list[Any] | None = None

    @contextmanager
    def copy(self) -> Iterator[str]:
        """Hand out the URL of a copy for the length of the `with` block."""
        url = self._spare.pop() if self._spare else self._made.enter_context(self._server.database(self._template))
        if self._schema is None:
            with self._connected(url) as connection:
                self._schema = connection.execute(SCHEMA).fetchall()
        yield url
        # Not where the block failed: the database may be part of the failure.
        if self._server.running and self._cleaned(url):
            self._spare.append(url)

    def _cleaned(self, url: str) -> bool:
        """Remove all rows and restart all numbers; whether it is as it was."""
        try:
            with self._connected(url) as connection:
                connection.execute(OTHERS)
                if connection.execute(SCHEMA).fetchall() != self._schema:
                    return False
                # A number that was taken by a statement which failed leaves no row in its table.
                for (name,) in connection.execute(COUNTED).fetchall():
                    connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(name)))
                if used := [sql.SQL(name) for (name,) in connection.execute(USED)]:
                    connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(used)))
        except psycopg.Error:
            return False
        return True

    def _connected(self, url: str) -> "psycopg.Connection[Any]":
        name = make_url(url).database
        return psycopg.connect(f"postgresql://postgres@/{name}?host={self._server.folder}", autocommit=True)

    def __enter__(self) -> Self:
        """Use it as a context manager."""
        return self

    def __exit__(self, *_: object) -> None:
        """Drop all copies."""
        self._made.close()
