"""How far each stream was read, written in the transaction that stores its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, select

from store.schema import offsets
from store.upsert import insert_new, upsert


def read_offsets(connection: Connection, streams: Iterable[str]) -> list[Mapping[str, Any]]:
    """Read the rows of the named streams, as mappings of column to value."""
    query = select(offsets).where(offsets.c.stream.in_(list(streams))).order_by(offsets.c.stream, offsets.c.partition)
    return [dict(row) for row in connection.execute(query).mappings()]


def write_offsets(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert or replace the rows."""
    upsert(connection, offsets, list(rows), ["stream", "partition"])


def lock_offsets(connection: Connection, stream: str, partitions: Iterable[int]) -> dict[int, Mapping[str, Any]]:
    """Lock the rows of a topic's partitions until the transaction ends; missing ones are inserted.

    Two workers that both believe they own a partition, as after a pause, wait for each other here instead of overtaking.
    """
    wanted = sorted(partitions)
    blank = {"position": 0, "lines": 0, "fingerprint": "", "newest": None, "ended": False}
    insert_new(connection, offsets, [{"stream": stream, "partition": number, **blank} for number in wanted])
    query = (
        select(offsets)
        .where(offsets.c.stream == stream, offsets.c.partition.in_(wanted))
        .order_by(offsets.c.partition)
        .with_for_update()
    )
    return {row["partition"]: dict(row) for row in connection.execute(query).mappings()}
