"""Tickets inside a launch's scope: from the counts where its segment is counted, else from the tickets themselves, up to a bound."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Integer, func, literal_column, select

from models.bucket import bucket_of, start_of
from models.earlier_windows import BucketSpan
from models.event import MATCHED
from models.segment import Segment
from models.theme import ALL_TICKETS
from store.records import chunks
from store.schema import assignments, counts, segments, tickets

MOST_TICKETS = 10_000
"""Tickets of one window that are counted one by one, the newest ones, where the scope is no segment that is counted."""


Steps = Mapping[int, int]
"""Tickets by step of a span, counted from 0; steps without a ticket are left out."""


@dataclass(frozen=True, slots=True)
class ScopeCounts:
    """Tickets of themes in a scope by step, one mapping for each span that was asked for, 0 for all tickets.

    `counted` says that the scope is a segment of which counts are kept; else they are of the newest tickets alone where `cut`.
    """

    spans: tuple[Mapping[int, Steps], ...]
    counted: bool
    cut: bool = False

    def total(self, theme_id: int, span: int) -> int:
        """Add up the tickets of a theme in a span."""
        return sum(self.spans[span].get(theme_id, {}).values())

    def series(self, theme_id: int, span: int, steps: int) -> list[int]:
        """List the tickets of a theme in the first steps of a span."""
        found = self.spans[span].get(theme_id, {})
        return [found.get(step, 0) for step in range(steps)]


def read_segment_number(connection: Connection, segment: Segment) -> int | None:
    """Read the number of a segment; None where it is not counted."""
    return connection.execute(select(segments.c.id).where(segments.c.key == segment.key)).scalar()


def read_known_values(connection: Connection, dimensions: Collection[str]) -> dict[str, list[str]]:
    """Read the values that tickets have had, by dimension, sorted; a dimension without one has an empty list."""
    found: dict[str, list[str]] = {name: [] for name in dimensions}
    for key in connection.execute(select(segments.c.key)).scalars():
        pairs = Segment.from_key(key).pairs
        if len(pairs) == 1 and pairs[0][0] in found:
            found[pairs[0][0]].append(pairs[0][1])
    return {name: sorted(values) for name, values in found.items()}


def read_record(connection: Connection) -> BucketSpan | None:
    """Read the span of buckets in which tickets are counted; None where there are none."""
    # Each on its own: SQLite finds a minimum and a maximum in one query by reading all rows.
    first = connection.execute(select(func.min(counts.c.bucket))).scalar()
    last = connection.execute(select(func.max(counts.c.bucket))).scalar()
    return None if first is None or last is None else (first, last + 1)


def count_in_scope(
    connection: Connection, scope: Segment, theme_ids: Collection[int], spans: Sequence[BucketSpan], step: int
) -> ScopeCounts:
    """Count the tickets of themes in a scope, for each span of buckets, in steps of so many buckets from its start on."""
    number = read_segment_number(connection, scope)
    if number is not None:
        found = [_from_counts(connection, number, theme_ids, span, step) for span in spans]
        return ScopeCounts(tuple(found), counted=True)
    if not set(scope.dimensions) <= set(MATCHED):
        return ScopeCounts(tuple({} for _ in spans), counted=False)
    by_ticket = [_from_tickets(connection, scope, set(theme_ids), span, step) for span in spans]
    return ScopeCounts(tuple(found for found, _ in by_ticket), counted=False, cut=any(cut for _, cut in by_ticket))


def tickets_in_scope(connection: Connection, scope: Segment, ticket_ids: Collection[str]) -> set[str]:
    """Return those of some tickets that are in a scope; of a scope with other than the event's own dimensions none."""
    if not set(scope.dimensions) <= set(MATCHED):
        return set()
    return {
        ticket
        for part in chunks(sorted(ticket_ids))
        for ticket in connection.execute(
            select(tickets.c.id).where(
                tickets.c.id.in_(part), *(tickets.c[name] == value for name, value in scope.pairs)
            )
        ).scalars()
    }


def _from_counts(
    connection: Connection, number: int, theme_ids: Collection[int], span: BucketSpan, step: int
) -> Mapping[int, Steps]:
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    place = ((counts.c.bucket - literal_column(str(span[0]))) // literal_column(str(step), Integer)).label("step")
    for part in chunks(theme_ids):
        query = (
            select(counts.c.theme_id, place, func.sum(counts.c.n))
            .where(
                counts.c.theme_id.in_(part),
                counts.c.segment_id == number,
                counts.c.bucket >= span[0],
                counts.c.bucket < span[1],
            )
            .group_by(counts.c.theme_id, place)
        )
        for theme_id, at, n in connection.execute(query):
            found[theme_id][int(at)] = int(n)
    return found


def _from_tickets(
    connection: Connection, scope: Segment, theme_ids: Collection[int], span: BucketSpan, step: int
) -> tuple[Mapping[int, Steps], bool]:
    query = (
        select(tickets.c.time, assignments.c.theme_id)
        .outerjoin(assignments, assignments.c.ticket_id == tickets.c.id)
        .where(
            tickets.c.time >= start_of(span[0]),
            tickets.c.time < start_of(span[1]),
            tickets.c.counted,
            *(tickets.c[name] == value for name, value in scope.pairs),
        )
        .order_by(tickets.c.time.desc())
        .limit(MOST_TICKETS)
    )
    rows = connection.execute(query).all()
    found: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for time, theme_id in rows:
        for one in {ALL_TICKETS, theme_id or ALL_TICKETS} & set(theme_ids):
            found[one][(bucket_of(time) - span[0]) // step] += 1
    return found, len(rows) == MOST_TICKETS
