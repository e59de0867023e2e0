"""Removal of what is older than it is kept, in batches of one short transaction each.

Every removal goes through its rows once, in the order of a key, and continues after the last row of the batch before. A process that
is killed leaves whole batches; the next one goes on where they end. The cost is linear in the rows that are kept or removed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Select,
    and_,
    delete,
    func,
    literal,
    or_,
    select,
    tuple_,
    update,
)  # fmt: skip

from store.database import reading
from store.digests import DigestKind, DigestWindow, digest_key
from store.outbox import OutboxState
from store.quotations import QuotationKind
from store.records import chunks
from store.retention.kinds import RetentionKind
from store.retention.register import BEGINNING, BLANK_TICKET, note_retained, read_retained
from store.schema import (
    DETAILED,
    audit,
    digest_themes,
    digests,
    events,
    outbox,
    quarantine,
    quotations,
    tickets,
    vectors,
)

BATCH = 500
"""Rows of one transaction: some milliseconds, in which nothing else is written on SQLite."""

_INSTANT = timedelta(microseconds=1)

Rows: TypeAlias = list[Row[Any]]


def remove_texts(engine: Engine, until: datetime, at: datetime) -> int:
    """Blank the text of tickets that are older than `until`; returns how many had any. `at` is the wall clock.

    The register moves on with each batch, in its transaction, so that a ticket that arrives meanwhile is either blanked by a later
    batch or stored without text.
    """
    with engine.begin() as connection:
        known = read_retained(connection).get(RetentionKind.TEXT)
        start = known.since if known else BEGINNING
        note_retained(connection, RetentionKind.TEXT, start, at)
    if start > until:
        return 0
    removed = _remove_texts_from(engine, start, until, at)
    # Those who began to store texts before there was a register row did not wait for it: they are done by now.
    return removed if known else removed + _remove_texts_from(engine, BEGINNING, until, at)


def _remove_texts_from(engine: Engine, start: datetime, until: datetime, at: datetime) -> int:
    # The register says `since` a microsecond after the last row, whose time other rows may share.
    place: tuple[datetime, str] | None = (start - _INSTANT, "")
    removed = 0
    while place is not None:
        with engine.begin() as connection:
            # First of all, so that those who store texts wait until this batch is done, and see where it ended.
            note_retained(connection, RetentionKind.TEXT, start, at)
            rows = _next_texts(connection, place, until)
            held = [row.id for row in rows if row.held]
            for part in chunks(held):
                connection.execute(update(tickets).where(tickets.c.id.in_(part)).values(dict(BLANK_TICKET)))
            removed += len(held)
            place = (rows[-1].time, rows[-1].id) if len(rows) == BATCH else None
            note_retained(connection, RetentionKind.TEXT, min(place[0] + _INSTANT, until) if place else until, at)
    return removed


def _next_texts(connection: Connection, place: tuple[datetime, str], until: datetime) -> Sequence[Row[Any]]:
    key = tickets.c.time, tickets.c.id
    query = select(*key, holds_text().label("held")).where(_after(key, place), tickets.c.time < until)
    return connection.execute(query.order_by(*key).limit(BATCH)).all()


def remove_details(engine: Engine, until: datetime, at: datetime) -> int:
    """Blank what comments and updates contain that are older than `until`; their keys, types and times stay."""
    with engine.begin() as connection:
        # Before the first batch: what arrives from now on is stored without it.
        note_retained(connection, RetentionKind.EVENTS, until, at)
    removed = 0
    while True:
        with engine.begin() as connection:
            query = select(events.c.source, events.c.id).where(_detailed(), events.c.time < until)
            rows = connection.execute(query.order_by(events.c.time).limit(BATCH)).all()
            for row in rows:
                one = (events.c.source == row.source) & (events.c.id == row.id)
                connection.execute(update(events).where(one).values(data=None))
        removed += len(rows)
        if len(rows) < BATCH:
            return removed


def remove_vectors(engine: Engine, until: datetime, at: datetime, needed: Collection[str]) -> int:
    """Delete the vectors of mined tickets that are older than `until`, but for those of the tickets that mining still `needed`."""
    columns = vectors.c.ticket_id, vectors.c.model
    removed = 0
    for rows in _pages(engine, select(*columns), columns):
        ids = {row.ticket_id for row in rows} - set(needed)
        with engine.begin() as connection:
            for part in chunks(sorted(ids)):
                old = select(tickets.c.id).where(
                    tickets.c.id.in_(part), tickets.c.time < until, tickets.c.mined_epoch.is_not(None)
                )
                removed += connection.execute(delete(vectors).where(vectors.c.ticket_id.in_(old))).rowcount
    _note(engine, RetentionKind.VECTORS, until, at)
    return removed


def remove_refused(engine: Engine, until: datetime, at: datetime) -> int:
    """Delete refused records that were last refused before `until`, or at a time that is not known."""
    old = or_(quarantine.c.refused_at.is_(None), quarantine.c.refused_at < until)
    return _delete_by_id(engine, RetentionKind.QUARANTINE, quarantine, old, (until, at))


def remove_audit(engine: Engine, until: datetime, at: datetime) -> int:
    """Delete entries of the audit log from before `until`."""
    return _delete_by_id(engine, RetentionKind.AUDIT, audit, audit.c.at < until, (until, at))


def remove_digests(engine: Engine, until: datetime, at: datetime, files: Callable[[str], None]) -> int:
    """Delete digests whose window ended before `until`; `files` deletes those of a digest's key, and is called first."""
    columns = digests.c.audience, digests.c.start, digests.c.end, digests.c.review
    about = digest_themes.c.audience, digest_themes.c.start, digest_themes.c.end
    removed = 0
    for rows in _pages(engine, select(*columns).where(digests.c.end < until), columns):
        keys = [
            digest_key(
                row.audience, DigestWindow(row.start, row.end), DigestKind.REVIEW if row.review else DigestKind.DAILY
            )
            for row in rows
        ]
        for key in keys:
            files(key)
        with engine.begin() as connection:
            for part in chunks([tuple(row) for row in rows]):
                removed += connection.execute(delete(digests).where(tuple_(*columns).in_(part))).rowcount
                named = [row[:3] for row in part if not row[3]]
                connection.execute(delete(digest_themes).where(tuple_(*about).in_(named)))
            for part in chunks(keys):
                quoting = quotations.c.key.in_(part) & (quotations.c.kind == QuotationKind.DIGEST.value)
                connection.execute(delete(quotations).where(quoting))
    _note(engine, RetentionKind.DIGESTS, until, at)
    return removed


