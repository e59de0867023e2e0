"""What a batch leaves in the store."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import orjson
import pytest
from sqlalchemy import Engine, select, update

from models.embedding import Embedder, HashingEmbedder
from models.embedding.declared import DeclaredLanguages
from store.database import open_database, reading, upgrade
from store.plans import read_changes, read_launches
from store.records import seen_events
from store.schema import events, quarantine, tickets, tombstones, vectors
from store.tickets import erase
from stream.arrival import Arrival
from stream.optional_fields import FieldIssue, FieldNote
from stream.processing import BatchOutcome, Processor
from stream.raw import Raw

NOW = datetime(2026, 12, 24, tzinfo=UTC)
START = datetime(2026, 11, 20, 8, tzinfo=UTC)
SECRET = "my aunt's parcel"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Return an empty database at head, of each kind in turn."""
    opened = open_database(database_url)
    upgrade(opened)
    yield opened
    opened.dispose()


def made(event_id: str, kind: str, /, minute: int = 0, subject: str = "T-1", source: str = "/desk", **data) -> bytes:
    """An event as a line; `minute` is its time."""
    time = (START + timedelta(minutes=minute)).isoformat()
    event = {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": kind,
        "time": time,
        "subject": subject,
        "data": data,
    }
    return orjson.dumps(event)


def process(engine: Engine, *lines: bytes, first: int = 0, embedder: Embedder | None = None) -> BatchOutcome:
    """Process the lines as one batch."""
    processor = Processor(embedder or HashingEmbedder(), b"k" * 32, lambda: NOW)
    arrival = Arrival(epoch=timedelta(minutes=5), lateness=timedelta(minutes=3), newest={"file": None}, first_open=None)
    batch = [Raw(first + n, line) for n, line in enumerate(lines)]
    with reading(engine) as connection:
        prepared = processor.prepare("file", batch, lambda keys: seen_events(connection, keys))
    with engine.begin() as connection:
        return processor.record(connection, prepared, arrival)


def rows(engine: Engine, table) -> list:
    """All rows of a table."""
    with reading(engine) as connection:
        return list(connection.execute(select(table)))


def everything(engine: Engine) -> str:
    """Every text of tickets, events and quarantine."""
    return repr([rows(engine, table) for table in (tickets, events, quarantine)])


def mine_tombstone(engine: Engine) -> None:
    """What the miner does in the tombstone's own epoch."""
    with engine.begin() as connection:
        erase(connection, ["T-1"], 1)


CARDS_IN_MARKUP = (
    {"body": "<p>Refund my card 4111&nbsp;1111&nbsp;1111&nbsp;1111, I paid twice.</p>"},
    {"body": "<div>Card: <span>5555</span>&#160;<span>5555</span>&#160;<span>5555</span>&#160;<b>4444</b></div>"},
    {"body": "<table><tr><td>4111</td><td>1111</td><td>1111</td><td>1111</td></tr></table>"},
    {
        "body": "It was 4111 1111<br>1111 1111, write to ana&#64;example.com, IBAN DE89&nbsp;3704&nbsp;0044&nbsp;0532&nbsp;0130&nbsp;00"
    },
    {"body": "=34=31=31=31 1111 1111 1111 and caf=C3=A9"},
    {"body": "log: ;4111111111111111=27121010000012345678? and %B4111111111111111^DOE/JOHN^27121010000012345678?"},
    {"body": "Asked again.\n> my card is 4111 1111\n> 1111 1111 valid 05/27 cvv 123"},
    {"body": "<blockquote>my card is 4111 1111<br>1111 1111</blockquote>"},
    {"body": "x", "custom": {"url": "https://pay.example/?pan=4111%201111%201111%201111&cvv=123"}},
    {
        "body": "x",
        "custom": {
            "url": "https://pay.example/?pan=4111+1111+1111+1111&mail=ana%40example.com",
            "note": "<i>4111</i>111111111111",
        },
    },
    {"body": "x", "unknown": ["<p>4111<b>1111</b>1111<u>1111</u></p>"]},
    {"body": 5, "title": {"a": "<p>4111<b>1111</b>1111<u>1111</u></p>"}},
)
"""Numbers in HTML, references, quoted-printable, track data, quoted lines and URLs, also in a value that moves to `custom`."""


def test_no_number_in_markup_is_stored(engine: Engine):
    """Cards, accounts and addresses are found however markup, encodings, URLs or quoting divide them."""
    lines = [made(f"e-{at}", "ticket.created", subject=f"T-{at}", **data) for at, data in enumerate(CARDS_IN_MARKUP)]
    outcome = process(engine, *lines)
    assert (outcome.stored, sum(outcome.refused.values())) == (len(lines), 0)
    stored = everything(engine)
    leaked = [
        part
        for part in (
            "4111",
            "1111 1111",
            "5555",
            "4444",
            "example.com",
            "3704",
            "2712101",
            "DOE/JOHN",
            "123",
            "<b>",
            "<p>",
        )
        if part in stored
    ]
    assert leaked == []
    assert "Refund my card [CARD], I paid twice." in stored
    assert "It was [CARD], write to [EMAIL], IBAN [IBAN]" in stored


