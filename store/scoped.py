"""Reading within a scope: conditions, counts and names for people who may see a part of the tickets only.

All figures here are counted from the tickets of the scope themselves. Bands are expectations of all tickets of a theme, so that a
series of a scope has none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from more_itertools import chunked
from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, func, or_, select, true, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from models.access import AccessScope
from models.access.wording import SeenWords, keywords_for, name_for
from models.bucket import BUCKET_SECONDS, hour_start
from models.epochs import epoch_of
from models.theme import ALL_TICKETS, Theme, ThemeStatus
from store.epochs import read_miner
from store.records import chunks
from store.schema import assignments, themes, tickets
from store.types import in_bytes

if TYPE_CHECKING:
    # The board imports this module, so that importing it here would be a circle.
    from store.board.now import Now
    from store.board.series import HourlySeries

NAMING_TEXTS = 60
"""Newest tickets of the scope in whose texts the words of a theme's name are looked for."""

SELECTS = 100
"""Selects of one statement; SQLite takes up to 500."""

FEW_THEMES = 50
"""Up to so many themes their tickets are looked up by theme, beyond by time."""


class hour_of(FunctionElement[int]):  # noqa: N801 (it reads as a function in queries)
    """The hour, counted from 1970, of a column of type `UtcTime`."""

    type = Integer()
    inherit_cache = True


@compiles(hour_of)
def _of_microseconds(element: hour_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)} / 3600000000)"


@compiles(hour_of, "postgresql")
def _of_timestamp(element: hour_of, compiler: SQLCompiler, **options: Any) -> str:
    return f"CAST(floor(extract(epoch FROM {compiler.process(element.clauses, **options)}) / 3600) AS INTEGER)"


@dataclass(frozen=True, slots=True)
class ScopedFigures:
    """What a theme is within a scope: its counted tickets, and the times of the first and the last of them."""

    size: int
    first_seen: datetime
    last_seen: datetime


def in_scope(scope: AccessScope) -> ColumnElement[bool]:
    """Return the condition on `tickets` that holds for those of a scope; a ticket without a value of a limited dimension is outside."""
    if scope.is_everything:
        return true()
    return and_(*(tickets.c[name].in_(allowed) for name, allowed in scope.limits))


def assigned_since(connection: Connection, time: datetime) -> ColumnElement[bool]:
    """Return a condition on `assignments` that holds for every ticket created at or after a time: an index then finds the newest.

    A ticket is assigned in the epoch that holds its time, or in a later one.
    """
    seconds = float(read_miner(connection).state.get("epoch_seconds", BUCKET_SECONDS))
    return assignments.c.epoch >= epoch_of(time, seconds)


def themes_in_scope(
    connection: Connection, scope: AccessScope, theme_ids: Collection[int] | None = None
) -> dict[int, ScopedFigures]:
    """Read which themes (by default of all) have a counted ticket of the scope, and what they are within it."""
    return _figures(connection, scope, None if theme_ids is None else list(theme_ids))


def scoped_figures(connection: Connection, scope: AccessScope, theme_id: int) -> ScopedFigures | None:
    """Read what one theme is within a scope; None where no counted ticket of it is in the scope."""
    return _figures(connection, scope, [theme_id]).get(theme_id)


def scoped_series(
    connection: Connection, now: Now, scope: AccessScope, theme_ids: Collection[int], hours: range
) -> dict[int, HourlySeries]:
    """Count the tickets of a scope per hour, a series per theme (0: all tickets of the scope), as `series_of` does for all tickets.

    `hours` are counted from 1970; those that have not begun are left out. No hour has a band.
    """
    from store.board.series import Hour

    last = min(hours.stop - 1, now.hour)
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    query = _per_hour(now, scope, range(hours.start, last + 1))
    if ALL_TICKETS not in theme_ids and len(theme_ids) <= FEW_THEMES:
        newest = assigned_since(connection, hour_start(hours.start))
        query = query.where(assignments.c.theme_id.in_(theme_ids), newest)
    for theme_id, hour, n in connection.execute(query):
        if theme_id is not None:
            found[theme_id][hour] = n
        found[ALL_TICKETS][hour] = found[ALL_TICKETS].get(hour, 0) + n
    return {
        theme_id: tuple(
            Hour(hour, found[theme_id].get(hour, 0), now.share(hour), None) for hour in range(hours.start, last + 1)
        )
        for theme_id in theme_ids
    }


def scoped_texts(
    connection: Connection, scope: AccessScope, theme_ids: Collection[int], limit: int = NAMING_TEXTS
) -> dict[int, list[str]]:
    """Read the texts of the newest `limit` tickets of each theme that are in the scope and may be shown."""
    found: dict[int, list[str]] = {theme_id: [] for theme_id in theme_ids}
    for part in chunked(found, SELECTS):
        # One short select a theme, which an index answers from the newest ticket on; a window would sort all tickets of all themes.
        each = [select(_newest_texts(scope, theme_id, limit).subquery()) for theme_id in part]
        for theme_id, title, body in connection.execute(union_all(*each)):
            found[theme_id].append(f"{title}\n{body}")
    return found


