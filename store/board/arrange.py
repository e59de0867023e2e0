"""Which themes are on the board, and in what order: filters, sorting, groups and pages, on plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from models.theme import ThemeState, ThemeStatus
from store.board.board_query import PAGE_ROWS, STATUSES, BoardGrouping, BoardQuery, SortColumn
from store.board.figures import NO_TICKET, Day

_PLACES = {status: place for place, status in enumerate(STATUSES)}


@dataclass(
    slots=True
)  # Not frozen: there are thousands for each page, and frozen ones take three times as long to make.
class BoardCandidate:
    """A theme that may be on the board, with what filters, sorting and groups look at.

    `severity` is that of its most severe open spike. `size` is that which is shown. `words` are what the text is looked for in.
    """

    theme_id: int
    name: str
    state: ThemeState
    status: ThemeStatus
    size: int
    owner: str | None = None
    issue: str | None = None
    words: tuple[str, ...] = ()
    day: Day = NO_TICKET
    two_days: int = 0
    severity: float | None = None
    family_id: int | None = None
    family_name: str | None = None

    @property
    def quiet(self) -> bool:
        """Whether nothing happens: no ticket in the last 24 hours, and no open spike."""
        return self.day.observed == 0 and self.severity is None

    @property
    def excess(self) -> float:
        """Tickets above what was expected; 0 where nothing was."""
        return self.day.compared - self.day.expected if self.day.expected is not None else 0.0


@dataclass(frozen=True, slots=True)
class RowGroup:
    """Themes under one heading, and the sums of all of them, also of those on other pages.

    `key` is unique on the board. `status` is given where the group is one of a status. `name` is "" where the rows are not grouped.
    """

    key: str
    name: str
    themes: int
    day: Day
    size: int
    spiking: int
    status: ThemeStatus | None = None


@dataclass(frozen=True, slots=True)
class Arranged:
    """One page of the board: groups with the numbers of their themes on the page, then the quiet ones.

    `quiet_themes` counts all quiet themes, whatever the page; `matching` all that the filter lets through.
    """

    groups: tuple[tuple[RowGroup, tuple[int, ...]], ...]
    quiet: tuple[int, ...]
    quiet_themes: int
    matching: int
    pages: int


def arrange(candidates: Iterable[BoardCandidate], query: BoardQuery) -> Arranged:
    """Choose the themes that the query asks for, and cut them into groups and pages: each theme is on exactly one page."""
    loud, quiet = _chosen(candidates, query)
    groups = _groups(loud, query.group)
    placed = [(group, one.theme_id) for group, members in groups for one in members]
    first, last = (query.page - 1) * PAGE_ROWS, query.page * PAGE_ROWS
    shown = groupby(placed[first:last], key=lambda pair: pair[0])
    still = quiet[max(0, first - len(placed)) : max(0, last - len(placed))]
    return Arranged(
        groups=tuple((group, tuple(theme_id for _, theme_id in pairs)) for group, pairs in shown),
        quiet=tuple(one.theme_id for one in still),
        quiet_themes=len(quiet),
        matching=len(loud) + len(quiet),
        pages=max(1, -(-(len(loud) + len(quiet)) // PAGE_ROWS)),
    )


def in_order(candidates: Iterable[BoardCandidate], query: BoardQuery) -> list[BoardCandidate]:
    """List the themes that the query asks for in the order of the board, those of all pages."""
    loud, quiet = _chosen(candidates, query)
    return [*(one for _, members in _groups(loud, query.group) for one in members), *quiet]


def matches(theme: BoardCandidate, query: BoardQuery) -> bool:
    """Check whether the filters let a theme through; the segments are those of its figures and not looked at."""
    if query.status is None and theme.status is ThemeStatus.ARCHIVED:
        return False
    if query.status is not None and theme.status is not query.status:
        return False
    if query.state is not None and theme.state is not query.state:
        return False
    if query.owner and theme.owner != query.owner:
        return False
    text = query.text.strip().casefold()
    if not text:
        return True
    return text.removeprefix("#") == str(theme.theme_id) or any(
        text in word.casefold() for word in (theme.name, *theme.words)
    )


def default_rank(theme: BoardCandidate) -> tuple[float, ...]:
    """Order by what needs a person first: status, severity, excess, volume."""
    return (
        _PLACES[theme.status],
        -(theme.severity or 0.0),
        -theme.excess,
        -theme.day.observed,
        theme.theme_id,
    )


def _chosen(
    candidates: Iterable[BoardCandidate], query: BoardQuery
) -> tuple[list[BoardCandidate], list[BoardCandidate]]:
    """Choose and sort the themes of the query: those where something happens, and the quiet ones."""
    chosen = [one for one in candidates if matches(one, query)]
    chosen.sort(key=default_rank)
    if query.sort is not None:
        chosen = _sorted(chosen, query.sort, descending=query.descending)
    return [one for one in chosen if not one.quiet], [one for one in chosen if one.quiet]


_VALUES: Mapping[SortColumn, Callable[[BoardCandidate], Any]] = {
    SortColumn.THEME: lambda one: one.name.casefold(),
    SortColumn.DAY: lambda one: one.day.observed,
    SortColumn.EXPECTED: lambda one: one.day.expected,
    SortColumn.GROWTH: lambda one: one.day.ratio,
    SortColumn.TREND: lambda one: one.two_days,
    SortColumn.SIZE: lambda one: one.size,
    SortColumn.OWNER: lambda one: one.owner and one.owner.casefold(),
    SortColumn.ISSUE: lambda one: one.issue and one.issue.casefold(),
}


def _sorted(themes: Sequence[BoardCandidate], column: SortColumn, *, descending: bool) -> list[BoardCandidate]:
    """Sort by a column; themes without a value there are last either way, and equal ones stay in order."""
    value = _VALUES[column]
    known = [one for one in themes if value(one) not in (None, "")]
    known.sort(key=value, reverse=descending)
    return known + [one for one in themes if value(one) in (None, "")]


def _groups(themes: Sequence[BoardCandidate], grouping: BoardGrouping) -> list[tuple[RowGroup, list[BoardCandidate]]]:
    if grouping is BoardGrouping.NONE:
        return [(_group("all", "", themes), list(themes))] if themes else []
    members: dict[str, list[BoardCandidate]] = {}
    for one in themes:
        members.setdefault(_key(one, grouping), []).append(one)
    groups = [(_named(key, found, grouping), found) for key, found in members.items()]
    if grouping is BoardGrouping.FAMILY:
        groups.sort(
            key=lambda pair: (pair[0].key == _NO_FAMILY, -pair[0].spiking, -_excess(pair[1]), -pair[0].day.observed)
        )
    else:
        groups.sort(key=lambda pair: _PLACES[pair[1][0].status])
    return groups


_NO_FAMILY = "family-none"


def _key(theme: BoardCandidate, grouping: BoardGrouping) -> str:
    if grouping is BoardGrouping.STATUS:
        return f"status-{theme.status}"
    return _NO_FAMILY if theme.family_id is None else f"family-{theme.family_id}"


def _named(key: str, members: Sequence[BoardCandidate], grouping: BoardGrouping) -> RowGroup:
    first = members[0]
    if grouping is BoardGrouping.STATUS:
        return _group(key, first.status.capitalize(), members, first.status)
    name = "In no family" if key == _NO_FAMILY else first.family_name or f"Family of theme {first.family_id}"
    return _group(key, name, members)


def _group(key: str, name: str, members: Sequence[BoardCandidate], status: ThemeStatus | None = None) -> RowGroup:
    expected = [one.day.expected for one in members if one.day.expected is not None]
    day = Day(
        observed=sum(one.day.observed for one in members),
        compared=sum(one.day.compared for one in members),
        expected=sum(expected) if expected else None,
    )
    size = sum(one.size for one in members)
    return RowGroup(key, name, len(members), day, size, sum(one.severity is not None for one in members), status)


def _excess(members: Iterable[BoardCandidate]) -> float:
    return sum(one.excess for one in members)
