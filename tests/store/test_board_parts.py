"""What the board counts of a part of all tickets, on either database, and how long figures are kept."""

from collections import Counter
from collections.abc import Iterator
from threading import Thread

import pytest
from sqlalchemy import Engine, insert, select, update

from models.access import EVERYTHING, AccessScope
from models.bucket import bucket_of
from store import schema
from store.board import BoardGrouping, BoardQuery, SortColumn, board, every_row, now_of, snapshot
from store.database import open_database, upgrade
from tests.console.seed import END, seed

BR = AccessScope.of({"region": ["BR"]})


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return a database with the seeded launch day."""
    opened = open_database(database_url)
    upgrade(opened)
    seed(opened)
    yield opened
    opened.dispose()


def _counted(engine: Engine, *conditions: object) -> Counter[int]:
    """Count the tickets that hold some conditions by theme."""
    pair = schema.assignments.c.ticket_id == schema.tickets.c.id
    query = (
        select(schema.assignments.c.theme_id).join(schema.tickets, pair).where(schema.tickets.c.counted, *conditions)
    )
    with engine.connect() as connection:
        return Counter(connection.scalars(query))


@pytest.mark.parametrize("scope", [EVERYTHING, BR])
def test_a_part_without_counts_is_counted_from_its_tickets(engine: Engine, scope: AccessScope) -> None:
    """Two values at once, and a scope with a value: figures, charts and export are those of exactly these tickets."""
    with engine.begin() as connection:
        rows = [{"id": 7, "key": '{"channel":"in_app"}'}, {"id": 8, "key": '{"region":"US"}'}]
        connection.execute(insert(schema.segments), rows)
    segments = (("channel", "in_app"),) if scope is BR else (("region", "BR"), ("channel", "in_app"))
    own = _counted(engine, schema.tickets.c.region == "BR", schema.tickets.c.channel == "in_app")
    with snapshot(engine) as connection:
        now = now_of(connection)
        shown = board(connection, now, BoardQuery(segments=segments), scope)
        listed = every_row(connection, now, BoardQuery(segments=segments), scope)
    assert {row.theme.theme_id: row.day.observed for row in shown.rows} == own
    assert {row.theme.theme_id: row.day.observed for row in listed} == own
    assert {row.theme.theme_id: sum(hour.observed for hour in row.spark) for row in shown.rows} == own
    assert shown.all_tickets.observed == own.total()
    assert all(hour.band is None for row in shown.rows for hour in row.spark)


def test_a_scope_is_offered_its_own_values(engine: Engine) -> None:
    """The filters of a limited scope have values of its tickets, and no others."""
    with snapshot(engine) as connection:
        shown = board(connection, now_of(connection), BoardQuery(), BR)
    assert shown.offered["region"] == ("BR",)
    assert shown.offered["channel"] == ("in_app",)
    assert shown.offered["product"] == ()


@pytest.mark.parametrize("column", SortColumn)
def test_every_order_and_group_is_read(engine: Engine, column: SortColumn) -> None:
    """Each column can be sorted by on either database, in each grouping, with the same themes."""
    with snapshot(engine) as connection:
        now = now_of(connection)
        listed = [
            {row.theme.theme_id for row in board(connection, now, BoardQuery(sort=column, group=group)).rows}
            for group in BoardGrouping
        ]
    assert listed[0]
    assert all(one == listed[0] for one in listed)


def test_figures_are_counted_again_once_something_is_mined(engine: Engine) -> None:
    """Until then they are those that were counted first, whoever asks."""
    last = bucket_of(END) - 1
    query = BoardQuery(text="#1")

    def look() -> int:
        with snapshot(engine) as connection:
            return board(connection, now_of(connection), query).rows[0].day.observed

    before = look()
    more = update(schema.counts).where(schema.counts.c.theme_id == 1, schema.counts.c.bucket == last)
    with engine.begin() as connection:
        connection.execute(more.values(n=schema.counts.c.n + 5))
    found: list[int] = []
    threads = [Thread(target=lambda: found.append(look())) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert found == [before] * 4
    with engine.begin() as connection:
        connection.execute(update(schema.miner).values(next_epoch=bucket_of(END) + 1))
    assert look() == before + 5
