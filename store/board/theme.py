"""One theme: its timeline, spikes with their causes, what was changed meanwhile, evidence and history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from models.bucket import BUCKETS_PER_HOUR, start_of
from models.segment import Segment
from models.text import customers_words
from models.theme import Theme
from store.board.launches import LaunchRow, launch_rows
from store.board.now import Now
from store.board.series import HourlySeries, series_of
from store.board.spikes import SpikeRow, spike_rows
from store.board.themes import theme_of
from store.decisions import Decision, pending_decisions, read_decisions
from store.errors import ThemeUnknown
from store.records import chunks
from store.schema import alerts, assignments, changes, lineage, spikes, themes, tickets
from store.survivors import family
from store.transitions import StatusChange, read_transitions
from store.types import LARGEST_ID

QUOTES = 6
CANDIDATES = 60
"""Newest tickets that may be quoted, the surest first: enough to find clear ones in a theme of any size."""

CHANGES = 40
LINEAGE = 50
ALERTS = 20
DECIDED = 20
TRANSITIONS = 40


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A recorded change in its latest revision; `cited`: a spike of the theme names it as a cause."""

    change_id: str
    kind: str
    title: str
    scope: Segment
    time: datetime
    url: str | None
    cited: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """Redacted text of one ticket of the theme; `attributes` says where it came from."""

    ticket_id: str
    time: datetime
    title: str
    body: str
    attributes: Segment


@dataclass(frozen=True, slots=True)
class LineageRow:
    """One step of the theme's history. `tickets` is how many it moved."""

    kind: str
    theme_id: int
    other_id: int | None
    tickets: int
    reason: str


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert of the theme."""

    alert_id: int
    kind: str
    state: str
    audience: str
    opened_at: datetime
    reason: str
    incident_id: int | None


@dataclass(frozen=True, slots=True)
class ThemePage:
    """All that a theme's page shows; `series` is hourly, up to the newest hour of event time."""

    theme: Theme
    series: HourlySeries
    spikes: tuple[SpikeRow, ...]
    changes: tuple[ChangeRow, ...]
    launches: tuple[LaunchRow, ...]
    quotes: tuple[Quote, ...]
    lineage: tuple[LineageRow, ...]
    alerts: tuple[AlertRow, ...]
    transitions: tuple[StatusChange, ...]
    pending: tuple[Decision, ...]
    decided: tuple[Decision, ...]


def theme_page(connection: Connection, now: Now | None, theme_id: int, days: int) -> ThemePage:
    """Read a theme with the last `days` (1 to 60) of event time. Raises `ThemeUnknown`."""
    known = select(themes).where(themes.c.id == theme_id)
    found = connection.execute(known).one_or_none() if abs(theme_id) <= LARGEST_ID else None
    if found is None:
        raise ThemeUnknown(theme_id)
    series: HourlySeries = ()
    if now is not None:
        series = series_of(connection, now, [theme_id], now.hour - 24 * days + 1, now.hour)[theme_id]
    theme_ids = family(connection, theme_id)
    episodes = spike_rows(connection, spikes.c.theme_id.in_(theme_ids))
    began, ended = _span(series)
    return ThemePage(
        theme=theme_of(found),
        series=series,
        spikes=episodes,
        changes=_changes(connection, episodes, began, ended),
        launches=tuple(row for row in launch_rows(connection) if began and row.start < ended and row.end > began),
        quotes=_quotes(connection, theme_id, episodes),
        lineage=_lineage(connection, theme_id),
        alerts=_alerts(connection, theme_ids),
        transitions=tuple(read_transitions(connection, theme_ids)[-TRANSITIONS:]),
        pending=pending_decisions(connection).get(theme_id, ()),
        decided=_decided(connection, set(theme_ids)),
    )


def _span(series: HourlySeries) -> tuple[datetime | None, datetime]:
    if not series:
        return None, start_of(0)
    return _hour_start(series[0].hour), _hour_start(series[-1].hour + 1)


def _hour_start(hour: int) -> datetime:
    return start_of(hour * BUCKETS_PER_HOUR)


