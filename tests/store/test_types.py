"""Column types that mean the same on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Engine, Integer, MetaData, Table, Text, insert, select, text
from sqlalchemy.exc import StatementError

from store.database import open_database
from store.types import Json, UtcTime, in_bytes
from store.upsert import add_to, insert_new, upsert

metadata = MetaData()
kept = Table(
    "kept",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime),
    Column("said", Json),
    Column("name", Text),
    Column("n", Integer),
)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return a database with one table of our types."""
    opened = open_database(database_url)
    with opened.begin() as connection:
        metadata.create_all(connection)
    yield opened
    opened.dispose()


# JSONB keeps no sign of zero.
floats = st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | floats
    | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from("abc"), children, max_size=3),
    max_leaves=6,
)  # fmt: skip
zones = st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=45))])
times = st.builds(
    lambda seconds, zone: (datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=seconds)).astimezone(zone),
    st.integers(0, 250_000_000_000_000_000),
    zones,
)


@given(at=times, said=json_values)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
def test_what_is_stored_comes_back(engine: Engine, at, said):
    """A time comes back as the same instant to the microsecond, in UTC; JSON as the same value, floats to the last bit."""
    with engine.connect() as connection:
        connection.execute(insert(kept).values(id=1, at=at, said=said))
        row = connection.execute(select(kept)).one()
        connection.rollback()
    assert row.at == at
    assert row.at.utcoffset() == timedelta(0)
    assert row.said == said
    assert repr(row.said) == repr(said) or isinstance(said, dict | list)


def test_a_time_without_a_zone_is_refused(engine: Engine):
    """Nobody could say which instant it is."""
    with pytest.raises(StatementError, match="without a zone"), engine.begin() as connection:
        connection.execute(insert(kept).values(id=1, at=datetime(2026, 1, 1)))  # noqa: DTZ001 (that is the point)


def test_inserts_that_meet_a_row(engine: Engine):
    """A row that is there is left alone, replaced, replaced in part, or added to; rows of one call see each other."""
    with engine.begin() as connection:
        insert_new(connection, kept, [{"id": 1, "n": 1, "said": "a"}])
        insert_new(connection, kept, [{"id": 1, "n": 2, "said": "b"}, {"id": 2, "n": 2, "said": "b"}])
        add_to(connection, kept, [{"id": 1, "n": 5}, {"id": 1, "n": 6}, {"id": 3, "n": 7}], ["id"], "n")
        upsert(connection, kept, [{"id": 2, "n": 9, "said": "c"}], ["id"])
        upsert(connection, kept, [{"id": 3, "n": 0, "said": "d"}], ["id"], only=["said"])
        rows = connection.execute(select(kept.c.id, kept.c.n, kept.c.said).order_by(kept.c.id)).all()
    assert [tuple(row) for row in rows] == [(1, 12, "a"), (2, 9, "c"), (3, 7, "d")]


@pytest.mark.parametrize(
    "write", [insert_new, lambda *parts: upsert(*parts, ["id"]), lambda *parts: add_to(*parts, ["id"], "n")]
)
def test_nothing_to_write(engine: Engine, write):
    """No rows, no statement."""
    with engine.begin() as connection:
        write(connection, kept, [])
        assert connection.execute(select(kept)).all() == []


def test_texts_are_sorted_by_their_bytes(engine: Engine):
    """On either database texts come in the order in which Python sorts them, and PostgreSQL is told so whatever its language."""
    texts = ["b-1", "B-2", "a_1", "a-2", "A1", "é", "z"]
    with engine.begin() as connection:
        connection.execute(insert(kept), [{"id": n, "name": text} for n, text in enumerate(texts)])
        found = connection.execute(select(kept.c.name).order_by(in_bytes(kept.c.name).desc())).scalars().all()
        statement = str(select(kept.c.id).order_by(in_bytes(kept.c.name)).compile(connection))
    assert found == sorted(texts, key=str.encode, reverse=True)
    assert statement.endswith('COLLATE "C"') == (engine.dialect.name == "postgresql")


def test_keys_come_back_sorted(engine: Engine):
    """Whatever order a database keeps the keys in, they are read in the order of their bytes, at every depth."""
    said = {"zz": 1, "a": [{"long name": 1, "b": 2}], "É": None, "ab": {"y": 1e16, "x": 2.0}}
    with engine.begin() as connection:
        connection.execute(insert(kept).values(id=1, said=said))
        found = connection.execute(select(kept.c.said)).scalar_one()
    assert orjson.dumps(found) == orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def test_nothing_is_no_json(engine: Engine):
    """None is NULL, and not the JSON value null."""
    with engine.begin() as connection:
        connection.execute(insert(kept), [{"id": 1, "said": None}, {"id": 2, "said": {}}])
        connection.execute(kept.update().where(kept.c.id == 2).values(said=None))
        assert connection.execute(select(kept.c.id).where(kept.c.said.is_(None))).scalars().all() == [1, 2]


@pytest.mark.postgres
def test_a_person_can_query_times_and_json(postgres_url: str):
    """On PostgreSQL times are TIMESTAMPTZ and JSON is JSONB, in the time zone of whoever asks."""
    engine = open_database(postgres_url)
    with engine.begin() as connection:
        metadata.create_all(connection)
        said = {"region": "BR", "n": 2.5}
        connection.execute(insert(kept).values(id=1, at=datetime(2026, 11, 20, 8, tzinfo=UTC), said=said))
        connection.execute(text("SET TIME ZONE 'Asia/Kolkata'"))
        asked = "SELECT extract(hour FROM at)::int, said ->> 'region', (said ->> 'n')::float8 FROM kept"
        assert tuple(connection.execute(text(asked)).one()) == (13, "BR", 2.5)
        assert connection.execute(select(kept.c.at)).scalar_one().isoformat() == "2026-11-20T08:00:00+00:00"
    engine.dispose()
