"""Decisions about a theme: what a decision would touch is shown first, and what was shown is what is decided."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated

import orjson
from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from console.access import needs
from console.form import DecisionFields
from console.pages.page import Pages
from console.parameters import ThemeNumber
from models.access import Permission, Person
from models.redaction import quoted, redact_value
from pipelines.decisions.preview import (
    DecisionInvalid,
    DecisionPreview,
    decide,
    propose_merge,
    propose_rename,
    propose_undo,
    suggest_split,
)
from store.board import now_of, snapshot
from store.epochs import read_miner
from store.errors import DecisionFinal, DecisionRestedOn, DecisionUnknown, StoreError, ThemeUnknown
from store.survivors import surviving_theme

REFUSALS = (DecisionInvalid, DecisionFinal, DecisionRestedOn, DecisionUnknown)
"""What a person can correct by asking for something else; an unknown theme in the address has a page of its own."""

MAX_TEXT = 2_000


def decide_routes(pages: Pages, *, cap: int) -> APIRouter:
    """Make the routes of decisions about a theme: rename, merge, split where it falls apart, undo."""
    router = APIRouter(prefix="/themes/{theme_id}/decide", default_response_class=HTMLResponse)

    @router.get("")
    def preview(
        theme_id: ThemeNumber, request: Request, person: Annotated[Person, needs(Permission.DECIDE)]
    ) -> HTMLResponse:
        return _shown(pages, theme_id, _read(dict(request.query_params)), person, cap=cap)

    @router.post("")
    def make(
        theme_id: ThemeNumber,
        sent: Annotated[DecisionFields, Form()],
        person: Annotated[Person, needs(Permission.DECIDE)],
    ) -> Response:
        """Decide, if the decision still is what was shown: tickets may have come since."""
        fields = _read(sent.model_dump())
        with pages.engine.begin() as connection:
            try:
                proposal = proposed(connection, theme_id, fields)
            except REFUSALS:
                proposal = None
            if proposal is not None and fields.get("seen") == seal(proposal) and proposal.tickets <= cap:
                why = " ".join(fields.get("why", "").split())[:MAX_TEXT] or None
                decide(connection, proposal, cap=cap, actor=person.name, at=pages.clock(), why=why)
                return RedirectResponse(f"/themes/{theme_id}#decisions", HTTPStatus.SEE_OTHER)
        return _shown(pages, theme_id, fields, person, cap=cap, changed=True)

    return router


def proposed(connection: Connection, theme_id: int, fields: Mapping[str, str]) -> DecisionPreview:
    """Make the proposal that the fields ask for. Raises one of `REFUSALS`, `ThemeUnknown` where there is no such theme."""
    surviving_theme(connection, theme_id)
    kind = fields.get("kind", "")
    if kind == "rename":
        return propose_rename(connection, theme_id, fields.get("name", ""))
    if kind == "merge":
        into = _number(fields.get("into", ""), "theme to merge it into")
        try:
            return propose_merge(connection, [theme_id], into)
        except ThemeUnknown as error:
            raise DecisionInvalid(str(error)) from error
    if kind == "split":
        model = str(read_miner(connection).state.get("model", ""))
        return suggest_split(connection, theme_id, model)
    if kind == "undo":
        return propose_undo(connection, _number(fields.get("decision", ""), "decision"))
    raise DecisionInvalid(f"received the decision {quoted(kind, 40)}; valid are rename, merge, split and undo")


def seal(proposal: DecisionPreview) -> str:
    """Hash what a proposal would do: two with the same hash do the same."""
    return sha256(orjson.dumps(proposal.as_json(), option=orjson.OPT_SORT_KEYS)).hexdigest()


def _read(sent: Mapping[str, str]) -> dict[str, str]:
    """Redact what was sent: it is shown again, and a preview must be of what would be stored."""
    return {name: str(redact_value(text)) for name, text in sent.items()}


def _number(given: str, what: str) -> int:
    plain = given.strip().removeprefix("#")
    if not plain.isdecimal() or len(plain) > 9:
        raise DecisionInvalid(f"received {quoted(given, 40)} as the {what}; valid is its number")
    return int(plain)


def _shown(
    pages: Pages, theme_id: int, fields: Mapping[str, str], person: Person, *, cap: int, changed: bool = False
) -> HTMLResponse:
    with snapshot(pages.engine) as connection:
        proposal, fault = None, None
        try:
            proposal = proposed(connection, theme_id, fields)
        except REFUSALS as error:
            fault = _sentence(error)
        if proposal is not None and proposal.tickets > cap:
            fault = f"This would move {proposal.tickets:,} tickets, and the console moves up to {cap:,}; use the command line."
        elif proposal is not None and changed:
            fault = "What it would touch has changed since you looked; look again before you decide."
        kept = {name: fields[name][:MAX_TEXT] for name in ("kind", "name", "into", "decision") if fields.get(name)}
        return pages.write(
            connection,
            "decide.html",
            now_of(connection),
            person=person,
            status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
            theme_id=theme_id,
            proposal=proposal,
            fields=kept,
            why=fields.get("why", "")[:MAX_TEXT],
            seen=seal(proposal) if proposal is not None and proposal.tickets <= cap else None,
            fault=fault,
        )


def _sentence(error: StoreError) -> str:
    text = str(error)
    return f"{text[0].upper()}{text[1:]}."
