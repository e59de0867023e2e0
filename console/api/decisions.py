"""Decisions about themes as JSON: previewed, made, listed and undone."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Any, Self

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from console.access import needs
from console.access.needs import Decider
from console.api.answer import answer
from console.decision_request import REFUSALS, AskedDecision, propose, seal
from console.form import fault_of
from console.pages.decided import undo_now
from console.pages.page import Pages
from console.parameters import DecisionNumber, ThemeNumber
from models.access import Permission
from pipelines.decisions.preview import CapExceeded, DecisionPreview, decide
from store.board import snapshot
from store.decisions import Decision, read_decision, read_decisions
from store.listings import decision_as_json
from store.survivors import surviving_theme

CHANGED = "What it would touch has changed since you looked; look again before you decide."


class TouchedTheme(BaseModel):
    """A theme that a decision touches."""

    model_config = ConfigDict(frozen=True)

    id: int
    name: str
    size: int


class QuotedTicket(BaseModel):
    """A ticket that a decision moves, for example."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str


class PreviewAnswer(BaseModel):
    """What a decision would touch: `tickets` would change their theme. `seal` is what `seen` has to be."""

    model_config = ConfigDict(frozen=True)

    kind: str
    theme_id: int
    payload: dict[str, Any]
    themes: tuple[TouchedTheme, ...]
    tickets: int
    examples: tuple[QuotedTicket, ...]
    notes: tuple[str, ...]
    seal: str

    @classmethod
    def of(cls, proposal: DecisionPreview) -> Self:
        """Write a preview."""
        return cls(**proposal.as_json(), seal=seal(proposal))


class DecisionAnswer(BaseModel):
    """A decision. `state` is `pending`, `applied`, `undone` or `refused`; `effect` says in one sentence how far it is."""

    model_config = ConfigDict(frozen=True)

    id: int
    at: datetime
    actor: str
    kind: str
    theme_id: int
    state: str
    why: str | None
    payload: dict[str, Any]
    applied_epoch: int | None
    undone_by: int | None
    outcome: dict[str, Any] | None
    effect: str


def add_decisions(router: APIRouter, pages: Pages) -> None:
    """Add the routes of decisions."""

    @router.get(
        "/themes/{theme_id}/decisions", dependencies=[needs(Permission.LOOK)], response_model=list[DecisionAnswer]
    )
    def listed(theme_id: ThemeNumber) -> Response:
        """List the decisions that name a theme, or the theme that it survives in, the newest first."""
        with snapshot(pages.engine) as connection:
            numbers = {theme_id, surviving_theme(connection, theme_id)}
            found = [
                _described(pages, connection, one)
                for one in reversed(read_decisions(connection))
                if numbers & {one.theme_id, *one.payload.get("from", ()), *one.payload.get("themes", ())}
            ]
        return answer(found)

    @router.post(
        "/themes/{theme_id}/decisions",
        status_code=HTTPStatus.CREATED,
        response_model=DecisionAnswer,
        responses={HTTPStatus.OK: {"model": PreviewAnswer, "description": "A dry run: what it would touch."}},
    )
    def make(theme_id: ThemeNumber, asked: AskedDecision, person: Decider) -> Response:
        """Decide about a theme, and let it take effect at once; `dry_run` answers what it would touch, and decides nothing."""
        try:
            if asked.dry_run:
                with snapshot(pages.engine) as connection:
                    shown = propose(connection, theme_id, asked)
                pages.looks.note(person, f"decision about theme {theme_id}", len(shown.examples))
                return answer(PreviewAnswer.of(shown).model_dump(mode="json"))
            with pages.engine.begin() as connection:
                proposal = propose(connection, theme_id, asked)
                if asked.seen is not None and asked.seen != seal(proposal):
                    raise HTTPException(HTTPStatus.CONFLICT, CHANGED)
                why = " ".join((asked.why or "").split()) or None
                made = decide(connection, proposal, cap=pages.effects.cap, actor=person.name, at=pages.clock(), why=why)
        except (*REFUSALS, CapExceeded) as error:
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, fault_of(error)) from error
        pages.effects.take()
        return _answered(pages, made.decision_id, HTTPStatus.CREATED)

    @router.get("/decisions/{decision_id}", dependencies=[needs(Permission.LOOK)], response_model=DecisionAnswer)
    def show(decision_id: DecisionNumber) -> Response:
        """Describe a decision, and say whether it has taken effect."""
        return _answered(pages, decision_id)

    @router.post("/decisions/{decision_id}/undo", status_code=HTTPStatus.CREATED, response_model=DecisionAnswer)
    def undo(decision_id: DecisionNumber, person: Decider) -> Response:
        """Undo a decision, and let that take effect at once; one that is pending is withdrawn."""
        return _answered(pages, undo_now(pages, person, decision_id).decision_id, HTTPStatus.CREATED)


def _answered(pages: Pages, decision_id: int, status: HTTPStatus = HTTPStatus.OK) -> Response:
    with snapshot(pages.engine) as connection:
        return answer(_described(pages, connection, read_decision(connection, decision_id)), status)


def _described(pages: Pages, connection: Connection, decision: Decision) -> dict[str, Any]:
    return {**decision_as_json(decision), "effect": pages.effects.of(connection, decision).sentence}
