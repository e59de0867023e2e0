"""The miner's saved window without erased tickets, so that a miner that is started again finds as many vectors as it saved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, select, update

from store.records import chunks
from store.schema import assignments, miner
from store.tickets import read_window
from store.windows import SavedWindow, saved_windows


def forget_in_window(connection: Connection, ids: Collection[str]) -> None:
    """Take tickets out of the saved window, before their vectors are removed.

    A miner that runs takes them out of its own in the next epoch, and saves the same. It mines no epoch meanwhile: see
    `store.erasure.lock`.
    """
    remembered: set[str] = set()
    for part in chunks(ids):
        query = select(assignments.c.ticket_id).where(assignments.c.ticket_id.in_(part), assignments.c.remembered)
        remembered.update(connection.execute(query).scalars())
    if not remembered:
        return
    for row in connection.execute(select(miner.c.name, miner.c.state)).all():
        index = row.state.get("index")
        if index is None:
            continue
        changed = _without(connection, row.state.get("model", ""), index, remembered)
        if changed != index:
            connection.execute(
                update(miner).where(miner.c.name == row.name).values(state={**row.state, "index": changed})
            )


def _without(connection: Connection, model: str, index: Mapping[str, Any], erased: Collection[str]) -> dict[str, Any]:
    """Return a saved index whose windows do not count erased tickets."""
    windows = {one.language: _shrunk(connection, model, one, erased) for one in saved_windows(index)}
    changed = {**index, **windows.pop(None)}
    if windows:
        changed["languages"] = {
            language: {**index["languages"][language], **window} for language, window in windows.items()
        }
    return changed


def _shrunk(connection: Connection, model: str, window: SavedWindow, erased: Collection[str]) -> dict[str, Any]:
    within = read_window(connection, model, window.remembered, window.language).intersection(erased)
    kept = [ticket for ticket in window.kept if ticket not in erased]
    return {"remembered": window.remembered - len(within), "kept": kept}