def test_an_event_is_stored_once(engine: Engine):
    """The same (source, id) in one batch and in a later one is one event, whatever else it says; another source is another."""
    line = made("e-1", "ticket.created", title="a")
    assert (
        process(engine, line, line, made("e-1", "ticket.created", title="b", source="/other", subject="T-2")).stored
        == 2
    )
    again = process(engine, line, made("e-1", "ticket.spam"))
    assert (again.stored, again.repeated) == (0, 2)
    assert len(rows(engine, events)) == 2


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
@pytest.mark.parametrize("together", [True, False])
def test_the_oldest_creation_wins_until_it_is_mined(engine: Engine, order, together):
    """Of two creations of a ticket the older one counts, in whatever order and batches they come, and so does its vector."""
    both = [made("e-2", "ticket.created", 0, title="older words"), made("e-1", "ticket.created", 5, title="newer talk")]
    lines = [both[n] for n in order]
    outcomes = [process(engine, *lines)] if together else [process(engine, line) for line in lines]
    (ticket,) = rows(engine, tickets)
    (vector,) = rows(engine, vectors)
    assert (ticket.title, ticket.event_id) == ("older words", "e-2")
    assert vector.vector == HashingEmbedder().embed(["older words"])[0].tobytes()
    assert sum(outcome.tickets for outcome in outcomes) == 1


def test_a_mined_ticket_keeps_its_creation(engine: Engine):
    """Once mined, an older creation that comes late changes nothing: what was counted stays counted."""
    process(engine, made("e-1", "ticket.created", 5, title="first come"))
    with engine.begin() as connection:
        connection.execute(update(tickets).values(mined_epoch=3))
    process(engine, made("e-2", "ticket.created", 0, title="older"))
    assert [row.title for row in rows(engine, tickets)] == ["first come"]


def test_an_older_creation_without_text_takes_the_vector_away(engine: Engine):
    """A replaced ticket has no vector of words that are no longer its own."""
    process(engine, made("e-1", "ticket.created", 5, title="some words"))
    process(engine, made("e-2", "ticket.created", 0, title=""))
    assert rows(engine, vectors) == []


