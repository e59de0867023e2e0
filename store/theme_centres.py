"""Centres of themes: the mean vector of the newest tickets of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, select, true

from store.records import chunks
from store.schema import assignments, themes, vectors
from store.types import in_bytes

CENTRE_TICKETS = 50
"""The newest tickets of a theme that its centre is the mean of: enough for a stable one, few enough for 5,000 themes in seconds."""

LIVE = ("live", "dormant")


def read_centres(
    connection: Connection, model: str, theme_ids: Collection[int] | None = None, *, limit: int = CENTRE_TICKETS
) -> dict[int, NDArray[np.float32]]:
    """Read the centre of each theme, by its id in ascending order, by an index.

    Parameters
    ----------
    model: name of the embedding model whose vectors are read.
    theme_ids: themes to read; by default all that take tickets.
    limit: the newest tickets of each theme that are read.

    Returns
    -------
    Unit vectors of shape (dimensions,). A theme none of whose tickets has a vector is left out.
    """
    if theme_ids is None:
        theme_ids = connection.execute(select(themes.c.id).where(themes.c.state.in_(LIVE))).scalars().all()
    read = _all_at_once if connection.dialect.name == "postgresql" else _one_by_one
    found: dict[int, NDArray[np.float32]] = {}
    for theme, stored in read(connection, model, sorted(set(theme_ids)), limit):
        # Sums of float16 values are exact in float64, whatever the order in which the rows come.
        mean = np.stack([np.frombuffer(one, "<f2") for one in stored]).mean(axis=0, dtype=np.float64)
        length = float(np.linalg.norm(mean))
        if length > 1e-9:
            found[theme] = (mean / length).astype(np.float32)
    return found


Stored = Iterator[tuple[int, list[bytes]]]
"""Vectors of the newest tickets by theme, as they are stored; themes without any are left out."""


def _newest(theme: ColumnElement[int], limit: int) -> Select[tuple[str]]:
    return (
        select(assignments.c.ticket_id)
        .where(assignments.c.theme_id == theme)
        .order_by(assignments.c.epoch.desc(), in_bytes(assignments.c.ticket_id).desc())
        .limit(limit)
    )


def _one_by_one(connection: Connection, model: str, theme_ids: Sequence[int], limit: int) -> Stored:
    """Ask for each theme on its own: SQLite knows no lateral joins, and a question costs it nothing."""
    newest = _newest(bindparam("theme"), limit).subquery()
    query = select(vectors.c.vector).join(newest, newest.c.ticket_id == vectors.c.ticket_id)
    query = query.where(vectors.c.model == model)
    for theme in theme_ids:
        stored = list(connection.execute(query, {"theme": theme}).scalars())
        if stored:
            yield theme, stored


def _all_at_once(connection: Connection, model: str, theme_ids: Sequence[int], limit: int) -> Stored:
    """Ask for some hundred themes at once."""
    newest = _newest(themes.c.id, limit).correlate(themes).lateral()
    query = (
        select(themes.c.id, vectors.c.vector)
        .select_from(themes)
        .join(newest, true())
        .join(vectors, and_(vectors.c.ticket_id == newest.c.ticket_id, vectors.c.model == model))
        .order_by(themes.c.id)
    )
    for part in chunks(theme_ids):
        rows = connection.execute(query.where(themes.c.id.in_(part)))
        for theme, own in groupby(rows, key=lambda row: row.id):
            yield theme, [row.vector for row in own]