def _changes(
    connection: Connection, episodes: Sequence[SpikeRow], began: datetime | None, ended: datetime
) -> tuple[ChangeRow, ...]:
    if began is None:
        return ()
    cited = {cause.change_id for episode in episodes for cause in episode.causes if cause.change_id}
    query = (
        select(changes)
        .where(changes.c.time >= began - timedelta(hours=1), changes.c.time < ended)
        .order_by(changes.c.time.desc(), changes.c.id.desc())
        .limit(10 * CHANGES)
    )
    latest: dict[tuple[str, str], ChangeRow] = {}
    for row in connection.execute(query):
        change = ChangeRow(
            row.subject, row.kind, row.title, Segment.of(row.scope), row.time, row.url, row.subject in cited
        )
        latest.setdefault((row.source, row.subject), change)
    kept = sorted(latest.values(), key=lambda change: (not change.cited, -change.time.timestamp()))[:CHANGES]
    return tuple(sorted(kept, key=lambda change: (change.time, change.change_id)))


def _quotes(connection: Connection, theme_id: int, episodes: Sequence[SpikeRow]) -> tuple[Quote, ...]:
    named = list(dict.fromkeys(ticket for episode in episodes[:3] for ticket in episode.evidence))[: 2 * QUOTES]
    newest = (
        select(assignments.c.ticket_id, assignments.c.confidence)
        .where(assignments.c.theme_id == theme_id)
        .order_by(assignments.c.epoch.desc(), assignments.c.ticket_id)
        .limit(CANDIDATES)
    )
    surest = sorted(connection.execute(newest).all(), key=lambda row: (-row.confidence, row.ticket_id))
    wanted = list(dict.fromkeys([*named, *(row.ticket_id for row in surest)]))
    texts = _texts(connection, wanted[: 4 * QUOTES])
    seen: set[tuple[str, str]] = set()
    quotes: list[Quote] = []
    for ticket_id in wanted:
        quote = texts.get(ticket_id)
        # Templates sent word for word say nothing a second time.
        if quote is not None and (quote.title, quote.body) not in seen:
            seen.add((quote.title, quote.body))
            quotes.append(quote)
    return tuple(quotes[:QUOTES])


def quotes_of(connection: Connection, ticket_ids: Sequence[str]) -> tuple[Quote, ...]:
    """Read quotes of tickets, in the order of their ids given; those without a text are left out."""
    texts = _texts(connection, ticket_ids)
    return tuple(texts[ticket] for ticket in ticket_ids if ticket in texts)


def _texts(connection: Connection, ticket_ids: Sequence[str]) -> dict[str, Quote]:
    found: dict[str, Quote] = {}
    for part in chunks(ticket_ids):
        for row in connection.execute(select(tickets).where(tickets.c.id.in_(part))):
            if row.erased_at is None and (row.title or row.body):
                names = ("region", "platform", "app_version", "payment_method", "channel")
                attributes = Segment.of({name: getattr(row, name) for name in names})
                found[row.id] = Quote(row.id, row.time, *customers_words(row.title, row.body), attributes)
    return found


def _lineage(connection: Connection, theme_id: int) -> tuple[LineageRow, ...]:
    query = (
        select(lineage)
        .where((lineage.c.theme_id == theme_id) | (lineage.c.other_id == theme_id))
        .order_by(lineage.c.id.desc())
        .limit(LINEAGE)
    )
    return tuple(
        LineageRow(row.kind, row.theme_id, row.other_id, row.tickets, row.reason) for row in connection.execute(query)
    )


def _decided(connection: Connection, theme_ids: set[int]) -> tuple[Decision, ...]:
    """The newest decisions about the theme and those merged into it, newest first."""
    found = [one for one in read_decisions(connection) if theme_ids & set(one.touches)]
    return tuple(reversed(found[-DECIDED:]))


def _alerts(connection: Connection, theme_ids: Sequence[int]) -> tuple[AlertRow, ...]:
    query = select(alerts).where(alerts.c.theme_id.in_(theme_ids)).order_by(alerts.c.id.desc()).limit(ALERTS)
    return tuple(
        AlertRow(row.id, row.kind, row.state, row.audience, row.opened_at, row.reason, row.incident_id)
        for row in connection.execute(query)
    )
