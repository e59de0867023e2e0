"""Cells of the rows of handling: their change by a batch of a refresh, and their count from all rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Connection

from models.metrics.cells import DIMENSIONS, CellTickets, cells_of, count_place
from models.metrics.columns import HandlingColumns, columns_of
from store.handling import read_all_handling, read_cycles, read_handling, read_resolutions
from store.handling_cells import change_cells, forget_cells, insert_cells, write_counted

_Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class HandledRows:
    """The rows of some tickets in the tables of handling."""

    tickets: _Rows
    resolutions: _Rows
    cycles: _Rows


def read_handled(connection: Connection, ids: Sequence[str]) -> HandledRows:
    """Read all rows of tickets."""
    rows = list(read_handling(connection, ids).values())
    return HandledRows(rows, read_resolutions(connection, ids), read_cycles(connection, ids))


def change_by(connection: Connection, before: HandledRows, after: HandledRows) -> int:
    """Change the cells by the difference of the rows of the same tickets; return how many cells were changed."""
    before, after = _without_same(before, after)
    tickets = _combined((cell_tickets(before, -1), cell_tickets(after)))
    return change_cells(connection, list(cells_of(tickets)))


def recount(connection: Connection, now: datetime) -> int:
    """Count all cells anew, in the caller's transaction, and return their number; `now` is the wall clock."""
    forget_cells(connection)
    tickets = _combined([cell_tickets(HandledRows(*rows)) for rows in read_all_handling(connection)])
    number = sum(insert_cells(connection, cells) for cells in cells_of(tickets))
    write_counted(connection, now)
    return number


def _without_same(before: HandledRows, after: HandledRows) -> tuple[HandledRows, HandledRows]:
    """Return the rows of those tickets of which a row is another one now."""
    ours, theirs = _by_ticket(before), _by_ticket(after)
    same = {ticket for ticket, rows in ours.items() if theirs.get(ticket) == rows}
    return _others(before, same), _others(after, same)


def _by_ticket(rows: HandledRows) -> dict[str, list[tuple[tuple[str, Any], ...]]]:
    found: dict[str, list[tuple[tuple[str, Any], ...]]] = {}
    for part in (rows.tickets, rows.resolutions, rows.cycles):
        for row in part:
            found.setdefault(row["ticket_id"], []).append(tuple(sorted(row.items())))
    return {ticket: sorted(parts, key=repr) for ticket, parts in found.items()}


def _others(rows: HandledRows, same: set[str]) -> HandledRows:
    return HandledRows(
        *(
            [row for row in part if row["ticket_id"] not in same]
            for part in (rows.tickets, rows.resolutions, rows.cycles)
        )
    )


def cell_tickets(rows: HandledRows, weight: int = 1) -> CellTickets:
    """Return tickets as cells are made of, each with a weight."""
    places = {row["ticket_id"]: place for place, row in enumerate(rows.tickets)}
    spans: dict[int, list[tuple[datetime, datetime | None]]] = {}
    for row in sorted(rows.resolutions, key=lambda row: (row["ticket_id"], row["number"])):
        place = places.get(row["ticket_id"])
        if place is not None and rows.tickets[place]["reopens"] > 1:
            spans.setdefault(place, []).append((row["resolved_at"], row["reopened_at"]))
    decided = [
        (places[row["ticket_id"]], place, at.timestamp())
        for row in rows.cycles
        for at, kept in _decisions(row)
        if row["ticket_id"] in places and (place := count_place(row["target"], kept=kept)) is not None
    ]
    columns = np.array(decided, dtype=np.float64).reshape(len(decided), 3)
    return CellTickets(
        columns_of(rows.tickets, spans),
        {name: ["" if row[name] is None else str(row[name]) for row in rows.tickets] for name in DIMENSIONS},
        (columns[:, 0].astype(np.int64), columns[:, 1].astype(np.int64), columns[:, 2]),
        np.full(len(rows.tickets), weight),
    )


def _decisions(cycle: Mapping[str, Any]) -> Iterator[tuple[datetime, bool]]:
    """Yield when a promise was decided, and whether it was kept; an open one that is due is decided by who reads."""
    if cycle["breached_at"] is not None:
        yield cycle["breached_at"], False
    elif cycle["stopped_at"] is not None:
        yield cycle["stopped_at"], True


def _combined(parts: Sequence[CellTickets]) -> CellTickets:
    """Return tickets one after another."""
    if not parts:
        return cell_tickets(HandledRows((), (), ()))
    offsets = np.cumsum([0, *(len(part.columns) for part in parts)]).tolist()
    first = parts[0].columns

    def joined(name: str, keys: Any) -> dict[str, Any]:
        return {key: np.concatenate([getattr(part.columns, name)[key] for part in parts]) for key in keys}

    columns = HandlingColumns(
        joined("times", first.times), joined("counts", first.counts), joined("names", first.names), joined("waits", first.waits),
        {
            offset + place: spans
            for offset, part in zip(offsets, parts, strict=False)
            for place, spans in part.columns.reopened.items()
        },
    )  # fmt: skip
    at = [part.promises[0] + offset for offset, part in zip(offsets, parts, strict=False)]
    return CellTickets(
        columns,
        {name: [value for part in parts for value in part.dimensions[name]] for name in DIMENSIONS},
        (
            np.concatenate(at),
            np.concatenate([part.promises[1] for part in parts]),
            np.concatenate([part.promises[2] for part in parts]),
        ),
        np.concatenate([part.weights for part in parts]),
    )
