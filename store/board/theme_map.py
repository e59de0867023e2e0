"""The map of themes: where each is, how many tickets it had lately against what was expected, and its family."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, case, func, select

from models.access import AccessScope
from models.bucket import BUCKETS_PER_HOUR
from models.segment import Segment
from models.theme import ALL_TICKETS, Theme, ThemeStatus
from models.themes.layout.family_names import UNNAMED_END, name_families
from store.board.now import Now
from store.board.themes import theme_of
from store.records import chunks
from store.schema import bands, counts, spikes, theme_layout, themes
from store.scoped import scoped_series, scoped_themes, themes_in_scope, with_figures
from store.survivors import survivors
from store.theme_centres import LIVE
from store.theme_layout import StoredPlace, read_layout

SCOPED_THEMES = 300
"""Themes of a limited scope that the map has at most: the names of each are checked against the tickets of the scope."""


class MapGrowth(StrEnum):
    """Tickets of a theme against those expected; the values name classes of the style sheet."""

    MANY_MORE = "many-more"
    MORE = "more"
    USUAL = "usual"
    FEWER = "fewer"
    MANY_FEWER = "many-fewer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class MappedTheme:
    """A theme on the map.

    `x` and `y` are between -1 and 1. `tickets` and `expected` are those of the window; `expected` is None where not every hour of it
    has an expectation, and within a limited scope. `spiking`: a spike of it is open.
    """

    theme: Theme
    x: float
    y: float
    family_id: int | None
    tickets: int
    expected: float | None
    spiking: bool

    @property
    def growth(self) -> MapGrowth:
        """Tickets against those expected; within two standard deviations of a Poisson count, and half a ticket, all is as usual."""
        if self.expected is None:
            return MapGrowth.UNKNOWN
        beyond = abs(self.tickets - self.expected) > 2 * self.expected**0.5 + 0.5
        if not beyond:
            return MapGrowth.USUAL
        if self.tickets > self.expected:
            return MapGrowth.MANY_MORE if self.tickets >= 2 * self.expected else MapGrowth.MORE
        return MapGrowth.MANY_FEWER if 2 * self.tickets <= self.expected else MapGrowth.FEWER


@dataclass(frozen=True, slots=True)
class MappedFamily:
    """A family with its themes, the one with the most tickets first; `tickets` of all of them in the window.

    `named`: whether its themes share a phrase; without one it is named after a theme.
    """

    family_id: int
    name: str
    named: bool
    themes: tuple[MappedTheme, ...]
    tickets: int


@dataclass(frozen=True, slots=True)
class ThemeMap:
    """The map: themes with the most tickets first, families likewise.

    `unplaced` are themes that are younger than the layout; `left_out` counts themes of a limited scope beyond `SCOPED_THEMES`. Of the
    last `hours` are the tickets.
    """

    themes: tuple[MappedTheme, ...]
    families: tuple[MappedFamily, ...]
    unplaced: tuple[Theme, ...]
    left_out: int
    hours: int


def theme_map(connection: Connection, now: Now | None, scope: AccessScope, hours: int) -> ThemeMap:
    """Read the map as of `now`, with the tickets of the last `hours`; in a limited scope it has its themes, names and tickets alone."""
    listed, left_out = _listed(connection, scope)
    places = read_layout(connection)
    ids = [one.theme_id for one in listed]
    tickets, expected = _volumes(connection, now, scope, ids, hours)
    rising = _spiking(connection, scope)
    found = [
        MappedTheme(
            one, place.x, place.y, place.family_id, tickets.get(one.theme_id, 0), expected.get(one.theme_id), one.theme_id in rising
        )
        for one in listed
        if (place := places.get(one.theme_id)) is not None
    ]  # fmt: skip
    found.sort(key=lambda one: (-one.tickets, one.theme.theme_id))
    unplaced = tuple(one for one in listed if one.theme_id not in places)
    return ThemeMap(tuple(found), _families(found, places, scope), unplaced, left_out, hours)


def map_version(connection: Connection) -> str:
    """Return a short text that differs once themes were arranged anew."""
    newest, number = connection.execute(select(func.max(theme_layout.c.at), func.count(theme_layout.c.theme_id))).one()
    return f"{newest}-{number}"


def _listed(connection: Connection, scope: AccessScope) -> tuple[list[Theme], int]:
    query = select(themes).where(
        themes.c.state.in_(LIVE), themes.c.status != ThemeStatus.ARCHIVED.value, themes.c.size > 0
    )
    found = [theme_of(row) for row in connection.execute(query.order_by(themes.c.id))]
    if scope.is_everything:
        return found, 0
    figures = themes_in_scope(connection, scope)
    inside = sorted((one for one in found if one.theme_id in figures), key=lambda one: -figures[one.theme_id].size)
    shown = inside[:SCOPED_THEMES]
    named = scoped_themes(connection, scope, shown)
    return [with_figures(named[one.theme_id], figures[one.theme_id]) for one in shown], len(inside) - len(shown)


def _volumes(
    connection: Connection, now: Now | None, scope: AccessScope, ids: Sequence[int], hours: int
) -> tuple[Mapping[int, int], Mapping[int, float]]:
    """Tickets of the last `hours`, and how many were expected; within a limited scope nothing is."""
    if now is None:
        return {}, {}
    if scope.is_everything:
        return _tickets(connection, now, ids, hours), _expected(connection, now, ids, hours)
    series = scoped_series(connection, now, scope, ids, range(now.hour - hours + 1, now.hour + 1))
    return {theme: sum(hour.observed for hour in own) for theme, own in series.items()}, {}


def _tickets(connection: Connection, now: Now, ids: Collection[int], hours: int) -> dict[int, int]:
    found: dict[int, int] = {}
    first = now.bucket - hours * BUCKETS_PER_HOUR + 1
    for part in chunks(ids):
        query = select(counts.c.theme_id, func.sum(counts.c.n)).where(
            counts.c.theme_id.in_(part),
            counts.c.segment_id == now.segment_id,
            counts.c.bucket.between(first, now.bucket),
        )
        found.update((theme, int(n)) for theme, n in connection.execute(query.group_by(counts.c.theme_id)))
    return found


def _expected(connection: Connection, now: Now, ids: Collection[int], hours: int) -> dict[int, float]:
    """Sum what was expected in the window, the hours at its ends by their share of it; themes with a gap are left out."""
    first, share = now.hour - hours, now.share(now.hour)
    weight = case((bands.c.hour == now.hour, share), (bands.c.hour == first, 1.0 - share), else_=1.0)
    found: dict[int, float] = {}
    for part in chunks(ids):
        query = (
            select(bands.c.theme_id, func.sum(bands.c.mean * weight), func.count())
            .where(bands.c.theme_id.in_(part), bands.c.hour.between(first, now.hour))
            .group_by(bands.c.theme_id)
        )
        found.update((theme, float(mean)) for theme, mean, number in connection.execute(query) if number > hours)
    return found


def _spiking(connection: Connection, scope: AccessScope) -> set[int]:
    """Find the themes with an open spike that lies in the scope."""
    merged = survivors(connection)
    query = select(spikes.c.theme_id, spikes.c.segment).where(spikes.c.end.is_(None), spikes.c.theme_id != ALL_TICKETS)
    return {
        merged.get(row.theme_id, row.theme_id)
        for row in connection.execute(query)
        if scope.is_everything or scope.contains(Segment.of(row.segment))
    }


def _families(
    found: Sequence[MappedTheme], places: Mapping[int, StoredPlace], scope: AccessScope
) -> tuple[MappedFamily, ...]:
    members: defaultdict[int, list[MappedTheme]] = defaultdict(list)
    for one in found:
        if one.family_id is not None:
            members[one.family_id].append(one)
    names = _family_names(members, places, scope)
    families = [_family(family, own, names.get(family)) for family, own in members.items() if len(own) > 1]
    return tuple(sorted(families, key=lambda one: (-one.tickets, one.family_id)))


def _family(family: int, own: Sequence[MappedTheme], name: str | None) -> MappedFamily:
    named = name is not None and not name.endswith(UNNAMED_END)
    shown = name or f"{own[0].theme.name}{UNNAMED_END}"
    return MappedFamily(family, shown, named, tuple(own), sum(one.tickets for one in own))


def _family_names(
    members: Mapping[int, Sequence[MappedTheme]], places: Mapping[int, StoredPlace], scope: AccessScope
) -> dict[int, str | None]:
    """Return the stored names, or in a limited scope names made of what the person may read."""
    if scope.is_everything:
        return {family: places[own[0].theme.theme_id].family_name for family, own in members.items()}
    words = {one.theme.theme_id: (one.theme.name, *one.theme.keywords) for own in members.values() for one in own}
    return {**name_families(words, {one.theme.theme_id: family for family, own in members.items() for one in own}, {})}
