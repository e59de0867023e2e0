"""What the pages of operations read: how far intake and mining are, refused records by reason, and what is kept."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import delete, insert, text

from store.board import now_of
from store.board.intake import HOURS, read_intake
from store.board.storage_status import count_placeholders, read_storage_status
from store.database import open_database, upgrade
from store.quarantine import (
    QuarantineChoice,
    RefusedRecordUnknown,
    count_chosen,
    is_file_stream,
    refused_record,
    refused_records,
)
from store.records import count_quarantine
from store.schema import cursors, erasures, events, inbox, leases, miner, offsets, quarantine, tickets
from tests.console.seed import END, seed

EPOCH = timedelta(minutes=15)


@pytest.fixture
def connection(database_url):
    """Return the seeded launch day."""
    engine = open_database(database_url)
    upgrade(engine)
    seed(engine)
    with engine.begin() as opened:
        yield opened
    engine.dispose()


def test_an_empty_database_has_no_lag(database_url):
    """Nothing was read and nothing mined: no number pretends otherwise."""
    engine = open_database(database_url)
    upgrade(engine)
    with engine.begin() as opened:
        found = read_intake(opened, now_of(opened), EPOCH)
        kept = read_storage_status(opened)
    engine.dispose()
    assert (found.mined, found.newest, found.lag, found.lease, found.hours) == (None, None, None, None, ())
    assert not found.holds(END)
    assert (kept.redaction.tickets, kept.erasures.total, kept.erasures.last_at) == (0, 0, None)
    assert kept.bytes > 100_000
    assert kept.as_json()["retention"] == {}


def test_lag_is_what_mining_is_behind_the_newest_event(connection):
    """Streams are listed by their newest ticket, the lease with its end, and what waits is counted."""
    epoch = int(END.timestamp() // EPOCH.total_seconds()) - 8
    connection.execute(delete(miner))
    connection.execute(insert(miner).values(name="miner", next_epoch=epoch, first_epoch=1, state={}))
    connection.execute(delete(leases))
    connection.execute(insert(leases).values(name="miner", holder="host-a", token=3, expires_at=END + EPOCH))
    connection.execute(delete(offsets))
    blank = {"lines": 5, "fingerprint": "", "ended": False}
    connection.execute(insert(offsets), [
        {**blank, "stream": "/data/a.csv", "partition": 0, "position": 10, "newest": END - timedelta(days=9)},
        {**blank, "stream": "groundswell.tickets", "partition": 1, "position": 77, "newest": END},
        {**blank, "stream": "groundswell.launches", "partition": 0, "position": 1, "newest": None},
    ])  # fmt: skip
    connection.execute(insert(cursors).values(system="zendesk", site="acme", cursor="x", updated_at=END))
    connection.execute(insert(inbox).values(system="zendesk", delivery_id="d-1", received_at=END, events=[]))
    connection.execute(delete(events).where(events.c.mined_epoch.is_(None)))
    connection.execute(insert(events), [
        {"source": "/s", "id": f"w-{n}", "type": "ticket.created", "subject": "T", "time": END, "late": False,
         "epoch": epoch if n < 3 else None, "mined_epoch": None, "data": None} for n in range(4)
    ])  # fmt: skip
    found = read_intake(connection, now_of(connection), EPOCH)
    assert found.mined == datetime.fromtimestamp(epoch * 900, UTC)
    assert found.lag == END - found.mined
    assert [one.stream for one in found.streams] == ["groundswell.tickets", "/data/a.csv", "groundswell.launches"]
    assert (found.stream_count, found.waiting, found.deliveries) == (3, 3, 1)
    assert [one.system for one in found.pulled] == ["zendesk"]
    assert found.holds(END)
    assert not found.holds(END + EPOCH)
    assert found.as_json()["lag_seconds"] == found.lag.total_seconds()


def test_throughput_is_that_of_the_last_hours(connection):
    """Tickets come from the counts of all tickets, events from the epochs that took them; hours without any count 0."""
    now = now_of(connection)
    epoch = now.hour * 4
    connection.execute(delete(miner))
    connection.execute(insert(miner).values(name="miner", next_epoch=epoch + 4, first_epoch=1, state={}))
    connection.execute(delete(events))
    connection.execute(insert(events), [
        {"source": "/s", "id": f"e-{n}", "type": "ticket.created", "subject": "T", "time": END, "late": False,
         "epoch": mined, "mined_epoch": mined, "data": None}
        for n, mined in enumerate([epoch, epoch + 1, epoch + 3, epoch - 4, epoch - 4 * HOURS])
    ])  # fmt: skip
    hours = read_intake(connection, now, EPOCH).hours
    assert len(hours) == HOURS
    assert [one.events for one in hours[-3:]] == [0, 1, 3]
    assert sum(one.events for one in hours) == 4
    assert all(one.tickets > 0 for one in hours)
    assert hours[-1].start == datetime.fromtimestamp(now.hour * 3600, UTC)


def refuse(connection, number, reason, stream="/data/a.csv"):
    """Put a record into quarantine."""
    connection.execute(insert(quarantine).values(
        stream=stream, partition=0, position=number, reason=reason, detail="a sentence", excerpt="what was there"
    ))  # fmt: skip


def test_refused_records_are_read_by_reason_in_pages(connection):
    """The newest first, and the next page continues after the last record of the one before."""
    for number in range(7):
        refuse(connection, number, "not_json" if number % 2 else "invalid_event")
    assert count_quarantine(connection) == {"invalid_event": 4, "not_json": 3}
    first = refused_records(connection, "invalid_event", limit=3)
    assert [one.position for one in first] == [6, 4, 2]
    rest = refused_records(connection, "invalid_event", limit=3, before=first[-1].record_id)
    assert [one.position for one in rest] == [0]
    assert refused_record(connection, rest[0].record_id).excerpt == "what was there"
    assert count_chosen(connection, QuarantineChoice("not_json")) == 3
    assert count_chosen(connection, QuarantineChoice(record_id=rest[0].record_id)) == 1
    assert count_chosen(connection, QuarantineChoice("not_json", rest[0].record_id)) == 0
    assert refused_records(connection, before=2**70)[0].position == 6


@pytest.mark.parametrize("record_id", [0, -1, 999_999, 2**63, 2**90])
def test_a_record_that_is_not_there_is_named(connection, record_id):
    """Also a number that no row can have."""
    with pytest.raises(RefusedRecordUnknown, match="is not in quarantine"):
        refused_record(connection, record_id)


def test_files_are_named_by_their_paths():
    """Topics, systems and standard input are not files."""
    assert is_file_stream("/data/a.csv")
    assert not any(map(is_file_stream, ("groundswell.tickets", "stdin:abc", "webhook:zendesk")))


def test_placeholders_are_counted_in_the_newest_tickets(connection):
    """Each ticket counts a kind once; words in brackets that redaction does not write are none."""
    connection.execute(delete(tickets))
    bodies = ["mail [EMAIL] and [EMAIL]", "card [CARD] of [NAME]", "[URGENT] please", "plain"]
    connection.execute(insert(tickets), [
        {"id": f"T-{n}", "source": "/s", "event_id": f"e-{n}", "time": END, "title": "[CARD]" if n == 0 else "a",
         "body": body, "counted": True, "status": "open"} for n, body in enumerate(bodies)
    ])  # fmt: skip
    found = count_placeholders(connection)
    assert (found.tickets, found.redacted) == (4, 2)
    assert found.kinds == (("CARD", 2), ("EMAIL", 1), ("NAME", 1))


def test_erasures_without_a_proof_are_unfinished(connection):
    """A killed erasure is counted until it is run again."""
    connection.execute(insert(erasures), [
        {"id": "a", "at": END, "actor": "ann", "scope": "ticket", "subject": "x", "proof": {"a": 1}},
        {"id": "b", "at": END + EPOCH, "actor": "ann", "scope": "ticket", "subject": "y", "proof": None},
    ])  # fmt: skip
    found = read_storage_status(connection).erasures
    assert (found.total, found.unfinished, found.last_at) == (2, 1, END + EPOCH)


def test_reasons_are_counted_by_an_index(connection):
    """Counting refused records by reason reads no excerpt."""
    for number in range(300):
        refuse(connection, number, "not_json")
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("ANALYZE quarantine"))
    asked = "SELECT reason, count(*) FROM quarantine GROUP BY reason"
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    plan = connection.exec_driver_sql(f"{explain} {asked}")
    assert "ix_quarantine_reason" in "\n".join(str(row) for row in plan)
