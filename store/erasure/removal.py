"""Removal of the text of tickets from every table that may hold it, in the caller's transaction."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Update, delete, func, literal, or_, select, update

from models.text.macros import MOST_TICKETS
from store.erasure.arrivals import ERASED_DETAIL, TEXT_KEYS, blanked, has_text, subject_of
from store.erasure.notes import quoted_macros, remove_passages
from store.erasure.passages import Passages
from store.erasure.scope import ErasureSubject
from store.erasure.tickets import texts_of_tickets
from store.erasure.tombstones import bury_tickets
from store.erasure.window import forget_in_window
from store.labels.removal import drop_labels
from store.macros import read_newest_bodies
from store.records import chunks
from store.schema import events, inbox, known_issue_tickets, macros, quarantine, tickets, vectors
from store.types import UtcTime


def remove_texts(
    connection: Connection, subject: ErasureSubject, until: Mapping[str, datetime], at: datetime
) -> dict[str, int]:
    """Remove the text of tickets from all tables but those of digests and notifications, and write their tombstones.

    Parameters
    ----------
    subject: what is erased; its requesters and mentions also find refused records.
    until: by ticket, up to which event time its text is erased.
    at: the wall clock, shown as the time of the erasure.

    Returns
    -------
    By table, how many rows held something that was removed. Themes, counts and attributes of the tickets stay.
    """
    texts = [text for text in texts_of_tickets(connection, until) if text]
    removed: Counter[str] = Counter()
    forget_in_window(connection, until)
    removed["vectors"] = _count(connection, until, vectors.c.ticket_id)
    removed["known_issue_tickets"] = _detach(connection, until)
    removed["labels"] = drop_labels(connection, until)
    removed["events"] = _blank_events(connection, until)
    bury_tickets(connection, until)
    removed["tickets"] = _blank_tickets(connection, until, at)
    removed["quarantine"] = _blank_refused(connection, subject, until)
    removed["inbox"] = _blank_waiting(connection, until)
    removed.update(remove_passages(connection, Passages(texts)))
    removed["macros"] = _drop_macros(connection, texts)
    return {name: number for name, number in sorted(removed.items()) if number}


def text_columns() -> ColumnElement[bool]:
    """Return the condition that a ticket's row holds text or what was computed of it."""
    columns = tickets.c
    return or_(
        columns.title != "", columns.body != "", columns.custom.is_not(None), columns.tags.is_not(None),
        columns.skeleton.is_not(None),
    )  # fmt: skip


def _count(connection: Connection, ids: Collection[str], column: Any) -> int:
    return sum(connection.execute(select(func.count()).where(column.in_(part))).scalar_one() for part in chunks(ids))


def _detach(connection: Connection, ids: Collection[str]) -> int:
    """Take tickets out of the known issues that they are attached to."""
    return sum(
        connection.execute(delete(known_issue_tickets).where(known_issue_tickets.c.ticket_id.in_(part))).rowcount
        for part in chunks(ids)
    )


def _blank_tickets(connection: Connection, until: Mapping[str, datetime], at: datetime) -> int:
    """Blank tickets; their requester is replaced by a name that nothing leads to, so that persons are still counted apart."""
    changed = 0
    alias = f"erased-{secrets.token_hex(12)}"
    for part in chunks(until):
        held = or_(text_columns(), tickets.c.requester.not_like("erased-%"))
        changed += connection.execute(
            select(func.count()).select_from(tickets).where(tickets.c.id.in_(part), held)
        ).scalar_one()
        connection.execute(_blank(tickets.c.id.in_(part), at))
        connection.execute(
            update(tickets)
            .where(tickets.c.id.in_(part), tickets.c.requester.is_not(None), tickets.c.requester.not_like("erased-%"))
            .values(requester=alias)
        )
    return changed


def _blank(which: ColumnElement[bool], at: datetime) -> Update:
    erased_at = func.coalesce(tickets.c.erased_at, literal(at, UtcTime))
    return update(tickets).where(which).values(
        title="", body="", custom=None, tags=None, skeleton=None, erased_at=erased_at
    )  # fmt: skip