@pytest.mark.parametrize("kind", ["ticket.deleted", "ticket.redacted"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["text-first", "tombstone-first"])
@pytest.mark.parametrize("together", [True, False], ids=["one-batch", "two-batches"])
def test_a_tombstone_erases(engine: Engine, kind, order, together):
    """Once its epoch is mined, nothing of a deleted or redacted ticket's text is left, whichever came first; till then it is marked."""
    both = [
        made("e-1", "ticket.created", 0, title=SECRET, body=SECRET, note=SECRET, tags=[SECRET]),
        made("e-2", kind, 5),
    ]
    lines = [both[n] for n in order]
    if together:
        process(engine, *lines)
    else:
        for line in lines:
            process(engine, line)
    (ticket,) = rows(engine, tickets)
    assert ticket.erased_at == START + timedelta(minutes=5)
    mine_tombstone(engine)
    assert SECRET not in everything(engine)
    assert rows(engine, vectors) == []


@pytest.mark.parametrize("kind", ["comment.added", "ticket.updated", "ticket.escalated", "ticket.created"])
def test_older_text_never_comes_back(engine: Engine, kind):
    """After a mined tombstone, older text of any kind is not stored; newer text is, where there is a place for it."""
    process(engine, made("e-1", "ticket.deleted", 5))
    mine_tombstone(engine)
    process(engine, made("e-2", kind, 4, body=SECRET, title=SECRET))
    assert SECRET not in everything(engine)
    assert rows(engine, vectors) == []
    process(engine, made("e-3", "comment.added", 6, body="said later"))
    assert "said later" in everything(engine)


@pytest.mark.parametrize("first", [True, False])
def test_a_tombstone_erases_comments_and_updates_at_once(engine: Engine, first):
    """Comments and updates that are older lose their text with the tombstone, and never get it if they come after it."""
    said = [made("e-1", "comment.added", 0, body=SECRET), made("e-2", "ticket.updated", 1, title=SECRET, team="l2")]
    lines = [*said, made("e-3", "ticket.redacted", 5)]
    for line in lines if first else reversed(lines):
        process(engine, line)
    assert SECRET not in everything(engine)


def test_the_newest_tombstone_stands(engine: Engine):
    """Of several tombstones the newest one says which text is gone."""
    process(engine, made("e-1", "ticket.redacted", 9), made("e-2", "ticket.deleted", 3))
    process(engine, made("e-3", "ticket.redacted", 6))
    assert [row.time for row in rows(engine, tombstones)] == [START + timedelta(minutes=9)]


def test_text_stays_where_it_is_read(engine: Engine):
    """Events other than comments and updates keep what they set, but no free text: nothing reads it there."""
    process(engine, made("e-1", "ticket.escalated", team="l3", body=SECRET, mood=SECRET))
    (event,) = rows(engine, events)
    assert event.data == {"team": "l3"}


def test_values_that_do_not_fit_are_counted_once(engine: Engine):
    """What optional fields could not take is counted with the events that were stored; a repeat is not counted again."""
    batch = [made(f"e-{n}", "ticket.created", subject=f"T-{n}", title="a", channel="mobile_sdk") for n in range(3)]
    assert process(engine, *batch).notes == {FieldNote("channel", "mobile_sdk", FieldIssue.UNKNOWN_VALUE): 3}
    assert process(engine, *batch, first=3).notes == {}
    assert {row.custom["channel"] for row in rows(engine, tickets)} == {"mobile_sdk"}


def test_a_refused_record_is_kept_once(engine: Engine):
    """Reading the same broken record again does not quarantine it twice."""
    for _ in range(2):
        assert process(engine, b"{", first=7).refused == {"not_json": 1}
    (row,) = rows(engine, quarantine)
    assert (row.stream, row.position, row.reason) == ("file", 7, "not_json")


def test_no_card_reaches_the_store(engine: Engine):
    """A card number is nowhere in the database, wherever in the batch it stood."""
    card = "4242 4242 4242 4242"
    process(
        engine,
        made("e-1", "ticket.created", title=card, body=card, extra={"a": [card]}, requester=card),
        made("e-2", "comment.added", body=card),
        made("e-3", "ticket.created", subject=card, title="a"),
        b'{"broken": "' + card.encode(),
    )
    assert "4242" not in everything(engine)
    assert [row.reason for row in rows(engine, quarantine)] == ["not_json"]
    assert len(rows(engine, tickets)) == 2


def test_requesters_are_hashed(engine: Engine):
    """Two people who write by e-mail stay two, one stays one, and neither address is stored."""
    for n, who in enumerate(["ana@example.com", "bob@example.com", "ana@example.com"]):
        process(engine, made(f"e-{n}", "ticket.created", subject=f"T-{n}", title="a", requester=who))
    one, two, three = [row.requester for row in sorted(rows(engine, tickets))]
    assert one == three != two
    assert "example.com" not in everything(engine)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_newest_revision_of_a_plan_or_change_wins(engine: Engine, order):
    """A launch and a change are what their newest revision says, in whatever order revisions come."""
    plan = {
        "kind": "sale",
        "start": START.isoformat(),
        "end": (START + timedelta(days=1)).isoformat(),
        "scope": {"region": "BR"},
    }
    launch = [
        made(
            f"l-{n}",
            "launch.planned",
            n,
            "L-1",
            title=f"plan {n}",
            expected=[{"about": "refund", "lift": 2 + n}],
            **plan,
        )
        for n in (0, 1)
    ]
    change = [made(f"c-{n}", "change.recorded", n, "C-1", kind="config", title=f"flag {n}") for n in (0, 1)]
    for n in order:
        process(engine, launch[n], change[n])
    with reading(engine) as connection:
        (found,), (changed,) = read_launches(connection), read_changes(connection)
        (earlier,) = read_launches(connection, known_by=START + timedelta(seconds=30))
    assert (found.title, changed.title, earlier.title) == ("plan 1", "flag 1", "plan 0")
    assert found.lifts[0].lift == 3.0
    assert found.lifts[0].about.shape == (384,)


def test_a_plans_text_that_the_model_does_not_read_reaches_no_theme(engine: Engine):
    """Its vector would be arbitrary; the other lines of the plan keep theirs."""
    expected = [{"about": about, "lift": 2} for about in ("Las monedas no aparecen en mi saldo", "coins are missing")]
    window = {
        "kind": "sale",
        "title": "sale",
        "start": START.isoformat(),
        "end": (START + timedelta(days=1)).isoformat(),
    }
    plan = made("l-1", "launch.planned", 0, "L-1", expected=expected, **window)
    process(engine, plan, embedder=DeclaredLanguages(HashingEmbedder(), ("en",)))
    with reading(engine) as connection:
        ((unread, read),) = (launch.lifts for launch in read_launches(connection))
    assert unread.about is None
    assert np.allclose(read.about, HashingEmbedder().embed(["coins are missing"])[0])


def test_late_events_are_marked(engine: Engine):
    """An event behind the watermark is stored and marked late."""
    done = process(
        engine, made("e-1", "ticket.created", 60, title="a"), made("e-2", "ticket.created", 0, "T-2", title="b")
    )
    assert (done.stored, done.late) == (2, 1)
    assert {row.id: row.late for row in rows(engine, events)} == {"e-1": False, "e-2": True}
