"""What a person asks to decide about a theme, by a form or as JSON, and the preview of it."""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import Annotated

import orjson
from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from sqlalchemy import Connection

from models.redaction import redact_value
from pipelines.decisions.assignment import propose_assignment
from pipelines.decisions.dispositions import propose_disposition
from pipelines.decisions.flags import propose_clear, propose_flag, propose_join
from pipelines.decisions.preview import (
    DecisionInvalid,
    DecisionPreview,
    propose_merge,
    propose_move,
    propose_rename,
    propose_split,
    propose_undo,
    suggest_split,
)
from store.decisions import DecisionKind
from store.epochs import read_miner
from store.errors import DecisionFinal, DecisionRestedOn, DecisionUnknown, ThemeUnknown
from store.survivors import surviving_theme
from store.types import LARGEST_ID

REFUSALS = (DecisionInvalid, DecisionFinal, DecisionRestedOn, DecisionUnknown)
"""What a person can correct by asking for something else; an unknown theme in the address has a page of its own."""

MAX_TEXT = 2_000
MOST_TICKETS = 500
"""Tickets that one request may name."""


class ThemeAction(StrEnum):
    """What can be decided about a theme on the console."""

    RENAME = "rename"
    KNOWN_ISSUE = "known_issue"
    CLEAR = "clear_known_issue"
    MERGE = "merge"
    SPLIT = "split"
    MOVE = "move"
    PIN = "pin"
    ARCHIVE = "archive"
    RESOLVE = "resolve"
    ASSIGN = "assign"
    UNDO = "undo"


Number = Annotated[int, Field(ge=1, le=LARGEST_ID)]
TicketId = Annotated[str, StringConstraints(min_length=1, max_length=256)]
AskedText = Annotated[str, StringConstraints(max_length=MAX_TEXT)]


class DecisionBody(BaseModel):
    """A decision as it is asked for; which fields it needs depends on its kind.

    `rename`: `name`. `known_issue`: `title` (with `jira`, `workaround`, `owner`), or `issue` for one that exists. `merge`: `into`.
    `split`: `tickets` that leave, or none for the two most distinct parts, and a `name`. `move`, `pin`: `tickets` and `to`; `move`
    without `to` takes them out of all themes. `assign`: `owner`. `undo`: `decision`. The others need no field.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: ThemeAction
    name: AskedText | None = None
    title: AskedText | None = None
    jira: AskedText | None = None
    workaround: AskedText | None = None
    owner: AskedText | None = None
    issue: Number | None = None
    into: Number | None = None
    to: Number | None = None
    decision: Number | None = None
    tickets: Annotated[tuple[TicketId, ...], Field(max_length=MOST_TICKETS)] = ()
    why: AskedText | None = None


class AskedDecision(DecisionBody):
    """A decision that is asked for as JSON.

    With `dry_run` the answer is what it would touch, and a `seal` of that; a decision with that text as `seen` is made only where
    it still would touch the same.
    """

    dry_run: bool = False
    seen: str | None = None


def propose(connection: Connection, theme_id: int, asked: DecisionBody) -> DecisionPreview:
    """Preview what is asked for. Raises one of `REFUSALS`, `ThemeUnknown` where the theme that it is about does not exist."""
    theme = surviving_theme(connection, theme_id)
    try:
        return _propose(connection, theme, asked)
    except ThemeUnknown as error:
        raise DecisionInvalid(str(error)) from error


def _propose(connection: Connection, theme: int, asked: DecisionBody) -> DecisionPreview:
    if asked.kind in (ThemeAction.SPLIT, ThemeAction.MOVE, ThemeAction.PIN):
        return _propose_tickets(connection, theme, asked)
    if asked.kind in (ThemeAction.KNOWN_ISSUE, ThemeAction.CLEAR):
        return _propose_flag(connection, theme, asked)
    if asked.kind in (ThemeAction.ARCHIVE, ThemeAction.RESOLVE):
        return propose_disposition(connection, theme, DecisionKind(asked.kind.value))
    if asked.kind is ThemeAction.MERGE:
        return propose_merge(connection, [theme], _needed(asked.into, "theme to merge it into"))
    if asked.kind is ThemeAction.UNDO:
        return propose_undo(connection, _needed(asked.decision, "decision"))
    named = propose_rename if asked.kind is ThemeAction.RENAME else propose_assignment
    return named(connection, theme, _said(asked.name if asked.kind is ThemeAction.RENAME else asked.owner))


def _propose_flag(connection: Connection, theme: int, asked: DecisionBody) -> DecisionPreview:
    if asked.kind is ThemeAction.CLEAR:
        return propose_clear(connection, theme)
    if asked.issue is not None:
        return propose_join(connection, theme, asked.issue)
    details = {"title": asked.title, "jira": asked.jira, "workaround": asked.workaround, "owner": asked.owner}
    return propose_flag(connection, theme, {name: _said(text) for name, text in details.items() if text})


def _propose_tickets(connection: Connection, theme: int, asked: DecisionBody) -> DecisionPreview:
    name = _said(asked.name) if asked.name else None
    if asked.kind is ThemeAction.SPLIT and asked.tickets:
        return propose_split(connection, theme, asked.tickets, name)
    if asked.kind is ThemeAction.SPLIT:
        model = str(read_miner(connection).state.get("model", ""))
        return suggest_split(connection, theme, model, name=name)
    if not asked.tickets:
        raise DecisionInvalid("received no tickets; tick those that are meant")
    pin = asked.kind is ThemeAction.PIN
    return propose_move(connection, asked.tickets, _needed(asked.to, "theme") if pin else asked.to, pin=pin)


def seal(proposal: DecisionPreview) -> str:
    """Hash what a proposal would do: two with the same hash do the same."""
    return sha256(orjson.dumps(proposal.as_json(), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _said(text: str | None) -> str:
    # A preview must be of what would be stored.
    return str(redact_value(text or ""))


def _needed(given: int | None, what: str) -> int:
    if given is None:
        raise DecisionInvalid(f"received no {what}; valid is its number")
    return given
