"""Revisions of the schema, read without Alembic."""

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from store.database import open_database, reading, upgrade
from store.revisions import MIGRATIONS, current_revision, known_revisions


def test_the_files_are_the_revisions_that_alembic_knows():
    """The numbers of the files are the revisions, in their order, and the last one is the head."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    assert known_revisions() == tuple(one.revision for one in script.walk_revisions())[::-1]
    assert known_revisions()[-1] == script.get_current_head()


def test_the_revision_of_a_database(database_url):
    """A database that was upgraded is at the newest revision."""
    engine = open_database(database_url)
    upgrade(engine)
    with reading(engine) as connection:
        assert current_revision(connection) == known_revisions()[-1]
    engine.dispose()


def test_a_database_without_tables_has_no_revision():
    """An empty database has none."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        assert current_revision(connection) is None
    engine.dispose()
