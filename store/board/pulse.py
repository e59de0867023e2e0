"""Whether anything that the pages show has changed."""

from __future__ import annotations

from hashlib import blake2b

from sqlalchemy import Connection, func, select

from store.schema import alerts, decisions, launches, miner


def mark_of(connection: Connection) -> str:
    """Return a short text that differs once an epoch was mined, an alert changed, a decision was made or applied."""
    epochs = connection.execute(select(func.max(miner.c.next_epoch))).scalar()
    said = connection.execute(select(func.max(decisions.c.id), func.count(decisions.c.applied_epoch))).one()
    plans = connection.execute(select(func.count()).select_from(launches)).scalar()
    states = connection.execute(
        select(alerts.c.state, func.count(), func.max(alerts.c.id)).group_by(alerts.c.state).order_by(alerts.c.state)
    )
    parts = [epochs, *said, plans, *(f"{state}.{count}.{newest}" for state, count, newest in states)]
    # Hashed: pages hold it, and it would show people with a limited scope how many alerts there are.
    return blake2b("-".join(map(str, parts)).encode(), digest_size=12).hexdigest()
