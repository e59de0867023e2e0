"""Ids that arrive live: a ticket keeps the name that it was stored under, and numbers by nature are kept once they are known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from sqlalchemy import Engine, select
from stdnum import luhn

from models.embedding import HashingEmbedder
from models.redaction import RedactionSettings
from store.database import open_database, reading, upgrade
from store.records import seen_events
from store.schema import events, source_profiles, tickets
from store.sources import read_id_forms
from stream.admission_rules import AdmissionRules
from stream.arrival import Arrival
from stream.identity import is_replaced
from stream.processing import Processor
from stream.raw import Raw
from tests.harness.sources import open_events
from tests.pipelines.chain import make_run

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
KEY = b"k" * 32
FIRST = 36_004_512_300_000


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Return an empty database."""
    opened = open_database(f"sqlite:///{tmp_path / 'names.db'}")
    upgrade(opened)
    return opened


def created(number: int, source: str = "/x", kind: str = "ticket.created", **data: str) -> dict:
    """Make an event of the ticket with this number."""
    return {
        "specversion": "1.0", "id": f"{number}:{kind}", "source": source, "type": kind, "time": "2026-11-20T08:00:00Z",
        "subject": str(number), "data": {"body": "late", **data},
    }  # fmt: skip


def store(engine: Engine, processor: Processor, *sent: dict) -> None:
    """Store a batch as a process that receives events does."""
    with reading(engine) as connection:
        prepared = processor.prepare(
            "a", [Raw(at, one) for at, one in enumerate(sent)], lambda keys: seen_events(connection, keys)
        )
    assert prepared.refused == []
    arrival = Arrival(epoch=timedelta(minutes=5), lateness=timedelta(minutes=3), newest={"a": None}, first_open=None)
    with engine.begin() as connection:
        processor.record(connection, prepared, arrival)


def names(engine: Engine) -> list[str]:
    """Return the ids of all tickets."""
    with reading(engine) as connection:
        return sorted(connection.execute(select(tickets.c.id)).scalars())


def processor(settings: RedactionSettings | None = None) -> Processor:
    """Return a process that has just started."""
    return Processor(HashingEmbedder(), KEY, lambda: NOW, rules=AdmissionRules.of(KEY, settings))


def test_numbers_that_arrive_one_by_one_are_soon_kept(engine):
    """The first ids of a source show that they are numbers: from then on all are kept, also by processes that start later."""
    one = processor()
    for number in range(FIRST, FIRST + 60):
        store(engine, one, created(number))
    later = processor()
    with reading(engine) as connection:
        later.rules.identities.forms.learn(read_id_forms(connection))
    late = [str(number) for number in range(FIRST + 60, FIRST + 160)]
    store(engine, later, *[created(int(number)) for number in late[:50]])
    store(engine, one, *[created(int(number)) for number in late[50:]])
    found = names(engine)
    assert len(found) == 160
    assert sum(map(is_replaced, found)) <= 5
    assert set(found) >= set(late[:10])
    with reading(engine) as connection:
        assert connection.execute(select(source_profiles.c.numeric_ids)).scalar_one() == {
            "id": ["#14:a.a"],
            "subject": ["#14"],
        }


def test_a_ticket_that_was_stored_as_a_hash_stays_the_same_ticket(engine):
    """What becomes known of a source, or is declared later, gives no ticket a second identity."""
    card = int("3600451230033" + luhn.calc_check_digit("3600451230033"))
    assert is_replaced(AdmissionRules.of(KEY).identities.storable(str(card)))
    store(engine, processor(), created(card))
    declared = processor(RedactionSettings(numeric_ids=("/x",)))
    store(
        engine,
        declared,
        created(card),
        created(card, kind="ticket.solved"),
        created(FIRST, kind="ticket.merged", into=str(card)),
    )
    (name,) = names(engine)
    with reading(engine) as connection:
        rows = connection.execute(select(events.c.type, events.c.subject, events.c.data).order_by(events.c.type)).all()
    assert [(row.type, row.subject) for row in rows] == [
        ("ticket.created", name), ("ticket.merged", str(FIRST)), ("ticket.solved", name),
    ]  # fmt: skip
    assert rows[1].data["into"] == name
    other = int("3600451230034" + luhn.calc_check_digit("3600451230034"))
    store(engine, declared, created(other))
    assert names(engine) == sorted([name, str(other)])


def test_a_source_of_letters_is_not_read_again_and_again(engine):
    """A card number in a source of letters stays a hash, whatever its other ids are."""
    one = processor()
    store(engine, one, *[{**created(7), "id": f"e{at}", "subject": f"T-{at}"} for at in range(40)])
    store(engine, one, created(4_242_424_242_424_242))
    store(engine, one, created(5_555_555_555_554_444))
    assert sum(map(is_replaced, names(engine))) == 2
    with reading(engine) as connection:
        assert connection.execute(select(source_profiles.c.numeric_ids)).all() == []


def test_a_file_is_named_by_what_all_of_its_first_ids_show(engine, tmp_path):
    """Ids that came before the form was known are named as the others, also as the ticket that another one was merged into."""
    numbers = [FIRST + 37 * at for at in range(60)]
    cards = [number for number in numbers if is_replaced(AdmissionRules.of(KEY).identities.storable(str(number)))]
    sent = [created(number) for number in numbers]
    sent += [
        created(numbers[0], kind="ticket.merged", into=str(cards[0])),
        created(4_242_424_242_424_242, source="/letters"),
    ]
    file = tmp_path / "ids.jsonl"
    file.write_bytes(b"\n".join(map(orjson.dumps, sent)))
    with open_events(file) as source:
        make_run(engine).ingest([source])
    found = names(engine)
    assert set(found) > set(map(str, numbers))
    assert sum(map(is_replaced, found)) == 1
    with reading(engine) as connection:
        rows = connection.execute(select(events.c.id, events.c.data).where(events.c.source == "/x")).all()
    assert not [row.id for row in rows if is_replaced(row.id)]
    assert [row.data["into"] for row in rows if row.data] == [str(cards[0])]
