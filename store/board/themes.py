"""The board: all themes with their last day of event time, the most severe first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, select

from models.bucket import BUCKETS_PER_DAY
from models.theme import ALL_TICKETS, KnownIssue, Theme, ThemeState, ThemeStatus
from store.board.now import Now
from store.board.series import HOUR_OF_BUCKET, HourlySeries, series_of
from store.decisions import Decision, pending_decisions
from store.records import chunks
from store.schema import bands, counts, spikes, themes
from store.survivors import survivors

STATUSES = (
    ThemeStatus.ESCALATING,
    ThemeStatus.REGRESSED,
    ThemeStatus.NEW,
    ThemeStatus.KNOWN,
    ThemeStatus.ONGOING,
    ThemeStatus.RESOLVED,
    ThemeStatus.ARCHIVED,
)
"""The order in which people should look at them."""

PAGE_ROWS = 100
SPARK_HOURS = 48
WINDOW_HOURS = 25
"""Hours that a window of 24 hours touches."""


@dataclass(frozen=True, slots=True)
class BoardQuery:
    """What to show. `text` is looked for in names and keywords, or is a theme's number.

    Empty values filter nothing. Without `status` archived themes are left out. `page` counts from 1.
    """

    text: str = ""
    status: ThemeStatus | None = None
    owner: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Day:
    """The last 24 hours of event time.

    `expected` sums the bands' means over the hours that have one, the running hour by its share; None where
    none has. `compared` counts the tickets of those hours only, so that it can be compared with `expected`.
    """

    observed: int = 0
    compared: int = 0
    expected: float | None = None

    @property
    def ratio(self) -> float | None:
        """Observed over expected; None where nothing was expected."""
        return self.compared / self.expected if self.expected else None


@dataclass(frozen=True, slots=True)
class ThemeRow:
    """One theme on the board; `severity` is that of its most severe open spike, `spark` its last 48 hours."""

    theme: Theme
    day: Day
    severity: float | None
    spark: HourlySeries
    pending: tuple[Decision, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the board.

    `totals` counts all themes by status and `owners` names the owners, whatever the filter. `matching`
    counts the themes that the filter lets through, `spiking` those with an open spike. `all_tickets` and
    `unthemed` are of the last 24 hours.
    """

    rows: tuple[ThemeRow, ...]
    matching: int
    pages: int
    totals: Mapping[ThemeStatus, int]
    owners: tuple[str, ...]
    all_tickets: Day
    unthemed: int
    spiking: int


