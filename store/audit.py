"""The audit log: who did what, when; rows are only ever added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select

from models.times import rfc3339
from store.errors import StoreError
from store.schema import audit
from store.types import LARGEST_ROW

FEW = 5_000
"""Lines that are read through in a moment."""


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


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """What lines are asked for: those with exactly this person, action and subject, from `since` until before `until`; None: any."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def names(self) -> dict[str, str]:
        """Return the columns that must have a value, with the value."""
        wanted = {"actor": self.actor, "action": self.action, "subject": self.subject}
        return {name: value for name, value in wanted.items() if value}

    def conditions(self, by: str | None = None) -> list[ColumnElement[bool]]:
        """Return what a row has to fulfil. `by` names the column whose index finds the rows; None leaves that to the database."""
        found: list[ColumnElement[bool]] = [
            # An expression is no column that has an index.
            (audit.c[name] if by in (None, name) else audit.c[name].concat("")) == value
            for name, value in self.names().items()
        ]
        if self.since is not None:
            found.append(audit.c.at >= self.since)
        if self.until is not None:
            found.append(audit.c.at < self.until)
        return found


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the audit log; `at` is the wall clock in UTC."""

    line_id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Any]

    @property
    def place(self) -> str:
        """Where the line is in the order of the log, as `AuditQuery` continues after it."""
        return f"{rfc3339(self.at)},{self.line_id}"

    def as_json(self) -> dict[str, Any]:
        """Write it as `audit list --json` prints it."""
        return {
            "at": rfc3339(self.at), "actor": self.actor, "action": self.action, "subject": self.subject,
            "detail": dict(self.detail),
        }  # fmt: skip


class AuditPlaceInvalid(StoreError):
    """What is given as the place to continue after is none."""

    def __init__(self, received: str) -> None:
        from models.redaction import quoted

        super().__init__(
            f"received {quoted(received, 60)} as the place in the audit log; valid is the one that a page gave, "
            "or nothing for the newest lines"
        )


def read_audit(
    connection: Connection, query: AuditQuery, *, limit: int = 100, after: str | None = None
) -> list[AuditLine]:
    """Read lines, the newest first. `after` is the `place` of the line to continue after. Raises `AuditPlaceInvalid`."""
    conditions = query.conditions(_rarest(connection, query))
    if after:
        at, line_id = _place(after)
        conditions.append(or_(audit.c.at < at, and_(audit.c.at == at, audit.c.id < line_id)))
        # For the planner: the condition with `or` uses no index.
        conditions.append(audit.c.at <= at)
    rows = connection.execute(
        select(audit).where(*conditions).order_by(audit.c.at.desc(), audit.c.id.desc()).limit(limit)
    )
    return [AuditLine(row.id, row.at, row.actor, row.action, row.subject, row.detail) for row in rows]


def _rarest(connection: Connection, query: AuditQuery) -> str | None:
    """Return which of several columns has the fewest lines with its value, counted up to `FEW`: SQLite does not know how many."""
    names = query.names()
    if len(names) < 2:
        return None
    counts = {}
    for name, value in names.items():
        few = select(audit.c.id).where(audit.c[name] == value).limit(FEW).subquery()
        counts[name] = connection.execute(select(func.count()).select_from(few)).scalar_one()
    return min(counts, key=lambda name: (counts[name], name))


def recent_names(connection: Connection, column: str, newest: int = 1_000) -> list[str]:
    """Read the different values of `actor` or `action` in the newest lines, for a person to choose from."""
    latest = select(audit.c[column].label("name")).order_by(audit.c.id.desc()).limit(newest).subquery()
    return sorted(connection.execute(select(latest.c.name).distinct()).scalars())


def list_audit(connection: Connection, *, limit: int = 100) -> list[dict[str, Any]]:
    """Read the newest lines first: `at` (RFC 3339, UTC), `actor`, `action`, `subject`, `detail`."""
    return [line.as_json() for line in read_audit(connection, AuditQuery(), limit=limit)]


def _place(text: str) -> tuple[datetime, int]:
    at, _, number = text.rpartition(",")
    try:
        time = datetime.fromisoformat(at).astimezone(UTC)
        return time, min(int(number), LARGEST_ROW)
    except (ValueError, OverflowError) as error:
        raise AuditPlaceInvalid(text) from error
