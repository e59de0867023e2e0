"""The schema's history: up and down on both databases, and equal to what the program believes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Column, Connection, Engine, MetaData, Row, Table, insert, inspect, select
from sqlalchemy.exc import IntegrityError

from store.database import check_schema, downgrade, open_database, reading, upgrade
from store.errors import DatabaseUnreachable, DatabaseUrlInvalid, SchemaOutdated
from store.schema import causes, metadata
from store.types import Json, UtcTime
from tests.harness.schema import MIGRATE


@pytest.fixture(autouse=True)
def _through_the_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "upgrade", MIGRATE)


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    """Return an engine of an empty database."""
    opened = open_database(empty_database_url)
    yield opened
    opened.dispose()


def tables(engine: Engine) -> set[str]:
    """Tables of the database, but for Alembic's own."""
    return set(inspect(engine).get_table_names()) - {"alembic_version"}


def test_the_migrations_make_the_tables(engine: Engine):
    """Going up to head gives exactly the tables, columns, types and indexes that `store.schema` declares."""
    upgrade(engine)
    with reading(engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    assert tables(engine) == set(metadata.tables)


def test_down_leaves_nothing_and_up_again_all(engine: Engine):
    """Every step down undoes its step up."""
    upgrade(engine)
    downgrade(engine, "base")
    assert tables(engine) == set()
    assert inspect(engine).get_view_names() == []
    upgrade(engine)
    assert tables(engine) == set(metadata.tables)


BEFORE_TYPES = "0004"
"""The last revision in which times are numbers and JSON is text on every database."""
TIMES = [
    datetime(2026, 11, 20, 8, 0, 0, 123_457, tzinfo=UTC),
    datetime(2000, 1, 1, tzinfo=UTC),
    datetime(8999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
]
JSON = [
    {"z": 1, "aa": [1.5, 1e-7, None, True, {"É": "☕", "b": {}}], "b": 12345678901234567, "": []},
    ['"quoted" \\ and \u0001 \n', "", 0.1, -3, 100000.0],
    "a text: {}",
]


def filled(column: Column[Any], number: int) -> Any:
    """Return the value of a column in one of three rows: as the tables were before, numbers for times and text for JSON."""
    declared = metadata.tables[column.table.name].c[column.name]
    if number == 3 and column.nullable:
        return None
    if isinstance(declared.type, UtcTime):
        return (TIMES[number - 1] - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    if isinstance(declared.type, Json):
        return orjson.dumps(JSON[number - 1], option=orjson.OPT_SORT_KEYS).decode()
    kinds: dict[type, Any] = {
        int: number,
        float: number / 7,
        bool: number == 1,
        bytes: bytes([number]),
        str: f"n{number}",
    }
    return kinds[column.type.python_type]


def stored(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of all tables as the database gives them; of JSON its values and the order of its keys.

    A text such as 1e-7 may come back as 0.0000001, which is the same number.
    """
    there = MetaData()
    there.reflect(connection)
    found = {}
    for name, table in there.tables.items():
        if name != "alembic_version":
            is_json = [isinstance(metadata.tables[name].c[column.name].type, Json) for column in table.columns]
            rows = connection.execute(select(table)).all()
            read = [[_value(one, is_json=like) for one, like in zip(row, is_json, strict=True)] for row in rows]
            found[name] = sorted((tuple(row) for row in read), key=repr)
    return found


def _value(stored_value: Any, *, is_json: bool) -> Any:
    return orjson.dumps(orjson.loads(stored_value)) if is_json and stored_value is not None else stored_value


def fill(connection: Connection) -> None:
    """Put three rows into every table."""
    there = MetaData()
    there.reflect(connection)
    for name, table in there.tables.items():
        if name != "alembic_version":
            rows = [{column.name: filled(column, number) for column in table.columns} for number in (1, 2, 3)]
            connection.execute(insert(table), rows)


def test_rows_outlast_the_change_of_types(engine: Engine):
    """Up and down again, every row of every table is what it was: times to the microsecond, floats to the last bit."""
    upgrade(engine, BEFORE_TYPES)
    with engine.begin() as connection:
        fill(connection)
        before = stored(connection)
    upgrade(engine)
    with reading(engine) as connection:
        for table in metadata.tables.values():
            rows = connection.execute(select(table)).all()
            # Tables of later revisions are empty: nothing was there to be put into them.
            assert len(rows) == (3 if table.name in before else 0), table.name
            for row in rows:
                check_read(table, row)
    downgrade(engine, BEFORE_TYPES)
    with reading(engine) as connection:
        assert stored(connection) == before
    upgrade(engine)


def check_read(table: Table, row: Row[Any]) -> None:
    """Hold the times and JSON values of one row against those that were put in."""
    texts = [orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in JSON]
    for column, value in zip(table.columns, row, strict=True):
        if isinstance(column.type, UtcTime):
            assert value is None or (value in TIMES and value.utcoffset() == timedelta(0)), column
        if isinstance(column.type, Json):
            assert value is None or orjson.dumps(value) in texts, column


def test_times_and_json_have_types_of_their_own(engine: Engine):
    """On PostgreSQL no time is a number and no JSON a text; SQLite has neither type."""
    upgrade(engine)
    kinds = (
        {UtcTime: "TIMESTAMP", Json: "JSONB"}
        if engine.dialect.name == "postgresql"
        else {UtcTime: "BIGINT", Json: "TEXT"}
    )
    for table in metadata.tables.values():
        there = {column["name"]: column["type"] for column in inspect(engine).get_columns(table.name)}
        for column in table.columns:
            if type(column.type) in kinds:
                assert str(there[column.name]) == kinds[type(column.type)], column
                assert getattr(there[column.name], "timezone", True)


def test_a_row_of_nothing_is_refused(engine: Engine):
    """Foreign keys hold on both databases: at the commit, so that a transaction may write in any order."""
    upgrade(engine)
    cause = {"spike_id": 7, "rank": 1, "kind": "segment", "contribution": 1.0, "score": 1.0, "reason": ""}
    with engine.connect() as connection:
        connection.execute(insert(causes), cause)
        with pytest.raises(IntegrityError):
            connection.commit()


def test_up_twice_changes_nothing(engine: Engine):
    """A database that is at head stays as it is."""
    upgrade(engine)
    upgrade(engine)
    check_schema(engine)


def test_an_outdated_schema_says_what_to_do(engine: Engine):
    """A database that is not at head is refused with the command that brings it there."""
    with pytest.raises(SchemaOutdated, match="groundswell db upgrade"):
        check_schema(engine)


@pytest.mark.parametrize("url", ["mysql://root:geheim@host/db", "nonsense", "://", "sqlite"])
def test_a_url_of_no_database_of_ours(url):
    """Other databases and other texts are refused with what is valid, and without their passwords."""
    with pytest.raises(DatabaseUrlInvalid, match="valid are sqlite") as caught:
        open_database(url)
    assert "geheim" not in str(caught.value)


def test_a_file_that_may_not_be_written(tmp_path):
    """A file that cannot be opened is said to be a file, with what to see to."""
    with pytest.raises(DatabaseUnreachable, match=r"cannot be used .*see that its folder exists"):
        open_database("sqlite:////proc/none/a.db")
    engine = open_database(f"sqlite:///{tmp_path / 'a.db'}")
    message = str(DatabaseUnreachable(engine.url, OSError("attempt to write a readonly database")))
    assert "answer" not in message
    assert "(attempt to write a readonly database)" in message


def test_nobody_answers():
    """A server that is not there is named without its password."""
    engine = open_database("postgresql+psycopg://ana:geheim@127.0.0.1:1/groundswell")
    with pytest.raises(DatabaseUnreachable, match="does not answer") as caught:
        upgrade(engine)
    assert "geheim" not in str(caught.value)
