"""Tickets as the miner reads and marks them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    Select,
    Subquery,
    Update,
    and_,
    bindparam,
    delete,
    false,
    func,
    or_,
    select,
    update,
)

from models.demand import DemandKind
from models.demand.repetition import StoredWording
from models.event import DIMENSIONS
from models.text import customers_words
from store.demand import wording_of
from store.epochs import TakenEvent
from store.records import chunks
from store.schema import assignments, decision_tickets, decisions, events, tickets, tombstones, vectors
from store.types import in_bytes

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """What mining needs of a ticket; `vector` has shape (384,), None where there is no text.

    `language` is the ticket's where the model does not read it: then the vector is of its words.
    """

    id: str
    time: datetime
    counted: bool
    mined_epoch: int | None
    status: str
    attributes: Mapping[str, str | None]
    requester: str | None
    vector: Vector | None
    place: tuple[datetime, str, str]
    """Its place in canonical order: time, source and id of the event that created it."""
    wording: StoredWording
    skeleton: str | None
    language: str | None = None

    @property
    def is_demand(self) -> bool:
        """Whether a customer wrote it."""
        return self.wording.kind is DemandKind.CUSTOMER


@dataclass(frozen=True, slots=True)
class TicketAttributes:
    """What a ticket is counted by: its time, who wrote it, and its value of each dimension, None where it has none."""

    id: str
    time: datetime
    requester: str | None
    attributes: Mapping[str, str | None]

    @property
    def person(self) -> str:
        """The requester; a ticket without one counts as a person of its own."""
        return self.requester or self.id


@dataclass(frozen=True, slots=True)
class TicketText:
    """The redacted text of a ticket; `requester` and `language`, as its event states it, where they were asked for."""

    id: str
    title: str
    body: str
    requester: str | None = None
    language: str | None = None

    @property
    def person(self) -> str:
        """The requester; a ticket without one counts as a person of its own."""
        return self.requester or self.id


def read_tickets(connection: Connection, ids: Collection[str], model: str) -> dict[str, StoredTicket]:
    """Read the named tickets that are stored, with their vectors of `model`."""
    found: dict[str, StoredTicket] = {}
    for part in chunks(ids):
        for row in connection.execute(_tickets_by_id(), {"ids": part, "embedded_by": model}):
            found[row.id] = _ticket(row)
    return found


def read_lifecycles(connection: Connection, ids: Collection[str]) -> dict[str, list[TakenEvent]]:
    """Read all mined events of the named tickets except creations, comments and updates, each list in canonical order."""
    found: dict[str, list[TakenEvent]] = {}
    for part in chunks(ids):
        for row in connection.execute(_lifecycle_query(), {"ids": part}):
            found.setdefault(row.subject, []).append(TakenEvent(*row))
    return found


def release_tickets(connection: Connection, ids: Collection[str]) -> None:
    """Let the next epoch take tickets as if they were new."""
    for part in chunks(ids):
        connection.execute(update(tickets).where(tickets.c.id.in_(part)).values(mined_epoch=None, counted=False))


def retract_tickets(connection: Connection, ids: Collection[str]) -> None:
    """Note that tickets do not count any more."""
    for part in chunks(ids):
        connection.execute(update(tickets).where(tickets.c.id.in_(part)).values(counted=False))


def read_released(connection: Connection, ids: Collection[str]) -> list[str]:
    """Return those of the tickets that were released and that no epoch has taken since, ascending."""
    found: list[str] = []
    for part in chunks(ids):
        query = (
            select(tickets.c.id)
            .join(events, and_(events.c.source == tickets.c.source, events.c.id == tickets.c.event_id))
            .where(tickets.c.id.in_(part), tickets.c.mined_epoch.is_(None), events.c.mined_epoch.is_not(None))
        )
        found += connection.execute(query).scalars()
    return sorted(found)


def mark_tickets(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set `mined_epoch`, `counted`, `status` and `csat` of tickets; each row has those keys and `key`, the ticket's id."""
    if rows:
        connection.execute(
            _marking(), [{"key": row["key"], **{f"new_{name}": row[name] for name in _MARKED}} for row in rows]
        )


