"""Macros are learned from the stored tickets, and used from the next start on."""

import json
from datetime import UTC, datetime

from sqlalchemy import insert, update

from models.embedding import HashingEmbedder
from models.text.macros import Macro
from pipelines.learned_macros import learn_macros, learning_of_macros, with_learned
from store.database import open_database, reading, upgrade
from store.macros import read_macros
from store.schema import macros, tickets
from store.tickets import read_vectors
from tests.harness.sources import open_events
from tests.pipelines.chain import make_run, open_new

NOW = datetime(2026, 11, 20, tzinfo=UTC)
NOTE = "Please note that our desk is closed on all public holidays."
WORDS = ("card", "refund", "parcel", "invoice", "login", "voucher", "delivery", "receipt", "password", "app")


def store_tickets(engine, *, counted: bool = True) -> None:
    """Sixty tickets, half of them with the note."""
    rows = [
        {
            "id": f"T-{at}", "source": "/desk", "event_id": f"e-{at}", "time": NOW, "title": "", "counted": counted, "status": "open",
            "body": f"My {WORDS[at % 10]} and my {WORDS[at // 6]} are lost since order {at}. {NOTE if at % 2 else ''}",
        }
        for at in range(60)
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(tickets), rows)


def test_macros_of_stored_tickets_are_learned_once(database_url: str):
    """A sentence that different tickets contain is stored, reported when it is new, and added to the macros of the settings."""
    engine = open_database(database_url)
    upgrade(engine)
    assert learn_macros(engine, NOW) == []
    store_tickets(engine)
    learned = learn_macros(engine, NOW)
    assert learned == [Macro(NOTE.lower(), 30)]
    assert learn_macros(engine, NOW) == []
    with reading(engine) as connection:
        assert with_learned(connection, ("thank you for contacting",)) == ("thank you for contacting", NOTE.lower())
        assert connection.execute(macros.select()).one().tickets == 30
    assert learning_of_macros(learned).startswith(
        '1 standard sentence of agents or forms will be left out of new tickets: "please note'
    )
    assert learning_of_macros([]) == ""
    engine.dispose()


def test_macros_of_a_file_are_left_out_of_its_own_tickets(sqlite_url: str, tmp_path):
    """All of a file is read before its first ticket is embedded, so that the first ticket is without the macro, too."""
    engine = open_new(sqlite_url)
    lines = []
    for at in range(60):
        text = f"My {WORDS[at % 10]} and my {WORDS[at // 6]} are lost since order {at}."
        body = text if at % 2 else f"<p>{text}</p><p>{NOTE}</p>"
        event = {
            "specversion": "1.0", "id": f"e-{at}", "source": "/desk", "type": "ticket.created", "subject": f"T-{at}",
            "time": f"2026-11-01T{at // 6:02}:{at % 6 * 10:02}:00Z", "data": {"body": body},
        }  # fmt: skip
        lines.append(json.dumps(event))
    path = tmp_path / "desk.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    run = make_run(engine)
    with open_events(path) as source:
        summary = run.ingest([source])
    assert summary.macros == 1
    with reading(engine) as connection:
        assert read_macros(connection) == (NOTE.lower(),)
        stored = read_vectors(connection, ["T-0"], HashingEmbedder().name)["T-0"]
    expected = HashingEmbedder().embed(["My card and my card are lost since order 0."])[0]
    assert (stored == expected.astype("<f4")).all()
    engine.dispose()


def test_only_customers_tickets_that_count_teach_macros(sqlite_url: str):
    """Tickets that were retracted, and messages of agents and machines, teach nothing."""
    engine = open_database(sqlite_url)
    upgrade(engine)
    store_tickets(engine, counted=False)
    assert learn_macros(engine, NOW) == []
    with engine.begin() as connection:
        connection.execute(update(tickets).values(counted=True, demand="spam"))
    assert learn_macros(engine, NOW) == []
    with reading(engine) as connection:
        assert read_macros(connection) == ()
    engine.dispose()
