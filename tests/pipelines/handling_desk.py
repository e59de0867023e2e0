"""A database into which mined tickets and events are written directly, for what is made of how they were handled."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine, insert, select

from store.database import reading
from store.epochs import MinerRow, write_miner
from store.schema import assignments, events, ticket_handling, tickets

START = datetime(2026, 11, 20, 8, tzinfo=UTC)
NOW = datetime(2026, 12, 1, tzinfo=UTC)


class HandlingDesk:
    """A database into which mined events are written directly."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.number = 0

    def create(self, ticket: str, epoch: int, minute: float = 0, theme: int = 7, **values: object) -> None:
        """Store a mined ticket of a theme and the event that created it."""
        at = START + timedelta(minutes=minute)
        row = {
            "id": ticket, "source": "/desk", "event_id": ticket, "time": at, "mined_epoch": epoch, "title": "t", "body": "",
            "counted": True, "status": "open", "handled_by": "ai", "region": "IN", **values,
        }  # fmt: skip
        with self.engine.begin() as connection:
            connection.execute(insert(tickets).values(**row))
            connection.execute(insert(assignments).values(
                ticket_id=ticket, theme_id=theme, epoch=epoch, how="vote", confidence=1.0, remembered=True
            ))  # fmt: skip
        self.add(ticket, "ticket.created", epoch, minute)

    def add(self, ticket: str, kind: str, epoch: int | None, minute: float, **data: object) -> None:
        """Store an event; `epoch` is the one that took it, None where it waits."""
        self.number += 1
        with self.engine.begin() as connection:
            connection.execute(insert(events).values(
                source="/desk", id=f"e-{self.number}", type=kind, subject=ticket, time=START + timedelta(minutes=minute),
                epoch=epoch, mined_epoch=epoch, late=False, data=data,
            ))  # fmt: skip

    def close(self, epoch: int) -> None:
        """Close all epochs before this one."""
        with self.engine.begin() as connection:
            write_miner(connection, MinerRow(epoch, 0, {}))

    def rows(self) -> dict[str, dict[str, object]]:
        """Read all rows by ticket."""
        with reading(self.engine) as connection:
            found = connection.execute(select(ticket_handling)).mappings()
            return {row["ticket_id"]: dict(row) for row in found}
