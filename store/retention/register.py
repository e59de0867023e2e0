"""The register of retention: since when each kind of data is kept, which those who store data ask before they store it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from store.data_map import ErasureWay, columns_of
from store.retention.kinds import RetentionKind
from store.schema import DETAILED, retained, tickets
from store.upsert import upsert

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when a kind is kept of which nothing was removed yet."""


@dataclass(frozen=True, slots=True)
class Retained:
    """What is older than `since` was removed, or is about to be; `applied_at` is the wall clock of the last removal."""

    since: datetime
    applied_at: datetime


@dataclass(frozen=True, slots=True)
class KeptSince:
    """Since when texts are kept, by the time of their ticket, and what events contain, by their own time; None: all are."""

    text: datetime | None = None
    events: datetime | None = None

    def ticket(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return a ticket's row as it is stored: an older one is counted, and its text is not stored."""
        if self.text is None or row["time"] >= self.text:
            return row
        return {**row, **BLANK_TICKET}

    def event(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return an event's row as it is stored: of an older comment or update, what it contains is not stored."""
        if self.events is None or row["type"] not in DETAILED or row["time"] >= self.events:
            return row
        return {**row, "data": None}


BLANK_TICKET: Mapping[str, Any] = {
    name: None if tickets.c[name].nullable else ""
    for name in columns_of(RetentionKind.TEXT, ErasureWay.BLANKED, tickets.name)
}
"""Columns of a ticket without its text and what was computed of it, but for the vector."""


def read_retained(connection: Connection, *, share: bool = False) -> dict[RetentionKind, Retained]:
    """Read since when each kind is kept; kinds of which nothing was ever removed are left out.

    `share` keeps removals of text out until the transaction ends: on PostgreSQL, text that is stored at the same time would be missed.
    """
    query = select(retained)
    rows = connection.execute(query.with_for_update(read=True) if share else query)
    return {RetentionKind(row.kind): Retained(row.since, row.applied_at) for row in rows}


def kept_since(connection: Connection) -> KeptSince:
    """Return what holds for texts that the transaction is about to store."""
    found = {kind: one.since for kind, one in read_retained(connection, share=True).items()}
    return KeptSince(found.get(RetentionKind.TEXT), found.get(RetentionKind.EVENTS))


def keep_longer(connection: Connection, kind: RetentionKind, until: datetime | None) -> None:
    """Note that a kind is kept from an earlier time on than before, or for ever (None): what arrives from now on is stored.

    What was removed does not come back.
    """
    if until is None:
        connection.execute(delete(retained).where(retained.c.kind == kind.value))
    else:
        later = (retained.c.kind == kind.value) & (retained.c.since > until)
        connection.execute(update(retained).where(later).values(since=until))


def note_retained(connection: Connection, kind: RetentionKind, since: datetime, at: datetime) -> None:
    """Note since when a kind is kept; never an earlier time than before, because what is older is gone: see `keep_longer`."""
    known = read_retained(connection).get(kind)
    row = {"kind": kind.value, "since": max(since, known.since) if known else since, "applied_at": at}
    upsert(connection, retained, [row], ["kind"])
