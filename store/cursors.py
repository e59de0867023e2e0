"""Cursors: where the next pull of a system begins, written in the transaction that stores what was pulled."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from store.schema import cursors
from store.upsert import upsert


def read_cursor(connection: Connection, system: str, site: str) -> str | None:
    """Read the cursor of a site; None before its first page was stored."""
    query = select(cursors.c.cursor).where(cursors.c.system == system, cursors.c.site == site)
    return connection.execute(query).scalar_one_or_none()


def write_cursor(connection: Connection, system: str, site: str, cursor: str, at: datetime) -> None:
    """Insert or replace the cursor of a site."""
    row = {"system": system, "site": site, "cursor": cursor, "updated_at": at}
    upsert(connection, cursors, [row], ["system", "site"])
