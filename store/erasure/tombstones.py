"""Tombstones of erasures: until when text of a ticket, or of a requester, is not stored, whenever and however it arrives."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, or_, select, update

from store.erasure.scope import ErasureScope
from store.records import chunks
from store.schema import assignments, erasures, events, requester_tombstones, tombstones, vectors
from store.upsert import upsert

TEXT_EVENTS = ("comment.added", "ticket.updated")
"""Types of events whose rows keep text."""


def any_erasure(connection: Connection) -> bool:
    """Return whether anything was ever erased: without it, no arrival has to be looked up."""
    return connection.execute(select(erasures.c.id).limit(1)).first() is not None


def newest_erasure(connection: Connection) -> datetime | None:
    """Read when something was erased last; None where nothing ever was."""
    query = select(erasures.c.at).order_by(erasures.c.at.desc()).limit(1)
    return connection.execute(query).scalar_one_or_none()


def erased_tickets_until(connection: Connection, hashes: Mapping[str, str]) -> dict[str, datetime]:
    """Read until when the text of tickets was erased; `hashes` are the keyed hashes of the ids, by id.

    A ticket is found by its tombstone, or by the hash in an erasure that was applied before the ticket came, as after a restore.
    """
    found: dict[str, datetime] = {}
    for part in chunks(hashes):
        query = select(tombstones.c.ticket_id, tombstones.c.erased_until).where(
            tombstones.c.ticket_id.in_(part), tombstones.c.erased_until.is_not(None)
        )
        found.update({row.ticket_id: row.erased_until for row in connection.execute(query)})
    ids = {hashed: ticket for ticket, hashed in hashes.items()}
    for part in chunks(ids):
        by_hash = select(erasures.c.subject, erasures.c.at).where(
            erasures.c.subject.in_(part), erasures.c.scope == ErasureScope.TICKET.value
        )
        for row in connection.execute(by_hash):
            ticket = ids[row.subject]
            found[ticket] = max(row.at, found.get(ticket, row.at))
    return found


def erased_requesters_until(connection: Connection, requesters: Collection[str]) -> dict[str, datetime]:
    """Read until when the text of requesters was erased, by their hashes."""
    found: dict[str, datetime] = {}
    for part in chunks(requesters):
        query = select(requester_tombstones).where(requester_tombstones.c.requester.in_(part))
        found.update({row.requester: row.time for row in connection.execute(query)})
    return found


def bury_requesters(connection: Connection, until: Mapping[str, datetime]) -> None:
    """Write tombstones of requesters; an older one never replaces a newer one."""
    known = erased_requesters_until(connection, until)
    rows = [{"requester": key, "time": max(time, known.get(key, time))} for key, time in sorted(until.items())]
    upsert(connection, requester_tombstones, rows, ["requester"])


def bury_tickets(connection: Connection, until: Mapping[str, datetime]) -> None:
    """Write tombstones of tickets, and remove what was stored of their comments and updates and their vectors.

    The tombstone waits for the miner, which forgets the ticket in the next epoch. The text of the tickets themselves is the caller's.
    """
    known = _known(connection, until)
    rows = []
    for ticket, time in sorted(until.items()):
        at, erased = known.get(ticket, (time, time))
        rows.append(
            {"ticket_id": ticket, "time": max(at, time), "mined_epoch": None, "erased_until": max(erased or time, time)}
        )
    upsert(connection, tombstones, rows, ["ticket_id"])
    if not rows:
        return
    connection.execute(
        update(events)
        .where(
            events.c.subject == bindparam("key"),
            events.c.time <= bindparam("until"),
            or_(*(events.c.type == kind for kind in TEXT_EVENTS)),
            events.c.data.is_not(None),
        )
        .values(data=None),
        [{"key": row["ticket_id"], "until": row["erased_until"]} for row in rows],
    )
    for part in chunks(until):
        connection.execute(delete(vectors).where(vectors.c.ticket_id.in_(part)))
        connection.execute(update(assignments).where(assignments.c.ticket_id.in_(part)).values(remembered=False))


_UNMINED = select(tombstones.c.ticket_id).where(
    tombstones.c.erased_until.is_not(None), tombstones.c.mined_epoch.is_(None)
)
"""Each epoch executes it."""


def unmined_erasures(connection: Connection) -> list[str]:
    """Read the tickets that were erased since the miner looked last, ascending."""
    return sorted(connection.execute(_UNMINED).scalars())


def mark_erasures_mined(connection: Connection, ids: Collection[str], epoch: int) -> None:
    """Note the epoch in which the miner forgot erased tickets."""
    for part in chunks(ids):
        connection.execute(update(tombstones).where(tombstones.c.ticket_id.in_(part)).values(mined_epoch=epoch))


def _known(connection: Connection, ids: Collection[str]) -> dict[str, tuple[datetime, datetime | None]]:
    found: dict[str, tuple[datetime, datetime | None]] = {}
    for part in chunks(ids):
        query = select(tombstones).where(tombstones.c.ticket_id.in_(part))
        found.update({row.ticket_id: (row.time, row.erased_until) for row in connection.execute(query)})
    return found
