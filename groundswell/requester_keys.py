"""The key of requesters' hashes, as processes without Kafka use it: made for a new database, and missed for one that has requesters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from groundswell.errors import GroundswellError

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from groundswell.settings import Settings


class RequesterKeyLost(GroundswellError):
    """The database has requesters, and the key that they were hashed with is not where the settings say."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"there is no key at {path}, and the requesters of this database are hashed with one: with a new key nobody would be "
            "found, and erased people would come back; restore the file, or name it in ingest.requester_key"
        )


def local_requester_key(settings: Settings, engine: Engine) -> bytes:
    """Read the key of requesters' hashes, or make it where the database has no requester yet.

    Raises `RequesterKeyLost`, and `KeyFileInvalid` for a file that is no whole key.
    """
    from store.database import reading
    from store.erasure.tickets import any_requester
    from stream.requester import load_or_make_key

    path = settings.requester_key_path()
    # Processes on Kafka have a key of their own, which the requesters may be hashed with.
    if not path.exists() and settings.stream.requester_key is None:
        with reading(engine) as connection:
            if any_requester(connection):
                raise RequesterKeyLost(path)
    return load_or_make_key(path)
