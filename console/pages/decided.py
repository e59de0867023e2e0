"""A decision that was made: what it was, whether it has taken effect, and its undo."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access import needs
from console.decision_request import REFUSALS
from console.form import fault_of
from console.format import decision_text
from console.pages.page import Pages
from console.parameters import DecisionNumber
from models.access import Permission, Person
from models.formats import counted
from pipelines.decisions.preview import CapExceeded, decide, propose_undo
from store.board import now_of, snapshot
from store.board.find_themes import names_of
from store.decisions import NO_THEME, Decision, DecisionKind, read_decision


def decided_routes(pages: Pages) -> APIRouter:
    """Make the routes of decisions that were made."""
    router = APIRouter(prefix="/decisions/{decision_id}", default_response_class=HTMLResponse)

    @router.get("")
    def show(decision_id: DecisionNumber, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            decision = read_decision(connection, decision_id)
            undone = None
            if decision.kind == DecisionKind.UNDO:
                undone = read_decision(connection, decision.payload["decision"])
            themes = [theme for theme in (undone or decision).touches if theme != NO_THEME]
            names = names_of(connection, themes)
            return pages.write(
                connection, "decided.html", now_of(connection), person=person, decision=decision, undone=undone,
                effect=pages.effects.of(connection, decision), themes=themes, names=names,
                said=described(undone or decision, names), undoable=may_be_undone(decision),
            )  # fmt: skip

    @router.post("/undo")
    def undo(decision_id: DecisionNumber, person: Annotated[Person, needs(Permission.DECIDE)]) -> Response:
        """Undo it in one step; what later decisions rest on stays, and the answer names these."""
        made = undo_now(pages, person, decision_id)
        return RedirectResponse(f"/decisions/{made.decision_id}", HTTPStatus.SEE_OTHER)

    @router.get("/undo", dependencies=[needs(Permission.LOOK)])
    def back(decision_id: DecisionNumber) -> Response:
        # A reload after the form asks for its address.
        return RedirectResponse(f"/decisions/{decision_id}", HTTPStatus.SEE_OTHER)

    return router


def described(decision: Decision, names: Mapping[int, str]) -> str:
    """Say what was decided, with the names of the themes; they are those of now."""

    def called(theme: int) -> str:
        return f"“{names.get(theme, f'theme {theme}')}”"

    payload = decision.payload
    if decision.kind == DecisionKind.MERGE:
        return f"Merge {' and '.join(called(theme) for theme in payload['from'])} into {called(decision.theme_id)}."
    if decision.kind == DecisionKind.SPLIT:
        return f"Split {counted(len(payload['tickets']), 'ticket')} off {called(decision.theme_id)}."
    if decision.kind in (DecisionKind.MOVE, DecisionKind.PIN):
        verb = "Pin" if decision.kind == DecisionKind.PIN else "Move"
        place = "out of all themes" if decision.theme_id == NO_THEME else f"to {called(decision.theme_id)}"
        return f"{verb} {counted(len(payload['tickets']), 'ticket')} {place}."
    if decision.kind == DecisionKind.ASSIGN:
        return f"Assign {called(decision.theme_id)} to {payload['owner']}."
    if decision.kind in (DecisionKind.ARCHIVE, DecisionKind.RESOLVE):
        done = "Archive" if decision.kind == DecisionKind.ARCHIVE else "Resolve"
        return f"{done} {called(decision.theme_id)}{' until it escalates' if done == 'Archive' else ''}."
    return decision_text(decision)


def may_be_undone(decision: Decision) -> bool:
    """Tell whether there is something to take back."""
    return decision.kind != DecisionKind.UNDO and decision.state in ("pending", "applied")


def undo_now(pages: Pages, person: Person, decision_id: int, why: str | None = None) -> Decision:
    """Undo a decision and let that take effect. Raises `HTTPException` where it cannot be undone."""
    try:
        with pages.engine.begin() as connection:
            proposal = propose_undo(connection, decision_id)
            made = decide(connection, proposal, cap=pages.effects.cap, actor=person.name, at=pages.clock(), why=why)
    except (*REFUSALS, CapExceeded) as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, fault_of(error)) from error
    pages.effects.take()
    return made
