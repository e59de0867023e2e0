"""Refreshing: tickets with new events are folded again, and their rows are replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from more_itertools import chunked
from sqlalchemy import Connection, Engine

from models.event import TicketEventType
from models.metrics.handling import TicketHandling, summarize
from models.metrics.history import HistoryEvent, TicketCreation, TicketHistory, fold_history
from models.service_levels.levels import LevelClocks, ServiceLevels
from pipelines.handling.cells import HandledRows, change_by, read_handled, recount
from pipelines.handling.cycles import CycleMaker
from store.database import reading
from store.epochs import read_mined_until, read_next_epoch
from store.handling import (
    ATTRIBUTES,
    StoredHistory,
    begin_refresh,
    drop_handling,
    end_refresh,
    forget_refresh,
    read_changed_tickets,
    read_first_creation,
    read_histories,
    read_levels,
    read_refreshed,
    write_cycles,
    write_handling,
    write_resolutions,
)
from store.handling_cells import are_cells_counted, forget_cells

BATCH = 2_000
"""Tickets of a transaction."""

RECOUNTED = 25_000
"""Tickets with new events from which all sums are counted anew at the end, which is faster than to change them."""

FROM_TEXT = (
    "first_reply_at", "first_human_reply_at", "replies", "human_replies", "replies_before_resolution", "messages",
    "had_human", "requester_wait", "third_party_wait",
)  # fmt: skip
"""What comments and updates show: it is kept from the row before where their data was deleted."""

_FIELDS = tuple(one.name for one in fields(TicketHandling))


@dataclass(frozen=True, slots=True)
class RefreshOutcome:
    """What a refresh did: how many tickets it folded, and the first epoch that it did not see as a whole."""

    tickets: int
    next_epoch: int | None


def is_stale(connection: Connection) -> bool:
    """Return whether an epoch was closed since the last refresh, or sums of its rows are missing."""
    closed = read_next_epoch(connection)
    return closed is not None and (read_refreshed(connection) != closed or not are_cells_counted(connection))


def refresh(
    engine: Engine, now: datetime, levels: ServiceLevels | None = None, *, anew: bool = False
) -> RefreshOutcome:
    """Fold the tickets of the epochs that were closed since the last refresh, batch by batch.

    Killed half way, it is run again with the same result: each batch replaces the rows of whole tickets and changes the sums of them
    in one transaction, and the cursor moves on at the end. With `anew`, or other service levels than those of the last refresh, all
    rows are made again. `now` is the wall clock.
    """
    levels = levels or ServiceLevels()
    with reading(engine) as connection:
        # Writing would wait for the miner, also where there is nothing to do.
        is_other = anew or read_levels(connection) != levels.fingerprint
    if is_other:
        with engine.begin() as connection:
            forget_refresh(connection, now)
            forget_cells(connection)
    with reading(engine) as connection:
        closed = read_next_epoch(connection)
        since = read_refreshed(connection) or 0
        first = read_first_creation(connection)
        if closed is None or first is None or (since == closed and are_cells_counted(connection)):
            return RefreshOutcome(0, closed)
        # The epoch before is seen again: a person's decision between two epochs is noted under the last closed one.
        changed = read_changed_tickets(connection, since - 1) if since != closed else []
        mined = read_mined_until(connection) or now
    maker = CycleMaker(LevelClocks(levels, first, mined))
    if len(changed) >= RECOUNTED:
        with engine.begin() as connection:
            forget_cells(connection)
    for ids in chunked(changed, BATCH):
        with engine.begin() as connection:
            begin_refresh(connection, now)
            _refresh_tickets(connection, ids, maker)
    with engine.begin() as connection:
        begin_refresh(connection, now)
        if not are_cells_counted(connection):
            recount(connection, now)
        end_refresh(connection, closed, levels.fingerprint, now)
    return RefreshOutcome(len(changed), closed)


def _refresh_tickets(connection: Connection, ids: Sequence[str], maker: CycleMaker) -> None:
    stored = read_handled(connection, ids)
    before = {row["ticket_id"]: row for row in stored.tickets}
    rows: list[dict[str, Any]] = []
    resolutions: list[dict[str, Any]] = []
    cycles: list[dict[str, Any]] = []
    for ticket_id, found in read_histories(connection, ids).items():
        history = history_of(found)
        row = handling_row(ticket_id, found, history, before.get(ticket_id))
        rows.append(row)
        resolutions += [
            {"ticket_id": ticket_id, "number": number, "resolved_at": one.time, "reopened_at": one.reopened_at}
            for number, one in enumerate(history.resolutions, 1)
        ]
        cycles += maker.rows(ticket_id, found, history, row)
    write_handling(connection, rows)
    write_resolutions(connection, ids, resolutions)
    write_cycles(connection, ids, cycles)
    drop_handling(connection, before.keys() - {row["ticket_id"] for row in rows})
    if are_cells_counted(connection):
        change_by(connection, stored, HandledRows(rows, resolutions, cycles))


def handling_row(
    ticket_id: str, stored: StoredHistory, history: TicketHistory, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the row of a ticket; `before` is the one that it replaces, None for a new one."""
    summary = summarize(history)
    # `asdict` copies each time and number, which takes longer than to fold the ticket.
    made: dict[str, Any] = {name: getattr(summary, name) for name in _FIELDS}
    if before is not None and _lost_text(history, before):
        made.update({name: before[name] for name in FROM_TEXT})
    return {
        "ticket_id": ticket_id, "theme_id": stored.theme_id,
        **{name: stored.creation[name] for name in ATTRIBUTES},
        "created_by": stored.creation["handled_by"], **made,
    }  # fmt: skip


def _lost_text(history: TicketHistory, before: Mapping[str, Any]) -> bool:
    """Return whether data that the row before was made of was deleted: of events, or the figures that the source stated."""
    return not history.is_complete or (not history.replies and before["first_reply_at"] is not None)


def history_of(stored: StoredHistory) -> TicketHistory:
    """Fold what is stored of a ticket into its history."""
    row = stored.creation
    measures = (row["custom"] or {}).get("metrics")
    creation = TicketCreation(
        time=row["time"],
        handled_by=row["handled_by"],
        vendor=row["vendor"],
        team=row["team"],
        priority=row["priority"],
        escalated=bool(row["escalated"]),
        measures=measures if isinstance(measures, Mapping) else {},
    )
    return fold_history(creation, (HistoryEvent(TicketEventType(kind), at, data) for kind, at, data in stored.events))
