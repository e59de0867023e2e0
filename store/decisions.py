"""Decisions of people: appended with an audit row, pending until the miner applies them in its next epoch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, insert, or_, select, update

from models.theme import KnownIssue
from models.times import parse_rfc3339
from store.audit import record
from store.errors import DecisionFinal, DecisionRestedOn, DecisionUnknown, KnownIssueMissing
from store.schema import decision_tickets, decisions, miner, themes
from store.survivors import surviving_theme
from store.types import LARGEST_ID

NO_THEME = 0
"""The theme id of decisions about unthemed tickets: themes count from 1."""


class DecisionKind(StrEnum):
    """What a person can decide."""

    KNOWN_ISSUE = "known_issue"
    CLEAR_KNOWN_ISSUE = "clear_known_issue"
    FIX_KNOWN_ISSUE = "fix_known_issue"
    """The known issue is fixed, from a time on or in an app version."""
    UPDATE_KNOWN_ISSUE = "update_known_issue"
    """What people know about it, who owns it, or how far they are, has changed."""
    ATTACH_TICKETS = "attach_tickets"
    """These tickets are about the known issue, whatever their themes are."""
    DETACH_TICKETS = "detach_tickets"
    """These tickets are not about the known issue."""
    ARCHIVE = "archive"
    """The theme is not looked at until it escalates."""
    RESOLVE = "resolve"
    """The theme is over: it has come back when its volume is beyond what was usual."""
    ASSIGN = "assign"
    """The theme has this owner from now on, whatever the ownership file says."""
    RENAME = "rename"
    """The theme has this name from now on, whatever its tickets."""
    MERGE = "merge"
    """These themes are one: they are not split again."""
    SPLIT = "split"
    """These tickets are a theme of their own: the two are not merged again automatically."""
    PIN = "pin"
    """These tickets belong to the theme, and similar tickets follow."""
    MOVE = "move"
    """These tickets belong to the theme, or to none."""
    DEMAND = "demand"
    """What wrote these tickets: only those of customers are demand."""
    INCIDENT_MERGE = "incident_merge"
    """These incidents are one event."""
    INCIDENT_SPLIT = "incident_split"
    """These alerts of an incident are an event of their own."""
    SWITCH = "switch"
    """The themes are those of a rebuild from now on."""
    UNDO = "undo"


FLAGS = frozenset({DecisionKind.KNOWN_ISSUE, DecisionKind.CLEAR_KNOWN_ISSUE, DecisionKind.FIX_KNOWN_ISSUE})
MEMBERSHIPS = frozenset({DecisionKind.ATTACH_TICKETS, DecisionKind.DETACH_TICKETS})
DISPOSITIONS = frozenset({DecisionKind.ARCHIVE, DecisionKind.RESOLVE})
INCIDENTS = frozenset({DecisionKind.INCIDENT_MERGE, DecisionKind.INCIDENT_SPLIT})
_SAYS = ("title", "owner", "jira", "workaround", "sop", "fix_version", "name", "version")
"""What people type: it may hold what customers wrote. Ticket ids must stay as they are."""
_TICKETS = frozenset({"tickets", "members"})
_SAID = {DecisionKind.RENAME: "name", DecisionKind.ASSIGN: "owner"}
"""What the last of several decisions about a theme says."""


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision of `actor` about a theme, at the wall-clock time `at`.

    `kind` may be one that this module does not write. `due_epoch` is the epoch that applies it in a replay, `applied_epoch`
    the one that did; `outcome` says what applying it did. `undone_by` is the decision that undid it, itself where it was
    withdrawn while it was pending.
    """

    decision_id: int
    at: datetime
    actor: str
    kind: str
    theme_id: int
    payload: Mapping[str, Any]
    why: str | None = None
    due_epoch: int | None = None
    applied_epoch: int | None = None
    undone_by: int | None = None
    outcome: Mapping[str, Any] | None = None

    @property
    def state(self) -> str:
        """`pending`, `applied`, `undone` (or withdrawn), or `refused` when it came to be applied."""
        if self.undone_by is not None:
            return "undone"
        if self.applied_epoch is None:
            return "pending"
        return "refused" if self.refusal else "applied"

    @property
    def refusal(self) -> str | None:
        """Why it could not be applied; None where it could."""
        return (self.outcome or {}).get("refused")

    @property
    def in_force(self) -> bool:
        """Whether it is in force: applied, and not undone since."""
        return self.state == "applied" and self.kind != DecisionKind.UNDO

    @property
    def touches(self) -> tuple[int, ...]:
        """The themes that it names, and those that applying it made."""
        made = (self.outcome or {}).get("created", ())
        named = (*self.payload.get("from", ()), *self.payload.get("themes", ()))
        return tuple(dict.fromkeys([self.theme_id, *named, *made]))

    @property
    def issue_id(self) -> int | None:
        """The known issue that it is about: the one that it names, or that it made; None for other decisions."""
        named = self.payload.get("issue") or (self.outcome or {}).get("issue")
        return named or (self.decision_id if self.kind == DecisionKind.KNOWN_ISSUE else None)


