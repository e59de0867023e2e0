"""How fresh the tickets of each source are: a few look-ups in the index of sources and times, whatever the number of tickets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, String, column, exists, func, select, values

from models.freshness import EarlierWait, Freshness, SourceRhythm, judge_freshness
from store.board.now import Now
from store.schema import cursors, offsets, tickets
from store.sources import SourceProfile, read_profiles
from store.types import UtcTime

EARLIER_DAYS = (1, 2, 3, 4, 5, 6, 7, 14, 21, 28)
"""Days whose same time of day is compared with: a week, and the same day of the weeks before."""

FOLLOWING = 10
"""Tickets after the first one whose mean gap is that of the hour."""

SOURCES = 50


@dataclass(frozen=True, slots=True)
class _Span:
    """Times of the first and the newest ticket of a source."""

    source: str
    first: datetime
    newest: datetime


def read_freshness(connection: Connection, now: Now | None, at: datetime) -> Freshness:
    """Read how fresh each source is at the wall-clock time `at`; `now` is how far tickets were mined."""
    rhythms, recorded = read_rhythms(connection)
    return judge_freshness(rhythms, at, recorded=recorded, mined_until=None if now is None else now.time)


def read_rhythms(connection: Connection) -> tuple[tuple[SourceRhythm, ...], bool]:
    """Read the rhythm of each source, of up to 50, and whether all tickets come from files that were read to their ends."""
    spans = _spans(connection)
    if not spans:
        return (), False
    profiles, earlier = read_profiles(connection), _earlier(connection, spans)
    rhythms = tuple(_rhythm(span, earlier.get(span.source, ()), profiles) for span in spans)
    return rhythms, _is_recorded(connection, max(span.newest for span in spans))


def _rhythm(span: _Span, earlier: Sequence[EarlierWait], profiles: Mapping[str, SourceProfile]) -> SourceRhythm:
    grain = timedelta(seconds=profiles.get(span.source, SourceProfile()).grain)
    return SourceRhythm(span.source, span.newest, tuple(earlier), grain)


def _spans(connection: Connection) -> list[_Span]:
    """Find the sources by stepping through the index, from each to the next."""
    named = select(func.min(tickets.c.source).label("source")).cte("named", recursive=True)
    following = select(func.min(tickets.c.source)).where(tickets.c.source > named.c.source).scalar_subquery()
    named = named.union_all(select(following).where(named.c.source.is_not(None)))
    times = [
        select(one(tickets.c.time)).where(tickets.c.source == named.c.source).correlate(named).scalar_subquery()
        for one in (func.min, func.max)
    ]
    query = select(named.c.source, *times).where(named.c.source.is_not(None)).limit(SOURCES)
    return [_Span(*row) for row in connection.execute(query)]


def _earlier(connection: Connection, spans: Sequence[_Span]) -> dict[str, list[EarlierWait]]:
    """Read how long it took until the next ticket, from the time of each source's newest ticket on earlier days."""
    anchors = {
        (span.source, span.newest - timedelta(days=days)): days
        for span in spans
        for days in EARLIER_DAYS
        if span.newest - timedelta(days=days) >= span.first
    }
    if not anchors:
        return {}
    asked = values(column("source", String), column("anchor", UtcTime), name="asked").data(list(anchors)).cte("asked")
    after = select(tickets.c.time).where(tickets.c.source == asked.c.source, tickets.c.time > asked.c.anchor)
    after = after.correlate(asked).order_by(tickets.c.time).limit(1)
    query = select(asked.c.source, asked.c.anchor, after.scalar_subquery(), after.offset(FOLLOWING).scalar_subquery())
    found: defaultdict[str, list[EarlierWait]] = defaultdict(list)
    for source, anchor, first, last in connection.execute(query):
        if first is not None:
            gap = None if last is None else (last - first) / FOLLOWING
            found[source].append(EarlierWait(anchors[source, anchor], first - anchor, gap))
    return found


def _is_recorded(connection: Connection, newest: datetime) -> bool:
    """Check whether the newest ticket comes from a file, and nothing is left to be read or pulled."""
    unread = select(exists().where(offsets.c.ended.is_(False))).scalar_subquery()
    pulled = select(exists().select_from(cursors)).scalar_subquery()
    read_until = select(func.max(offsets.c.newest)).scalar_subquery()
    left, systems, until = connection.execute(select(unread, pulled, read_until)).one()
    return not left and not systems and until is not None and until >= newest
