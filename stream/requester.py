"""Requesters are kept only as keyed hashes: equal people stay equal, and nobody can look up who they are."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from models.demand.requesters import is_no_reply, kind_by_requester
from models.requester import requester_hash
from stream.errors import KeyFileInvalid

KEY_BYTES = 32

FEWEST_BYTES = 16
"""Length of the shortest key that is accepted; a file with fewer bytes is one that was cut off."""

SEALED = "requester-hash:"
"""Before a hash that takes the place of a requester in an event on its way to the store."""

_BOUNCE, _NO_REPLY = "mailer-daemon@", "noreply@"
"""Before a seal: what the form of the address said of who wrote, which the hash does not show any more."""

_SEALED = re.compile(rf"(?:{_BOUNCE}|{_NO_REPLY})?{SEALED}([0-9a-f]{{32}})")


def hash_requester(requester: str, key: bytes, region: str | None = None) -> str:
    """Hash a requester as `models.requester.requester_hash` does. One that `seal_requester` hashed stays as it is."""
    if sealed := _SEALED.fullmatch(requester):
        return sealed.group(1)
    return requester_hash(requester, key, region)


def seal_requester(requester: str, key: bytes, region: str | None = None) -> str:
    """Hash a requester for the way to the store, so that the same person has the same hash whichever way the event took.

    Addresses of mail systems, and those that nobody reads, stay recognisable as such.
    """
    if _SEALED.fullmatch(requester):
        return requester
    form = _BOUNCE if kind_by_requester(requester) else _NO_REPLY if is_no_reply(requester) else ""
    return form + SEALED + hash_requester(requester, key, region)


def sealed_hash(requester: str) -> str | None:
    """Return the hash of a requester that `seal_requester` hashed; None for any other text."""
    sealed = _SEALED.fullmatch(requester)
    return sealed.group(1) if sealed else None


def load_or_make_key(path: Path) -> bytes:
    """Read the key at `path`, or make one that only its owner may read.

    Two processes that start at once agree: the complete file is linked into place, and the first one wins.
    Raises `KeyFileInvalid` for a file that was cut off.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
        try:
            os.link(fresh, path)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    key = path.read_bytes()
    if len(key) < FEWEST_BYTES:
        raise KeyFileInvalid(str(path), len(key))
    return key
