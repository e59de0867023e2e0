"""Known issues as people see them: what they are, their themes, the tickets that are attached with a quote, and what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select, true

from models.known_issues import AttachmentWay, IssueState
from models.known_issues.attachment import quote_of, words_about
from models.known_issues.details import jira_keys
from models.text import customers_words
from models.times import parse_rfc3339, rfc3339
from store.decisions import Decision, DecisionKind, pending_decisions
from store.known_issue_decisions import opening_decisions
from store.known_issues import (
    IssueEvent,
    KnownIssueUnknown,
    StoredIssue,
    read_issue,
    read_issue_events,
    read_issues,
)
from store.schema import (
    assignments,
    known_issue_themes,
    known_issue_tickets,
    themes,
    ticket_links,
    tickets,
)
from store.survivors import surviving_theme
from store.types import in_bytes

ATTACHED = 50
"""Newest attached tickets that are shown with a quote."""


@dataclass(frozen=True, slots=True)
class AttachedTicket:
    """A ticket of a known issue; `quote` is the sentence of its text that is nearest to the issue, "" where no text is kept."""

    ticket_id: str
    time: datetime
    confidence: float
    how: AttachmentWay
    quote: str

    def as_json(self) -> dict[str, Any]:
        """Write the ticket as `--json` and the API do."""
        return {
            "id": self.ticket_id, "time": rfc3339(self.time), "confidence": self.confidence, "how": self.how.value,
            "quote": self.quote,
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownIssueRecord:
    """A known issue with all that a digest, a page or an agent needs.

    Parameters
    ----------
    themes: (id, name, status) of the themes that it has.
    attached: number of attached tickets that count.
    newest_ticket: event time of the newest one; None without any.
    tickets: the newest attached ones, newest first; read by `known_issue` only.
    linked: keys in Jira that it names, or that its tickets are linked to.
    pending: what people decided about it and no epoch has applied yet.
    """

    issue: StoredIssue
    themes: tuple[tuple[int, str, str], ...]
    attached: int
    newest_ticket: datetime | None
    tickets: tuple[AttachedTicket, ...] = ()
    events: tuple[IssueEvent, ...] = ()
    linked: tuple[str, ...] = ()
    pending: tuple[Decision, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Write the known issue as `known-issues list --json` and the API do."""
        one = self.issue
        return {
            "id": one.issue_id, "title": one.title, "state": one.state.value, "owner": one.owner, "jira": one.jira,
            "workaround": one.workaround, "sop": one.sop, "fix_version": one.fix_version,
            "fix_expected_at": rfc3339(one.fix_expected_at), "fixed_at": rfc3339(one.fixed_at), "opened_at": rfc3339(one.opened_at),
            "updated_at": rfc3339(one.updated_at),
            "themes": [{"id": number, "name": name, "status": status} for number, name, status in self.themes],
            "attached": self.attached, "newest_ticket": rfc3339(self.newest_ticket),
            "pending": [{"id": two.decision_id, "kind": two.kind, "actor": two.actor, "why": two.why} for two in self.pending],
        }  # fmt: skip

    def as_full_json(self) -> dict[str, Any]:
        """Write the known issue as `known-issues show --json` does: with tickets, history and linked keys."""
        events = [
            {
                "at": rfc3339(one.at), "actor": one.actor, "from": None if one.before is None else one.before.value,
                "to": one.after.value, "reason": one.reason,
            }
            for one in self.events
        ]  # fmt: skip
        return {
            **self.as_json(), "linked": list(self.linked), "tickets": [one.as_json() for one in self.tickets], "events": events,
        }  # fmt: skip


def known_issues_of(connection: Connection, *, closed: bool = False) -> list[KnownIssueRecord]:
    """Read the known issues by number, those that are still pending included; with `closed` also the closed ones."""
    pending = _pending(connection)
    members = _members(connection)
    attached = _attached(connection)
    found = [
        _record(one, members.get(one.issue_id, []), attached.get(one.issue_id), pending.get(one.issue_id, ()))
        for one in read_issues(connection)
        if closed or one.state is not IssueState.CLOSED
    ]
    return [*found, *(_coming(connection, one) for one in opening_decisions(connection))]


