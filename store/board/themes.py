"""The board: all themes with their last day of event time, the most severe first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from models.access import EVERYTHING, AccessScope
from models.count_range import CountRange
from models.growth import GrowthSide, growth_of
from models.theme import ALL_TICKETS, Theme, ThemeStatus
from store.board.arrange import BoardCandidate, RowGroup, arrange, in_order
from store.board.board_query import BoardGrouping, BoardQuery
from store.board.figures import Day
from store.board.now import Now
from store.board.segment_values import StandOut
from store.board.series import HourlySeries
from store.board.source import BoardSource
from store.board.theme_rows import (
    candidates_of,
    read_families,
    read_severities,
    standing_rows,
    theme_of,
    with_visible_words,
    within_scope,
)
from store.decisions import Decision, pending_decisions

__all__ = ["Board", "BoardGroup", "ThemeRow", "board", "every_row", "matching_themes", "theme_of"]


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """One theme on the board; `severity` is that of its most severe open spike, `spark` its last 48 hours.

    The theme's size counts all its tickets, in a part of all tickets those of the last 7 days. `expected` is the range of the last 24
    hours.
    """

    theme: Theme
    day: Day
    severity: float | None
    spark: HourlySeries
    pending: tuple[Decision, ...]
    expected: CountRange | None = None
    stands_out: tuple[StandOut, ...] = ()

    @property
    def growth(self) -> GrowthSide:
        """On which side of the expected range the last 24 hours are."""
        return growth_of(self.day.compared, self.expected)

    @property
    def most(self) -> int:
        """Return the most tickets in one of the hours of the small chart."""
        return max((hour.observed for hour in self.spark), default=0)


@dataclass(frozen=True, slots=True)
class BoardGroup:
    """Rows under one heading; `group` has the sums of all its themes, also of those on other pages."""

    group: RowGroup
    rows: tuple[ThemeRow, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the board.

    `totals` counts all themes by status, `owners` names the owners and `offered` the values of the dimensions, whatever the filter.
    `matching` counts the themes that the filter lets through, `spiking` those with an open spike, `quiet_themes` those that are folded.
    `all_tickets` and `unthemed` are of the last 24 hours. `partial` says that figures are of a part of all tickets.
    """

    groups: tuple[BoardGroup, ...]
    quiet: tuple[ThemeRow, ...]
    quiet_themes: int
    matching: int
    pages: int
    totals: Mapping[ThemeStatus, int]
    owners: tuple[str, ...]
    offered: Mapping[str, tuple[str, ...]]
    all_tickets: Day
    unthemed: int
    spiking: int
    partial: bool

    @property
    def rows(self) -> tuple[ThemeRow, ...]:
        """All rows of the page, the quiet ones last."""
        return (*(row for group in self.groups for row in group.rows), *self.quiet)


def board(connection: Connection, now: Now | None, query: BoardQuery, scope: AccessScope = EVERYTHING) -> Board:
    """Read the board as of `now`, as a person with the scope may see it; without `now` (nothing mined) all volumes are 0."""
    source, candidates = _read(connection, now, query, scope)
    arranged = arrange(candidates.values(), query)
    shown = [*(one for _, members in arranged.groups for one in members), *arranged.quiet]
    rows = _rows(connection, source, [candidates[one] for one in shown], scope)
    everything = source.figures.day(ALL_TICKETS)
    themed = sum(day.observed for theme_id, day in source.figures.days.items() if theme_id != ALL_TICKETS)
    return Board(
        groups=tuple(BoardGroup(group, tuple(rows[one] for one in members)) for group, members in arranged.groups),
        quiet=tuple(rows[one] for one in arranged.quiet),
        quiet_themes=arranged.quiet_themes,
        matching=arranged.matching,
        pages=arranged.pages,
        totals=Counter(one.status for one in candidates.values()),
        owners=tuple(sorted({one.owner for one in candidates.values() if one.owner})),
        offered=source.offered(),
        all_tickets=everything,
        unthemed=max(0, everything.observed - themed),
        spiking=sum(one.severity is not None for one in candidates.values()),
        partial=source.figures.weeks is not None,
    )


def matching_themes(
    connection: Connection, now: Now | None, query: BoardQuery, scope: AccessScope = EVERYTHING
) -> list[int]:
    """List the ids of all themes that the query lets through, those of every page, in the order of the board."""
    _, candidates = _read(connection, now, query, scope)
    return [one.theme_id for one in in_order(candidates.values(), query)]


def every_row(
    connection: Connection, now: Now | None, query: BoardQuery, scope: AccessScope = EVERYTHING
) -> list[ThemeRow]:
    """Read the rows of every page of the board, in its order, without small charts and the segments in which themes stand out."""
    source, candidates = _read(connection, now, query, scope)
    listed = in_order(candidates.values(), query)
    themes = source.themes([one.theme_id for one in listed])
    ranges = source.ranges([one.theme_id for one in listed])
    return [
        ThemeRow(
            theme=replace(themes[one.theme_id], status=one.status, size=one.size),
            day=one.day,
            severity=one.severity,
            spark=(),
            pending=(),
            expected=ranges.get(one.theme_id),
        )
        for one in listed
    ]


def _read(
    connection: Connection, now: Now | None, query: BoardQuery, scope: AccessScope
) -> tuple[BoardSource, dict[int, BoardCandidate]]:
    """Read where the figures come from, and the themes that may be on the board."""
    rows = standing_rows(connection, query)
    source = BoardSource(connection, now, scope, query.segments, [row.id for row in rows])
    severities = read_severities(connection, scope, query.segments)
    families = read_families(connection, scope) if query.group is BoardGrouping.FAMILY else {}
    found = candidates_of(rows, source.figures, severities, families)
    if not scope.is_everything:
        found = with_visible_words(within_scope(found), query, source.themes)
    return source, {one.theme_id: one for one in found}


def _rows(
    connection: Connection,
    source: BoardSource,
    shown: list[BoardCandidate],
    scope: AccessScope,
) -> dict[int, ThemeRow]:
    """Read what only the rows that are shown need."""
    theme_ids = [one.theme_id for one in shown]
    themes = source.themes(theme_ids)
    sparks = source.series(theme_ids)
    stand_outs = source.stand_outs(theme_ids)
    pending = pending_decisions(connection) if scope.is_everything else {}
    return {
        one.theme_id: ThemeRow(
            theme=replace(themes[one.theme_id], status=one.status, size=one.size),
            day=one.day,
            severity=one.severity,
            spark=sparks.get(one.theme_id, ()),
            pending=pending.get(one.theme_id, ()),
            expected=source.expected(one.theme_id, sparks.get(one.theme_id, ())),
            stands_out=stand_outs.get(one.theme_id, ()),
        )
        for one in shown
    }
