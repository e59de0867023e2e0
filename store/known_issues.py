"""Known issues: what people know about a problem, the themes that it has, what happened to it, and the tickets attached to it.

The decisions are the record; what is here follows from them and from the volume, and is written in the transaction of an epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select

from models.known_issues import AttachmentWay, IssueState
from store.errors import StoreError
from store.records import chunks
from store.schema import (
    assignments,
    erased_tickets,
    known_issue_events,
    known_issue_themes,
    known_issue_tickets,
    known_issues,
    tickets,
)
from store.types import LARGEST_ID
from store.upsert import insert_new, upsert


class KnownIssueUnknown(StoreError):
    """No known issue has the number."""

    def __init__(self, issue_id: int) -> None:
        self.issue_id = issue_id
        super().__init__(
            f"received known issue {issue_id}, which does not exist; `groundswell known-issues list --all` shows those that do"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredIssue:
    """A known issue as its row holds it; texts are redacted, times are event times.

    Parameters
    ----------
    issue_id: number of the decision that made it.
    jira: key or address.
    sop: what agents say and do.
    fix_version, fix_expected_at: what the fix is expected with; once it is fixed, the version that it is in.
    fixed_at: from when on it counts as fixed.
    """

    issue_id: int
    title: str
    state: IssueState
    owner: str | None = None
    jira: str | None = None
    workaround: str | None = None
    sop: str | None = None
    fix_version: str | None = None
    fix_expected_at: datetime | None = None
    fixed_at: datetime | None = None
    opened_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class IssueEvent:
    """What happened to a known issue; `actor` is None for what its volume did."""

    event_id: int
    issue_id: int
    at: datetime
    actor: str | None
    before: IssueState | None
    after: IssueState
    reason: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A ticket that is attached to a known issue, or that was taken out of it; `confidence` in [0, 1]."""

    issue_id: int
    ticket_id: str
    confidence: float
    how: AttachmentWay
    at: datetime


def read_issue(connection: Connection, issue_id: int) -> StoredIssue:
    """Read one known issue. Raises `KnownIssueUnknown`."""
    query = select(known_issues).where(known_issues.c.id == issue_id)
    row = connection.execute(query).one_or_none() if abs(issue_id) <= LARGEST_ID else None
    if row is None:
        raise KnownIssueUnknown(issue_id)
    return issue_of(row)


def find_issue(connection: Connection, issue_id: int) -> StoredIssue | None:
    """Read one known issue; None where there is none."""
    row = connection.execute(select(known_issues).where(known_issues.c.id == issue_id)).one_or_none()
    return None if row is None else issue_of(row)


def read_issues(connection: Connection) -> list[StoredIssue]:
    """Read all known issues by number."""
    return [issue_of(row) for row in connection.execute(select(known_issues).order_by(known_issues.c.id))]


def write_issue(connection: Connection, issue: StoredIssue) -> None:
    """Insert a known issue, or replace it."""
    row = asdict(issue)
    row["id"], row["state"] = row.pop("issue_id"), issue.state.value
    upsert(connection, known_issues, [row], ["id"])


def delete_issue(connection: Connection, issue_id: int) -> None:
    """Delete a known issue with all that is attached to it, because the decision that made it was undone."""
    for table in (known_issue_tickets, known_issue_themes, known_issue_events):
        connection.execute(delete(table).where(table.c.known_issue_id == issue_id))
    connection.execute(delete(known_issues).where(known_issues.c.id == issue_id))


def write_issue_event(connection: Connection, event: IssueEvent) -> None:
    """Record what happened to a known issue."""
    row = {
        "id": event.event_id, "known_issue_id": event.issue_id, "at": event.at, "actor": event.actor,
        "from_state": None if event.before is None else event.before.value, "to_state": event.after.value, "reason": event.reason,
    }  # fmt: skip
    insert_new(connection, known_issue_events, [row])


def read_issue_events(connection: Connection, issue_id: int) -> list[IssueEvent]:
    """Read what happened to a known issue, in the order in which it happened."""
    query = select(known_issue_events).where(known_issue_events.c.known_issue_id == issue_id)
    return [
        IssueEvent(
            row.id, row.known_issue_id, row.at, row.actor,
            None if row.from_state is None else IssueState(row.from_state), IssueState(row.to_state), row.reason,
        )
        for row in connection.execute(query.order_by(known_issue_events.c.id))
    ]  # fmt: skip


def read_members(connection: Connection) -> dict[tuple[int, int], datetime | None]:
    """Read which themes known issues have now: by (issue, theme), since when."""
    query = select(known_issue_themes).where(known_issue_themes.c.until.is_(None))
    return {(row.known_issue_id, row.theme_id): row.since for row in connection.execute(query)}


def write_members(connection: Connection, rows: Sequence[tuple[int, int, datetime | None, datetime | None]]) -> None:
    """Write (issue, theme, since, until) rows, or replace them."""
    names = ("known_issue_id", "theme_id", "since", "until")
    upsert(connection, known_issue_themes, [dict(zip(names, row, strict=True)) for row in rows], list(names[:2]))


def themes_of_issue(connection: Connection, issue_id: int, *, past: bool = False) -> list[int]:
    """Read the themes of a known issue by id; with `past` also those that it had."""
    query = select(known_issue_themes.c.theme_id).where(known_issue_themes.c.known_issue_id == issue_id)
    if not past:
        query = query.where(known_issue_themes.c.until.is_(None))
    return sorted(connection.execute(query).scalars())