def board(connection: Connection, now: Now | None, query: BoardQuery) -> Board:
    """Read the board as of `now`; without it (nothing mined) all volumes are 0."""
    listed = _standing_themes(connection)
    days = _days(connection, now, [theme.theme_id for theme in listed])
    severities = _severities(connection)
    pending = pending_decisions(connection)
    chosen = [theme for theme in listed if _matches(theme, query)]
    chosen.sort(key=lambda theme: _rank(theme, days.get(theme.theme_id, Day()), severities.get(theme.theme_id)))
    shown = chosen[(query.page - 1) * PAGE_ROWS : query.page * PAGE_ROWS]
    sparks = _sparks(connection, now, [theme.theme_id for theme in shown])
    everything = days.get(ALL_TICKETS, Day())
    themed = sum(day.observed for theme_id, day in days.items() if theme_id != ALL_TICKETS)
    return Board(
        rows=tuple(
            ThemeRow(
                theme=theme,
                day=days.get(theme.theme_id, Day()),
                severity=severities.get(theme.theme_id),
                spark=sparks.get(theme.theme_id, ()),
                pending=pending.get(theme.theme_id, ()),
            )
            for theme in shown
        ),
        matching=len(chosen),
        pages=max(1, -(-len(chosen) // PAGE_ROWS)),
        totals=Counter(theme.status for theme in listed),
        owners=tuple(sorted({theme.owner for theme in listed if theme.owner})),
        all_tickets=everything,
        unthemed=max(0, everything.observed - themed),
        spiking=len(severities),
    )


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


def _standing_themes(connection: Connection) -> list[Theme]:
    shown = (ThemeState.LIVE.value, ThemeState.DORMANT.value)
    query = select(themes).where(themes.c.state.in_(shown)).order_by(themes.c.id)
    return [theme_of(row) for row in connection.execute(query)]


def _matches(theme: Theme, query: BoardQuery) -> bool:
    if query.status is None and theme.status is ThemeStatus.ARCHIVED:
        return False
    if query.status is not None and theme.status is not query.status:
        return False
    if query.owner and theme.owner != query.owner:
        return False
    text = query.text.strip().casefold()
    return text.removeprefix("#") == str(theme.theme_id) or any(
        text in word.casefold() for word in (theme.name, *theme.keywords)
    )


def _rank(theme: Theme, day: Day, severity: float | None) -> tuple[float, ...]:
    excess = day.compared - day.expected if day.expected is not None else 0.0
    return (STATUSES.index(theme.status), -(severity or 0.0), -excess, -day.observed, theme.theme_id)


def _severities(connection: Connection) -> dict[int, float]:
    query = select(spikes.c.theme_id, func.max(spikes.c.severity)).where(
        spikes.c.end.is_(None), spikes.c.theme_id != ALL_TICKETS
    )
    merged = survivors(connection)
    worst: dict[int, float] = {}
    for theme_id, severity in connection.execute(query.group_by(spikes.c.theme_id)):
        last = merged.get(theme_id, theme_id)
        worst[last] = max(severity, worst.get(last, 0.0))
    return worst


def _days(connection: Connection, now: Now | None, theme_ids: Sequence[int]) -> dict[int, Day]:
    if now is None:
        return {}
    wanted = [ALL_TICKETS, *theme_ids]
    observed = _observed(connection, now, wanted)
    expected = _expected(connection, now, wanted)
    # Most themes have a band for every hour, so that the dear join is made for the few young ones alone.
    partly = [theme_id for theme_id, (_, hours) in expected.items() if hours < WINDOW_HOURS]
    compared = {**observed, **dict.fromkeys(partly, 0), **_in_banded_hours(connection, now, partly)}
    return {
        theme_id: Day(
            observed=observed.get(theme_id, 0),
            compared=compared.get(theme_id, 0) if theme_id in expected else 0,
            expected=expected[theme_id][0] if theme_id in expected else None,
        )
        for theme_id in wanted
    }


def _last_day(now: Now, theme_ids: Collection[int]) -> ColumnElement[bool]:
    return and_(
        counts.c.theme_id.in_(theme_ids),
        counts.c.segment_id == now.segment_id,
        counts.c.bucket.between(now.bucket - BUCKETS_PER_DAY + 1, now.bucket),
    )


def _observed(connection: Connection, now: Now, theme_ids: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for part in chunks(theme_ids):
        query = select(counts.c.theme_id, func.sum(counts.c.n)).where(_last_day(now, part))
        found.update((row[0], int(row[1])) for row in connection.execute(query.group_by(counts.c.theme_id)))
    return found


def _in_banded_hours(connection: Connection, now: Now, theme_ids: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    banded = and_(bands.c.theme_id == counts.c.theme_id, bands.c.hour == HOUR_OF_BUCKET.element)
    for part in chunks(theme_ids):
        query = (
            select(counts.c.theme_id, func.sum(counts.c.n))
            .select_from(counts.join(bands, banded))
            .where(_last_day(now, part))
            .group_by(counts.c.theme_id)
        )
        found.update((row[0], int(row[1])) for row in connection.execute(query))
    return found


def _expected(connection: Connection, now: Now, theme_ids: Collection[int]) -> dict[int, tuple[float, int]]:
    """Mean of the window, and the number of its hours that have one."""
    # A window of 24 hours that ends inside an hour begins inside one: both count by the share in the window.
    share = now.share(now.hour)
    first = now.hour - WINDOW_HOURS + 1
    weight = case((bands.c.hour == now.hour, share), (bands.c.hour == first, 1.0 - share), else_=1.0)
    found: dict[int, tuple[float, int]] = {}
    for part in chunks(theme_ids):
        query = (
            select(bands.c.theme_id, func.sum(bands.c.mean * weight), func.count())
            .where(bands.c.theme_id.in_(part), bands.c.hour.between(first, now.hour))
            .group_by(bands.c.theme_id)
        )
        found.update((row[0], (float(row[1]), row[2])) for row in connection.execute(query))
    return found


def _sparks(connection: Connection, now: Now | None, theme_ids: Sequence[int]) -> dict[int, HourlySeries]:
    if now is None:
        return {}
    return series_of(connection, now, theme_ids, now.hour - SPARK_HOURS + 1, now.hour)
