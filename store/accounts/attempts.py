"""Failed attempts to sign in, counted for each name and address, so that passwords cannot be tried in numbers."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address, ip_network

from sqlalchemy import Connection, delete, func, insert, select

from store.schema import sign_in_attempts

WINDOW = timedelta(minutes=15)
MOST_FOR_NAME = 10
MOST_FOR_ADDRESS = 50


def key_of(kind: str, value: str) -> str:
    """Return what an attempt is counted under; names and addresses are not stored.

    Addresses of IPv6 count by their network of 64 bits, all of which one machine may have.
    """
    if kind == "address":
        value = _network(value)
    return sha256(f"{kind}:{value.casefold()}".encode()).hexdigest()


def note_attempt(connection: Connection, keys: Collection[str], *, at: datetime) -> None:
    """Note an attempt that failed; older ones than the window are removed."""
    connection.execute(delete(sign_in_attempts).where(sign_in_attempts.c.at <= at - WINDOW))
    connection.execute(insert(sign_in_attempts), [{"key": key, "at": at} for key in keys])


def count_attempts(connection: Connection, key: str, now: datetime) -> int:
    """Count the attempts of the window."""
    query = (
        select(func.count())
        .select_from(sign_in_attempts)
        .where(sign_in_attempts.c.key == key, sign_in_attempts.c.at > now - WINDOW)
    )
    return int(connection.execute(query).scalar_one())


def _network(address: str) -> str:
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if found.version == 4 or found.ipv4_mapped is not None:
        return str(found if found.version == 4 else found.ipv4_mapped)
    return str(ip_network((found, 64), strict=False))
