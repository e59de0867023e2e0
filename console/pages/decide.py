"""Decisions about a theme: what a decision would touch is shown first, and what was shown is what is decided."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from sqlalchemy import Connection

from console.access.needs import Decider
from console.decision_request import MAX_TEXT, MOST_TICKETS, REFUSALS, DecisionBody, ThemeAction, propose, seal
from console.form import DecisionFields, fault_of
from console.pages.page import Pages
from console.parameters import ThemeNumber
from models.access import EVERYTHING, Person
from models.formats import counted
from models.redaction import quoted, redact, redact_value
from models.theme import Theme
from pipelines.decisions.preview import DecisionInvalid, DecisionPreview, decide
from store.board import now_of, snapshot, theme_tickets, theme_within
from store.board.find_themes import FoundTheme, find_issues, find_themes
from store.board.theme_tickets import NEWEST, PAGE_ROWS, TicketPage
from store.decisions import DecisionKind
from store.known_issues import StoredIssue
from store.survivors import surviving_theme
from store.tickets import read_titles

QUOTES = 4

NUMBERS = ("into", "to", "issue", "decision")
TEXTS = ("name", "title", "jira", "workaround", "owner")

ChoicePage = Annotated[int, Query(ge=1, le=NEWEST // PAGE_ROWS)]


@dataclass(frozen=True, slots=True)
class Side:
    """One of several themes, or parts of a theme, that are shown side by side: (ticket id, title) of some of its tickets."""

    name: str
    size: int
    theme_id: int | None
    quotes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: the fields by name, the tickets that are ticked, and the page of tickets that is looked at."""

    fields: Mapping[str, str]
    tickets: tuple[str, ...] = ()
    page: int = 1

    @property
    def kind(self) -> str:
        """What is to be decided; `pick` to tick tickets first."""
        return self.fields.get("kind", "")


@dataclass(slots=True)
class Shown:
    """What a page of a decision shows; `fields` are those that were sent, redacted."""

    theme: Theme
    sent: Sent
    fields: Mapping[str, str]
    owners: tuple[str, ...]
    search: str = ""
    proposal: DecisionPreview | None = None
    fault: str | None = None
    sides: tuple[Side, ...] = ()
    button: str = ""
    seen: str | None = None
    found: tuple[FoundTheme, ...] | None = None
    issues: tuple[StoredIssue, ...] = ()
    picks: TicketPage | None = None

    @property
    def kind(self) -> str:
        """What is to be decided."""
        return self.sent.kind

    @property
    def tickets(self) -> tuple[str, ...]:
        """The tickets that are ticked."""
        return self.sent.tickets

    @property
    def quoted_tickets(self) -> int:
        """How many tickets the page shows text of."""
        picks = 0 if self.picks is None else len(self.picks.rows)
        examples = len(self.proposal.examples) if self.proposal is not None and self.kind in ("move", "pin") else 0
        return sum(len(side.quotes) for side in self.sides) + picks + examples


def decide_routes(pages: Pages, *, owners: tuple[str, ...]) -> APIRouter:
    """Make the routes of decisions about a theme; `owners` are names that may be assigned."""
    router = APIRouter(prefix="/themes/{theme_id}/decide", default_response_class=HTMLResponse)

    @router.get("")
    def preview(
        theme_id: ThemeNumber, request: Request, person: Decider, page: ChoicePage = 1, turn: ChoicePage | None = None
    ) -> HTMLResponse:
        """Ask for what is missing, or show what the decision would touch; `turn` is a page of tickets to tick further ones on."""
        items = request.query_params.multi_items()
        fields = {**dict(items), **({} if turn is None else {"kind": "pick"})}
        tickets = dict.fromkeys(text for name, text in items if name == "ticket")
        return _answer(pages, person, theme_id, Sent(fields, tuple(tickets), turn or page), owners)

    @router.post("")
    def make(theme_id: ThemeNumber, form: Annotated[DecisionFields, Form()], person: Decider) -> Response:
        """Decide, if the decision still is what was shown: tickets may have come since."""
        sent = Sent(form.texts(), tuple(dict.fromkeys(form.ticket)))
        with pages.engine.begin() as connection:
            proposal, made = None, None
            with suppress(*REFUSALS):
                proposal = propose(connection, theme_id, _asked(sent))
            if proposal is not None and form.seen == seal(proposal) and proposal.tickets <= pages.effects.cap:
                why = " ".join(form.why.split())[:MAX_TEXT] or None
                made = decide(connection, proposal, cap=pages.effects.cap, actor=person.name, at=pages.clock(), why=why)
        if made is None:
            return _answer(pages, person, theme_id, sent, owners, changed=True)
        pages.effects.take()
        return RedirectResponse(f"/decisions/{made.decision_id}", HTTPStatus.SEE_OTHER)

    return router


def _asked(sent: Sent) -> DecisionBody:
    """Read the fields of a form. Raises `DecisionInvalid`."""
    if sent.kind not in list(ThemeAction):
        valid = ", ".join(ThemeAction)
        raise DecisionInvalid(f"received the decision {quoted(sent.kind, 40)}; valid are {valid}")
    given = {name: sent.fields[name] for name in (*NUMBERS, *TEXTS) if sent.fields.get(name, "none") != "none"}
    values = {name: _number(text, name) if name in NUMBERS else text for name, text in given.items() if text}
    try:
        return DecisionBody.model_validate({"kind": sent.kind, "tickets": sent.tickets, **values})
    except ValidationError as error:
        first = error.errors()[0]
        raise DecisionInvalid(
            f"received a {first['loc'][0]} that is too long or out of range; valid are texts of up to {MAX_TEXT:,} characters, and up "
            f"to {MOST_TICKETS} tickets"
        ) from error