def flag_known_issue(
    connection: Connection, theme_id: int, issue: KnownIssue, *, actor: str, at: datetime, why: str | None = None
) -> Decision:
    """Append that the theme, or the one it was merged into, is a known issue. Raises `ThemeUnknown`.

    Of the issue, the title, the ticket in Jira and the workaround are kept; its time and volume are set when it is applied.
    """
    payload = {"title": issue.title, "jira": issue.jira, "workaround": issue.workaround}
    return append_decision(connection, theme_id, DecisionKind.KNOWN_ISSUE, payload, actor=actor, at=at, why=why)


def clear_known_issue(
    connection: Connection, theme_id: int, *, actor: str, at: datetime, why: str | None = None
) -> Decision:
    """Append that the theme is a known issue no longer. Raises `ThemeUnknown`, and `KnownIssueMissing` where it is none."""
    survivor = surviving_theme(connection, theme_id)
    flagged, newest = _flagged(connection, survivor)
    if not flagged and newest != DecisionKind.CLEAR_KNOWN_ISSUE:
        raise KnownIssueMissing(theme_id)
    return append_decision(connection, theme_id, DecisionKind.CLEAR_KNOWN_ISSUE, {}, actor=actor, at=at, why=why)


def fix_known_issue(
    connection: Connection,
    theme_id: int,
    *,
    version: str | None = None,
    fixed_at: datetime | None = None,
    actor: str,
    at: datetime,
    why: str | None = None,
) -> Decision:
    """Append that the theme's known issue is fixed: in an app version, or from a time on.

    Raises
    ------
    ThemeUnknown
        There is no such theme.
    KnownIssueMissing
        The theme is not flagged as a known issue, and no decision to flag it is pending.
    """
    survivor = surviving_theme(connection, theme_id)
    flagged, _ = _flagged(connection, survivor)
    if not flagged:
        raise KnownIssueMissing(theme_id)
    payload = {"version": version, "at": None if fixed_at is None else fixed_at.isoformat()}
    return append_decision(connection, theme_id, DecisionKind.FIX_KNOWN_ISSUE, payload, actor=actor, at=at, why=why)


def _flagged(connection: Connection, theme_id: int) -> tuple[bool, str | None]:
    """Return whether a theme is a known issue once the pending decisions are applied, and which of these says so."""
    flagged = connection.execute(select(themes.c.known_issue).where(themes.c.id == theme_id)).scalar_one() is not None
    newest = None
    for decision in pending_decisions(connection).get(theme_id, ()):
        if decision.kind in (DecisionKind.KNOWN_ISSUE, DecisionKind.CLEAR_KNOWN_ISSUE):
            flagged, newest = decision.kind == DecisionKind.KNOWN_ISSUE, decision.kind
    return flagged, newest


