"""Launches: the plans, and the tickets under each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from models.bucket import BUCKETS_PER_HOUR, bucket_of
from models.segment import Segment
from models.theme import ALL_TICKETS, Theme, ThemeState
from store.board.now import Now
from store.board.series import HourlySeries, series_of
from store.board.spikes import SpikeRow, spike_rows
from store.board.theme_rows import theme_of
from store.records import chunks
from store.schema import bands, counts, launches, spikes, themes

LAUNCHES = 500
THEMES = 60
"""Themes of one launch that are shown: those with the greatest excess over their plan."""

NEWCOMERS = 40
HOURS = 24 * 60
"""A launch is followed for up to 60 days; a longer plan is a season, which the calendar learns."""


@dataclass(frozen=True, slots=True)
class LaunchRow:
    """A launch in its latest revision; `expected` is the plan as it was written."""

    launch_id: str
    kind: str
    title: str
    start: datetime
    end: datetime
    scope: Segment
    tolerance: float
    expected: tuple[Mapping[str, Any], ...]
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class LaunchTheme:
    """A theme under the launch's envelope; `theme` None means all tickets.

    `series` holds the hours whose band is the launch's.
    """

    theme_id: int
    theme: Theme | None
    series: HourlySeries


@dataclass(frozen=True, slots=True)
class LaunchPage:
    """What the launch monitor shows; `shown_of` counts the themes under the envelope, shown or not."""

    launch: LaunchRow
    themes: tuple[LaunchTheme, ...]
    shown_of: int
    newcomers: tuple[Theme, ...]
    spikes: tuple[SpikeRow, ...]


def launch_rows(connection: Connection, *, cancelled: bool = False) -> tuple[LaunchRow, ...]:
    """Read the launches, the one that starts last first, each in its latest revision; the cancelled ones where asked for."""
    query = select(launches).order_by(launches.c.start.desc(), launches.c.subject).limit(4 * LAUNCHES)
    latest: dict[tuple[str, str], Row[Any]] = {}
    for row in connection.execute(query):
        known = latest.get((row.source, row.subject))
        if known is None or (row.time, row.id) > (known.time, known.id):
            latest[row.source, row.subject] = row
    kept = [row for row in latest.values() if cancelled or not row.cancelled]
    rows = sorted(kept, key=lambda row: (-row.start.timestamp(), row.subject))[:LAUNCHES]
    return tuple(_launch_of(row) for row in rows)


def launch_page(connection: Connection, now: Now | None, launch_id: str) -> LaunchPage | None:
    """Read a launch and the tickets under it; None where there is no such launch."""
    revisions = connection.execute(select(launches).where(launches.c.subject == launch_id)).all()
    if not revisions:
        return None
    launch = _launch_of(max(revisions, key=lambda row: (row.time, row.id)))
    planned, shown_of = _planned(connection, now, launch)
    during = (spikes.c.start < launch.end, or_(spikes.c.end.is_(None), spikes.c.end > launch.start))
    return LaunchPage(
        launch=launch,
        themes=planned,
        shown_of=shown_of,
        newcomers=_newcomers(connection, launch),
        # An open spike would reach into every window to come.
        spikes=spike_rows(connection, *during) if now is not None and now.time > launch.start else (),
    )


def _launch_of(row: Row[Any]) -> LaunchRow:
    return LaunchRow(
        row.subject,
        row.kind,
        row.title,
        row.start,
        row.end,
        Segment.of(row.scope),
        row.tolerance,
        tuple(row.expected),
        row.cancelled,
    )


def _planned(connection: Connection, now: Now | None, launch: LaunchRow) -> tuple[tuple[LaunchTheme, ...], int]:
    if now is None:
        return (), 0
    first = bucket_of(launch.start) // BUCKETS_PER_HOUR
    last = min((bucket_of(launch.end) - 1) // BUCKETS_PER_HOUR, now.hour, first + HOURS - 1)
    means = _means(connection, launch.launch_id, first, last)
    chosen = _greatest_excess(connection, now, means, first, last)
    read = series_of(connection, now, chosen, first, last)
    named = {theme.theme_id: theme for theme in _themes(connection, chosen)}
    return tuple(
        LaunchTheme(theme_id, named.get(theme_id), _under(read[theme_id], launch.launch_id)) for theme_id in chosen
    ), len(means)


def _under(series: HourlySeries, launch_id: str) -> HourlySeries:
    return tuple(hour for hour in series if hour.band is not None and hour.band.launch_id == launch_id)


def _means(connection: Connection, launch_id: str, first: int, last: int) -> dict[int, float]:
    query = (
        select(bands.c.theme_id, func.sum(bands.c.mean))
        .where(bands.c.launch_id == launch_id, bands.c.hour.between(first, last))
        .group_by(bands.c.theme_id)
    )
    return {theme_id: float(mean) for theme_id, mean in connection.execute(query)}


def _greatest_excess(connection: Connection, now: Now, means: Mapping[int, float], first: int, last: int) -> list[int]:
    if len(means) > THEMES:
        observed: dict[int, int] = {}
        for part in chunks(means):
            query = (
                select(counts.c.theme_id, func.sum(counts.c.n))
                .where(
                    counts.c.theme_id.in_(part),
                    counts.c.segment_id == now.segment_id,
                    counts.c.bucket.between(first * BUCKETS_PER_HOUR, (last + 1) * BUCKETS_PER_HOUR - 1),
                )
                .group_by(counts.c.theme_id)
            )
            observed.update((theme_id, int(n)) for theme_id, n in connection.execute(query))
        ranked = sorted(means, key=lambda theme_id: (means[theme_id] - observed.get(theme_id, 0), theme_id))
        return [ALL_TICKETS] * (ALL_TICKETS in means) + [t for t in ranked if t != ALL_TICKETS][:THEMES]
    return sorted(means)


def _themes(connection: Connection, theme_ids: Sequence[int]) -> list[Theme]:
    return [theme_of(row) for row in connection.execute(select(themes).where(themes.c.id.in_(theme_ids)))]


def _newcomers(connection: Connection, launch: LaunchRow) -> tuple[Theme, ...]:
    query = (
        select(themes)
        .where(
            themes.c.first_seen >= launch.start,
            themes.c.first_seen < launch.end,
            themes.c.state == ThemeState.LIVE.value,
        )
        .order_by(themes.c.size.desc(), themes.c.id)
        .limit(NEWCOMERS)
    )
    return tuple(theme_of(row) for row in connection.execute(query))
