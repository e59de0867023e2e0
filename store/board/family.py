"""Merged themes: their spikes and alerts keep their number, and belong to the theme they went into."""

from __future__ import annotations

from sqlalchemy import Connection, select

from store.schema import themes


def survivors(connection: Connection) -> dict[int, int]:
    """Map each merged theme to the one that holds its tickets now."""
    query = select(themes.c.id, themes.c.merged_into).where(themes.c.merged_into.is_not(None))
    into: dict[int, int] = {row.id: row.merged_into for row in connection.execute(query)}
    return {theme_id: _last(into, theme_id) for theme_id in into}


def family(connection: Connection, theme_id: int) -> list[int]:
    """The theme and those that were merged into it, at any remove."""
    return [theme_id, *sorted(old for old, last in survivors(connection).items() if last == theme_id)]


def _last(into: dict[int, int], theme_id: int) -> int:
    passed: set[int] = set()
    while theme_id in into and theme_id not in passed:
        passed.add(theme_id)
        theme_id = into[theme_id]
    return theme_id
