"""The miner's lease: one holder at a time, each with a fencing token greater than all before.

A holder that was paused for longer than its lease finds its token outdated when it commits, and its work is rolled back
(Kleppmann 2016, "How to do distributed locking").
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from store.errors import LeaseLost
from store.schema import leases
from store.upsert import insert_new

NAME = "miner"


_RENEWAL = (
    update(leases)
    .where(leases.c.name == NAME, leases.c.token == bindparam("ours"))
    .values(expires_at=bindparam("until"))
)
"""Each epoch executes it."""


def claim_lease(
    connection: Connection, holder: str, now: datetime, length: timedelta, *, take_from: str | None = None
) -> int | None:
    """Take the lease if it is free, expired, ours, or that of `take_from` (a holder known to be dead). Returns the token, or None."""
    insert_new(connection, leases, [{"name": NAME, "holder": holder, "token": 0, "expires_at": now}])
    query = select(leases).where(leases.c.name == NAME).with_for_update()
    row = connection.execute(query).one()
    if row.holder not in (holder, take_from) and row.expires_at > now:
        return None
    token = int(row.token) + 1
    connection.execute(
        update(leases).where(leases.c.name == NAME).values(holder=holder, token=token, expires_at=now + length)
    )
    return token


def check_lease(connection: Connection, token: int, now: datetime, length: timedelta) -> None:
    """Prolong the lease inside the transaction that it guards. Raises `LeaseLost` when the token is no longer the newest."""
    renewed = connection.execute(_RENEWAL, {"ours": token, "until": now + length})
    if renewed.rowcount != 1:
        raise LeaseLost(NAME, token)


def release_lease(connection: Connection, token: int, now: datetime) -> None:
    """Release the lease, if it is still ours."""
    connection.execute(update(leases).where(leases.c.name == NAME, leases.c.token == token).values(expires_at=now))


def lease_in_force(connection: Connection, now: datetime) -> str | None:
    """Read who has the lease at a time; None where nobody has."""
    query = select(leases.c.holder).where(leases.c.name == NAME, leases.c.expires_at > now)
    return connection.execute(query).scalar_one_or_none()


def lease_holder(connection: Connection) -> str | None:
    """Read who has the lease, or had it last."""
    return connection.execute(select(leases.c.holder).where(leases.c.name == NAME)).scalar_one_or_none()
