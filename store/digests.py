"""Digests: the rows that one is built from, and the digests that were published."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from models.alert import AlertKind
from models.bucket import BUCKET_SECONDS, BUCKETS_PER_HOUR, bucket_of
from models.change import Change
from models.event import DIMENSIONS, MATCHED
from models.segment import EVERYTHING, Segment
from models.text import customers_words
from models.theme import ThemeState
from models.times import rfc3339
from store.demand import count_demand
from store.records import chunks
from store.schema import (
    alerts,
    assignments,
    bands,
    causes,
    changes,
    counts,
    digests,
    launches,
    segments,
    spikes,
    themes,
    tickets,
)
from store.survivors import survivors

OWNING_SPAN = timedelta(days=7)
"""A theme's owner follows from its tickets of a week, so that a quiet day does not change it."""


@dataclass(frozen=True, slots=True)
class DigestWindow:
    """The window of a digest: event time from `start` up to, not including, `end`; both timezone-aware."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise ValueError(
                f"received the window {self.start} to {self.end} without a zone; pass timezone-aware times"
            )
        if self.end <= self.start:
            raise ValueError(
                f"received a window that ends at {self.end}, not after its start {self.start}; swap the two"
            )

    @property
    def span(self) -> timedelta:
        """Length of the window."""
        return self.end - self.start

    @property
    def before(self) -> DigestWindow:
        """The window of the same length that ends where this one starts."""
        return DigestWindow(self.start - self.span, self.start)

    @property
    def hours(self) -> range:
        """Hours since 1970 that it overlaps."""
        return range(int(self.start.timestamp() // 3600), -int(-self.end.timestamp() // 3600))

    @property
    def buckets(self) -> range:
        """Buckets that start in it, the one it starts in included."""
        return range(bucket_of(self.start), -int(-self.end.timestamp() // BUCKET_SECONDS))


@dataclass(frozen=True, slots=True)
class DigestTheme:
    """A live or dormant theme.

    `mix` holds its tickets of the week before the window's end by their full segment.
    """

    theme_id: int
    name: str
    status: str
    size: int
    first_seen: datetime | None
    keywords: tuple[str, ...] = ()
    known_issue: Mapping[str, Any] | None = None
    owner: str | None = None
    mix: Mapping[Segment, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BandRow:
    """What was expected of a theme in an hour: the mean in tickets and the band around it."""

    mean: float
    low: float
    high: float
    launch_id: str | None = None


@dataclass(frozen=True, slots=True)
class DigestCause:
    """One cause of a spike; `contribution` is the share of the excess, or of what is missing, that it explains."""

    kind: str
    reason: str
    contribution: float
    segment: Segment | None = None
    change_id: str | None = None


@dataclass(frozen=True, slots=True)
class DigestSpike:
    """An episode that overlaps the window, with its causes by rank."""

    spike_id: int
    theme_id: int
    segment: Segment
    kind: str
    start: datetime
    end: datetime | None
    observed: int
    expected: float
    ratio: float
    severity: float
    launch_id: str | None
    gate: str | None
    evidence: tuple[str, ...]
    verdict: str
    note: str | None = None
    causes: tuple[DigestCause, ...] = ()


@dataclass(frozen=True, slots=True)
class DigestLaunch:
    """The newest revision of a launch whose window overlaps the digest's."""

    launch_id: str
    kind: str
    title: str
    start: datetime
    end: datetime
    scope: Segment


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """A ticket that may be quoted, redacted as it is stored."""

    ticket_id: str
    time: datetime
    title: str
    body: str
    segment: Segment


