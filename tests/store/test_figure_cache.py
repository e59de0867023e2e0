"""Derived figures are counted once for each mined state, and nobody waits for what somebody else looks at."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import Engine, update

from store import schema
from store.board import now_of, snapshot
from store.board.figure_cache import ENTRIES, FigureCache
from store.board.now import Now
from store.database import open_database, upgrade
from tests.console.seed import seed
from tests.harness.children import PATIENCE_SECONDS


@pytest.fixture
def engine(sqlite_url: str) -> Iterator[Engine]:
    """Return a database with the seeded launch day."""
    opened = open_database(sqlite_url)
    upgrade(opened)
    seed(opened)
    yield opened
    opened.dispose()


def _now(engine: Engine) -> Now:
    with snapshot(engine) as connection:
        now = now_of(connection)
    assert now is not None
    return now


def _get(engine: Engine, key: str, value: object, kind: str = "board") -> object:
    now = _now(engine)
    with snapshot(engine) as connection:
        return FigureCache(connection, now, kind).get(key, lambda: value)


def test_a_value_stays_until_something_is_mined(engine: Engine) -> None:
    """The same key gives the first value, until an epoch is mined; kinds do not know each other."""
    assert [_get(engine, "a", 1), _get(engine, "a", 2), _get(engine, "a", 3, "themes")] == [1, 1, 3]
    with engine.begin() as connection:
        connection.execute(update(schema.miner).values(next_epoch=schema.miner.c.next_epoch + 1))
    assert _get(engine, "a", 4) == 4


def test_a_bounded_number_is_kept(engine: Engine) -> None:
    """Those that were used last stay; many values of themes do not push out those of the board."""
    _get(engine, "board", 1)
    for number in range(ENTRIES["themes"] + 1):
        _get(engine, f"{number}", number, "themes")
    assert _get(engine, "board", 2) == 1
    assert _get(engine, "0", "again", "themes") == "again"


def test_others_do_not_wait_for_another_key(engine: Engine) -> None:
    """While one value is counted, another one is given; who asks for the same one waits, and gets what was counted."""
    now, began, go_on = _now(engine), Event(), Event()

    def slow() -> str:
        began.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return "counted"

    def ask() -> str:
        with snapshot(engine) as connection:
            return FigureCache(connection, now).get("slow", slow)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(ask)
        assert began.wait(PATIENCE_SECONDS)
        second = threads.submit(ask)
        assert _get(engine, "quick", 1) == 1
        go_on.set()
        assert [first.result(PATIENCE_SECONDS), second.result(PATIENCE_SECONDS)] == ["counted", "counted"]


def test_a_failure_is_not_kept(engine: Engine) -> None:
    """What could not be counted is counted by the next who asks."""
    now = _now(engine)
    with snapshot(engine) as connection:
        remembered = FigureCache(connection, now)
        with pytest.raises(ZeroDivisionError):
            remembered.get("a", lambda: 1 // 0)
        assert remembered.get("a", lambda: 7) == 7
