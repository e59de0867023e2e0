"""Looking for what an erasure should have removed, in every table that holds text of tickets.

What is looked for is known by the ids of the tickets and the hashes of the requesters: the erased texts are not kept anywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from store.erasure.arrivals import TEXT_KEYS, has_text, sealed_requester, subject_of
from store.erasure.removal import mentioning_rows, refused_rows, text_columns
from store.erasure.scope import ErasureSubject
from store.erasure.tickets import waiting_events
from store.quotations import find_quotations
from store.records import chunks
from store.schema import assignments, events, label_cases, quotations, tickets, vectors


def find_remains(
    connection: Connection, subject: ErasureSubject, ids: Collection[str], until: datetime
) -> dict[str, int]:
    """Count by table the rows that still hold what an erasure should have removed; an empty result means that nothing is left.

    Parameters
    ----------
    subject: what was erased; its requesters also find tickets that the erasure did not reach, as after a restore.
    ids: the tickets that it reached.
    until: event time up to which texts were erased; newer ones of the same tickets are no remains.
    """
    found: Counter[str] = Counter()
    older = tickets.c.time <= until
    for part in chunks(ids):
        found["tickets"] += _count(connection, tickets, tickets.c.id.in_(part), older, text_columns())
        found["vectors"] += _count(
            connection, vectors.join(tickets, tickets.c.id == vectors.c.ticket_id), tickets.c.id.in_(part), older
        )
        found["assignments"] += _count(
            connection, assignments.join(tickets, tickets.c.id == assignments.c.ticket_id),
            tickets.c.id.in_(part), older, assignments.c.remembered,
        )  # fmt: skip
        found["labels"] += _count(
            connection,
            label_cases.join(tickets, tickets.c.id == label_cases.c.ticket_id),
            tickets.c.id.in_(part),
            older,
        )
        found["quotations"] += _count(connection, quotations, quotations.c.ticket_id.in_(part))
        found["events"] += sum(1 for _ in _events_with_text(connection, part, until))
    for part in chunks(subject.requesters):
        # Whatever such a row holds, the requester of an erased ticket must not be found by it any more.
        found["tickets"] += _count(connection, tickets, tickets.c.requester.in_(part), older)
    refused = {*refused_rows(connection, ids, subject.requesters), *mentioning_rows(connection, ids)}
    found["quarantine"] += len(refused)
    found["inbox"] += sum(1 for event in waiting_events(connection) if _is_remain(event, subject, set(ids), until))
    found["digests"] += len(find_quotations(connection, ids))
    return {name: number for name, number in sorted(found.items()) if number}


def _count(connection: Connection, source: Any, *conditions: Any) -> int:
    return connection.execute(select(func.count()).select_from(source).where(*conditions)).scalar_one()


def _events_with_text(connection: Connection, ids: Collection[str], until: datetime) -> Iterator[Mapping[str, Any]]:
    query = select(events.c.data).where(events.c.subject.in_(ids), events.c.time <= until, events.c.data.is_not(None))
    for data in connection.execute(query).scalars():
        if isinstance(data, dict) and any(data.get(name) for name in TEXT_KEYS):
            yield data


def _is_remain(event: Any, subject: ErasureSubject, ids: Collection[str], until: datetime) -> bool:
    if subject_of(event) not in ids and sealed_requester(event) not in subject.requesters:
        return False
    return has_text(event) and str(event.get("time", "")) <= until.isoformat()
