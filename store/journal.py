"""The journal: what was known when, so that any past epoch can be judged again as it was.

Counts are stored as they are now. What an epoch changed in the buckets of other epochs (late and retracted tickets, tickets
that went to another theme) is kept as its corrections: taken back from the newest on, they give the counts of any past epoch.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select

from store.schema import corrections, courses, frames
from store.upsert import upsert

CorrectionCells = NDArray[np.int64]


def write_corrections(connection: Connection, epoch: int, cells: Sequence[tuple[int, int, int, int]]) -> None:
    """Keep what an epoch changed in other epochs' buckets, as (theme, segment id, bucket, n)."""
    if cells:
        packed = zlib.compress(np.array(cells, dtype="<i4").tobytes(), 1)
        connection.execute(insert(corrections).values(epoch=epoch, cells=packed))


_CORRECTIONS = select(corrections.c.epoch, corrections.c.cells).order_by(corrections.c.epoch, corrections.c.id)
_LATER_CORRECTIONS = _CORRECTIONS.where(corrections.c.epoch > bindparam("after"))
"""Each epoch executes it."""


def read_corrections(connection: Connection, after: int | None = None) -> Iterator[tuple[int, CorrectionCells]]:
    """Read the corrections of the epochs after one (default: of all), oldest first: (epoch, cells of shape (n, 4))."""
    query = _CORRECTIONS if after is None else _LATER_CORRECTIONS
    for row in connection.execute(query, {} if after is None else {"after": after}):
        yield row.epoch, np.frombuffer(zlib.decompress(row.cells), dtype="<i4").reshape(-1, 4).astype(np.int64)


def write_courses(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep the episodes as they are at the end of an epoch."""
    upsert(connection, courses, rows, ["spike_id", "epoch"])


def read_courses(connection: Connection, before: int) -> dict[int, Row[Any]]:
    """Read each episode as it was before an epoch, by spike; those that had not opened are left out."""
    newest = (
        select(courses.c.spike_id, func.max(courses.c.epoch).label("epoch"))
        .where(courses.c.epoch < before)
        .group_by(courses.c.spike_id)
        .subquery()
    )
    query = select(courses).join(
        newest, (newest.c.spike_id == courses.c.spike_id) & (newest.c.epoch == courses.c.epoch)
    )
    return {row.spike_id: row for row in connection.execute(query.order_by(courses.c.spike_id))}


def read_course(connection: Connection, spike_id: int) -> list[Row[Any]]:
    """Read the lifecycle of one episode, oldest first; nothing of one that was mined before there was a journal."""
    query = select(courses).where(courses.c.spike_id == spike_id).order_by(courses.c.epoch)
    return list(connection.execute(query))


def read_openings(connection: Connection) -> dict[int, int]:
    """Read the epoch at which each episode opened, by spike."""
    query = select(courses.c.spike_id, func.min(courses.c.epoch)).group_by(courses.c.spike_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def write_frame(connection: Connection, epoch: int, value: Mapping[str, Any]) -> None:
    """Keep what spikes are judged with from an epoch on."""
    upsert(connection, frames, [{"epoch": epoch, "value": dict(value)}], ["epoch"])


def read_frames(connection: Connection) -> list[tuple[int, Mapping[str, Any]]]:
    """Read all frames, oldest first, each with the first epoch that it holds for."""
    return [(row.epoch, row.value) for row in connection.execute(select(frames).order_by(frames.c.epoch))]


def read_frame(connection: Connection, at: int | None = None) -> Mapping[str, Any] | None:
    """Read the frame that holds at an epoch (default: the newest); None where the journal does not reach back so far."""
    query = select(frames.c.value).order_by(frames.c.epoch.desc()).limit(1)
    if at is not None:
        query = query.where(frames.c.epoch <= at)
    found: Mapping[str, Any] | None = connection.execute(query).scalar_one_or_none()
    return found


def shorten(connection: Connection, first: int) -> None:
    """Let the journal begin with an epoch: earlier ones are deleted, except for the episodes and the frame of then."""
    connection.execute(delete(corrections).where(corrections.c.epoch < first))
    later = courses.alias()
    passed = select(later.c.epoch).where(
        later.c.spike_id == courses.c.spike_id, later.c.epoch > courses.c.epoch, later.c.epoch < first
    )
    connection.execute(delete(courses).where(courses.c.epoch < first, passed.exists()))
    current = read_frame(connection, first)
    connection.execute(delete(frames).where(frames.c.epoch < first))
    if current is not None:
        write_frame(connection, first, current)


def summed(parts: Iterable[CorrectionCells]) -> dict[tuple[int, int, int], int]:
    """Sum corrections by (theme, segment id, bucket); sums of 0 are left out."""
    found: dict[tuple[int, int, int], int] = {}
    for cells in parts:
        for theme, segment, bucket, n in cells.tolist():
            key = theme, segment, bucket
            found[key] = found.get(key, 0) + n
    return {key: n for key, n in found.items() if n}
