"""The audit log: who did what, when; rows are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from models.times import rfc3339
from store.schema import audit


def record(
    connection: Connection,
    *,
    at: datetime,
    actor: str,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one line in the caller's transaction, so that the line is stored exactly if the action is.

    `at` is the wall clock, handed in. `detail` must hold no ticket text.
    """
    connection.execute(
        insert(audit).values(at=at, actor=actor, action=action, subject=subject, detail=dict(detail or {}))
    )


def list_audit(connection: Connection, *, limit: int = 100) -> list[dict[str, Any]]:
    """Read the newest lines first: `at` (RFC 3339, UTC), `actor`, `action`, `subject`, `detail`."""
    rows = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(limit))
    return [
        {
            "at": rfc3339(row.at),
            "actor": row.actor,
            "action": row.action,
            "subject": row.subject,
            "detail": row.detail,
        }
        for row in rows
    ]
