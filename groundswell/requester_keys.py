"""The keys of requesters' hashes: made for a new database, and missed where the requesters of a database are hashed with another one.

A database keeps a fingerprint of each key that was used with it. Processes without Kafka use the key in a file of their own, those on
Kafka the shared one of the settings; one database may know one of each.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from groundswell.errors import GroundswellError
from store.requester_keys import LONGEST, RequesterKeyKind

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from groundswell.settings import Settings
    from models.clock import Clock

_PLACES = {
    RequesterKeyKind.FILE: "restore the file that was used before, or name it in ingest.requester_key",
    RequesterKeyKind.SETTING: "set the one that was used before in stream.requester_key",
}


def _said(where: Path | str) -> str:
    return where if isinstance(where, str) else f"at {where}"


class RequesterKeyLost(GroundswellError):
    """The database has requesters, and the key that they were hashed with is not where the settings say."""

    def __init__(self, where: Path | str, kind: RequesterKeyKind = RequesterKeyKind.FILE) -> None:
        super().__init__(
            f"there is no key {_said(where)}, and the requesters of this database are hashed with one: with a new key nobody would be "
            f"found, and erased people would come back; {_PLACES[kind]}"
        )


class RequesterKeyChanged(GroundswellError):
    """The key is a whole one, and the requesters of the database are hashed with another."""

    def __init__(self, where: Path | str, kind: RequesterKeyKind) -> None:
        super().__init__(
            f"the key {_said(where)} is not the one that the requesters of this database are "
            f"hashed with: with it nobody would be found, and erased people would come back; {_PLACES[kind]}"
        )


def key_fingerprint(key: bytes) -> str:
    """Return what tells keys apart and reveals none: 56 hexadecimal digits of an HMAC-SHA-256 with the key."""
    return hmac.new(key, b"groundswell: fingerprint of the key of requesters", hashlib.sha256).hexdigest()[:LONGEST]


def local_requester_key(settings: Settings, engine: Engine, clock: Clock) -> bytes:
    """Read the key of requesters' hashes in the file of this installation, or make it where the database has no requester yet.

    Raises `RequesterKeyLost`, `RequesterKeyChanged`, and `KeyFileInvalid` for a file that is no whole key.
    """
    from stream.requester import load_or_make_key

    path = settings.requester_key_path()
    if not path.exists() and (problem := key_problem(settings, engine, RequesterKeyKind.FILE)):
        raise problem
    key = load_or_make_key(path)
    confirm_key(settings, engine, RequesterKeyKind.FILE, key, clock)
    return key


def confirm_key(settings: Settings, engine: Engine, kind: RequesterKeyKind, key: bytes, clock: Clock) -> None:
    """Note that a key is used with the database. Raises `RequesterKeyChanged` where its requesters are hashed with another one."""
    from store.database import reading
    from store.requester_keys import forget_keys, has_requesters, known_keys, note_key

    fingerprint = key_fingerprint(key)
    with reading(engine) as connection:
        known = known_keys(connection)[kind]
        if fingerprint in known:
            return
        if known and has_requesters(connection):
            raise RequesterKeyChanged(_where(settings, kind), kind)
    with engine.begin() as connection:
        if known:
            forget_keys(connection, kind)
        note_key(connection, kind, fingerprint, clock())


def key_problem(settings: Settings, engine: Engine, kind: RequesterKeyKind) -> GroundswellError | None:
    """Return what is wrong with the key of a kind, as far as it can be seen without making one; None where nothing is.

    Raises `KeyFileInvalid` for a file that is no whole key.
    """
    from store.database import reading
    from store.requester_keys import has_requesters, known_keys

    key = _read(settings, kind)
    with reading(engine) as connection:
        if not has_requesters(connection):
            return None
        known = known_keys(connection)
    where = _where(settings, kind)
    if key is None:
        return RequesterKeyLost(where, kind) if _is_missed(settings, known, kind) else None
    return RequesterKeyChanged(where, kind) if known[kind] and key_fingerprint(key) not in known[kind] else None


def _is_missed(settings: Settings, known: dict[RequesterKeyKind, set[str]], kind: RequesterKeyKind) -> bool:
    """Return whether requesters are hashed with a key of a kind; a database of an older version does not say so."""
    if any(known.values()):
        return bool(known[kind])
    return kind is RequesterKeyKind.FILE and settings.stream.requester_key is None


def _read(settings: Settings, kind: RequesterKeyKind) -> bytes | None:
    from stream.errors import SourceError
    from stream.requester import load_or_make_key

    if kind is RequesterKeyKind.FILE:
        path = settings.requester_key_path()
        return load_or_make_key(path) if path.exists() else None
    try:
        return settings.stream.key()
    except SourceError:
        return None


def _where(settings: Settings, kind: RequesterKeyKind) -> Path | str:
    return settings.requester_key_path() if kind is RequesterKeyKind.FILE else "in stream.requester_key"
