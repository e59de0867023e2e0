"""The audit log is filtered by its columns and read in pages, by indexes."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from store.audit import AuditPlaceInvalid, AuditQuery, list_audit, read_audit, recent_names, record
from store.database import open_database, upgrade

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def connection(database_url):
    """Return a database with ten lines of two people, two of them at the same time."""
    engine = open_database(database_url)
    upgrade(engine)
    with engine.begin() as opened:
        for n in range(10):
            record(
                opened, at=NOON + (n - n % 2) * MINUTE, actor=("ann", "bob")[n % 2], action="merge" if n < 6 else "rename",
                subject=f"theme {n % 3}", detail={"n": n},
            )  # fmt: skip
        yield opened
    engine.dispose()


def numbers(lines):
    """Return which lines were read."""
    return [line.detail["n"] for line in lines]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (AuditQuery(), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]),
        (AuditQuery(actor="bob"), [9, 7, 5, 3, 1]),
        (AuditQuery(actor="bob", action="merge"), [5, 3, 1]),
        (AuditQuery(subject="theme 0"), [9, 6, 3, 0]),
        (AuditQuery(since=NOON + 4 * MINUTE, until=NOON + 8 * MINUTE), [7, 6, 5, 4]),
        (AuditQuery(actor="nobody"), []),
        (AuditQuery(actor="ann' OR '1'='1"), []),
    ],
)
def test_lines_are_filtered_newest_first(connection, query, found):
    """Each filter is exact, and all that are given must hold; a time ends before its end."""
    assert numbers(read_audit(connection, query)) == found


def test_pages_neither_skip_nor_repeat_lines_of_the_same_time(connection):
    """A page continues after the last line of the one before, also where lines share their time."""
    read, after = [], None
    while lines := read_audit(connection, AuditQuery(), limit=3, after=after):
        read += numbers(lines)
        after = lines[-1].place
    assert read == list(range(9, -1, -1))
    assert numbers(
        read_audit(connection, AuditQuery(actor="ann"), limit=2, after=after and "2026-11-20T12:08:00Z,99")
    ) == [
        8,
        6,
    ]


@pytest.mark.parametrize("place", ["7", "yesterday,7", "2026-11-20T12:00:00Z,x", "0001-01-01T00:00:00+14:00,1"])
def test_a_place_that_no_page_gave_is_refused(connection, place):
    """One sentence says what is valid."""
    with pytest.raises(AuditPlaceInvalid, match="the one that a page gave"):
        read_audit(connection, AuditQuery(), after=place)
    assert read_audit(connection, AuditQuery(), after=f"2000-01-01T00:00:00Z,{10**30}") == []


def test_names_to_choose_from_are_those_of_the_newest_lines(connection):
    """People and actions of the newest lines, each once."""
    assert recent_names(connection, "actor") == ["ann", "bob"]
    assert recent_names(connection, "action", newest=3) == ["rename"]
    assert list_audit(connection, limit=1)[0]["action"] == "rename"


def test_the_rarer_of_two_filters_finds_the_lines(connection, monkeypatch):
    """Also where the other one fits almost every line: a person who did something only once is found without reading the log."""
    record(connection, at=NOON, actor="cleo", action="merge", subject="theme 9", detail={"n": 10})
    query = AuditQuery(actor="cleo", action="merge")
    assert numbers(read_audit(connection, query)) == [10]
    rare, common = (str(one) for one in query.conditions(by="actor"))
    assert (rare, "||" in common) == ("audit.actor = :actor_1", True)
    monkeypatch.setattr("store.audit.FEW", 3)
    assert numbers(read_audit(connection, AuditQuery(actor="bob", action="merge", subject="theme 2"))) == [5]


@pytest.mark.parametrize("column", ["actor", "action", "subject", "at"])
def test_each_filter_has_an_index(connection, column):
    """No page reads the whole log: each column that can be filtered has an index which also gives the order."""
    given = NOON if column == "at" else "x"
    query = AuditQuery(until=given) if column == "at" else AuditQuery(**{column: given})
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_bitmapscan = off"))
    from sqlalchemy import select

    from store.schema import audit

    asked = select(audit).where(*query.conditions()).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(3)
    written = asked.compile(connection, compile_kwargs={"literal_binds": True})
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    plan = "\n".join(str(row) for row in connection.exec_driver_sql(f"{explain} {written}"))
    assert f"ix_audit_{column}" in plan
