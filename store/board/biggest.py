"""The last week: the themes with the most tickets, and those with the most beyond what was expected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, case, func, select

from models.bucket import BUCKETS_PER_DAY, start_of
from models.theme import ALL_TICKETS, Theme, ThemeState
from store.board.now import Now
from store.board.series import HOUR_OF_BUCKET
from store.board.theme_rows import theme_of
from store.records import chunks
from store.schema import bands, counts, spikes, themes
from store.survivors import survivors

DAYS = 7
HOURS = 24 * DAYS + 1
"""Hours that a window of seven days touches."""

CANDIDATES = 200
"""Themes with the most tickets whose expectation is looked at: an excess is never greater than the volume."""

SHOWN = 5
NEW = 12


@dataclass(frozen=True, slots=True)
class WeekTheme:
    """A theme and its last seven days of event time.

    `expected` is None where nothing could be expected yet: the theme is new, or the record is. `compared` counts the tickets of the
    hours that have an expectation, and `excess` those of them that are beyond it; of a theme that appeared in the week it is all
    tickets. `signals`: the detector has an open spike of it.
    """

    theme: Theme
    tickets: int
    compared: int
    expected: float | None
    excess: float | None
    is_new: bool
    signals: bool


@dataclass(frozen=True, slots=True)
class Week:
    """The last seven days: all tickets, and the themes that lead by excess and by volume; `since` is their begin."""

    since: datetime
    tickets: int
    by_excess: tuple[WeekTheme, ...]
    by_volume: tuple[WeekTheme, ...]


def read_week(connection: Connection, now: Now) -> Week:
    """Read the last seven days. Costs a sum over the week's counts: keep it until something is mined."""
    first = now.bucket - DAYS * BUCKETS_PER_DAY + 1
    since = start_of(first)
    listed = {
        theme.theme_id: theme
        for row in connection.execute(
            select(themes).where(
                themes.c.state.in_((ThemeState.LIVE.value, ThemeState.DORMANT.value)), themes.c.last_seen >= since
            )
        )
        for theme in (theme_of(row),)
    }
    volumes = _volumes(connection, now, first, [ALL_TICKETS, *listed])
    candidates = sorted(
        (one for one in volumes if one != ALL_TICKETS and volumes[one] > 0), key=lambda one: (-volumes[one], one)
    )
    judged = _judged(connection, now, [listed[one] for one in candidates[:CANDIDATES]], volumes)
    rising = [one for one in judged if one.excess is not None and one.excess >= 1]
    rising.sort(key=lambda one: (-(one.excess or 0.0), one.theme.theme_id))
    return Week(since, volumes.get(ALL_TICKETS, 0), tuple(rising[:SHOWN]), tuple(judged[:SHOWN]))


def read_new_themes(connection: Connection, since: datetime) -> tuple[int, tuple[Theme, ...]]:
    """Count the live themes whose first ticket came after a time, and read the greatest of them."""
    new = and_(themes.c.state == ThemeState.LIVE.value, themes.c.first_seen >= since)
    number = connection.execute(select(func.count()).select_from(themes).where(new)).scalar_one()
    rows = connection.execute(select(themes).where(new).order_by(themes.c.size.desc(), themes.c.id).limit(NEW))
    return number, tuple(theme_of(row) for row in rows)


def _judged(connection: Connection, now: Now, chosen: Sequence[Theme], volumes: Mapping[int, int]) -> list[WeekTheme]:
    ids = [one.theme_id for one in chosen]
    expected = _expected(connection, now, ids)
    partly = [theme_id for theme_id, (_, hours) in expected.items() if hours < HOURS]
    compared = {**volumes, **dict.fromkeys(partly, 0), **_in_banded_hours(connection, now, partly)}
    signalling = _signalling(connection)
    since = now.time - timedelta(days=DAYS)
    found = []
    for theme in chosen:
        theme_id, tickets = theme.theme_id, volumes[theme.theme_id]
        is_new = theme.first_seen is not None and theme.first_seen >= since
        mean = None if is_new or theme_id not in expected else expected[theme_id][0]
        excess = float(tickets) if is_new else None if mean is None else compared[theme_id] - mean
        found.append(WeekTheme(theme, tickets, compared[theme_id], mean, excess, is_new, theme_id in signalling))
    return found


def _volumes(connection: Connection, now: Now, first: int, theme_ids: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for part in chunks(theme_ids):
        query = (
            select(counts.c.theme_id, func.sum(counts.c.n))
            .where(
                counts.c.theme_id.in_(part),
                counts.c.segment_id == now.segment_id,
                counts.c.bucket.between(first, now.bucket),
            )
            .group_by(counts.c.theme_id)
        )
        found.update((row[0], int(row[1])) for row in connection.execute(query))
    return found


def _expected(connection: Connection, now: Now, theme_ids: Sequence[int]) -> dict[int, tuple[float, int]]:
    """Mean of the window, and the number of its hours that have one; the hours at both ends count by their share in it."""
    share, first = now.share(now.hour), now.hour - HOURS + 1
    weight = case((bands.c.hour == now.hour, share), (bands.c.hour == first, 1.0 - share), else_=1.0)
    query = (
        select(bands.c.theme_id, func.sum(bands.c.mean * weight), func.count())
        .where(bands.c.theme_id.in_(theme_ids), bands.c.hour.between(first, now.hour))
        .group_by(bands.c.theme_id)
    )
    return {row[0]: (float(row[1]), row[2]) for row in connection.execute(query)}


def _in_banded_hours(connection: Connection, now: Now, theme_ids: Sequence[int]) -> dict[int, int]:
    banded = and_(bands.c.theme_id == counts.c.theme_id, bands.c.hour == HOUR_OF_BUCKET.element)
    query = (
        select(counts.c.theme_id, func.sum(counts.c.n))
        .select_from(counts.join(bands, banded))
        .where(
            counts.c.theme_id.in_(theme_ids),
            counts.c.segment_id == now.segment_id,
            counts.c.bucket.between(now.bucket - DAYS * BUCKETS_PER_DAY + 1, now.bucket),
        )
        .group_by(counts.c.theme_id)
    )
    return {row[0]: int(row[1]) for row in connection.execute(query)}


def _signalling(connection: Connection) -> set[int]:
    survivor = survivors(connection)
    found = connection.execute(select(spikes.c.theme_id).where(spikes.c.end.is_(None)).distinct()).scalars()
    return {survivor.get(one, one) for one in found}