@dataclass(frozen=True, slots=True)
class DigestRows:
    """All that a digest of a window is built from, for every audience.

    `observed` and `bands` are by theme id (0: all tickets) and hour since 1970; `previous` counts tickets of
    the window before; `announced` are the themes whose new_theme alert was opened in the window; `quotes` are
    by theme, best first; `no_demand` counts the window's tickets that no customer wrote by kind.
    """

    window: DigestWindow
    themes: tuple[DigestTheme, ...] = ()
    observed: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    bands: Mapping[int, Mapping[int, BandRow]] = field(default_factory=dict)
    previous: Mapping[int, int] = field(default_factory=dict)
    spikes: tuple[DigestSpike, ...] = ()
    changes: Mapping[str, Change] = field(default_factory=dict)
    launches: tuple[DigestLaunch, ...] = ()
    quotes: Mapping[int, tuple[QuoteRow, ...]] = field(default_factory=dict)
    announced: frozenset[int] = frozenset()
    no_demand: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredDigest:
    """A digest as it was published; there is one per audience and window."""

    audience: str
    window: DigestWindow
    markdown: str
    html: str


def collect(connection: Connection, window: DigestWindow, *, quotes: int = 12) -> DigestRows:
    """Read what the window's digests need, with up to `quotes` tickets a theme in addition to the evidence of spikes.

    Merged and split themes hold no tickets and are left out; spikes and alerts of merged ones are listed under
    their survivors.
    """
    episodes = _spikes(connection, window)
    return DigestRows(
        window=window,
        themes=_themes(connection, window),
        observed=_observed(connection, window),
        bands=_bands(connection, window),
        previous=_totals(connection, window.before),
        spikes=episodes,
        changes=_changes(connection, [cause.change_id for spike in episodes for cause in spike.causes]),
        launches=_launches(connection, window),
        quotes=_quotes(connection, window, episodes, quotes),
        announced=_announced(connection, window),
        no_demand=count_demand(connection, window.start, window.end).by_kind,
    )


def load_digest(connection: Connection, audience: str, window: DigestWindow) -> StoredDigest | None:
    """Read the digest that was published for the audience and window; None where there is none."""
    row = connection.execute(
        select(digests).where(
            digests.c.audience == audience, digests.c.start == window.start, digests.c.end == window.end
        )
    ).one_or_none()
    return None if row is None else StoredDigest(audience, window, row.markdown, row.html)


def newest_end(connection: Connection, audience: str, before: datetime) -> datetime | None:
    """Return the end of the newest published window of the audience that ends at or before a time; None without one."""
    query = select(func.max(digests.c.end)).where(digests.c.audience == audience, digests.c.end <= before)
    end: datetime | None = connection.execute(query).scalar_one()
    return end


def insert_digest(connection: Connection, digest: StoredDigest, *, replace: bool = False) -> bool:
    """Keep a digest; where its audience and window have one, that stays unless `replace`.

    True where a row was written.
    """
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(digests).values(
        audience=digest.audience,
        start=digest.window.start,
        end=digest.window.end,
        markdown=digest.markdown,
        html=digest.html,
    )
    key = [digests.c.audience, digests.c.start, digests.c.end]
    if replace:
        statement = statement.on_conflict_do_update(
            index_elements=key, set_={"markdown": digest.markdown, "html": digest.html}
        )
    else:
        statement = statement.on_conflict_do_nothing(index_elements=key)
    return connection.execute(statement.returning(digests.c.audience)).scalar_one_or_none() is not None


def list_digests(connection: Connection) -> list[dict[str, str]]:
    """Read published digests by window and audience, without wall-clock values."""
    query = select(digests.c.audience, digests.c.start, digests.c.end).order_by(
        digests.c.start, digests.c.end, digests.c.audience
    )
    return [
        {"audience": row.audience, "start": rfc3339(row.start), "end": rfc3339(row.end)}
        for row in connection.execute(query)
    ]


def _themes(connection: Connection, window: DigestWindow) -> tuple[DigestTheme, ...]:
    query = (
        select(themes)
        .where(
            themes.c.state.in_([ThemeState.LIVE.value, ThemeState.DORMANT.value]),
            themes.c.first_seen < window.end,
        )
        .order_by(themes.c.id)
    )
    mixes = _mixes(connection, window)
    return tuple(
        DigestTheme(
            theme_id=row.id, name=row.name, status=row.status, size=row.size, first_seen=row.first_seen,
            keywords=tuple(row.keywords), known_issue=row.known_issue, owner=row.owner, mix=mixes.get(row.id,
            {}),
        )
        for row in connection.execute(query)
    )  # fmt: skip


