"""What a person can decide, and a decision as it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

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


def decision_of(row: Row[Any]) -> Decision:
    """Return the decision of a row of the table."""
    return Decision(
        row.id, row.at, row.actor, row.kind, row.theme_id, row.payload, row.why, row.due_epoch, row.applied_epoch,
        row.undone_by, row.outcome,
    )  # fmt: skip
