"""Merged themes: which theme holds their tickets now.

A merged theme keeps its row, which names the theme that it went into; its spikes and alerts keep their number. All queries that
follow such a chain of merges are here, as recursive common table expressions.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import CTE, ColumnElement, Connection, select

from store.errors import ThemeUnknown
from store.records import chunks
from store.schema import themes
from store.types import LARGEST_ID


def surviving_theme(connection: Connection, theme_id: int) -> int:
    """Return the theme that holds the tickets of `theme_id`: itself, or the one at the end of its merges.

    Raises `ThemeUnknown`.
    """
    if abs(theme_id) > LARGEST_ID:
        raise ThemeUnknown(theme_id)
    chain = _chains(themes.c.id == theme_id)
    reached = {row.id: row.merged_into for row in connection.execute(select(chain.c.id, chain.c.merged_into))}
    if not reached:
        raise ThemeUnknown(theme_id)
    return next((one for one, into in reached.items() if into is None), theme_id)


def survivors(connection: Connection) -> dict[int, int]:
    """Map each merged theme to the one that holds its tickets now."""
    chain = _chains(themes.c.merged_into.is_not(None))
    ends = select(chain.c.origin, chain.c.id).where(chain.c.merged_into.is_(None)).order_by(chain.c.origin)
    return {row.origin: row.id for row in connection.execute(ends)}


def survivors_of(connection: Connection, theme_ids: Collection[int]) -> dict[int, int]:
    """Map those of the themes that were merged to the one that holds their tickets now."""
    found: dict[int, int] = {}
    for part in chunks(sorted(theme_ids)):
        chain = _chains(themes.c.id.in_(part) & themes.c.merged_into.is_not(None))
        ends = select(chain.c.origin, chain.c.id).where(chain.c.merged_into.is_(None))
        found.update((row.origin, row.id) for row in connection.execute(ends))
    return found


def family(connection: Connection, theme_id: int) -> list[int]:
    """Return the theme, then those that were merged into it at any remove, ascending."""
    merged = select(themes.c.id).where(themes.c.merged_into == theme_id).cte("merged", recursive=True)
    merged = merged.union(select(themes.c.id).join(merged, themes.c.merged_into == merged.c.id))
    found = connection.execute(select(merged.c.id).where(merged.c.id != theme_id)).scalars()
    return [theme_id, *sorted(found)]


def _chains(begin: ColumnElement[bool]) -> CTE:
    """All steps of the merges from the themes that `begin` chooses: (origin, id, merged_into).

    UNION drops a step that was taken before, so that even a circle of merges comes to an end.
    """
    chain = (
        select(themes.c.id.label("origin"), themes.c.id, themes.c.merged_into).where(begin).cte("chain", recursive=True)
    )
    onward = select(chain.c.origin, themes.c.id, themes.c.merged_into).join(chain, themes.c.id == chain.c.merged_into)
    return chain.union(onward)
