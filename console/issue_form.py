"""The forms of a known issue, and the decisions that they ask for. Pages and the JSON API take the same fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from console.zone import zone_of
from models.access import Person
from models.known_issues import IssueState, TransitionRefused, open_states
from models.known_issues.details import DetailsInvalid, issue_details
from models.redaction import quoted, redact
from models.version import parse_version
from store.decisions import Decision
from store.known_issue_decisions import (
    KnownIssueInvalid,
    attach_tickets,
    fix_issue,
    join_issue,
    open_issue,
    update_issue,
)
from store.types import LARGEST_ID

MOST_THEMES = 100
MOST_TICKETS = 500
MOST_WHY = 2_000

DETAILS = ("title", "owner", "jira", "workaround", "sop", "fix_version", "fix_expected_at")

IssueThemeNumber = Annotated[int, Field(ge=1, le=LARGEST_ID)]
WhyText = Annotated[str, Field(max_length=MOST_WHY)]


class IssueFields(BaseModel):
    """What is written about a known issue; fields that are None are not changed, and an empty text takes a detail away.

    `whole`: all details are sent, as the form of the page does, and those that are None are empty: forms drop empty fields.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    title: str | None = None
    owner: str | None = None
    jira: str | None = None
    workaround: str | None = None
    sop: str | None = None
    fix_version: str | None = None
    fix_expected_at: str | None = None
    state: str = ""
    whole: bool = False
    why: WhyText = ""


class NewIssueFields(IssueFields):
    """A known issue that is made, with its themes."""

    theme: Annotated[list[IssueThemeNumber], Field(max_length=MOST_THEMES)] = []


class FixFields(BaseModel):
    """What a fix came with: a version, or a time from which it holds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: Annotated[str, Field(max_length=128)] = ""
    at: Annotated[str, Field(max_length=64)] = ""
    why: WhyText = ""


class TicketFields(BaseModel):
    """Tickets that are attached or taken out, by their ids: one a line, or with commas."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    tickets: Annotated[str, Field(max_length=20_000)] = ""
    ticket: Annotated[str, Field(max_length=256)] = ""
    why: WhyText = ""

    @property
    def ids(self) -> list[str]:
        """The ids, each once. Raises `KnownIssueInvalid` where there are too many."""
        named = [one.strip() for line in [self.ticket, *self.tickets.splitlines()] for one in line.split(",")]
        found = list(dict.fromkeys(one for one in named if one))
        if len(found) > MOST_TICKETS:
            raise KnownIssueInvalid(f"received {len(found):,} tickets; valid are up to {MOST_TICKETS} at once")
        return found


class JoinFields(BaseModel):
    """Themes that join a known issue."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    theme: Annotated[list[IssueThemeNumber], Field(min_length=1, max_length=MOST_THEMES)]
    why: WhyText = ""


def open_from(connection: Connection, fields: NewIssueFields, person: Person, at: datetime) -> Decision:
    """Make themes a known issue. Raises `KnownIssueInvalid`, `ThemeUnknown`."""
    if not (fields.title or "").strip():
        raise KnownIssueInvalid("received no title; a known issue needs one: say in a few words what is wrong")
    details = {name: value for name, value in _details(fields, person).items() if value is not None}
    valid = [one.value for one in open_states()]
    if fields.state and fields.state not in valid:
        raise KnownIssueInvalid(f"received the state {quoted(fields.state, 40)}; valid are {', '.join(valid)}")
    if fields.state:
        details["state"] = fields.state
    return open_issue(connection, fields.theme, details, actor=person.name, at=at, why=why_of(fields.why))


def update_from(
    connection: Connection, issue_id: int, fields: IssueFields, known: Mapping[str, Any], person: Person, at: datetime
) -> Decision:
    """Change what is known about an issue; fields that are as `known` has them are left out. Raises `KnownIssueInvalid`."""
    changes: dict[str, Any] = {
        name: value for name, value in _details(fields, person).items() if value != known.get(name)
    }
    if fields.state and fields.state not in [one.value for one in IssueState]:
        raise KnownIssueInvalid(f"received the state {quoted(fields.state, 40)}; valid are {', '.join(IssueState)}")
    if fields.state and fields.state != known.get("state"):
        changes["state"] = fields.state
    try:
        return update_issue(connection, issue_id, changes, actor=person.name, at=at, why=why_of(fields.why))
    except TransitionRefused as refusal:
        raise KnownIssueInvalid(str(refusal)) from refusal


def fix_from(connection: Connection, issue_id: int, fields: FixFields, person: Person, at: datetime) -> Decision:
    """Mark an issue as fixed in a version, or from a time on. Raises `KnownIssueInvalid`."""
    version, time = fields.version.strip(), fields.at.strip()
    if bool(version) == bool(time):
        raise KnownIssueInvalid("received no fix, or two; say in which version it is fixed, or from when on")
    if version and parse_version(version) is None:
        raise KnownIssueInvalid(f"received the version {quoted(version, 40)}; valid is a form such as 38.1.0")
    try:
        return fix_issue(
            connection, issue_id, version=version or None, fixed_at=_time(time, person) if time else None, actor=person.name,
            at=at, why=why_of(fields.why),
        )  # fmt: skip
    except TransitionRefused as refusal:
        raise KnownIssueInvalid(str(refusal)) from refusal


def attach_from(
    connection: Connection, issue_id: int, fields: TicketFields, person: Person, at: datetime, *, detach: bool
) -> Decision:
    """Attach tickets, or take them out. Raises `KnownIssueInvalid`."""
    return attach_tickets(
        connection, issue_id, fields.ids, detach=detach, actor=person.name, at=at, why=why_of(fields.why)
    )  # fmt: skip


def join_from(connection: Connection, issue_id: int, fields: JoinFields, person: Person, at: datetime) -> Decision:
    """Let themes belong to a known issue, too. Raises `KnownIssueInvalid`, `ThemeUnknown`."""
    return join_issue(connection, issue_id, fields.theme, actor=person.name, at=at, why=why_of(fields.why))


def why_of(text: str) -> str | None:
    """Write a person's reason on one line, redacted; None where there is none."""
    return redact(" ".join(text.split())).text or None


def _details(fields: IssueFields, person: Person) -> dict[str, str | None]:
    empty = "" if fields.whole else None
    sent = {name: empty if getattr(fields, name) is None else getattr(fields, name) for name in DETAILS}
    if sent["fix_expected_at"]:
        sent["fix_expected_at"] = _time(str(sent["fix_expected_at"]), person).isoformat()
    try:
        return issue_details(sent)
    except DetailsInvalid as error:
        raise KnownIssueInvalid(str(error)) from error


def _time(text: str, person: Person) -> datetime:
    """Read a time that a form sends, in the person's zone where it names none."""
    try:
        found = datetime.fromisoformat(text.strip())
        local = found if found.tzinfo is not None else found.replace(tzinfo=zone_of(person.time_zone))
        return local.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise KnownIssueInvalid(
            f"received the time {quoted(text, 40)}; valid is a form such as 2026-11-20T14:05"
        ) from error