def append_decision(
    connection: Connection,
    theme_id: int,
    kind: str,
    payload: Mapping[str, Any],
    *,
    actor: str,
    at: datetime,
    why: str | None = None,
) -> Decision:
    """Append a decision and its audit row in the caller's transaction.

    The same decision twice is one: a form that is sent twice makes one decision while that is the theme's newest pending one, and a
    decision about tickets or a name that is in force, with no later one about the same, is not made again.
    `theme_id` is `NO_THEME` for tickets that belong to none. Raises `ThemeUnknown`.
    """
    survivor = surviving_theme(connection, theme_id) if theme_id != NO_THEME else NO_THEME
    payload = _redacted(payload)
    same = _same(connection, survivor, str(kind), payload)
    if same is not None:
        return same
    row = {
        "at": at, "actor": actor, "kind": str(kind), "theme_id": survivor, "payload": payload,
        "why": _redacted_text(why),
    }  # fmt: skip
    decision_id = connection.execute(insert(decisions).values(row).returning(decisions.c.id)).scalar_one()
    _audit(connection, row, decision_id, asked_of=theme_id)
    return read_decision(connection, decision_id)


def undo_decision(
    connection: Connection, decision_id: int, *, actor: str, at: datetime, why: str | None = None
) -> Decision:
    """Append that a decision is undone; one that is still pending is withdrawn at once.

    Returns the appended decision, or the withdrawn one. Undoing twice is undoing once.

    Raises
    ------
    DecisionUnknown
        There is no such decision.
    DecisionFinal
        It is an undo itself, or was refused: there is nothing to take back.
    DecisionRestedOn
        Later decisions rest on it; they are named, and have to be undone first.
    """
    undone = read_decision(connection, decision_id)
    waiting = _undos(connection).get(decision_id)
    if waiting is not None:
        return waiting
    if undone.undone_by is not None:
        return undone if undone.undone_by == decision_id else read_decision(connection, undone.undone_by)
    if undone.kind == DecisionKind.UNDO or undone.state == "refused":
        raise DecisionFinal(decision_id, undone.refusal)
    later = resting_on(connection, undone)
    if later:
        raise DecisionRestedOn(decision_id, [(one.decision_id, one.kind) for one in later])
    row = {
        "at": at, "actor": actor, "kind": DecisionKind.UNDO.value, "theme_id": undone.theme_id,
        "payload": {"decision": decision_id}, "why": _redacted_text(why),
    }  # fmt: skip
    if undone.applied_epoch is None and _withdraw(connection, decision_id):
        _audit(connection, row, decision_id, asked_of=undone.theme_id)
        return read_decision(connection, decision_id)
    undo_id = connection.execute(insert(decisions).values(row).returning(decisions.c.id)).scalar_one()
    _audit(connection, row, undo_id, asked_of=undone.theme_id)
    return read_decision(connection, undo_id)


def read_decision(connection: Connection, decision_id: int) -> Decision:
    """Read one decision. Raises `DecisionUnknown`."""
    known = select(decisions).where(decisions.c.id == decision_id)
    row = connection.execute(known).one_or_none() if abs(decision_id) <= LARGEST_ID else None
    if row is None:
        raise DecisionUnknown(decision_id)
    return _decision(row)


def read_decisions(connection: Connection) -> list[Decision]:
    """Read all decisions in the order in which they were made."""
    return [_decision(row) for row in connection.execute(select(decisions).order_by(decisions.c.id))]


def recent_decisions(connection: Connection, limit: int) -> list[Decision]:
    """Read the newest decisions, newest first."""
    return [
        _decision(row) for row in connection.execute(select(decisions).order_by(decisions.c.id.desc()).limit(limit))
    ]


RECENT = 200
"""Newest decisions about incidents that are looked through for those about one."""


