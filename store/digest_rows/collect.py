"""Collecting the figures of a window: themes, hours, spikes with their causes, launches."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from models.alert import AlertKind
from models.change import Change
from models.event import MATCHED
from models.segment import Segment
from models.theme import ALL_TICKETS, ThemeState
from store.board.now import now_of
from store.board.series import window_series, window_totals
from store.demand import count_demand
from store.digest_rows.notices import alert_notices, incident_notices
from store.digest_rows.procedures import read_procedures
from store.digest_rows.records import DigestCause, DigestLaunch, DigestRows, DigestSpike, DigestTheme
from store.digests import DigestWindow
from store.records import chunks
from store.recurring import read_recurring
from store.schema import assignments, causes, changes, launches, spikes, themes, tickets
from store.survivors import survivors
from store.trends import read_trends

OWNING_SPAN = timedelta(days=7)
"""A theme's owner follows from its tickets of a week, so that a quiet day does not change it."""


def collect(connection: Connection, window: DigestWindow) -> DigestRows:
    """Read the figures that the window's digests need; `add_detail` adds quotes and customers for the themes that are reported.

    The hours come from the function that the pages read theirs with. Merged and split themes hold no tickets and are left out; spikes,
    alerts and incidents of merged ones are listed under their survivors.
    """
    now, merged = now_of(connection), survivors(connection)
    found = _themes(connection, window)
    episodes = _spikes(connection, window, merged)
    notices = alert_notices(connection, window, merged)
    wanted = [ALL_TICKETS, *(theme.theme_id for theme in found)]
    return DigestRows(
        window=window,
        themes=found,
        series={} if now is None else window_series(connection, now, wanted, window.buckets),
        previous={} if now is None else window_totals(connection, now, window.before.buckets),
        spikes=episodes,
        changes=_changes(connection, [cause.change_id for spike in episodes for cause in spike.causes]),
        launches=_launches(connection, window),
        alerts=notices,
        incidents=incident_notices(connection, window, merged),
        announced=frozenset(one.theme_id for one in notices if one.kind == AlertKind.NEW_THEME),
        no_demand=count_demand(connection, window.start, window.end).by_kind,
        trends=tuple(
            one.with_(theme_id=merged.get(one.theme_id, one.theme_id))
            for one in read_trends(connection, window.start, window.end)
        ),
        recurring=tuple(read_recurring(connection, window.end)),
        procedures=read_procedures(connection),
    )


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
            keywords=tuple(row.keywords), known_issue=row.known_issue, owner=row.owner,
            mix=mixes.get(row.id, {}),
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
        mixes[row.theme_id][_segment(row)] += row.n
    return mixes


def _spikes(connection: Connection, window: DigestWindow, merged: dict[int, int]) -> tuple[DigestSpike, ...]:
    query = (
        select(spikes)
        .where(spikes.c.start < window.end, or_(spikes.c.end.is_(None), spikes.c.end > window.start))
        .order_by(spikes.c.id)
    )
    rows = connection.execute(query).all()
    reasons = _causes(connection, [row.id for row in rows])
    return tuple(
        DigestSpike(
            spike_id=row.id, theme_id=merged.get(row.theme_id, row.theme_id),
            segment=Segment.of(row.segment), kind=row.kind, start=row.start, end=row.end,
            observed=row.observed, expected=row.expected, ratio=row.ratio, severity=row.severity,
            launch_id=row.launch_id, gate=row.gate, evidence=tuple(row.evidence), verdict=row.verdict,
            note=row.note, causes=tuple(reasons.get(row.id, ())), incident_id=row.incident_id,
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
                    relative_risk=row.relative_risk, score=row.score,
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


def _segment(row: Row[*tuple[Any, ...]]) -> Segment:
    return Segment.of({name: getattr(row, name) for name in MATCHED})