def mark_outcomes(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set `status` and `csat` of tickets; each row has those keys and `key`, the ticket's id."""
    if rows:
        values: dict[str, BindParameter[Any]] = {name: bindparam(f"new_{name}") for name in ("status", "csat")}
        statement = update(tickets).where(tickets.c.id == bindparam("key")).values(values)
        connection.execute(
            statement, [{"key": row["key"], "new_status": row["status"], "new_csat": row["csat"]} for row in rows]
        )


def erase(connection: Connection, ids: Collection[str], epoch: int) -> None:
    """Blank the text and drop the vectors of tickets whose tombstone this epoch mines."""
    for part in chunks(ids):
        erased = tickets.c.id.in_(part) & tickets.c.erased_at.is_not(None)
        connection.execute(
            update(tickets).where(erased).values(title="", body="", custom=None, tags=None, skeleton=None)
        )
        connection.execute(delete(vectors).where(vectors.c.ticket_id.in_(part)))
        connection.execute(update(tombstones).where(tombstones.c.ticket_id.in_(part)).values(mined_epoch=epoch))


def read_remembered(
    connection: Connection, model: str, limit: int, also: Collection[str] = (), language: str | None = None
) -> Iterator[tuple[str, int | None, datetime, Vector, str | None]]:
    """Read the tickets named by `also` that are older than the newest `limit` remembered ones, then these.

    Each as (id, theme, time, vector, language), in the order in which they were mined. Only those of one language are read;
    None: those that the model reads.
    """
    order = (tickets.c.mined_epoch, tickets.c.time, in_bytes(tickets.c.source), in_bytes(tickets.c.event_id))
    query = (
        select(tickets.c.id, assignments.c.theme_id, tickets.c.time, vectors.c.vector)
        .join(assignments, assignments.c.ticket_id == tickets.c.id)
        .join(vectors, and_(vectors.c.ticket_id == tickets.c.id, vectors.c.model == model))
        .where(assignments.c.remembered, vectors.c.language.is_not_distinct_from(language))
        .order_by(*(column.desc() for column in order))
    )
    newest = connection.execute(query.limit(limit)).all()
    known = {row.id for row in newest}
    named = {row.id: row for part in chunks(also) for row in connection.execute(query.where(tickets.c.id.in_(part)))}
    # The names come in the order in which they were mined, as the state wrote them down.
    older = [named[key] for key in also if key in named and key not in known]
    for row in (*older, *reversed(newest)):
        yield row.id, row.theme_id, row.time, unpack(row.vector), language


def read_newest(connection: Connection, model: str, limit: int) -> list[tuple[str, int | None, datetime]]:
    """Read the newest `limit` remembered tickets of all languages: id, theme and time, in the order in which they were mined."""
    order = (tickets.c.mined_epoch, tickets.c.time, in_bytes(tickets.c.source), in_bytes(tickets.c.event_id))
    query = (
        select(tickets.c.id, assignments.c.theme_id, tickets.c.time)
        .join(assignments, assignments.c.ticket_id == tickets.c.id)
        .join(vectors, and_(vectors.c.ticket_id == tickets.c.id, vectors.c.model == model))
        .where(assignments.c.remembered)
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    return [(row.id, row.theme_id, row.time) for row in reversed(connection.execute(query).all())]


def read_languages(connection: Connection, model: str) -> list[str]:
    """Read the languages that a model does not read and of which there are vectors of words, ascending."""
    query = select(vectors.c.language).where(vectors.c.model == model, vectors.c.language.is_not(None)).distinct()
    return sorted(connection.scalars(query))


def read_vector_languages(connection: Connection, ids: Sequence[str], model: str) -> dict[str, str]:
    """Read the languages of those of the named tickets whose vectors are of words."""
    found: dict[str, str] = {}
    for part in chunks(ids):
        query = select(vectors.c.ticket_id, vectors.c.language).where(
            vectors.c.ticket_id.in_(part), vectors.c.model == model, vectors.c.language.is_not(None)
        )
        found.update((row.ticket_id, row.language) for row in connection.execute(query))
    return found


def read_window(connection: Connection, model: str, limit: int, language: str | None = None) -> set[str]:
    """Read the ids of the newest `limit` remembered tickets, as `read_remembered` finds them, and look at no older ones."""
    order = (tickets.c.mined_epoch, tickets.c.time, in_bytes(tickets.c.source), in_bytes(tickets.c.event_id))
    remembered = select(assignments.c.ticket_id).where(
        assignments.c.ticket_id == tickets.c.id, assignments.c.remembered
    )
    embedded = select(vectors.c.ticket_id).where(vectors.c.ticket_id == tickets.c.id, vectors.c.model == model)
    embedded = embedded.where(vectors.c.language.is_not_distinct_from(language))
    # Not joined: a planner without statistics would begin with the vectors, all of them.
    query = (
        select(tickets.c.id)
        .where(tickets.c.mined_epoch.is_not(None), remembered.exists(), embedded.exists())
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    return set(connection.scalars(query))


def read_compared(
    connection: Connection, model: str, limit: int, also: Collection[str] = (), language: str | None = None
) -> set[str]:
    """Read the ids of the tickets that `read_remembered` reads, and of those that people pinned: new ones are compared with them."""
    order = (tickets.c.mined_epoch, tickets.c.time, in_bytes(tickets.c.source), in_bytes(tickets.c.event_id))
    newest = (
        select(tickets.c.id)
        .join(assignments, assignments.c.ticket_id == tickets.c.id)
        .join(vectors, and_(vectors.c.ticket_id == tickets.c.id, vectors.c.model == model))
        .where(assignments.c.remembered, vectors.c.language.is_not_distinct_from(language))
        .order_by(*(column.desc() for column in order))
        .limit(limit)
    )
    pinned = (
        select(decision_tickets.c.ticket_id)
        .join(decisions, decisions.c.id == decision_tickets.c.decision_id)
        .where(decisions.c.kind == "pin")
    )
    return {*connection.scalars(newest), *connection.scalars(pinned), *also}


def read_waiting(connection: Connection) -> list[str]:
    """Read the ids of the tickets that are stored and not mined yet, ascending."""
    return list(
        connection.execute(select(tickets.c.id).where(tickets.c.mined_epoch.is_(None)).order_by(tickets.c.id)).scalars()
    )


def read_attributes(
    connection: Connection,
    theme_ids: Collection[int],
    start: datetime | None,
    end: datetime,
    limit: int,
    names: Sequence[str] = DIMENSIONS,
) -> list[TicketAttributes]:
    """Read counted tickets of some themes (of any theme, where none is named) created in [start, end), with the attributes `names`.

    Returns the newest `limit` of them, oldest first.
    """
    query = select(tickets.c.id, tickets.c.time, tickets.c.requester, *(tickets.c[name] for name in names))
    query = query.where(tickets.c.counted, tickets.c.time < end)
    if start is not None:
        query = query.where(tickets.c.time >= start)
    if theme_ids:
        query = query.join(assignments, assignments.c.ticket_id == tickets.c.id).where(
            assignments.c.theme_id.in_(list(theme_ids))
        )
    query = query.order_by(tickets.c.time.desc(), in_bytes(tickets.c.id).desc()).limit(limit)
    rows = connection.execute(query).all()
    return [
        TicketAttributes(row.id, row.time, row.requester, {name: getattr(row, name) for name in names})
        for row in reversed(rows)
    ]


def read_theme_attributes(
    connection: Connection, theme_ids: Collection[int], limit: int, names: Sequence[str] = DIMENSIONS
) -> dict[int, list[Mapping[str, str | None]]]:
    """Read the attributes of the newest `limit` counted tickets of each theme, oldest first, in one query."""
    newest = _newest_by_theme(tickets.c.counted, dict.fromkeys(theme_ids, limit))
    query = (
        select(newest.c.theme_id, *(tickets.c[name] for name in names))
        .join(newest, newest.c.ticket_id == tickets.c.id)
        .order_by(newest.c.theme_id, newest.c.place.desc())
    )
    found: dict[int, list[Mapping[str, str | None]]] = {theme: [] for theme in theme_ids}
    for row in connection.execute(query):
        found[row.theme_id].append({name: getattr(row, name) for name in names})
    return found


def read_theme_texts(connection: Connection, limits: Mapping[int, int]) -> dict[int, list[TicketText]]:
    """Read the newest counted tickets of themes that still have text, in one query for all themes.

    Parameters
    ----------
    limits: the most tickets of each theme.

    Returns
    -------
    Texts by theme, newest first; an empty list for a theme without any.
    """
    with_text = tickets.c.counted & or_(tickets.c.title != "", tickets.c.body != "")
    newest = _newest_by_theme(with_text, limits)
    query = (
        select(newest.c.theme_id, tickets.c.id, tickets.c.title, tickets.c.body, tickets.c.requester)
        .join(newest, newest.c.ticket_id == tickets.c.id)
        .order_by(newest.c.theme_id, newest.c.place)
    )
    found: dict[int, list[TicketText]] = {theme: [] for theme in limits}
    for row in connection.execute(query):
        found[row.theme_id].append(TicketText(row.id, row.title, row.body, row.requester))
    return found


def read_titles(connection: Connection, ids: Collection[str], limit: int) -> list[tuple[str, str]]:
    """Read the newest of the named tickets whose text may be shown: (id, title, or body where there is none), newest first."""
    found: list[tuple[datetime, str, str]] = []
    for part in chunks(ids):
        query = (
            select(tickets.c.time, tickets.c.id, tickets.c.title, tickets.c.body)
            .where(
                tickets.c.id.in_(part), tickets.c.erased_at.is_(None), or_(tickets.c.title != "", tickets.c.body != "")
            )
            .order_by(tickets.c.time.desc(), in_bytes(tickets.c.id).desc())
            .limit(limit)
        )
        for row in connection.execute(query):
            title, body = customers_words(row.title, row.body)
            found.append((row.time, row.id, title or body))
    return [(ticket, text) for _, ticket, text in sorted(found, reverse=True)[:limit]]


def read_texts_of(connection: Connection, ids: Collection[str], *, marked: bool = False) -> list[TicketText]:
    """Read the named tickets whose text is there and may be used, by id.

    `marked` includes text that is marked as erased and not blanked yet. Only mining may use that text, and must: which marks are
    there depends on how far the input was read, and text is blanked in the tombstone's own epoch (see `erase`).
    """
    found: list[TicketText] = []
    for part in chunks(ids):
        query = select(tickets.c.id, tickets.c.title, tickets.c.body, tickets.c.language).where(
            tickets.c.id.in_(part), or_(tickets.c.title != "", tickets.c.body != "")
        )
        if not marked:
            query = query.where(tickets.c.erased_at.is_(None))
        found += [TicketText(row.id, row.title, row.body, language=row.language) for row in connection.execute(query)]
    return sorted(found, key=lambda one: one.id)


def read_vectors(connection: Connection, ids: Sequence[str], model: str) -> dict[str, Vector]:
    """Read the vectors of the named tickets that have one."""
    found: dict[str, Vector] = {}
    for part in chunks(ids):
        query = select(vectors.c.ticket_id, vectors.c.vector).where(
            vectors.c.ticket_id.in_(part), vectors.c.model == model
        )
        found.update({row.ticket_id: unpack(row.vector) for row in connection.execute(query)})
    return found


def count_tickets(connection: Connection) -> int:
    """Count the tickets that count."""
    return connection.execute(select(func.count()).select_from(tickets).where(tickets.c.counted)).scalar_one()


def unpack(stored: bytes) -> Vector:
    """Read a stored float16 vector as float32."""
    return np.frombuffer(stored, dtype="<f2").astype(np.float32)


def _newest_by_theme(chosen: ColumnElement[bool], limits: Mapping[int, int]) -> Subquery:
    """Ids of the newest chosen tickets of each theme, up to the theme's limit: (theme_id, ticket_id, place from 1).

    The texts are joined to them afterwards: they must not be sorted along.
    """
    place = func.row_number().over(
        partition_by=assignments.c.theme_id, order_by=(tickets.c.time.desc(), in_bytes(tickets.c.id).desc())
    )
    placed = (
        select(assignments.c.theme_id, assignments.c.ticket_id, place.label("place"))
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(assignments.c.theme_id.in_(list(limits)), chosen)
        .subquery()
    )
    by_limit: dict[int, list[int]] = {}
    for theme, limit in limits.items():
        by_limit.setdefault(limit, []).append(theme)
    within = [placed.c.theme_id.in_(themes) & (placed.c.place <= limit) for limit, themes in by_limit.items()]
    return select(placed).where(or_(false(), *within)).subquery()


_MARKED = ("mined_epoch", "counted", "status", "csat")


@cache
def _marking() -> Update:
    new: dict[str, BindParameter[Any]] = {name: bindparam(f"new_{name}") for name in _MARKED}
    return update(tickets).where(tickets.c.id == bindparam("key")).values(new)


@cache
def _lifecycle_query() -> Select[Any]:
    skipped = ("ticket.created", "comment.added", "ticket.updated")
    columns = (
        events.c.source,
        events.c.id,
        events.c.type,
        events.c.subject,
        events.c.time,
        events.c.late,
        events.c.data,
    )
    return (
        select(*columns)
        .where(
            events.c.subject.in_(bindparam("ids", expanding=True)),
            events.c.mined_epoch.is_not(None),
            events.c.type.not_in(skipped),
        )
        .order_by(events.c.time, in_bytes(events.c.source), in_bytes(events.c.id))
    )


@cache
def _tickets_by_id() -> Select[Any]:
    return _ticket_query(bindparam("embedded_by")).where(tickets.c.id.in_(bindparam("ids", expanding=True)))


def _ticket_query(model: str | BindParameter[str]) -> Select[Any]:
    return select(
        tickets.c.id, tickets.c.time, tickets.c.counted, tickets.c.mined_epoch, tickets.c.status, tickets.c.requester,
        tickets.c.source, tickets.c.event_id, tickets.c.demand, tickets.c.demand_rule, tickets.c.suspected, tickets.c.skeleton,
        *(tickets.c[name] for name in DIMENSIONS), vectors.c.vector, vectors.c.language,
    ).outerjoin(vectors, and_(vectors.c.ticket_id == tickets.c.id, vectors.c.model == model))  # fmt: skip


def _ticket(row: Row[Any]) -> StoredTicket:
    return StoredTicket(
        id=row.id, time=row.time, counted=row.counted, mined_epoch=row.mined_epoch, status=row.status,
        attributes={name: getattr(row, name) for name in DIMENSIONS}, requester=row.requester,
        vector=None if row.vector is None else unpack(row.vector), place=(row.time, row.source, row.event_id),
        wording=wording_of(row), skeleton=row.skeleton, language=row.language,
    )  # fmt: skip
