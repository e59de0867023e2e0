"""Retention applied: what is older than each kind of data is kept is removed from the database and from files.

Ages count from the wall clock: what must not be kept for longer than a year has to go after a year of real time, whatever the data says
about later times. Text, vectors and what events contain are as old as their ticket or event is, by event time, since that is when a
person wrote them. Mining works in event time and may be behind, as in a replay of an old year; so what it still reads is kept until it
has gone on by `pipelines.settings.needed_by_mining`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine

from alerts.quoted_files import delete_digest_files, delete_message_files, remove_from_files
from alerts.settings import AlertSettings
from models.epochs import epoch_end
from models.quotation import EXPIRED, REMOVED
from models.times import rfc3339
from store.database import reading
from store.epochs import read_miner
from store.erasure.pages import clean_pages
from store.quotations import forget_quotations, remove_quotations
from store.records import chunks
from store.retention.kinds import RetentionKind
from store.retention.register import keep_longer, read_retained
from store.retention.removal import (
    count_older,
    quoted_without_text,
    remove_audit,
    remove_details,
    remove_digests,
    remove_refused,
    remove_sent,
    remove_texts,
    remove_vectors,
)
from store.retention.settings import RetentionSettings
from store.tickets import read_compared
from store.windows import saved_windows


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """The limits, where files are, and how long mining reads what it stored."""

    limits: RetentionSettings
    alerts: AlertSettings
    needed: timedelta


@dataclass(frozen=True, slots=True)
class RetentionStatus:
    """One kind of data: its limit, from when on it is kept and has been kept so far, and how many older rows there are.

    `until` is None where it is kept for ever, or nothing is mined yet; `older` counts the rows that a run would change, or did.
    """

    kind: RetentionKind
    limit: timedelta | None
    until: datetime | None
    since: datetime | None
    applied_at: datetime | None
    older: int

    def as_json(self) -> dict[str, Any]:
        """Write the status as `retention show --json` prints it; durations in seconds."""
        return {
            "kind": self.kind.value, "kept_for": None if self.limit is None else self.limit.total_seconds(),
            "until": rfc3339(self.until), "since": rfc3339(self.since), "applied_at": rfc3339(self.applied_at),
            "older": self.older,
        }  # fmt: skip


def retention_status(connection: Connection, rules: RetentionRules, now: datetime) -> list[RetentionStatus]:
    """Return what a run at `now` (wall clock) would remove; nothing is changed."""
    needed = _compared(connection)
    untils = _untils(connection, rules, now)
    found = []
    for kind, until in untils.items():
        older = 0 if until is None else count_older(connection, kind, until, needed)
        found.append(_status(connection, rules, kind, until, older))
    return found


def apply_retention(engine: Engine, rules: RetentionRules, now: datetime) -> Iterator[RetentionStatus]:
    """Remove what is older than it is kept, kind by kind; yields each kind when it is done, with the number of rows removed.

    Run again at the same time, it removes nothing more. Killed, it leaves whole batches, and the next run goes on. Quotes of texts that
    are gone, also of those that their source deleted, leave digests, reports and files.
    """
    with reading(engine) as connection:
        untils = _untils(connection, rules, now)
    removed = 0
    for kind, until in untils.items():
        # A limit that was lengthened or cleared holds for what arrives from now on.
        if until is not None or rules.limits.limit(kind) is None:
            with engine.begin() as connection:
                keep_longer(connection, kind, until)
        older = 0 if until is None else _remove(engine, rules, kind, until, now)
        removed += older
        if kind is RetentionKind.TEXT:
            remove_expired_quotes(engine, rules.alerts)
        with reading(engine) as connection:
            yield _status(connection, rules, kind, until, older)
    if removed:
        # SQLite overwrites what it deletes; only PostgreSQL needs its VACUUM, which blocks nobody.
        clean_pages(engine, vacuum=None if engine.dialect.name == "postgresql" else False)


def remove_expired_quotes(engine: Engine, alerts: AlertSettings) -> int:
    """Remove the quotes of tickets without text from digests, reports and files; returns the number of tickets."""
    with reading(engine) as connection:
        gone = quoted_without_text(connection)
    for erased, sentence in ((True, REMOVED), (False, EXPIRED)):
        for part in chunks([ticket for ticket, by_tombstone in gone if by_tombstone is erased]):
            with engine.begin() as connection:
                removed = remove_quotations(connection, part, sentence)
            remove_from_files(alerts, removed.keys, part, sentence)
            with engine.begin() as connection:
                forget_quotations(connection, part)
    return len(gone)


def _remove(engine: Engine, rules: RetentionRules, kind: RetentionKind, until: datetime, now: datetime) -> int:
    if kind is RetentionKind.VECTORS:
        with reading(engine) as connection:
            needed = _compared(connection)
        return remove_vectors(engine, until, now, needed)
    if kind is RetentionKind.DIGESTS:
        return remove_digests(engine, until, now, partial(delete_digest_files, rules.alerts))
    if kind is RetentionKind.OUTBOX:
        return remove_sent(engine, until, now, partial(delete_message_files, rules.alerts))
    return _REMOVALS[kind](engine, until, now)


_REMOVALS: Mapping[RetentionKind, Callable[[Engine, datetime, datetime], int]] = {
    RetentionKind.TEXT: remove_texts,
    RetentionKind.EVENTS: remove_details,
    RetentionKind.QUARANTINE: remove_refused,
    RetentionKind.AUDIT: remove_audit,
}


def _untils(connection: Connection, rules: RetentionRules, now: datetime) -> dict[RetentionKind, datetime | None]:
    mined = _mined_until(connection)
    found: dict[RetentionKind, datetime | None] = {}
    for kind in RetentionKind:
        limit = rules.limits.limit(kind)
        until = None if limit is None else now - limit
        if until is not None and kind.by_event_time:
            until = None if mined is None else min(until, mined - rules.needed)
        found[kind] = until
    return found


def _mined_until(connection: Connection) -> datetime | None:
    """Return the end of the newest epoch that was mined; None before the first."""
    row = read_miner(connection)
    seconds = row.state.get("epoch_seconds")
    return None if row.next_epoch is None or not seconds else epoch_end(row.next_epoch - 1, float(seconds))


def _compared(connection: Connection) -> set[str]:
    state = read_miner(connection).state
    if "index" not in state:
        return set()
    model, found = state.get("model", ""), set[str]()
    for one in saved_windows(state["index"]):
        found |= read_compared(connection, model, one.remembered, one.kept, one.language)
    return found


def _status(
    connection: Connection, rules: RetentionRules, kind: RetentionKind, until: datetime | None, older: int
) -> RetentionStatus:
    known = read_retained(connection).get(kind)
    return RetentionStatus(
        kind=kind, limit=rules.limits.limit(kind), until=until, since=known.since if known else None,
        applied_at=known.applied_at if known else None, older=older,
    )  # fmt: skip
