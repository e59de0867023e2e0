"""Where the board's figures come from: the counts of everything or of one segment, or the tickets of a part that has no counts."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TypeVar

from sqlalchemy import Connection

from models.access import AccessScope
from models.access.wording import SeenWords, name_for
from models.count_range import CountRange, combine_ranges
from models.theme import Theme
from store.board.board_query import FILTERED
from store.board.figure_cache import FigureCache
from store.board.figures import (
    BoardFigures,
    count_everything,
    count_segment,
    in_segment,
    read_bands,
    shares_of_day,
)
from store.board.from_tickets import TicketPart, count_part, part_series, part_values
from store.board.now import Now
from store.board.segment_values import SegmentValues, StandOut, read_stand_outs, read_values
from store.board.series import HourlySeries, series_of
from store.board.theme_rows import read_themes
from store.scoped import scoped_themes

SPARK_HOURS = 48
"""Hours of the small chart of a row."""

MOST_KEPT = 1000
"""Themes whose hours and segments are kept: those that the first pages show."""

MOST_READ = 500
"""Themes whose words are compared with the texts of a limited scope: an export names the first ones, and numbers the others."""

_Value = TypeVar("_Value")


class BoardSource:
    """The figures that a query of a person with a scope looks at; without `now` (nothing mined) there are none.

    A person with a limited scope sees what is counted from the tickets of the scope, and no other.
    """

    def __init__(
        self,
        connection: Connection,
        now: Now | None,
        scope: AccessScope,
        segments: tuple[tuple[str, str], ...],
        theme_ids: Sequence[int],
    ) -> None:
        self._connection = connection
        self._now = now
        self._scope = scope
        self._segments = segments
        self._theme_ids = tuple(theme_ids)
        self._remembered = None if now is None else FigureCache(connection, now)

    @cached_property
    def figures(self) -> BoardFigures:
        """The tickets of the last day and what was expected, by theme."""
        connection, now, part, themes = self._connection, self._now, self._part, self._theme_ids
        if now is None or self._remembered is None:
            return BoardFigures()
        if not self._known:
            return BoardFigures(weeks={})
        if part is not None:
            return self._remembered.get(part, lambda: count_part(connection, now, part))
        if not self._segments:
            return self._remembered.get(("all", themes), lambda: count_everything(connection, now, themes))
        number = self._segment_id
        return self._remembered.get((number, themes), lambda: count_segment(connection, now, number, themes))

    def series(self, theme_ids: Sequence[int]) -> Mapping[int, HourlySeries]:
        """Count the tickets of themes in each of the last hours."""
        key = ("series", self._scope, self._segments)
        return self._of_each(key, theme_ids, self._read_series)

    def expected(self, theme_id: int, series: HourlySeries) -> CountRange | None:
        """Return the range of tickets that a theme was expected to have in the last 24 hours; `series` has its hours."""
        if self.figures.weeks is not None:
            return self.figures.ranges.get(theme_id)
        ranged = [(hour.band, self._shares[hour.hour]) for hour in series if hour.band and hour.hour in self._shares]
        return combine_ranges((band, share) for band, share in ranged if share > 0)

    def ranges(self, theme_ids: Sequence[int]) -> Mapping[int, CountRange]:
        """Return the ranges of the last 24 hours of many themes, of which no hours are shown."""
        if self.figures.weeks is not None:
            return self.figures.ranges
        hours = read_bands(self._connection, theme_ids, self._shares)
        ranged = {
            one: combine_ranges((band, self._shares[hour]) for hour, band in said.items() if self._shares[hour] > 0)
            for one, said in hours.items()
        }
        return {one: found for one, found in ranged.items() if found is not None}

    def stand_outs(self, theme_ids: Sequence[int]) -> Mapping[int, tuple[StandOut, ...]]:
        """Find the segments in which themes stand out; none for a limited scope, because shares are founded on all tickets."""
        connection, now, values = self._connection, self._now, self._values
        if now is None or values is None:
            return {}
        return self._of_each("stand-outs", theme_ids, lambda missing: read_stand_outs(connection, now, missing, values))

    def themes(self, theme_ids: Sequence[int]) -> Mapping[int, Theme]:
        """Read themes as the person may see them."""
        connection, scope = self._connection, self._scope
        found = read_themes(connection, theme_ids)
        if scope.is_everything:
            return found
        visible = self._of_each(
            ("themes", scope),
            theme_ids[:MOST_READ],
            lambda missing: scoped_themes(connection, scope, [found[one] for one in missing]),
        )
        unread = {one: _unread(found[one]) for one in theme_ids[MOST_READ:]}
        # The times are those of all tickets.
        return {one: replace(theme, first_seen=None, last_seen=None) for one, theme in {**visible, **unread}.items()}

    def offered(self) -> Mapping[str, tuple[str, ...]]:
        """List the values that the board can be filtered by, for each dimension."""
        connection, now, scope, values = self._connection, self._now, self._scope, self._values
        if now is None or self._remembered is None:
            return dict.fromkeys(FILTERED, ())
        if values is None:
            return self._remembered.get(("values", scope), lambda: part_values(connection, now, scope))
        return {name: values.offered(name) for name in FILTERED}

    def _of_each(
        self, key: Hashable, theme_ids: Sequence[int], read: Callable[[Sequence[int]], Mapping[int, _Value]]
    ) -> Mapping[int, _Value]:
        """Return what `read` finds for each theme, of those that were read in this mined state what was found then."""
        if self._remembered is None:
            return {}
        if len(theme_ids) > MOST_KEPT:
            return read(theme_ids)
        known: dict[int, _Value] = self._remembered.get(key, dict)
        missing = [one for one in theme_ids if one not in known]
        found = read(missing) if missing else {}
        if len(known) < MOST_KEPT:
            known.update(found)
        return {one: (found if one in found else known)[one] for one in theme_ids if one in found or one in known}

    def _read_series(self, theme_ids: Sequence[int]) -> Mapping[int, HourlySeries]:
        now, part = self._now, self._part
        if now is None or not self._known:
            return {}
        first = now.hour - SPARK_HOURS + 1
        if part is not None:
            return part_series(self._connection, now, part, theme_ids, first)
        if not self._segments:
            return series_of(self._connection, now, theme_ids, first, now.hour)
        counted = series_of(self._connection, in_segment(now, self._segment_id), theme_ids, first, now.hour)
        # The bands are those of the theme everywhere.
        return {one: tuple(replace(hour, band=None) for hour in series) for one, series in counted.items()}

    @cached_property
    def _shares(self) -> dict[int, float]:
        return {} if self._now is None else shares_of_day(self._now)

    @cached_property
    def _known(self) -> bool:
        """Whether each value that is filtered by is one that tickets have; what nobody ever wrote is not looked for."""
        if self._values is not None:
            return all(pair in self._values.ids for pair in self._segments)
        offered = self.offered() if self._segments else {}
        return all(value in offered[name] for name, value in self._segments)

    @cached_property
    def _part(self) -> TicketPart | None:
        """The part of all tickets that has no counts; None where counts are read."""
        counted = self._scope.is_everything and len(self._segments) <= 1
        return None if counted else TicketPart(self._scope, self._segments)

    @cached_property
    def _values(self) -> SegmentValues | None:
        connection, now = self._connection, self._now
        if now is None or self._remembered is None or not self._scope.is_everything:
            return None
        return self._remembered.get("values", lambda: read_values(connection, now))

    @property
    def _segment_id(self) -> int:
        if self._values is None:
            raise ValueError("received a limited scope, whose figures are counted from tickets")
        return self._values.ids[self._segments[0]]


def _unread(theme: Theme) -> Theme:
    """Return a theme as a limited scope sees it where no text was read that may hold the words of its name."""
    issue = theme.known_issue
    return replace(
        theme,
        name=name_for(theme.theme_id, theme.name, pinned=False, seen=SeenWords(())),
        keywords=(),
        known_issue=None if issue is None else replace(issue, usual_per_day=None, before_per_day=0.0),
    )
