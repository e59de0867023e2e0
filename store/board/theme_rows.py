"""Rows of the table `themes`, as the domain's themes and as candidates for the board."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, null, select

from models.access import AccessScope
from models.segment import Segment
from models.theme import ALL_TICKETS, KnownIssue, Theme, ThemeState, ThemeStatus
from store.board.arrange import BoardCandidate, matches
from store.board.board_query import STATES, BoardQuery, SortColumn
from store.board.figures import BoardFigures
from store.records import chunks
from store.schema import spikes, theme_layout, themes
from store.scoped import scoped_status
from store.survivors import survivors

MOST_NAMED = 200
"""Themes that a search within a limited scope looks at."""


def theme_of(row: Row[tuple[object, ...]]) -> Theme:
    """Make a theme of a row of `themes`."""
    return Theme(
        theme_id=row.id,
        name=row.name,
        state=ThemeState(row.state),
        status=ThemeStatus(row.status),
        size=row.size,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        keywords=tuple(row.keywords),
        known_issue=None if row.known_issue is None else KnownIssue.of(row.known_issue),
        owner=row.owner,
        merged_into=row.merged_into,
    )


def read_themes(connection: Connection, theme_ids: Collection[int]) -> dict[int, Theme]:
    """Read themes by id."""
    found: list[Theme] = []
    for part in chunks(theme_ids):
        found.extend(theme_of(row) for row in connection.execute(select(themes).where(themes.c.id.in_(part))))
    return {one.theme_id: one for one in found}


def standing_rows(connection: Connection, query: BoardQuery) -> list[Row[Any]]:
    """Read the themes that hold tickets, only the columns that the query looks at: there are thousands of themes."""
    columns: list[ColumnElement[Any]] = [
        getattr(themes.c, name) for name in ("id", "name", "state", "status", "size", "owner")
    ]
    columns.append(themes.c.keywords if query.text else null().label("keywords"))
    columns.append(themes.c.known_issue if query.sort is SortColumn.ISSUE else null().label("known_issue"))
    return list(connection.execute(select(*columns).where(themes.c.state.in_(STATES)).order_by(themes.c.id)))


def candidates_of(
    rows: Iterable[Sequence[Any]],
    figures: BoardFigures,
    severities: Mapping[int, float],
    families: Mapping[int, tuple[int | None, str | None]],
) -> list[BoardCandidate]:
    """Make candidates of rows; where figures are of a part of all tickets, of those with a ticket there."""
    no_family = (None, None)
    found = []
    for theme_id, name, state, status, size, owner, keywords, issue in rows:
        if figures.weeks is not None and theme_id not in figures.weeks:
            continue
        family_id, family_name = families.get(theme_id, no_family)
        found.append(
            BoardCandidate(
                theme_id=theme_id,
                name=name,
                state=_STATES[state],
                status=_STATUSES[status],
                size=size if figures.weeks is None else figures.weeks[theme_id],
                owner=owner,
                issue=issue["title"] if issue else None,
                words=tuple(keywords or ()),
                day=figures.day(theme_id),
                two_days=figures.two_days.get(theme_id, 0),
                severity=severities.get(theme_id),
                family_id=family_id,
                family_name=family_name,
            )
        )
    return found


_STATES = {one.value: one for one in ThemeState}
_STATUSES = {one.value: one for one in ThemeStatus}


def read_severities(
    connection: Connection, scope: AccessScope, segments: Iterable[tuple[str, str]] = ()
) -> dict[int, float]:
    """Read the severity of the most severe open spike of each theme.

    Only spikes inside the scope count, and those that tickets of the segments may belong to.
    """
    query = select(spikes.c.theme_id, spikes.c.segment, spikes.c.severity).where(
        spikes.c.end.is_(None), spikes.c.theme_id != ALL_TICKETS
    )
    merged = survivors(connection)
    looked_at = Segment.of(dict(segments))
    worst: defaultdict[int, float] = defaultdict(float)
    for theme_id, stored, severity in connection.execute(query):
        segment = Segment.of(stored)
        if scope.contains(segment) and segment.compatible(looked_at):
            last = merged.get(theme_id, theme_id)
            worst[last] = max(severity, worst[last])
    return dict(worst)


def read_families(connection: Connection, scope: AccessScope) -> dict[int, tuple[int | None, str | None]]:
    """Read the family of each theme; its name has words of all tickets, so that a limited scope sees its number only."""
    query = select(theme_layout.c.theme_id, theme_layout.c.family_id, theme_layout.c.family_name)
    named = scope.is_everything
    return {row.theme_id: (row.family_id, row.family_name if named else None) for row in connection.execute(query)}


def within_scope(found: list[BoardCandidate]) -> list[BoardCandidate]:
    """Give candidates the status that a limited scope sees."""
    return [replace(one, status=scoped_status(one.status, signals=one.severity is not None)) for one in found]


def with_visible_words(
    found: Iterable[BoardCandidate], query: BoardQuery, see: Callable[[list[int]], Mapping[int, Theme]]
) -> list[BoardCandidate]:
    """Give candidates the names and keywords that a limited scope may see, of those whose own words match the text.

    What a person may see of a theme's words is read from the texts of its tickets, which takes time: the words of a theme that does not
    match by all its words are not looked at, and of very many that match only those of the greatest.
    """
    if not query.text:
        return [replace(one, name="", words=()) for one in found]
    matching = sorted((one for one in found if matches(one, query)), key=lambda one: (-one.size, one.theme_id))[
        :MOST_NAMED
    ]
    visible = see([one.theme_id for one in matching])
    return [
        replace(one, name=visible[one.theme_id].name, words=visible[one.theme_id].keywords)
        if one.theme_id in visible
        else replace(one, name="", words=())
        for one in found
    ]