def remove_sent(engine: Engine, until: datetime, at: datetime, files: Callable[[str, str], None]) -> int:
    """Empty the payload of notifications that were sent or given up before `until`; their keys stay.

    `files` deletes those of an audience and key, and is called first.
    """
    query = select(outbox.c.id, outbox.c.audience, outbox.c.key, outbox.c.payload).where(_sent(until))
    removed = 0
    for rows in _pages(engine, query, (outbox.c.id,)):
        held = [row for row in rows if row.payload]
        for row in held:
            files(row.audience, row.key)
        with engine.begin() as connection:
            for part in chunks([row.id for row in held]):
                connection.execute(update(outbox).where(outbox.c.id.in_(part)).values(payload={}))
            for part in chunks([row.key for row in held]):
                quoting = quotations.c.key.in_(part) & (quotations.c.kind == QuotationKind.MESSAGE.value)
                connection.execute(delete(quotations).where(quoting))
        removed += len(held)
    _note(engine, RetentionKind.OUTBOX, until, at)
    return removed


def count_older(connection: Connection, kind: RetentionKind, until: datetime, needed: Collection[str] = ()) -> int:
    """Count the rows that a removal would change."""
    if kind is RetentionKind.OUTBOX:
        return sum(bool(one) for one in connection.scalars(select(outbox.c.payload).where(_sent(until))))
    if kind is RetentionKind.VECTORS:
        query = select(vectors.c.ticket_id).join(tickets, tickets.c.id == vectors.c.ticket_id)
        old = connection.scalars(query.where(tickets.c.time < until, tickets.c.mined_epoch.is_not(None)))
        return sum(one not in needed for one in old)
    table, condition = {
        RetentionKind.TEXT: (tickets, and_(tickets.c.time < until, holds_text())),
        RetentionKind.EVENTS: (events, and_(_detailed(), events.c.time < until)),
        RetentionKind.QUARANTINE: (
            quarantine, or_(quarantine.c.refused_at.is_(None), quarantine.c.refused_at < until),
        ),
        RetentionKind.AUDIT: (audit, audit.c.at < until),
        RetentionKind.DIGESTS: (digests, digests.c.end < until),
    }[kind]  # fmt: skip
    return connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one()


