"""A database with mined tickets of two themes, and the people who label them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, insert

from models.access import AccessScope, Permission, Person
from models.epochs import epoch_of
from models.labelling.queue import QueueKind
from pipelines.labelling.draw import QueueRequest, create_queue
from store.database import reading
from store.labels.queues import LabelQueue
from store.schema import themes
from tests.pipelines.handling_desk import NOW, START, HandlingDesk

ACME = AccessScope.of({"vendor": ["acme"]})
LABELS = frozenset({Permission.LOOK, Permission.LABEL})
JUDGES = frozenset({Permission.LOOK, Permission.ADJUDICATE})
ANA, BEN = (Person(name=name, permissions=LABELS) for name in ("ana", "ben"))
VIC = Person(name="vic", permissions=LABELS, scope=ACME)
EVA = Person(name="eva", permissions=LABELS | JUDGES)
ODA = Person(name="oda", permissions=JUDGES)
PEOPLE = (ANA, BEN, VIC, EVA, ODA)
TONES = ("poor", "acceptable", "good")
FIRST = epoch_of(START, 300.0)


class LabellingDesk:
    """Tickets T-00, T-01, …: even ones are of theme 4, odd ones of theme 5, and each third is the vendor acme's."""

    def __init__(self, engine: Engine, tickets: int = 12) -> None:
        self.engine, self.now = engine, NOW
        desk = HandlingDesk(engine)
        with engine.begin() as connection:
            for number in (4, 5):
                connection.execute(insert(themes).values(
                    id=number, name=f"Theme {number}", keywords=[], first_seen=START, last_seen=START, size=0,
                    born_epoch=FIRST, named_size=0, state="active", status="ongoing",
                ))  # fmt: skip
        for number in range(tickets):
            handler = {"handled_by": "vendor", "vendor": "acme"} if number % 3 == 0 else {"handled_by": "ai"}
            desk.create(f"T-{number:02}", FIRST, number, theme=4 + number % 2, body=f"Case {number}", **handler)
        desk.close(epoch_of(START + timedelta(days=1), 300.0))
        self.tickets = desk

    def later(self, **length: float) -> datetime:
        """Let time pass, and return the new time."""
        self.now += timedelta(**(length or {"seconds": 1}))
        return self.now

    def do(self, action: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Call a function of the service in a transaction of its own, at the time that it is now if it takes one."""
        with self.engine.begin() as connection:
            return action(connection, *given, **named)

    def queue(self, *tickets: str, person: Person = ODA, **values: Any) -> LabelQueue:
        """Draw a queue of listed tickets, or of what `values` ask for, whose only question is the tone."""
        asked: dict[str, Any] = {"kind": QueueKind.LISTED, "questions": ("tone",), "tickets": tickets, **values}
        return self.do(create_queue, QueueRequest(**asked), person, self.later())

    def read(self, action: Callable[[Connection], Any]) -> Any:
        """Read in a transaction of its own."""
        with reading(self.engine) as connection:
            return action(connection)