def known_issue(
    connection: Connection, issue_id: int, *, limit: int = ATTACHED, only: ColumnElement[bool] | None = None
) -> KnownIssueRecord:
    """Read one known issue with its newest `limit` tickets, its history and linked keys. Raises `KnownIssueUnknown`.

    `only` is a condition on `tickets`: those that the reader may see.
    """
    only = true() if only is None else only
    try:
        issue = read_issue(connection, issue_id)
    except KnownIssueUnknown:
        for decision in opening_decisions(connection):
            if decision.decision_id == issue_id:
                return _coming(connection, decision)
        raise
    members = _members(connection, issue_id).get(issue_id, [])
    record = _record(
        issue, members, _attached(connection, issue_id, only).get(issue_id), _pending(connection).get(issue_id, ())
    )
    return KnownIssueRecord(
        issue=record.issue, themes=record.themes, attached=record.attached, newest_ticket=record.newest_ticket,
        pending=record.pending, tickets=_tickets(connection, issue, members, limit, only),
        events=tuple(read_issue_events(connection, issue_id)), linked=_linked(connection, issue),
    )  # fmt: skip


def known_issue_of(connection: Connection, theme_id: int) -> KnownIssueRecord | None:
    """Read the known issue that a theme belongs to, as `known_issue` does; None where it belongs to none. Raises `ThemeUnknown`."""
    theme = surviving_theme(connection, theme_id)
    query = select(known_issue_themes.c.known_issue_id).where(
        known_issue_themes.c.theme_id == theme, known_issue_themes.c.until.is_(None)
    )
    issue_id = connection.execute(
        query.order_by(known_issue_themes.c.known_issue_id.desc()).limit(1)
    ).scalar_one_or_none()
    return None if issue_id is None else known_issue(connection, issue_id)


def _record(
    issue: StoredIssue, members: Sequence[Any], attached: Row[Any] | None, pending: Sequence[Decision]
) -> KnownIssueRecord:
    return KnownIssueRecord(
        issue=issue, themes=tuple((row.id, row.name, row.status) for row in members),
        attached=attached.n if attached else 0, newest_ticket=attached.newest if attached else None, pending=tuple(pending),
    )  # fmt: skip


def _coming(connection: Connection, decision: Decision) -> KnownIssueRecord:
    """Return a known issue whose decision no epoch has applied yet; its times are those of the decision."""
    said = decision.payload
    issue = StoredIssue(
        issue_id=decision.decision_id, title=said["title"], state=IssueState(said.get("state") or IssueState.INVESTIGATING),
        owner=said.get("owner"), jira=said.get("jira"), workaround=said.get("workaround"), sop=said.get("sop"),
        fix_version=said.get("fix_version"), fix_expected_at=parse_rfc3339(said.get("fix_expected_at")),
        opened_at=decision.at, updated_at=decision.at,
    )  # fmt: skip
    rows = connection.execute(
        select(themes.c.id, themes.c.name, themes.c.status)
        .where(themes.c.id.in_(decision.touches))
        .order_by(themes.c.id)
    )
    return _record(issue, rows.all(), None, [decision])


