"""The layout of the map: the position and the family of each theme."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from store.records import chunks
from store.schema import theme_layout, themes
from store.theme_centres import LIVE
from store.upsert import upsert


@dataclass(frozen=True, slots=True)
class StoredPlace:
    """Where a theme is on the map, -1 to 1, and its family; None where it is in none, the name also where it is to be made anew."""

    x: float
    y: float
    family_id: int | None
    family_name: str | None


@dataclass(frozen=True, slots=True)
class LiveTheme:
    """What a layout reads of a theme that takes tickets: its size, and its name with its keywords."""

    size: int
    words: tuple[str, ...]


def read_live_themes(connection: Connection) -> dict[int, LiveTheme]:
    """Read the themes that take tickets and have some."""
    query = select(themes.c.id, themes.c.size, themes.c.name, themes.c.keywords).where(
        themes.c.state.in_(LIVE), themes.c.size > 0
    )
    return {row.id: LiveTheme(row.size, (row.name, *row.keywords)) for row in connection.execute(query)}


def read_layout(connection: Connection) -> dict[int, StoredPlace]:
    """Read the layout, by theme."""
    rows = connection.execute(select(theme_layout).order_by(theme_layout.c.theme_id))
    return {row.theme_id: StoredPlace(row.x, row.y, row.family_id, row.family_name) for row in rows}


def laid_out_at(connection: Connection) -> datetime | None:
    """Read the event time of the newest layout; None before the first."""
    newest: datetime | None = connection.execute(select(func.max(theme_layout.c.at))).scalar()
    return newest


def write_layout(connection: Connection, places: Mapping[int, Any], at: datetime, *, whole: bool) -> None:
    """Store places by theme (with `x`, `y`, `family_id`, `family_name`); `whole`: there are no others any more."""
    if whole:
        known = connection.execute(select(theme_layout.c.theme_id)).scalars().all()
        for part in chunks(sorted(set(known) - set(places))):
            connection.execute(delete(theme_layout).where(theme_layout.c.theme_id.in_(part)))
    rows = [
        {"theme_id": theme, "x": one.x, "y": one.y, "family_id": one.family_id, "family_name": one.family_name, "at": at}
        for theme, one in sorted(places.items())
    ]  # fmt: skip
    upsert(connection, theme_layout, rows, ["theme_id"])


def forget_family_names(connection: Connection, theme_ids: Collection[int]) -> int:
    """Take away the names of the families that some themes are in: the next layout makes them anew. Returns how many rows changed."""
    changed = 0
    for part in chunks(theme_ids):
        families = select(theme_layout.c.family_id).where(
            theme_layout.c.theme_id.in_(part), theme_layout.c.family_id.is_not(None)
        )
        statement = update(theme_layout).where(
            theme_layout.c.family_id.in_(families), theme_layout.c.family_name.is_not(None)
        )
        changed += connection.execute(statement.values(family_name=None)).rowcount
    return changed
