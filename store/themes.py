"""Themes, their lineage, and which ticket belongs to which."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, Select, Update, bindparam, func, select, update

from store.records import chunks
from store.schema import assignments, lineage, themes, tickets
from store.types import in_bytes
from store.upsert import insert_new, upsert


def read_themes(connection: Connection) -> dict[int, Row[Any]]:
    """Read all themes by id."""
    return {row.id: row for row in connection.execute(select(themes).order_by(themes.c.id))}


def count_unread(connection: Connection) -> dict[str, int]:
    """Count the tickets in themes of each language that the embedding model does not read, by ISO 639 code."""
    query = (
        select(themes.c.language, func.sum(themes.c.size))
        .where(themes.c.language.is_not(None), themes.c.size > 0)
        .group_by(themes.c.language)
        .order_by(themes.c.language)
    )
    return {language: int(size) for language, size in connection.execute(query)}


def write_themes(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert themes, or replace them."""
    upsert(connection, themes, rows, ["id"])


def change_theme(connection: Connection, theme_id: int, **values: Any) -> None:
    """Set columns of one theme."""
    connection.execute(update(themes).where(themes.c.id == theme_id).values(**values))


def read_flags(connection: Connection, ids: Collection[int]) -> dict[int, Mapping[str, Any]]:
    """Read the flags of those of some themes that are known issues."""
    found: dict[int, Mapping[str, Any]] = {}
    for part in chunks(ids):
        query = select(themes.c.id, themes.c.known_issue).where(themes.c.id.in_(part))
        found.update((row.id, row.known_issue) for row in connection.execute(query) if row.known_issue is not None)
    return found


def write_lineage(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Record what became of themes."""
    insert_new(connection, lineage, rows)


def read_fates(connection: Connection, epoch: int | None = None) -> list[Row[Any]]:
    """Read merges, and the splits that undid one, of one epoch or of all, in the order in which they happened."""
    query = select(lineage).where(
        (lineage.c.kind == "merge") | ((lineage.c.kind == "split") & (lineage.c.reason == "undone"))
    )
    if epoch is not None:
        query = query.where(lineage.c.epoch == epoch)
    return list(connection.execute(query.order_by(lineage.c.id)))


def write_assignments(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert assignments, or replace those of the same tickets."""
    upsert(connection, assignments, rows, ["ticket_id"])


def reassign(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set theme, epoch and reason of tickets that were assigned before: `ticket_id`, `theme_id`, `epoch`, `how`."""
    if rows:
        statement = (
            update(assignments)
            .where(assignments.c.ticket_id == bindparam("key"))
            .values(
                theme_id=bindparam("to"), nearest=bindparam("to"), epoch=bindparam("at"), how=bindparam("why"), confidence=1.0
            )
        )  # fmt: skip
        bound = [
            {"key": row["ticket_id"], "to": row["theme_id"], "at": row["epoch"], "why": row["how"]} for row in rows
        ]
        connection.execute(statement, bound)


def tickets_of(connection: Connection, theme_id: int) -> list[str]:
    """Read all tickets of a theme, counted or not, by id."""
    query = select(assignments.c.ticket_id).where(assignments.c.theme_id == theme_id)
    return sorted(connection.execute(query).scalars())


def count_arrived(connection: Connection, theme_id: int, since_epoch: int) -> int:
    """Count the tickets of a theme that were mined in an epoch or after it."""
    query = (
        select(func.count())
        .select_from(assignments.join(tickets, tickets.c.id == assignments.c.ticket_id))
        .where(assignments.c.theme_id == theme_id, tickets.c.mined_epoch >= since_epoch)
    )
    return connection.execute(query).scalar_one()


def members_before(connection: Connection, theme_id: int, before_epoch: int, limit: int) -> list[str]:
    """Read the newest tickets of a theme that were mined before an epoch."""
    query = (
        select(assignments.c.ticket_id)
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(assignments.c.theme_id == theme_id, tickets.c.mined_epoch < before_epoch)
        .order_by(tickets.c.time.desc(), in_bytes(tickets.c.id).desc())
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def move_theme(connection: Connection, from_theme: int, to_theme: int, epoch: int, how: str) -> int:
    """Give all tickets of one theme to another; returns how many those were."""
    statement = (
        update(assignments).where(assignments.c.theme_id == from_theme).values(theme_id=to_theme, epoch=epoch, how=how)
    )
    return connection.execute(statement).rowcount


def forget_tickets(connection: Connection, ids: Collection[str]) -> None:
    """Mark tickets with which no others are compared any more."""
    for part in chunks(ids):
        connection.execute(update(assignments).where(assignments.c.ticket_id.in_(part)).values(remembered=False))


def themes_of(connection: Connection, ids: Collection[str]) -> dict[str, int | None]:
    """Read the theme of each of the tickets that was assigned."""
    found: dict[str, int | None] = {}
    for part in chunks(ids):
        query = select(assignments.c.ticket_id, assignments.c.theme_id).where(assignments.c.ticket_id.in_(part))
        found.update({row.ticket_id: row.theme_id for row in connection.execute(query)})
    return found


def measure_themes(connection: Connection, ids: Collection[int]) -> dict[int, tuple[int, datetime, datetime]]:
    """Measure the counted tickets of themes: (how many, first time, last time); themes without any are left out."""
    if not ids:
        return {}
    rows = connection.execute(_measuring(), {"ids": list(ids)})
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


@cache
def _measuring() -> Select[Any]:
    return (
        select(assignments.c.theme_id, func.count(), func.min(tickets.c.time), func.max(tickets.c.time))
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(tickets.c.counted, assignments.c.theme_id.in_(bindparam("ids", expanding=True)))
        .group_by(assignments.c.theme_id)
    )


def split_themes(connection: Connection, ids: Collection[int]) -> list[int]:
    """Return those of some themes that other themes were split off, in the order of their ids."""
    query = select(lineage.c.theme_id).where(lineage.c.kind == "split", lineage.c.theme_id.in_(list(ids))).distinct()
    return sorted(connection.execute(query).scalars()) if ids else []


def set_sizes(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Set `size`, `first_seen`, `last_seen` of themes; `key` is the theme's id."""
    if rows:
        connection.execute(
            _sizing(), [{"key": row["key"], **{f"new_{name}": row[name] for name in _MEASURED}} for row in rows]
        )


_MEASURED = ("size", "first_seen", "last_seen")


@cache
def _sizing() -> Update:
    new: dict[str, BindParameter[Any]] = {name: bindparam(f"new_{name}") for name in _MEASURED}
    return update(themes).where(themes.c.id == bindparam("key")).values(new)


def most_moved(connection: Connection, one: int, other: int, since_epoch: int) -> int:
    """Return the most tickets that one epoch moved between two themes, in either direction, from an epoch on; 0 where none did."""
    pair = lineage.c.theme_id.in_([one, other]) & lineage.c.other_id.in_([one, other])
    found: int | None = connection.execute(
        select(func.max(lineage.c.tickets)).where(pair, lineage.c.epoch >= since_epoch)
    ).scalar_one()
    return found or 0


def set_statuses(connection: Connection, statuses: Mapping[int, tuple[str, str]]) -> None:
    """Set state and status of themes."""
    if statuses:
        connection.execute(
            update(themes)
            .where(themes.c.id == bindparam("key"))
            .values(state=bindparam("new_state"), status=bindparam("new_status")),
            [{"key": key, "new_state": state, "new_status": status} for key, (state, status) in statuses.items()],
        )
