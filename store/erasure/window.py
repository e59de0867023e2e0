"""The miner's saved window without erased tickets, so that a miner that is started again finds as many vectors as it saved."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, select, update

from store.records import chunks
from store.schema import assignments, miner
from store.tickets import read_window


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
        within = remembered & read_window(connection, row.state.get("model", ""), index["remembered"])
        kept = [ticket for ticket in index.get("kept", ()) if ticket not in remembered]
        changed: dict[str, Any] = {**index, "remembered": index["remembered"] - len(within), "kept": kept}
        if changed != index:
            connection.execute(
                update(miner).where(miner.c.name == row.name).values(state={**row.state, "index": changed})
            )
