"""Freshness is read from an index, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, insert

from models.freshness import FreshnessState, SourceState
from store.board import now_of
from store.board.freshness import read_freshness
from store.database import open_database, reading, upgrade
from store.schema import counts, cursors, offsets, segments, tickets
from store.sources import write_grains

END = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return an empty database at head."""
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


def put(connection: Connection, source: str, times: list[datetime]) -> None:
    """Store tickets of a source."""
    connection.execute(insert(tickets), [
        {
            "id": f"{source}-{number}", "source": source, "event_id": str(number), "time": time, "title": "", "body": "",
            "counted": True, "status": "open", "mined_epoch": 1,
        }
        for number, time in enumerate(times)
    ])  # fmt: skip


def every(step: timedelta, days: float, end: datetime = END) -> list[datetime]:
    """Times in even steps, the last one at `end`."""
    return [end - number * step for number in range(int(timedelta(days=days) / step))]


def mined(connection: Connection, until: datetime) -> None:
    """Count one ticket in the bucket that ends at `until`."""
    connection.execute(insert(segments), [{"id": 1, "key": "{}"}])
    bucket = int(until.timestamp() // 300) - 1
    connection.execute(insert(counts), [{"theme_id": 0, "segment_id": 1, "bucket": bucket, "n": 1}])


def read_at(engine: Engine, at: datetime) -> Any:
    """Read the freshness at a time."""
    with reading(engine) as connection:
        return read_freshness(connection, now_of(connection), at)


def test_each_source_has_its_own_rhythm(engine: Engine):
    """A busy source is late after an hour, a slow one is not, and one that was given up is gone."""
    with engine.begin() as connection:
        put(connection, "/desk", every(timedelta(minutes=20), 35, END + HOUR))
        put(connection, "/chat", every(timedelta(minutes=2), 20, END - HOUR))
        put(connection, "/mail", every(6 * HOUR, 30, END - 4 * HOUR))
        put(connection, "/fax", every(6 * HOUR, 30, END - timedelta(days=90)))
        mined(connection, END + HOUR)
    found = read_at(engine, END + HOUR)
    assert found.state is FreshnessState.LIVE
    assert found.newest == END + HOUR
    assert {one.source: one.state for one in found.sources} == {
        "/desk": SourceState.LIVE, "/chat": SourceState.LATE, "/mail": SourceState.LIVE, "/fax": SourceState.GONE,
    }  # fmt: skip
    usual = {one.source: one.usual for one in found.sources}
    assert usual["/chat"] == timedelta(minutes=22)
    assert usual["/desk"] == timedelta(minutes=220)


def test_the_night_is_part_of_the_rhythm(engine: Engine):
    """A source that is silent each night is live at six in the morning and late at noon."""
    day = [datetime(2026, 11, 1, 8, tzinfo=UTC) + timedelta(minutes=10 * n) for n in range(60)]
    with engine.begin() as connection:
        put(connection, "/desk", [time + timedelta(days=days) for days in range(18) for time in day])
        mined(connection, datetime(2026, 11, 18, 18, tzinfo=UTC))
    assert read_at(engine, datetime(2026, 11, 19, 6, tzinfo=UTC)).state is FreshnessState.LIVE
    assert read_at(engine, datetime(2026, 11, 19, 12, tzinfo=UTC)).state is FreshnessState.LATE


def test_a_database_of_files_is_recorded(engine: Engine):
    """Files that were read to their ends are recorded data; a system that is pulled, or a file that grows, is late instead."""
    file = {
        "stream": "a.jsonl",
        "partition": 0,
        "position": 1,
        "lines": 1,
        "fingerprint": "",
        "newest": END,
        "ended": True,
    }
    with engine.begin() as connection:
        put(connection, "/desk", every(HOUR, 10))
        mined(connection, END)
        connection.execute(insert(offsets), [file])
    late = END + timedelta(days=7)
    assert read_at(engine, late).state is FreshnessState.RECORDED
    with engine.begin() as connection:
        put(connection, "/hook", [END + HOUR])
    assert read_at(engine, late).state is FreshnessState.LATE
    with engine.begin() as connection:
        connection.execute(offsets.update().values(newest=END + HOUR))
    assert read_at(engine, late).state is FreshnessState.RECORDED
    with engine.begin() as connection:
        connection.execute(insert(cursors), [{"system": "zendesk", "site": "x", "cursor": "1", "updated_at": END}])
    assert read_at(engine, late).state is FreshnessState.LATE


def test_coarse_times_of_a_source_are_known(engine: Engine):
    """A source that writes days is not late on the same day."""
    with engine.begin() as connection:
        put(connection, "/export", every(timedelta(minutes=5), 20))
        mined(connection, END)
        write_grains(connection, {"/export": 86_400})
    assert read_at(engine, END + 20 * HOUR).state is FreshnessState.LIVE
    assert read_at(engine, END + 30 * HOUR).state is FreshnessState.LATE


def test_nothing_is_fresh_in_an_empty_database(engine: Engine):
    """Without tickets there is nothing to be late."""
    assert read_at(engine, END).state is FreshnessState.EMPTY


def test_few_statements_whatever_the_number_of_sources(engine: Engine):
    """Forty sources are read by as many statements as one."""
    with engine.begin() as connection:
        for number in range(40):
            put(connection, f"/source/{number}", every(HOUR, 9))
        mined(connection, END)
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *words: words[2] == "BEGIN" or statements.append(words[2]))
    with reading(engine) as connection:
        found = read_freshness(connection, None, END)
    assert len(found.sources) == 40
    assert len(statements) <= 4
