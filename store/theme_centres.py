"""Centres of themes: the mean vector of the newest tickets of each."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, select

from store.schema import assignments, themes, vectors
from store.types import in_bytes

CENTRE_TICKETS = 50
"""The newest tickets of a theme that its centre is the mean of: enough for a stable one, few enough for 5,000 themes in seconds."""

LIVE = ("live", "dormant")


def read_centres(
    connection: Connection, model: str, theme_ids: Collection[int] | None = None, *, limit: int = CENTRE_TICKETS
) -> dict[int, NDArray[np.float32]]:
    """Read the centre of each theme, by its id in ascending order: one short query a theme, which an index answers.

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
    newest = (
        select(assignments.c.ticket_id)
        .where(assignments.c.theme_id == bindparam("theme"))
        .order_by(assignments.c.epoch.desc(), in_bytes(assignments.c.ticket_id).desc())
        .limit(limit)
        .subquery()
    )
    query = select(vectors.c.vector).join(newest, newest.c.ticket_id == vectors.c.ticket_id)
    query = query.where(vectors.c.model == model)
    found: dict[int, NDArray[np.float32]] = {}
    for theme in sorted(set(theme_ids)):
        stored = connection.execute(query, {"theme": theme}).scalars().all()
        if stored:
            # Sums of float16 values are exact in float64, whatever the order in which the rows come.
            mean = np.stack([np.frombuffer(one, "<f2") for one in stored]).mean(axis=0, dtype=np.float64)
            length = float(np.linalg.norm(mean))
            if length > 1e-9:
                found[theme] = (mean / length).astype(np.float32)
    return found