def _newest_texts(scope: AccessScope, theme_id: int, limit: int) -> Select[Any]:
    readable = and_(tickets.c.counted, tickets.c.erased_at.is_(None), or_(tickets.c.title != "", tickets.c.body != ""))
    return (
        select(assignments.c.theme_id, tickets.c.title, tickets.c.body)
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(assignments.c.theme_id == theme_id, readable, in_scope(scope))
        .order_by(assignments.c.epoch.desc(), in_bytes(assignments.c.ticket_id))
        .limit(limit)
    )


def scoped_themes(connection: Connection, scope: AccessScope, listed: Collection[Theme]) -> dict[int, Theme]:
    """Return themes as a person with this scope may see them: names and keywords without words of other tickets, by id.

    A known issue keeps what people wrote about it, without the figures; the status is that of `scoped_status` without a signal. `size`,
    `first_seen` and `last_seen` stay those of all tickets: set them from `ScopedFigures`.
    """
    if scope.is_everything:
        return {one.theme_id: one for one in listed}
    pinned = _pinned(connection, [one.theme_id for one in listed])
    texts = scoped_texts(connection, scope, [one.theme_id for one in listed])
    return {one.theme_id: _within(one, pinned, SeenWords(texts[one.theme_id])) for one in listed}


def scoped_names(connection: Connection, scope: AccessScope, theme_ids: Collection[int]) -> dict[int, str]:
    """Read the names of themes as a person with this scope may see them, by id."""
    found: dict[int, str] = {}
    for part in chunks(sorted(theme_ids)):
        rows = connection.execute(select(themes.c.id, themes.c.name).where(themes.c.id.in_(part)))
        found.update((row.id, row.name) for row in rows)
    if scope.is_everything:
        return found
    pinned, texts = _pinned(connection, found), scoped_texts(connection, scope, found)
    return {one: name_for(one, name, pinned=one in pinned, seen=SeenWords(texts[one])) for one, name in found.items()}


def with_figures(theme: Theme, figures: ScopedFigures) -> Theme:
    """Return a theme with the size and times that it has within a scope."""
    return replace(theme, size=figures.size, first_seen=figures.first_seen, last_seen=figures.last_seen)


def scoped_status(status: ThemeStatus, *, signals: bool) -> ThemeStatus:
    """Return the status that a person with a limited scope sees: escalating where the detector signals within it.

    Escalating and regressed are founded on all tickets of a theme; a person who sees a part of them reads `ongoing`.
    """
    if signals:
        return ThemeStatus.ESCALATING
    return ThemeStatus.ONGOING if status in (ThemeStatus.ESCALATING, ThemeStatus.REGRESSED) else status


_WITHOUT_FIGURES: Mapping[str, Any] = MappingProxyType(
    {"usual_per_day": None, "before_per_day": 0.0, "resolved_at": None, "regressed_at": None}
)
"""What a known issue is without that which its volume showed."""


def _within(theme: Theme, pinned: Collection[int], seen: SeenWords) -> Theme:
    issue = theme.known_issue
    return replace(
        theme,
        name=name_for(theme.theme_id, theme.name, pinned=theme.theme_id in pinned, seen=seen),
        keywords=keywords_for(theme.keywords, seen),
        status=scoped_status(theme.status, signals=False),
        known_issue=None if issue is None else replace(issue, **_WITHOUT_FIGURES),
    )


def _pinned(connection: Connection, theme_ids: Collection[int]) -> set[int]:
    found: set[int] = set()
    for part in chunks(theme_ids):
        found.update(connection.scalars(select(themes.c.id).where(themes.c.id.in_(part), themes.c.name_pinned)))
    return found


def _figures(connection: Connection, scope: AccessScope, theme_ids: list[int] | None) -> dict[int, ScopedFigures]:
    query = (
        select(assignments.c.theme_id, func.count(), func.min(tickets.c.time), func.max(tickets.c.time))
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(assignments.c.theme_id.is_not(None), tickets.c.counted, in_scope(scope))
        .group_by(assignments.c.theme_id)
    )
    if theme_ids is not None:
        query = query.where(assignments.c.theme_id.in_(theme_ids))
    return {row[0]: ScopedFigures(row[1], row[2], row[3]) for row in connection.execute(query)}


def _per_hour(now: Now, scope: AccessScope, hours: range) -> Select[Any]:
    hour = hour_of(tickets.c.time).label("hour")
    return (
        select(assignments.c.theme_id, hour, func.count())
        .select_from(tickets.join(assignments, assignments.c.ticket_id == tickets.c.id))
        .where(
            tickets.c.time >= hour_start(hours.start),
            tickets.c.time < min(now.time, hour_start(hours.stop)),
            tickets.c.counted,
            in_scope(scope),
        )
        .group_by(assignments.c.theme_id, hour)
    )
