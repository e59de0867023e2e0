"""Links between tickets, as their systems have them: which ticket is the problem of which, since when and until when."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, and_, or_, select

from store.records import chunks
from store.schema import ticket_links
from store.upsert import upsert

KEY = ("ticket_id", "other_id", "kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkChange:
    """A link of a ticket that an epoch makes or takes away; `kind` says what the other ticket is to it."""

    ticket_id: str
    other_id: str
    kind: str
    source: str
    epoch: int
    removed: bool = False


def write_links(connection: Connection, changes: Sequence[LinkChange]) -> None:
    """Store what happened to links, whatever the order in which it arrived: of two changes the one of the later epoch holds.

    A link that is taken away stays stored with its end, so that a replay finds it as it was.
    """
    if not changes:
        return
    known = _known(connection, {one.ticket_id for one in changes})
    for one in sorted(changes, key=lambda change: change.epoch):
        key = (one.ticket_id, one.other_id, one.kind)
        known[key] = _after(known.get(key), one)
    keys = {(one.ticket_id, one.other_id, one.kind) for one in changes}
    upsert(connection, ticket_links, [known[key] for key in sorted(keys)], list(KEY))


def links_in_force(connection: Connection, ticket_ids: Collection[str], epoch: int) -> list[tuple[str, str, str]]:
    """Read the links of tickets, in either direction, that are in force at the end of an epoch: (ticket, other, kind), ordered."""
    found: set[tuple[str, str, str]] = set()
    lasting = or_(ticket_links.c.ended_epoch.is_(None), ticket_links.c.ended_epoch > epoch)
    for part in chunks(sorted(ticket_ids)):
        for column in (ticket_links.c.ticket_id, ticket_links.c.other_id):
            query = select(ticket_links.c.ticket_id, ticket_links.c.other_id, ticket_links.c.kind)
            found.update(
                tuple(row)
                for row in connection.execute(
                    query.where(column.in_(part), and_(ticket_links.c.epoch <= epoch, lasting))
                )
            )
    return sorted(found)


def _known(connection: Connection, ticket_ids: Collection[str]) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    found: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for part in chunks(sorted(ticket_ids)):
        for row in connection.execute(select(ticket_links).where(ticket_links.c.ticket_id.in_(part))):
            found[row.ticket_id, row.other_id, row.kind] = {
                "ticket_id": row.ticket_id, "other_id": row.other_id, "kind": row.kind, "source": row.source, "epoch": row.epoch,
                "ended_epoch": row.ended_epoch,
            }  # fmt: skip
    return found


def _after(before: Mapping[str, Any] | None, change: LinkChange) -> Mapping[str, Any]:
    row = {"ticket_id": change.ticket_id, "other_id": change.other_id, "kind": change.kind, "source": change.source}
    if before is None:
        return {**row, "epoch": change.epoch, "ended_epoch": change.epoch if change.removed else None}
    ended = before["ended_epoch"]
    if change.removed:
        later = change.epoch if ended is None else max(ended, change.epoch)
        return {**before, "ended_epoch": later if change.epoch >= before["epoch"] else ended}
    if ended is not None and change.epoch > ended:
        return {**row, "epoch": change.epoch, "ended_epoch": None}
    return {**before, "epoch": min(before["epoch"], change.epoch)}