def _mixes(connection: Connection, window: DigestWindow) -> dict[int, Counter[Segment]]:
    columns = [tickets.c[name] for name in MATCHED]
    query = (
        select(assignments.c.theme_id, *columns, func.count().label("n"))
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(
            assignments.c.theme_id.is_not(None),
            tickets.c.counted,
            tickets.c.time >= window.end - OWNING_SPAN,
            tickets.c.time < window.end,
        )
        .group_by(assignments.c.theme_id, *columns)
    )
    mixes: dict[int, Counter[Segment]] = defaultdict(Counter)
    for row in connection.execute(query):
        mixes[row.theme_id][_segment(row, MATCHED)] += row.n
    return mixes


def _observed(connection: Connection, window: DigestWindow) -> dict[int, dict[int, int]]:
    hour = (counts.c.bucket - counts.c.bucket % BUCKETS_PER_HOUR).label("first")
    query = _counted(window, counts.c.theme_id, hour).group_by(counts.c.theme_id, hour)
    observed: dict[int, dict[int, int]] = defaultdict(dict)
    for row in connection.execute(query):
        observed[row.theme_id][row.first // BUCKETS_PER_HOUR] = int(row.n)
    return dict(observed)


def _totals(connection: Connection, window: DigestWindow) -> dict[int, int]:
    query = _counted(window, counts.c.theme_id).group_by(counts.c.theme_id)
    return {row.theme_id: int(row.n) for row in connection.execute(query)}


def _counted(window: DigestWindow, *columns: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    columns = (*columns, func.sum(counts.c.n).label("n"))
    return (
        select(*columns)
        .join(segments, segments.c.id == counts.c.segment_id)
        .where(
            segments.c.key == EVERYTHING.key,
            counts.c.bucket >= window.buckets.start,
            counts.c.bucket < window.buckets.stop,
        )
    )


def _bands(connection: Connection, window: DigestWindow) -> dict[int, dict[int, BandRow]]:
    query = select(bands).where(bands.c.hour >= window.hours.start, bands.c.hour < window.hours.stop)
    found: dict[int, dict[int, BandRow]] = defaultdict(dict)
    for row in connection.execute(query):
        found[row.theme_id][row.hour] = BandRow(row.mean, row.low, row.high, row.launch_id)
    return dict(found)


def _spikes(connection: Connection, window: DigestWindow) -> tuple[DigestSpike, ...]:
    query = (
        select(spikes)
        .where(spikes.c.start < window.end, or_(spikes.c.end.is_(None), spikes.c.end > window.start))
        .order_by(spikes.c.id)
    )
    rows = connection.execute(query).all()
    reasons = _causes(connection, [row.id for row in rows])
    survivor = survivors(connection)
    return tuple(
        DigestSpike(
            spike_id=row.id, theme_id=survivor.get(row.theme_id, row.theme_id),
            segment=Segment.of(row.segment), kind=row.kind, start=row.start, end=row.end,
            observed=row.observed, expected=row.expected, ratio=row.ratio, severity=row.severity,
            launch_id=row.launch_id, gate=row.gate, evidence=tuple(row.evidence), verdict=row.verdict,
            note=row.note, causes=tuple(reasons.get(row.id, ())),
        )
        for row in rows
    )  # fmt: skip


def _causes(connection: Connection, spike_ids: Sequence[int]) -> dict[int, list[DigestCause]]:
    found: dict[int, list[DigestCause]] = defaultdict(list)
    for chunk in chunks(spike_ids):
        query = select(causes).where(causes.c.spike_id.in_(chunk)).order_by(causes.c.spike_id, causes.c.rank)
        for row in connection.execute(query):
            found[row.spike_id].append(
                DigestCause(
                    kind=row.kind, reason=row.reason, contribution=row.contribution, change_id=row.change_id,
                    segment=None if row.segment is None else Segment.of(row.segment),
                )
            )  # fmt: skip
    return found


def _changes(connection: Connection, change_ids: Iterable[str | None]) -> dict[str, Change]:
    wanted = sorted({change_id for change_id in change_ids if change_id is not None})
    found: dict[str, Change] = {}
    for chunk in chunks(wanted):
        # The row with the greatest (time, id) is a record's newest revision: later rows overwrite earlier ones.
        query = select(changes).where(changes.c.subject.in_(chunk)).order_by(changes.c.time, changes.c.id)
        for row in connection.execute(query):
            found[row.subject] = Change(row.subject, row.kind, row.title, Segment.of(row.scope), row.time, row.url)
    return found


def _launches(connection: Connection, window: DigestWindow) -> tuple[DigestLaunch, ...]:
    last: dict[tuple[str, str], Row[Any]] = {}
    for row in connection.execute(select(launches).order_by(launches.c.time, launches.c.id)):
        last[row.source, row.subject] = row
    return tuple(
        DigestLaunch(row.subject, row.kind, row.title, row.start, row.end, Segment.of(row.scope))
        for row in sorted(last.values(), key=lambda row: (row.start, row.subject))
        if row.start < window.end and row.end > window.start
    )


def _quotes(
    connection: Connection, window: DigestWindow, episodes: Sequence[DigestSpike], limit: int
) -> dict[int, tuple[QuoteRow, ...]]:
    evidence = _tickets(connection, sorted({ticket_id for spike in episodes for ticket_id in spike.evidence}))
    found: dict[int, dict[str, QuoteRow]] = defaultdict(dict)
    for spike in sorted(episodes, key=lambda spike: (-spike.severity, spike.spike_id)):
        for ticket_id in spike.evidence:
            if ticket_id in evidence:
                found[spike.theme_id].setdefault(ticket_id, evidence[ticket_id])
    for theme_id, quote in _typical(connection, window, limit):
        found[theme_id].setdefault(quote.ticket_id, quote)
    return {theme_id: tuple(quotes.values()) for theme_id, quotes in found.items()}


def _typical(connection: Connection, window: DigestWindow, limit: int) -> Iterator[tuple[int, QuoteRow]]:
    """Read the tickets of the window that are closest to their theme, with the theme's id."""
    place = (
        func.row_number()
        .over(
            partition_by=assignments.c.theme_id,
            order_by=(assignments.c.confidence.desc(), assignments.c.ticket_id),
        )
        .label("place")
    )
    ranked = (
        select(assignments.c.theme_id, assignments.c.ticket_id, place)
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(
            assignments.c.theme_id.is_not(None),
            _quotable(),
            tickets.c.time >= window.start,
            tickets.c.time < window.end,
        )
        .subquery()
    )
    query = (
        select(ranked.c.theme_id, tickets)
        .join(tickets, tickets.c.id == ranked.c.ticket_id)
        .where(ranked.c.place <= limit)
        .order_by(ranked.c.theme_id, ranked.c.place)
    )
    for row in connection.execute(query):
        yield row.theme_id, _quote(row)


def _tickets(connection: Connection, ticket_ids: Sequence[str]) -> dict[str, QuoteRow]:
    found: dict[str, QuoteRow] = {}
    for chunk in chunks(ticket_ids):
        for row in connection.execute(select(tickets).where(tickets.c.id.in_(chunk), _quotable())):
            found[row.id] = _quote(row)
    return found


def _quotable() -> ColumnElement[bool]:
    return tickets.c.counted & tickets.c.erased_at.is_(None) & ((tickets.c.title != "") | (tickets.c.body != ""))


def _quote(row: Row[Any]) -> QuoteRow:
    return QuoteRow(row.id, row.time, *customers_words(row.title, row.body), _segment(row))


def _announced(connection: Connection, window: DigestWindow) -> frozenset[int]:
    survivor = survivors(connection)
    query = select(alerts.c.theme_id).where(
        alerts.c.kind == AlertKind.NEW_THEME.value, alerts.c.opened_at > window.start, alerts.c.opened_at <= window.end
    )
    return frozenset(survivor.get(theme_id, theme_id) for theme_id in connection.scalars(query))


def _segment(row: Row[*tuple[Any, ...]], names: Sequence[str] = DIMENSIONS) -> Segment:
    return Segment.of({name: getattr(row, name) for name in names})