def _members(connection: Connection, issue_id: int | None = None) -> dict[int, list[Any]]:
    query = (
        select(known_issue_themes.c.known_issue_id, themes.c.id, themes.c.name, themes.c.status, themes.c.keywords)
        .join(themes, themes.c.id == known_issue_themes.c.theme_id)
        .where(known_issue_themes.c.until.is_(None))
        .order_by(themes.c.id)
    )
    if issue_id is not None:
        query = query.where(known_issue_themes.c.known_issue_id == issue_id)
    found: dict[int, list[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.known_issue_id, []).append(row)
    return found


def _belonging() -> ColumnElement[bool]:
    """Return the condition that a ticket is attached: by its theme only while the theme belongs to the issue."""
    attached = known_issue_tickets
    by_theme = (
        select(known_issue_themes.c.theme_id)
        .where(
            known_issue_themes.c.known_issue_id == attached.c.known_issue_id, known_issue_themes.c.until.is_(None),
            known_issue_themes.c.theme_id == assignments.c.theme_id,
        )
        .exists()
    )  # fmt: skip
    others = attached.c.how.in_([AttachmentWay.LINK.value, AttachmentWay.PERSON.value])
    return or_(others, and_(attached.c.how == AttachmentWay.THEME.value, by_theme))


def _joined(*columns: Any) -> Select[Any]:
    attached = known_issue_tickets
    joined = attached.join(tickets, tickets.c.id == attached.c.ticket_id).outerjoin(
        assignments, assignments.c.ticket_id == attached.c.ticket_id
    )
    return select(*columns).select_from(joined).where(tickets.c.counted, _belonging())


def _attached(
    connection: Connection, issue_id: int | None = None, only: ColumnElement[bool] | None = None
) -> dict[int, Row[Any]]:
    query = _joined(
        known_issue_tickets.c.known_issue_id, func.count().label("n"), func.max(tickets.c.time).label("newest")
    ).group_by(known_issue_tickets.c.known_issue_id)
    if only is not None:
        query = query.where(only)
    if issue_id is not None:
        query = query.where(known_issue_tickets.c.known_issue_id == issue_id)
    return {row.known_issue_id: row for row in connection.execute(query)}


def _tickets(
    connection: Connection, issue: StoredIssue, members: Sequence[Any], limit: int, only: ColumnElement[bool]
) -> tuple[AttachedTicket, ...]:
    about = words_about([issue.title, *(text for row in members for text in (row.name, *row.keywords))])
    query = (
        _joined(known_issue_tickets, tickets.c.time, tickets.c.title, tickets.c.body, tickets.c.erased_at)
        .where(known_issue_tickets.c.known_issue_id == issue.issue_id, only)
        .order_by(tickets.c.time.desc(), in_bytes(tickets.c.id))
        .limit(limit)
    )
    return tuple(
        AttachedTicket(row.ticket_id, row.time, row.confidence, AttachmentWay(row.how), _quote(row, about))
        for row in connection.execute(query)
    )


def _quote(row: Row[Any], about: Mapping[str, float]) -> str:
    if row.erased_at is not None or not (row.title or row.body):
        return ""
    title, body = customers_words(row.title, row.body)
    return quote_of(title, body, about)


def _linked(connection: Connection, issue: StoredIssue) -> tuple[str, ...]:
    """Return the keys of Jira that an issue names, then those that its tickets are linked to."""
    attached = select(known_issue_tickets.c.ticket_id).where(
        known_issue_tickets.c.known_issue_id == issue.issue_id,
        known_issue_tickets.c.how != AttachmentWay.DETACHED.value,
    )
    query = (
        select(ticket_links.c.other_id)
        .distinct()
        .where(ticket_links.c.ticket_id.in_(attached), ticket_links.c.ended_epoch.is_(None))
    )
    found = [key for key in sorted(connection.execute(query).scalars()) if jira_keys(key) == [key]]
    return tuple(dict.fromkeys([*jira_keys(issue.jira), *found]))


def _pending(connection: Connection) -> dict[int, list[Decision]]:
    waiting = {one.decision_id: one for listed in pending_decisions(connection).values() for one in listed}
    found: dict[int, list[Decision]] = {}
    for _, one in sorted(waiting.items()):
        issue_id = one.payload.get("issue")
        if issue_id is None and one.kind in (DecisionKind.CLEAR_KNOWN_ISSUE, DecisionKind.FIX_KNOWN_ISSUE):
            issue_id = _issue_of_theme(connection, one.theme_id)
        if issue_id is not None:
            found.setdefault(issue_id, []).append(one)
    return found


def _issue_of_theme(connection: Connection, theme_id: int) -> int | None:
    query = select(known_issue_themes.c.known_issue_id).where(
        known_issue_themes.c.theme_id == theme_id, known_issue_themes.c.until.is_(None)
    )
    return connection.execute(query.limit(1)).scalar_one_or_none()