def incident_decisions(connection: Connection, incident_id: int) -> list[Decision]:
    """Read the newest decisions that merged or split an incident, the newest first."""
    kinds = [kind.value for kind in INCIDENTS]
    query = select(decisions).where(decisions.c.kind.in_(kinds)).order_by(decisions.c.id.desc()).limit(RECENT)
    return [one for one in map(_decision, connection.execute(query)) if incident_id in _incidents_of(one)]


def _incidents_of(decision: Decision) -> set[int]:
    made = (decision.outcome or {}).get("incident_made")
    return {decision.payload["incident"], *decision.payload.get("incidents", ()), *([made] if made else [])}


def decisions_in_force(connection: Connection) -> list[Decision]:
    """Read the decisions in force, in the order in which they were made."""
    query = select(decisions).where(decisions.c.applied_epoch.is_not(None), decisions.c.undone_by.is_(None))
    found = [_decision(row) for row in connection.execute(query.order_by(decisions.c.id))]
    return [one for one in found if one.in_force]


def pending_decisions(connection: Connection) -> dict[int, tuple[Decision, ...]]:
    """Read the decisions that no epoch has applied yet, oldest first, under each theme that they name."""
    found: defaultdict[int, list[Decision]] = defaultdict(list)
    for decision in _waiting(connection):
        for theme_id in decision.touches:
            found[theme_id].append(decision)
    return {theme_id: tuple(listed) for theme_id, listed in found.items()}


def due_decisions(connection: Connection, epoch: int) -> list[Decision]:
    """Read the decisions that this epoch has to apply, in the order in which they were made.

    They are locked, so that none is withdrawn while it is being applied.
    """
    return [_decision(row) for row in connection.execute(_due_query(), {"until": epoch})]


def is_due(connection: Connection) -> bool:
    """Tell whether a decision waits that the first open epoch has to apply; False before the first epoch was mined."""
    return connection.execute(_one_due()).first() is not None


def tickets_decided(connection: Connection, epoch: int) -> list[str]:
    """Read the tickets of decisions about demand, and of undos, that this epoch or a later one applied; ascending."""
    found: set[str] = set()
    for kind, payload in connection.execute(_about_demand(), {"since": epoch}):
        if kind == DecisionKind.UNDO:
            payload = read_decision(connection, payload["decision"]).payload  # noqa: PLW2901 (what it undid)
        found |= set(payload.get("tickets", ())) if "demand" in payload else set()
    return sorted(found)


# Statements that each epoch executes are made once.


@cache
def _due_query() -> Select[Any]:
    due = or_(decisions.c.due_epoch.is_(None), decisions.c.due_epoch <= bindparam("until"))
    return _pending_query().where(due).with_for_update()


@cache
def _one_due() -> Select[Any]:
    ready = or_(decisions.c.due_epoch.is_(None), decisions.c.due_epoch <= miner.c.next_epoch)
    waiting = select(decisions.c.id).where(
        decisions.c.applied_epoch.is_(None), decisions.c.undone_by.is_(None), miner.c.next_epoch.is_not(None), ready
    )
    return waiting.limit(1)


@cache
def _about_demand() -> Select[Any]:
    kinds = [DecisionKind.DEMAND.value, DecisionKind.UNDO.value]
    return select(decisions.c.kind, decisions.c.payload).where(
        decisions.c.applied_epoch >= bindparam("since"), decisions.c.kind.in_(kinds)
    )


def mark_applied(connection: Connection, decision_id: int, epoch: int, outcome: Mapping[str, Any]) -> None:
    """Note which epoch applied a decision, and what that did."""
    statement = update(decisions).where(decisions.c.id == decision_id)
    connection.execute(statement.values(applied_epoch=epoch, outcome=dict(outcome)))


def mark_undone(connection: Connection, decision_id: int, undone_by: int) -> None:
    """Note by which decision another one was undone."""
    connection.execute(update(decisions).where(decisions.c.id == decision_id).values(undone_by=undone_by))


