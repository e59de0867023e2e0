"""Promises of service levels at a moment: which are about to be missed, which were missed or kept in a period, with their tickets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, true

from models.epochs import epoch_start
from models.proportion import wilson_interval
from models.segment import Segment
from models.times import rfc3339
from store.epochs import read_miner
from store.handling import read_refreshed
from store.schema import sla_cycles, ticket_handling, tickets
from store.service_levels import missed_at_of

SOON = timedelta(hours=2)
"""A promise that is due within so long is about to be missed, as `kpis at-risk` lists by default."""

NAMED = 5
"""Tickets that are named of those that missed a promise, the newest first."""


@dataclass(frozen=True, slots=True)
class DuePromise:
    """An open promise of a ticket, and when it is missed unless its clock stops or pauses before."""

    ticket_id: str
    theme_id: int | None
    policy: str
    target: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class PromiseState:
    """The promises to some tickets at a moment.

    Parameters
    ----------
    as_of: until when the promises are known.
    due: open promises that are due within `SOON` after that, the next one first.
    missed, kept: how many were decided in the period.
    missed_tickets: tickets of those that were missed, the newest miss first, at most `NAMED`.
    """

    as_of: datetime
    due: tuple[DuePromise, ...] = ()
    missed: int = 0
    kept: int = 0
    missed_tickets: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Whether there is something to say: a promise that is due or was decided."""
        return bool(self.due or self.missed or self.kept)

    def as_json(self) -> dict[str, Any]:
        """Return the figures as they are stored and shown to programs; the share that was kept has its interval (Wilson, 95 %)."""
        number = self.missed + self.kept
        low, high = wilson_interval(self.kept, number)
        return {
            "known_until": rfc3339(self.as_of), "kept": self.kept, "missed": self.missed,
            "compliance": None if not number else {"value": self.kept / number, "low": low, "high": high, "number": number},
            "due": [
                {"ticket": one.ticket_id, "policy": one.policy, "target": one.target, "due_at": rfc3339(one.due_at)}
                for one in self.due
            ],
            "missed_tickets": list(self.missed_tickets),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class PromisePeriod:
    """Which promises are read: those that were decided in [start, end), as far as they are known, and those that are due next.

    What was due at an earlier moment is not kept: where the period is over for a day or longer, nothing is due in it.
    """

    start: datetime
    end: datetime
    known_until: datetime

    @property
    def is_current(self) -> bool:
        """Whether what is due now concerns who reads about the period."""
        return self.known_until - self.end < timedelta(days=1)


def read_handled_until(connection: Connection) -> datetime | None:
    """Read until when the promises are known: the end of the last epoch that was closed when they were refreshed; None before that."""
    epoch = read_refreshed(connection)
    if not epoch:
        return None
    return epoch_start(epoch, float(read_miner(connection).state.get("epoch_seconds", 300.0)))


def with_values(values: Mapping[str, Collection[str]]) -> ColumnElement[bool]:
    """Return the condition that a ticket had, at its creation, one of the values in each column."""
    return and_(true(), *(tickets.c[name].in_(sorted(allowed)) for name, allowed in sorted(values.items())))


def of_audience(values: Mapping[str, Collection[str]], theme_ids: Collection[int]) -> ColumnElement[bool]:
    """Return the condition that a ticket has the values at its creation, or is in one of the themes; either may be empty."""
    parts = [with_values(values)] if values else []
    if theme_ids or not values:
        parts.append(ticket_handling.c.theme_id.in_(sorted(theme_ids)))
    return or_(*parts)


def within_segment(scope: Segment) -> ColumnElement[bool]:
    """Return the condition that a ticket was in a segment at its creation."""
    return with_values({name: [value] for name, value in scope.pairs})


def read_promises(
    connection: Connection, period: PromisePeriod, where: ColumnElement[bool] | None = None
) -> PromiseState:
    """Read the promises to the tickets that a condition on `tickets` holds for, or to all.

    A promise is decided when it is missed or, where it is not, when its clock stops; those to tickets that were merged, deleted or
    found to be spam are left out, as in `count_promises`.
    """
    due = connection.execute(_chosen(_due(period), where)).all() if period.is_current else ()
    missed, kept = _decided(period)
    counts = select(
        func.coalesce(func.sum(case((missed, 1), else_=0)), 0), func.coalesce(func.sum(case((kept, 1), else_=0)), 0)
    ).where(missed | kept)
    row = connection.execute(_chosen(counts, where)).one()
    latest = func.max(missed_at_of(period.known_until))
    named = select(sla_cycles.c.ticket_id).where(missed).group_by(sla_cycles.c.ticket_id)
    newest = _chosen(named.order_by(latest.desc(), sla_cycles.c.ticket_id).limit(NAMED), where)
    tickets_missed = tuple(connection.execute(newest).scalars()) if row[0] else ()
    return PromiseState(
        period.known_until, tuple(DuePromise(*one) for one in due), int(row[0]), int(row[1]), tickets_missed
    )


def promises_by_theme(
    connection: Connection, period: PromisePeriod, theme_ids: Collection[int]
) -> dict[int, PromiseState]:
    """Read the promises to the tickets of each of some themes; themes without any are left out."""
    found = {}
    for theme_id in sorted(theme_ids):
        state = read_promises(connection, period, ticket_handling.c.theme_id == theme_id)
        if state.any:
            found[theme_id] = state
    return found


def _due(period: PromisePeriod) -> Select[Any]:
    cycle = sla_cycles.c
    return (
        select(cycle.ticket_id, ticket_handling.c.theme_id, cycle.policy, cycle.target, cycle.due_at)
        .where(cycle.due_at > period.known_until, cycle.due_at <= period.known_until + SOON, cycle.stopped_at.is_(None))
        .order_by(cycle.due_at, cycle.ticket_id, cycle.target)
    )


def _decided(period: PromisePeriod) -> Sequence[ColumnElement[bool]]:
    at = missed_at_of(period.known_until)
    missed = and_(at >= period.start, at < period.end)
    kept = and_(at.is_(None), sla_cycles.c.stopped_at >= period.start, sla_cycles.c.stopped_at < period.end)
    return missed, kept


def _chosen(query: Select[Any], where: ColumnElement[bool] | None) -> Select[Any]:
    joined = query.join(ticket_handling, ticket_handling.c.ticket_id == sla_cycles.c.ticket_id)
    joined = joined.where(ticket_handling.c.removed_at.is_(None))
    if where is None:
        return joined
    return joined.join(tickets, tickets.c.id == sla_cycles.c.ticket_id).where(where)
