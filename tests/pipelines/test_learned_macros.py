"""Macros are learned from the stored tickets, and used from the next start on."""

from datetime import UTC, datetime

from sqlalchemy import insert, update

from models.text.macros import Macro
from pipelines.learned_macros import learn_macros, learning_of_macros, with_learned
from store.database import open_database, reading, upgrade
from store.macros import read_macros
from store.schema import macros, tickets

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