def attach(connection: Connection, rows: Sequence[Attachment], *, replacing: bool = False) -> None:
    """Attach tickets. One that is attached already, or that a person took out, stays so unless the rows replace it.

    A link says more than a theme: a ticket that is attached by its theme becomes one that is attached by a link.
    """
    values = [
        {
            "known_issue_id": one.issue_id, "ticket_id": one.ticket_id, "confidence": one.confidence, "how": one.how.value,
            "at": one.at,
        }
        for one in rows
    ]  # fmt: skip
    key = ["known_issue_id", "ticket_id"]
    if replacing:
        upsert(connection, known_issue_tickets, values, key)
        return
    links = [one for one in values if one["how"] == AttachmentWay.LINK.value]
    by_theme = known_issue_tickets.c.how == AttachmentWay.THEME.value
    upsert(connection, known_issue_tickets, links, key, where=by_theme)
    insert_new(connection, known_issue_tickets, [one for one in values if one["how"] != AttachmentWay.LINK.value])


def drop_attachments(connection: Connection, issue_id: int, ticket_ids: Collection[str]) -> None:
    """Delete the rows of tickets of a known issue, as if they had never been attached."""
    for part in chunks(ticket_ids):
        connection.execute(
            delete(known_issue_tickets).where(
                known_issue_tickets.c.known_issue_id == issue_id, known_issue_tickets.c.ticket_id.in_(part)
            )
        )


def read_attachments(connection: Connection, issue_id: int, ticket_ids: Collection[str]) -> dict[str, Attachment]:
    """Read the rows of some tickets of a known issue, those taken out included."""
    found: dict[str, Attachment] = {}
    for part in chunks(ticket_ids):
        query = select(known_issue_tickets).where(
            known_issue_tickets.c.known_issue_id == issue_id, known_issue_tickets.c.ticket_id.in_(part)
        )
        found.update((row.ticket_id, attachment_of(row)) for row in connection.execute(query))
    return found


def issues_of_tickets(connection: Connection, ticket_ids: Collection[str]) -> dict[str, list[int]]:
    """Read to which known issues tickets are attached, by ticket."""
    found: dict[str, list[int]] = {}
    for part in chunks(ticket_ids):
        query = select(known_issue_tickets.c.ticket_id, known_issue_tickets.c.known_issue_id).where(
            known_issue_tickets.c.ticket_id.in_(part), known_issue_tickets.c.how != AttachmentWay.DETACHED.value
        )
        for row in connection.execute(query.order_by(known_issue_tickets.c.known_issue_id)):
            found.setdefault(row.ticket_id, []).append(row.known_issue_id)
    return found


def mined_times(connection: Connection, ticket_ids: Collection[str]) -> dict[str, datetime]:
    """Read the times of those tickets that have been mined."""
    found: dict[str, datetime] = {}
    for part in chunks(ticket_ids):
        query = select(tickets.c.id, tickets.c.time).where(
            tickets.c.id.in_(part), tickets.c.mined_epoch.is_not(None), _kept()
        )
        found.update((row.id, row.time) for row in connection.execute(query))
    return found


def read_keys(connection: Connection) -> dict[int, str]:
    """Read the key or address in Jira of each known issue that has one and is not closed, by number."""
    query = select(known_issues.c.id, known_issues.c.jira).where(
        known_issues.c.jira.is_not(None), known_issues.c.state != IssueState.CLOSED.value
    )
    return {row.id: row.jira for row in connection.execute(query)}


def arrived_in(connection: Connection, theme_ids: Collection[int], epoch: int, since: datetime) -> list[Row[Any]]:
    """Read the tickets that joined themes in an epoch and are not older than `since`: (id, theme, confidence, time), by id."""
    query = (
        select(assignments.c.ticket_id, assignments.c.theme_id, assignments.c.confidence, tickets.c.time)
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(
            assignments.c.theme_id.in_(list(theme_ids)), assignments.c.epoch == epoch, tickets.c.counted, tickets.c.time >= since,
            _kept(),
        )
    )  # fmt: skip
    return sorted(connection.execute(query), key=lambda row: row.ticket_id)


def arrived_since(connection: Connection, theme_ids: Collection[int], since: datetime, limit: int) -> list[Row[Any]]:
    """Read the newest tickets of themes that are not older than `since`, as `arrived_in` does."""
    query = (
        select(assignments.c.ticket_id, assignments.c.theme_id, assignments.c.confidence, tickets.c.time)
        .join(tickets, tickets.c.id == assignments.c.ticket_id)
        .where(assignments.c.theme_id.in_(list(theme_ids)), tickets.c.counted, tickets.c.time >= since, _kept())
        .order_by(tickets.c.time.desc(), tickets.c.id)
        .limit(limit)
    )
    return sorted(connection.execute(query), key=lambda row: row.ticket_id)


def _kept() -> ColumnElement[bool]:
    """Return the condition that no person erased a ticket: an erased one does not attach again."""
    return tickets.c.id.not_in(select(erased_tickets.c.ticket_id))


def attachment_of(row: Row[Any]) -> Attachment:
    """Make an attachment of a row of `known_issue_tickets`."""
    return Attachment(row.known_issue_id, row.ticket_id, row.confidence, AttachmentWay(row.how), row.at)


def issue_of(row: Row[Any]) -> StoredIssue:
    """Make a known issue of a row of `known_issues`."""
    return StoredIssue(
        issue_id=row.id, title=row.title, state=IssueState(row.state), owner=row.owner, jira=row.jira, workaround=row.workaround,
        sop=row.sop, fix_version=row.fix_version, fix_expected_at=row.fix_expected_at, fixed_at=row.fixed_at,
        opened_at=row.opened_at, updated_at=row.updated_at,
    )  # fmt: skip