def quoted_without_text(connection: Connection) -> list[tuple[str, bool]]:
    """Read the tickets that are noted as quoted and have no text any more, each with whether it was erased."""
    query = (
        select(quotations.c.ticket_id, tickets.c.erased_at)
        .distinct()
        .outerjoin(tickets, tickets.c.id == quotations.c.ticket_id)
        .where(or_(tickets.c.id.is_(None), and_(tickets.c.title == "", tickets.c.body == "")))
        .order_by(quotations.c.ticket_id)
    )
    return [(row.ticket_id, row.erased_at is not None) for row in connection.execute(query)]


def holds_text() -> ColumnElement[bool]:
    """Return the condition that a ticket has text, or something that was computed of it."""
    return or_(*(tickets.c[name].is_distinct_from(blank) for name, blank in BLANK_TICKET.items()))


def _after(key: Sequence[Any], place: Sequence[Any]) -> ColumnElement[bool]:
    """Return the condition that a row comes after a place in the order of a key."""
    # A bare value in a tuple has no type, and UtcTime is stored as a number on SQLite.
    bound = [literal(value, column.type) for value, column in zip(place, key, strict=True)]
    later: ColumnElement[bool] = tuple_(*key) > tuple_(*bound) if len(bound) > 1 else key[0] > bound[0]
    return later


def _detailed() -> ColumnElement[bool]:
    return and_(events.c.type.in_(DETAILED), events.c.data.is_not(None))


def _sent(until: datetime) -> ColumnElement[bool]:
    settled = outbox.c.state.in_([OutboxState.SENT.value, OutboxState.FAILED.value])
    return and_(settled, outbox.c.sent_at < until)


def _note(engine: Engine, kind: RetentionKind, until: datetime, at: datetime) -> None:
    with engine.begin() as connection:
        note_retained(connection, kind, until, at)


def _delete_by_id(
    engine: Engine, kind: RetentionKind, table: Any, old: ColumnElement[bool], times: tuple[datetime, datetime]
) -> int:
    removed = 0
    for rows in _pages(engine, select(table.c.id).where(old), (table.c.id,)):
        with engine.begin() as connection:
            for part in chunks([row.id for row in rows]):
                removed += connection.execute(delete(table).where(table.c.id.in_(part), old)).rowcount
    _note(engine, kind, *times)
    return removed


def _pages(engine: Engine, query: Select[Any], key: tuple[Any, ...]) -> Iterator[Rows]:
    """Read rows in the order of a key, page by page, each in a transaction of its own that is closed before the page is used."""
    after: tuple[Any, ...] | None = None
    while True:
        page = query.order_by(*key).limit(BATCH)
        if after is not None:
            page = page.where(_after(key, after))
        with reading(engine) as connection:
            rows = list(connection.execute(page).all())
        if rows:
            yield rows
        if len(rows) < BATCH:
            return
        after = tuple(getattr(rows[-1], column.name) for column in key)
