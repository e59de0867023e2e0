"""The board's figures of a part of all tickets that has no counts: a person's scope, or several filtered values at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from models.access import AccessScope
from models.bucket import BUCKETS_PER_DAY, hour_start, start_of
from models.theme import ALL_TICKETS
from store.board.board_query import FILTERED
from store.board.figures import WEEK_DAYS, BoardFigures, figures_of_days
from store.board.now import Now
from store.board.series import Hour, HourlySeries
from store.schema import assignments, tickets
from store.scoped import hour_of, in_scope


@dataclass(frozen=True, slots=True)
class TicketPart:
    """The tickets of a scope that have all of some values; hashable, so that its figures can be kept."""

    scope: AccessScope
    segments: tuple[tuple[str, str], ...] = ()

    def condition(self, since: datetime, until: datetime) -> ColumnElement[bool]:
        """Return the condition on `tickets` for those of the part with a time in [since, until)."""
        return and_(
            tickets.c.time >= since,
            tickets.c.time < until,
            tickets.c.counted,
            in_scope(self.scope),
            *(tickets.c[name] == value for name, value in self.segments),
        )


def count_part(connection: Connection, now: Now, part: TicketPart) -> BoardFigures:
    """Count the tickets of a part by theme, day by day back from `now`; 0 counts all of them, also those without a theme."""
    starts = [start_of(now.bucket + 1 - back * BUCKETS_PER_DAY) for back in range(1, WEEK_DAYS + 2)]
    day = case(*((tickets.c.time >= start, back) for back, start in enumerate(starts)), else_=WEEK_DAYS).label("day")
    # Grouped outside of the query that computes the day: PostgreSQL would not see that its parameters are the same twice.
    each = (
        select(assignments.c.theme_id, day)
        .select_from(tickets.outerjoin(assignments, assignments.c.ticket_id == tickets.c.id))
        .where(part.condition(starts[-1], now.time))
        .subquery()
    )
    query = select(each.c.theme_id, each.c.day, func.count()).group_by(each.c.theme_id, each.c.day)
    found: defaultdict[int, list[int]] = defaultdict(lambda: [0] * (1 + WEEK_DAYS))
    for theme_id, back, n in connection.execute(query):
        found[ALL_TICKETS][back] += n
        if theme_id is not None:
            found[theme_id][back] = n
    return figures_of_days(found)


def part_series(
    connection: Connection, now: Now, part: TicketPart, theme_ids: Sequence[int], first: int
) -> dict[int, HourlySeries]:
    """Count the tickets of a part per hour, from the hour `first` on, a series per theme; no hour has a band.

    All themes are counted: the tickets of a few hours are found sooner by their time than by the themes of a page.
    """
    hour = hour_of(tickets.c.time).label("hour")
    query = (
        select(assignments.c.theme_id, hour, func.count())
        .select_from(tickets.join(assignments, assignments.c.ticket_id == tickets.c.id))
        .where(part.condition(hour_start(first), now.time))
        .group_by(assignments.c.theme_id, hour)
    )
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for theme_id, at, n in connection.execute(query):
        found[theme_id][at] = n
    return {
        theme_id: tuple(Hour(at, found[theme_id].get(at, 0), now.share(at), None) for at in range(first, now.hour + 1))
        for theme_id in theme_ids
    }


def part_values(connection: Connection, now: Now, scope: AccessScope) -> dict[str, tuple[str, ...]]:
    """List the values of the filtered dimensions that the scope's tickets of the last days have."""
    since = start_of(now.bucket + 1 - WEEK_DAYS * BUCKETS_PER_DAY)
    columns = [tickets.c[name] for name in FILTERED]
    query = select(*columns).where(TicketPart(scope).condition(since, now.time)).distinct()
    rows: Collection[Sequence[str | None]] = connection.execute(query).all()
    return {
        name: tuple(sorted({value for row in rows if (value := row[place]) is not None}, key=str.casefold))
        for place, name in enumerate(FILTERED)
    }