def _blank_events(connection: Connection, ids: Collection[str]) -> int:
    """Remove the text fields of all events of the tickets, whatever their types are."""
    changed = 0
    for part in chunks(ids):
        query = select(events.c.source, events.c.id, events.c.data).where(
            events.c.subject.in_(part), events.c.data.is_not(None)
        )
        for row in connection.execute(query).all():
            kept = {name: value for name, value in (row.data or {}).items() if name not in TEXT_KEYS}
            if kept != row.data:
                changed += 1
                where = (events.c.source == row.source, events.c.id == row.id)
                connection.execute(update(events).where(*where).values(data=kept or None))
    return changed


def _blank_refused(connection: Connection, subject: ErasureSubject, ids: Collection[str]) -> int:
    """Blank the refused records of the tickets and requesters, and those of unknown subject that mention them."""
    rows = set(refused_rows(connection, ids, subject.requesters))
    rows.update(mentioning_rows(connection, [*ids, *subject.mentions]))
    for part in chunks(sorted(rows)):
        connection.execute(
            update(quarantine).where(quarantine.c.id.in_(part)).values(detail=ERASED_DETAIL, excerpt="", requester=None)
        )
    return len(rows)


def refused_rows(connection: Connection, ids: Collection[str], requesters: Collection[str]) -> list[int]:
    """Find the refused records of tickets and requesters that still hold text."""
    held = or_(quarantine.c.excerpt != "", quarantine.c.detail != ERASED_DETAIL)
    found: list[int] = []
    for column, keys in ((quarantine.c.subject, ids), (quarantine.c.requester, requesters)):
        for part in chunks(keys):
            found += connection.execute(select(quarantine.c.id).where(column.in_(part), held)).scalars()
    return found


def mentioning_rows(connection: Connection, names: Collection[str]) -> list[int]:
    """Find the refused records that could not be read and mention one of the names as a word."""
    pattern = mention_pattern(names)
    if pattern is None:
        return []
    query = select(quarantine.c.id, quarantine.c.detail, quarantine.c.excerpt).where(
        quarantine.c.subject.is_(None), or_(quarantine.c.excerpt != "", quarantine.c.detail != ERASED_DETAIL)
    )
    return [row.id for row in connection.execute(query) if pattern.search(row.excerpt) or pattern.search(row.detail)]


FEWEST_CHARACTERS = 4
"""Length of the shortest name that is looked for as a word in texts that cannot be read; shorter ones must be between quotes."""


def mention_pattern(names: Collection[str]) -> re.Pattern[str] | None:
    """Return what finds any of the names as a word of its own, in any case; None where there is none."""
    ordered = sorted({name for name in names if name}, key=lambda name: (-len(name), name))
    if not ordered:
        return None
    long = [re.escape(name) for name in ordered if len(name) >= FEWEST_CHARACTERS]
    short = [re.escape(name) for name in ordered if len(name) < FEWEST_CHARACTERS]
    words = [rf"(?<![\w-])(?:{'|'.join(long)})(?![\w-])"] if long else []
    quoted = [rf"(?<=[\"'])(?:{'|'.join(short)})(?=[\"'])"] if short else []
    return re.compile("|".join([*words, *quoted]), re.IGNORECASE)


def _blank_waiting(connection: Connection, ids: Collection[str]) -> int:
    changed = 0
    wanted = set(ids)
    for row in connection.execute(select(inbox.c.id, inbox.c.events)).all():
        waiting = [blanked(event) if subject_of(event) in wanted else event for event in row.events]
        if any(has_text(event) and subject_of(event) in wanted for event in row.events):
            changed += 1
            connection.execute(update(inbox).where(inbox.c.id == row.id).values(events=waiting))
    return changed


def _drop_macros(connection: Connection, texts: Sequence[str]) -> int:
    """Drop the macros that no other of the newest tickets contains; the texts themselves are blank by now."""
    wanted = set(quoted_macros(connection, "\n".join(texts).lower()))
    if wanted:
        for body in read_newest_bodies(connection, MOST_TICKETS):
            lowered = body.lower()
            wanted -= {one for one in wanted if one in lowered}
            if not wanted:
                break
    for part in chunks(sorted(wanted)):
        connection.execute(delete(macros).where(macros.c.beginning.in_(part)))
    return len(wanted)
