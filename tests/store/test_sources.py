"""What is known of sources: the grain that all tickets of a database have in common."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from store.database import open_database, upgrade
from store.schema import tickets
from store.sources import common_grain, write_grains

HOUR, DAY = 3_600, 86_400


@pytest.fixture
def engine(database_url):
    """Return an engine of a database with one ticket of a source that writes days."""
    opened = open_database(database_url)
    upgrade(opened)
    with opened.begin() as connection:
        write_grains(connection, {"/days": DAY})
        add(connection, "T-1", "/days")
    yield opened
    opened.dispose()


def add(connection, ticket: str, source: str) -> None:
    """Store a ticket of a source."""
    connection.execute(
        insert(tickets).values(
            id=ticket, source=source, event_id=ticket, time=datetime(2026, 11, 1, tzinfo=UTC), title="", body="", counted=True,
            status="open",
        )
    )  # fmt: skip


def test_the_finest_source_decides(engine):
    """One source of exact times, stored or arriving, makes the grain of all a second."""
    with engine.begin() as connection:
        assert common_grain(connection, {}) == DAY
        assert common_grain(connection, {"/days": DAY, "/hours": HOUR}) == HOUR
        assert common_grain(connection, {"/exact": 1}) == 1
        add(connection, "T-2", "/other")
        assert common_grain(connection, {}) == 1
        assert common_grain(connection, {"/days": DAY}) == 1


def test_an_empty_database_takes_what_arrives(engine):
    """A first ingest of coarse times is tested by their grain at once; one without tickets has none."""
    with engine.begin() as connection:
        connection.execute(tickets.delete())
        assert common_grain(connection, {"/hours": HOUR}) == HOUR
        assert common_grain(connection, {"/hours": 1}) == 1
