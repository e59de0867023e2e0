"""Tickets as themes are named from them: the newest of each theme, in one query for all themes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, event, insert

from store.database import open_database, upgrade
from store.schema import assignments, tickets
from store.tickets import TicketText, read_theme_attributes, read_theme_texts

START = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return a database with tickets of three themes; some tickets are of one instant, uncounted, or without text."""
    opened = open_database(database_url)
    upgrade(opened)
    with opened.begin() as connection:
        for theme, letter in ((1, "a"), (2, "B"), (3, "c")):
            for number in range(6):
                add(connection, f"{letter}-{number}", theme, number // 2, title=f"title {number}")
        add(connection, "a-uncounted", 1, 50, title="gone", counted=False)
        add(connection, "a-erased", 1, 60, title="", region="BR")
        add(connection, "unthemed", None, 70, title="elsewhere")
    yield opened
    opened.dispose()


def add(
    connection: Connection,
    ticket: str,
    theme: int | None,
    minute: int,
    *,
    title: str,
    counted: bool = True,
    region: str = "IN",
) -> None:
    """Store one assigned ticket."""
    connection.execute(
        insert(tickets).values(
            id=ticket, source="desk", event_id=ticket, time=START + timedelta(minutes=minute), mined_epoch=1, title=title,
            body="", counted=counted, status="open", region=region,
        )
    )  # fmt: skip
    connection.execute(
        insert(assignments).values(
            ticket_id=ticket, theme_id=theme, epoch=1, how="assigned", confidence=1.0, nearest=theme, remembered=True
        )
    )


def test_each_theme_gives_its_newest_texts(engine: Engine):
    """Of each theme come as many as its own limit allows, newest first, those of one instant by their ids; none without text."""
    with engine.connect() as connection:
        found = read_theme_texts(connection, {2: 3, 1: 2, 9: 5})
    assert {theme: [one.id for one in rows] for theme, rows in found.items()} == {
        2: ["B-5", "B-4", "B-3"], 1: ["a-5", "a-4"], 9: [],
    }  # fmt: skip
    assert list(found) == [2, 1, 9]
    assert found[1][0] == TicketText("a-5", "title 5", "")


def test_attributes_come_oldest_first(engine: Engine):
    """Of the newest counted tickets of each theme, text or none, the oldest comes first."""
    with engine.connect() as connection:
        found = read_theme_attributes(connection, [1, 3], 2)
    assert [one["region"] for one in found[1]] == ["IN", "BR"]
    assert len(found[3]) == 2


def test_no_themes_are_no_tickets(engine: Engine):
    """Nothing asked, nothing read."""
    with engine.connect() as connection:
        assert read_theme_texts(connection, {}) == {}
        assert read_theme_attributes(connection, [], 5) == {}


def test_one_query_serves_all_themes(engine: Engine):
    """The number of queries does not grow with the number of themes."""
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    with engine.connect() as connection:
        read_theme_texts(connection, {1: 2, 2: 2, 3: 5})
        read_theme_attributes(connection, [1, 2, 3], 5)
    assert len([statement for statement in asked if "SELECT" in statement]) == 2
