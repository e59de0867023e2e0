"""Fingerprints of the keys that the requesters of this database are hashed with: with another key, nobody is found."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, delete, select

from store.erasure.tickets import any_requester
from store.schema import requester_keys, requester_tombstones
from store.upsert import insert_new

LONGEST = 56
"""Hexadecimal digits of a fingerprint that are kept: 224 bits."""


class RequesterKeyKind(StrEnum):
    """Where a key of requesters' hashes is from: a file of this installation, or the setting that all processes on Kafka share."""

    FILE = "file"
    SETTING = "setting"


def known_keys(connection: Connection) -> dict[RequesterKeyKind, set[str]]:
    """Read the fingerprints of the keys that were used with this database, by kind."""
    found: dict[RequesterKeyKind, set[str]] = {kind: set() for kind in RequesterKeyKind}
    for stored in connection.execute(select(requester_keys.c.fingerprint)).scalars():
        kind, _, fingerprint = stored.partition(":")
        found[RequesterKeyKind(kind)].add(fingerprint)
    return found


def note_key(connection: Connection, kind: RequesterKeyKind, fingerprint: str, at: datetime) -> None:
    """Note that a key is used with this database since the wall clock `at`; one that is known keeps its time."""
    insert_new(connection, requester_keys, [{"fingerprint": f"{kind}:{fingerprint[:LONGEST]}", "since": at}])


def forget_keys(connection: Connection, kind: RequesterKeyKind) -> None:
    """Forget the keys of a kind: nothing in the database is hashed with them."""
    connection.execute(delete(requester_keys).where(requester_keys.c.fingerprint.startswith(f"{kind}:")))


def has_requesters(connection: Connection) -> bool:
    """Return whether the database holds hashes of requesters: of tickets, or of people who were erased."""
    erased = select(requester_tombstones.c.requester).limit(1)
    return any_requester(connection) or connection.execute(erased).first() is not None