def resting_on(connection: Connection, decision: Decision) -> list[Decision]:
    """Read later decisions, pending or in force, that depend on what this one did.

    Those that moved or will move tickets which it moved, that name a theme which it made, or that replaced the name or flag
    which it gave.
    """
    later = [
        one
        for one in read_decisions(connection)
        if one.decision_id > decision.decision_id and one.state in ("pending", "applied") and one.kind != "undo"
    ]
    undoing = _undos(connection)
    later = [one for one in later if one.decision_id not in undoing]
    if not later:
        return []
    moved, onto = _moved(connection, decision)
    shared = _sharing(connection, decision.decision_id)
    made = set((decision.outcome or {}).get("created", ()))
    return [
        one
        for one in later
        if one.decision_id in shared
        or made & set(one.touches)
        or (one.kind == decision.kind == DecisionKind.DEMAND and moved & set(one.payload["tickets"]))
        or _changes_same_issue(decision, one)
        or (one.applied_epoch is None and _will_move(one, moved, onto))
        or (
            one.theme_id == decision.theme_id
            and _says(one.kind) is not None
            and _says(one.kind) == _says(decision.kind)
        )
    ]


def carry_decisions(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Store the decisions of another run over the same events, each due in the epoch that applied it there.

    So a replay honours what people decided. Rows are those of `groundswell themes decisions --json`; numbers are kept, since
    an undo names its decision. What was pending, withdrawn or refused there is left out. Returns how many were stored.

    Raises
    ------
    DecisionFinal
        The database holds decisions already.
    """
    if connection.execute(select(decisions.c.id).limit(1)).first() is not None:
        raise DecisionFinal(0, "decisions can only be loaded into a database that holds none")
    kept = [
        {
            "id": row["id"], "at": parse_rfc3339(row["at"]), "actor": row["actor"], "kind": row["kind"],
            "theme_id": row["theme_id"], "payload": _redacted(row["payload"]), "why": _redacted_text(row.get("why")),
            "due_epoch": row["applied_epoch"],
        }
        for row in rows
        if row["applied_epoch"] is not None and not (row.get("outcome") or {}).get("refused")
    ]  # fmt: skip
    if kept:
        connection.execute(insert(decisions), kept)
        if connection.dialect.name == "postgresql":
            # Numbers given by hand do not advance the sequence.
            connection.exec_driver_sql(
                "SELECT setval(pg_get_serial_sequence('decisions', 'id'), (SELECT max(id) FROM decisions))"
            )
    return len(kept)


def _pending_query() -> Select[Any]:
    return (
        select(decisions)
        .where(decisions.c.applied_epoch.is_(None), decisions.c.undone_by.is_(None))
        .order_by(decisions.c.id)
    )


def _waiting(connection: Connection) -> list[Decision]:
    return [_decision(row) for row in connection.execute(_pending_query())]


def _undos(connection: Connection) -> dict[int, Decision]:
    """Read pending undos by the decision that they undo."""
    return {one.payload["decision"]: one for one in _waiting(connection) if one.kind == DecisionKind.UNDO}


def _same(connection: Connection, theme_id: int, kind: str, payload: Mapping[str, Any]) -> Decision | None:
    def equal(one: Decision) -> bool:
        return (one.kind, one.theme_id, one.payload) == (kind, theme_id, payload)

    waiting = pending_decisions(connection).get(theme_id, ())
    if waiting and equal(waiting[-1]):
        return waiting[-1]
    # A flag that is set anew takes the volume of now for its measure, so that it is another decision.
    # Incidents that were merged, split and are merged again: the one who applies it finds what is done already.
    if kind in FLAGS or kind in DISPOSITIONS or kind in INCIDENTS:
        return None
    undoing = _undos(connection)
    found = [one for one in decisions_in_force(connection) if equal(one) and one.decision_id not in undoing]
    return found[-1] if found and not resting_on(connection, found[-1]) else None


def _withdraw(connection: Connection, decision_id: int) -> bool:
    """Take a pending decision back; False when the miner applied it meanwhile."""
    statement = update(decisions).where(decisions.c.id == decision_id, decisions.c.applied_epoch.is_(None))
    return connection.execute(statement.values(undone_by=decision_id)).rowcount == 1


def _moved(connection: Connection, decision: Decision) -> tuple[set[str], set[int]]:
    """Read the tickets that a decision moves, and the themes that it moved them to."""
    query = select(decision_tickets.c.ticket_id, decision_tickets.c.to_theme)
    rows = connection.execute(query.where(decision_tickets.c.decision_id == decision.decision_id)).all()
    named = set(decision.payload.get("tickets", ()))
    onto = {row.to_theme for row in rows if row.to_theme is not None}
    if decision.applied_epoch is None and decision.kind in (DecisionKind.MERGE, DecisionKind.PIN, DecisionKind.MOVE):
        onto |= {decision.theme_id} - {NO_THEME}
    return named | {row.ticket_id for row in rows}, onto


def _sharing(connection: Connection, decision_id: int) -> set[int]:
    """Read later decisions that moved tickets which this one moved."""
    mine, other = decision_tickets.alias(), decision_tickets.alias()
    query = (
        select(other.c.decision_id)
        .join(mine, mine.c.ticket_id == other.c.ticket_id)
        .where(mine.c.decision_id == decision_id, other.c.decision_id > decision_id)
        .distinct()
    )
    return set(connection.execute(query).scalars())


def _will_move(later: Decision, moved: set[str], onto: set[int]) -> bool:
    return bool(moved & set(later.payload.get("tickets", ())) or onto & set(later.payload.get("from", ())))


def _says(kind: str) -> str | None:
    """Return what a decision says about a theme apart from its tickets: of two that say it, the later one holds."""
    if kind in FLAGS or kind in DISPOSITIONS:
        return "flag"
    return next((said for one, said in _SAID.items() if one == kind), None)


def _changes_same_issue(decision: Decision, later: Decision) -> bool:
    """Return whether undoing a decision about a known issue would take back what a later one said about it."""
    if decision.issue_id is None or decision.issue_id != later.issue_id:
        return False
    if decision.kind == DecisionKind.KNOWN_ISSUE and decision.issue_id == decision.decision_id:
        return True
    if decision.kind in MEMBERSHIPS or later.kind in MEMBERSHIPS:
        shared = set(decision.payload.get("members", ())) & set(later.payload.get("members", ()))
        return bool(shared)
    return True


def _redacted(payload: Mapping[str, Any]) -> dict[str, Any]:
    from models.redaction import redact_value

    return {name: redact_value(value) if name in _SAYS else value for name, value in payload.items()}


def _redacted_text(text: str | None) -> str | None:
    from models.redaction import redact_value

    return str(redact_value(text)) if text else None


def _audit(connection: Connection, row: Mapping[str, Any], decision_id: int, *, asked_of: int) -> None:
    # Thousands of ticket ids would hide what a person wants to read in a log: the decision holds them.
    said = {name: len(value) if name in _TICKETS else value for name, value in row["payload"].items()}
    if row.get("why"):
        said["why"] = row["why"]
    detail = {"decision": decision_id, "asked_of": asked_of, **said}
    issue = row["payload"].get("issue")
    subject = f"theme {row['theme_id']}" if issue is None else f"known issue {issue}"
    record(connection, at=row["at"], actor=row["actor"], action=row["kind"], subject=subject, detail=detail)


def _decision(row: Row[Any]) -> Decision:
    return Decision(
        row.id, row.at, row.actor, row.kind, row.theme_id, row.payload, row.why, row.due_epoch, row.applied_epoch,
        row.undone_by, row.outcome,
    )  # fmt: skip
