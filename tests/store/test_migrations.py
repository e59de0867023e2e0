"""The schema's history: up and down on both databases, and equal to what the program believes."""

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from store.database import check_schema, downgrade, open_database, reading, upgrade
from store.errors import DatabaseUnreachable, DatabaseUrlInvalid, SchemaOutdated
from store.schema import metadata


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return an engine of an empty database."""
    opened = open_database(database_url)
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


def test_nobody_answers():
    """A server that is not there is named without its password."""
    engine = open_database("postgresql+psycopg://ana:geheim@127.0.0.1:1/groundswell")
    with pytest.raises(DatabaseUnreachable, match="does not answer") as caught:
        upgrade(engine)
    assert "geheim" not in str(caught.value)