def _number(given: str, what: str) -> int:
    plain = given.strip().removeprefix("#")
    if not (plain.isdecimal() and plain.isascii()) or len(plain) > 9 or int(plain) < 1:
        called = {"into": "theme to merge it into", "to": "theme", "issue": "known issue"}.get(what, what)
        raise DecisionInvalid(f"received {quoted(given, 40)} as the {called}; valid is its number")
    return int(plain)


def _answer(
    pages: Pages, person: Person, theme_id: int, sent: Sent, owners: tuple[str, ...], *, changed: bool = False
) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        theme = theme_within(connection, surviving_theme(connection, theme_id), EVERYTHING)
        kept = {name: str(redact_value(sent.fields.get(name, "")))[:MAX_TEXT] for name in (*TEXTS, *NUMBERS, "why")}
        shown = Shown(theme, sent, kept, owners=owners)
        shown.search = redact(sent.fields.get("q", "")[:200]).text
        if sent.kind == "pick":
            shown.search = redact(sent.fields.get("words", "")[:200]).text
            shown.picks = theme_tickets(connection, theme, EVERYTHING, shown.search, sent.page)
        elif _missing(sent):
            _offer(connection, shown)
        else:
            _preview(connection, shown, pages.effects.cap, changed=changed)
        answer = pages.write(
            connection, "decide.html", now_of(connection), person=person, shown=shown,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if shown.fault else HTTPStatus.OK,
        )  # fmt: skip
    pages.looks.note(person, f"decision about theme {theme.theme_id}", shown.quoted_tickets)
    return answer


def _missing(sent: Sent) -> bool:
    """Tell whether the page has to ask for something first; a form that is sent empty gets a sentence."""
    if sent.kind in ("move", "pin"):
        return "to" not in sent.fields and bool(sent.tickets)
    wanted = {"rename": ("name",), "assign": ("owner",), "merge": ("into",), "known_issue": ("title", "issue")}
    return sent.kind in wanted and not any(name in sent.fields for name in wanted[sent.kind])


def _offer(connection: Connection, shown: Shown) -> None:
    """Find what a person may choose from."""
    if shown.kind in ("merge", "move", "pin"):
        shown.found = find_themes(connection, shown.search, without=shown.theme.theme_id)
    elif shown.kind == "known_issue":
        shown.issues = find_issues(connection, shown.search)


def _preview(connection: Connection, shown: Shown, cap: int, *, changed: bool) -> None:
    try:
        proposal = propose(connection, shown.theme.theme_id, _asked(shown.sent))
    except REFUSALS as error:
        shown.fault = fault_of(error)
        _offer(connection, shown)
        return
    shown.proposal, shown.button = proposal, button_text(proposal)
    shown.sides = _sides(connection, shown.theme, proposal)
    if proposal.tickets > cap:
        shown.fault = (
            f"This would move {proposal.tickets:,} tickets, and the console moves up to {cap:,}; use the command line."
        )
        return
    shown.seen = seal(proposal)
    if changed:
        shown.fault = "What it would touch has changed since you looked; look again before you decide."


def _sides(connection: Connection, theme: Theme, proposal: DecisionPreview) -> tuple[Side, ...]:
    """Return what is shown side by side: the parts of a split, or the themes that are touched."""
    if proposal.kind is DecisionKind.SPLIT:
        leaving = proposal.payload["tickets"]
        newest = theme_tickets(connection, theme, EVERYTHING).rows
        rest = [row.ticket_id for row in newest if row.ticket_id not in set(leaving)]
        return (
            Side(proposal.payload.get("name") or "A new theme", len(leaving), None, tuple(read_titles(connection, leaving, QUOTES))),
            Side(theme.name, max(0, theme.size - len(leaving)), theme.theme_id, tuple(read_titles(connection, rest, QUOTES))),
        )  # fmt: skip
    sides = []
    for number, name, size in proposal.themes[:6]:
        one = theme_within(connection, number, EVERYTHING)
        rows = theme_tickets(connection, one, EVERYTHING).rows[:QUOTES]
        sides.append(Side(name, size, number, tuple((row.ticket_id, row.title or row.body) for row in rows)))
    return tuple(sides)


def button_text(proposal: DecisionPreview) -> str:
    """Say what the button does, with the number of tickets and the names of themes."""
    payload, tickets = proposal.payload, counted(proposal.tickets, "ticket")
    into = proposal.themes[-1][1] if proposal.themes else ""
    kind = proposal.kind
    if kind is DecisionKind.MERGE:
        return f"Merge {tickets} into “{into}”"
    if kind in (DecisionKind.MOVE, DecisionKind.PIN):
        verb = "Pin" if kind is DecisionKind.PIN else "Move"
        named = counted(len(payload["tickets"]), "ticket")
        return f"{verb} {named} to “{into}”" if proposal.theme_id else f"Take {named} out of all themes"
    if kind is DecisionKind.KNOWN_ISSUE:
        issue = payload.get("issue")
        return (
            f"Add it to known issue {issue}, “{payload['title']}”"
            if issue
            else f"Flag as known issue “{payload['title']}”"
        )
    return {
        DecisionKind.RENAME: f"Rename it to “{payload.get('name')}”",
        DecisionKind.ASSIGN: f"Assign it to {payload.get('owner')}",
        DecisionKind.SPLIT: f"Split off {tickets}",
        DecisionKind.ARCHIVE: "Archive it until it escalates",
        DecisionKind.RESOLVE: "Mark it as resolved",
        DecisionKind.CLEAR_KNOWN_ISSUE: "Take the flag as a known issue away",
        DecisionKind.UNDO: f"Undo decision {payload.get('decision')}",
    }[kind]
