"""What wrote the tickets: repeated wordings as the miner reads them, and the tickets that are not demand as people read them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, select, tuple_, update

from models.demand import DemandKind, DemandRule
from models.demand.repetition import StoredWording
from models.times import rfc3339
from store.records import chunks
from store.schema import tickets
from store.types import in_bytes

WordingKey = tuple[str, str]
"""The hash of a requester, and the hash of a skeleton."""


@dataclass(frozen=True, slots=True)
class RepeatedTicket:
    """A mined ticket of a wording that is repeated."""

    id: str
    key: WordingKey
    wording: StoredWording


@dataclass(frozen=True, slots=True)
class DemandFigures:
    """Tickets of a range of event time by kind, those that are not demand."""

    by_kind: Mapping[str, int]

    @property
    def total(self) -> int:
        """All tickets that are not demand."""
        return sum(self.by_kind.values())


def count_repeats(connection: Connection, keys: Collection[WordingKey], since: datetime) -> dict[WordingKey, int]:
    """Count the mined tickets of each requester and skeleton since a time."""
    found: dict[WordingKey, int] = {}
    for part in chunks(sorted(keys)):
        rows = connection.execute(_repeats_query(), {"keys": part, "since": since})
        found.update({(row[0], row[1]): row[2] for row in rows})
    return found


@cache
def _repeats_query() -> Select[Any]:
    return (
        select(tickets.c.requester, tickets.c.skeleton, func.count())
        .where(
            tuple_(tickets.c.requester, tickets.c.skeleton).in_(bindparam("keys", expanding=True)),
            tickets.c.time >= bindparam("since"),
            tickets.c.mined_epoch.is_not(None),
        )
        .group_by(tickets.c.requester, tickets.c.skeleton)
    )


def read_repeats(
    connection: Connection, keys: Collection[WordingKey], since: datetime, *, without: DemandKind | None = None
) -> list[RepeatedTicket]:
    """Read the mined tickets of some requesters and skeletons since a time, by time and id, those of a kind left out."""
    found = []
    for requester, skeleton in sorted(keys):
        query = _wordings().where(
            tickets.c.requester == requester, tickets.c.skeleton == skeleton, tickets.c.time >= since
        )
        if without is not None:
            query = query.where(tickets.c.demand != without.value)
        found += [_repeated(row) for row in connection.execute(query)]
    return found


def read_suspects(connection: Connection, skeleton: str, since: datetime) -> list[RepeatedTicket]:
    """Read the mined tickets of one suspected skeleton that still count as a customer's, since a time, by time and id."""
    query = _wordings().where(
        tickets.c.skeleton == skeleton,
        tickets.c.suspected.is_not(None),
        tickets.c.demand == DemandKind.CUSTOMER.value,
        tickets.c.time >= since,
    )
    return [_repeated(row) for row in connection.execute(query)]


def read_senders(connection: Connection, skeleton: str, since: datetime, limit: int) -> set[str]:
    """Read up to `limit` requesters of a suspected skeleton since a time; a ticket without one counts as a person."""
    sender = func.coalesce(tickets.c.requester, tickets.c.id)
    query = (
        select(sender)
        .where(
            tickets.c.skeleton == skeleton,
            tickets.c.suspected.is_not(None),
            tickets.c.time >= since,
            tickets.c.mined_epoch.is_not(None),
        )
        .distinct()
        .limit(limit)
    )
    return set(connection.execute(query).scalars())


def read_skeletons(connection: Connection, requester: str, since: datetime, limit: int) -> set[str]:
    """Read up to `limit` different skeletons of a requester since a time."""
    query = (
        select(tickets.c.skeleton)
        .where(
            tickets.c.requester == requester,
            tickets.c.skeleton.is_not(None),
            tickets.c.time >= since,
            tickets.c.mined_epoch.is_not(None),
        )
        .distinct()
        .limit(limit)
    )
    return set(connection.execute(query).scalars())


def read_kinds(connection: Connection, ids: Collection[str]) -> dict[str, DemandKind]:
    """Read what wrote the named tickets that are stored."""
    found: dict[str, DemandKind] = {}
    for part in chunks(ids):
        query = select(tickets.c.id, tickets.c.demand).where(tickets.c.id.in_(part))
        found.update({row.id: DemandKind(row.demand) for row in connection.execute(query)})
    return found


def set_demand(connection: Connection, rows: Iterable[tuple[str, DemandKind, DemandRule | None]]) -> None:
    """Set what wrote tickets, and what that is founded on, by id."""
    bound = [{"key": key, "kind": kind.value, "rule": None if rule is None else rule.value} for key, kind, rule in rows]
    if bound:
        statement = update(tickets).where(tickets.c.id == bindparam("key"))
        connection.execute(statement.values(demand=bindparam("kind"), demand_rule=bindparam("rule")), bound)


def count_demand(connection: Connection, start: datetime | None = None, end: datetime | None = None) -> DemandFigures:
    """Count the mined tickets in [start, end) that are not demand, by kind in the order of the kinds."""
    query = (
        select(tickets.c.demand, func.count())
        .where(tickets.c.demand != DemandKind.CUSTOMER.value, tickets.c.mined_epoch.is_not(None))
        .group_by(tickets.c.demand)
    )
    if start is not None:
        query = query.where(tickets.c.time >= start)
    if end is not None:
        query = query.where(tickets.c.time < end)
    found: dict[str, int] = {row[0]: row[1] for row in connection.execute(query)}
    return DemandFigures({kind.value: found[kind.value] for kind in DemandKind if kind.value in found})


def list_demand(connection: Connection, kinds: Collection[str] = (), limit: int | None = None) -> list[dict[str, Any]]:
    """List the mined tickets that are not demand, or those of some kinds, the newest first."""
    query = select(
        tickets.c.id, tickets.c.time, tickets.c.demand, tickets.c.demand_rule, tickets.c.title, tickets.c.body,
        tickets.c.erased_at,
    ).where(tickets.c.mined_epoch.is_not(None))  # fmt: skip
    query = (
        query.where(tickets.c.demand.in_(list(kinds)))
        if kinds
        else query.where(tickets.c.demand != DemandKind.CUSTOMER.value)
    )
    query = query.order_by(tickets.c.time.desc(), in_bytes(tickets.c.id))
    return [
        {
            "id": row.id, "time": rfc3339(row.time), "demand": row.demand, "rule": row.demand_rule,
            "text": "" if row.erased_at else (row.title or row.body)[:160],
        }
        for row in connection.execute(query if limit is None else query.limit(limit))
    ]  # fmt: skip


def _wordings() -> Any:
    return (
        select(
            tickets.c.id,
            tickets.c.requester,
            tickets.c.skeleton,
            tickets.c.demand,
            tickets.c.demand_rule,
            tickets.c.suspected,
        )
        .where(tickets.c.mined_epoch.is_not(None))
        .order_by(tickets.c.time, in_bytes(tickets.c.id))
    )


def _repeated(row: Any) -> RepeatedTicket:
    return RepeatedTicket(row.id, (row.requester, row.skeleton), wording_of(row))


def wording_of(row: Any) -> StoredWording:
    """Read what repetition reads of a ticket's row."""
    return StoredWording(
        DemandKind(row.demand),
        None if row.demand_rule is None else DemandRule(row.demand_rule),
        None if row.suspected is None else DemandKind(row.suspected),
    )
