"""What a failure looks like: one sentence, as a page or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from console.access import PermissionMissing, ScopeTooNarrow, SignInRequired
from console.errors import ConsoleError
from console.form import fault_of
from console.guard import SAFE_METHODS, SECURITY_HEADERS
from console.operations import ChannelNotSetUp, NotAvailable
from console.pages import Pages
from console.pages.sign_in import sign_in_address
from models.invalid_value import what_is_valid
from models.redaction import quoted, redact, shortened
from pipelines.decisions.preview import DecisionInvalid
from pipelines.figures.errors import FigureQueryInvalid
from pipelines.handling.errors import FigureError
from pipelines.past.explain import UNANSWERABLE
from pipelines.silencing import SilenceInvalid
from store.accounts.administration import PersonInvalid
from store.accounts.api_tokens import TokenUnknown
from store.accounts.people import LastAdmin, PersonExists, PersonUnknown
from store.alerts import AlertUnknown
from store.audit import AuditPlaceInvalid
from store.errors import (
    DecisionFinal,
    DecisionRestedOn,
    DecisionUnknown,
    KnownIssueMissing,
    SpikeUnknown,
    StoreError,
    ThemeUnknown,
)
from store.incidents import IncidentUnknown
from store.known_issue_decisions import KnownIssueInvalid
from store.known_issues import KnownIssueUnknown
from store.labels.errors import (
    LabelCaseClosed,
    LabelCaseOpen,
    LabelCaseUnknown,
    LabelInvalid,
    LabellingRefused,
    LabelQueueClosed,
    LabelQueueUnknown,
    LabelSetUnknown,
)
from store.quarantine import RefusedRecordUnknown
from store.saved_views import SavedViewUnknown, TooManyViews
from store.silences import SilenceOver, SilenceUnknown
from store.sops import SopExists, SopInvalid, SopRevisedMeanwhile, SopUnknown, SopVersionUnknown
from store.sqlite_file import is_damage

NOT_FOUND = (
    ThemeUnknown,
    SpikeUnknown,
    KnownIssueUnknown,
    AlertUnknown,
    SilenceUnknown,
    IncidentUnknown,
    PersonUnknown,
    TokenUnknown,
    RefusedRecordUnknown,
    SavedViewUnknown,
    DecisionUnknown,
    SopUnknown,
    SopVersionUnknown,
    LabelCaseUnknown,
    LabelQueueUnknown,
    LabelSetUnknown,
)
"""What an address names that does not exist."""

CONFLICTS = (
    SilenceOver,
    DecisionFinal,
    DecisionRestedOn,
    LastAdmin,
    PersonExists,
    TooManyViews,
    SopExists,
    SopRevisedMeanwhile,
    LabelCaseClosed,
    LabelCaseOpen,
    LabelQueueClosed,
    LabellingRefused,
)
"""What was possible before somebody did something else."""


def _status_of(error: StoreError) -> HTTPStatus:
    if isinstance(error, NOT_FOUND):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, CONFLICTS):
        return HTTPStatus.CONFLICT
    return (
        HTTPStatus.UNPROCESSABLE_ENTITY
        if isinstance(
            error,
            (
                *UNANSWERABLE,
                KnownIssueMissing,
                KnownIssueInvalid,
                SopInvalid,
                LabelInvalid,
                SilenceInvalid,
                DecisionInvalid,
                PersonInvalid,
                AuditPlaceInvalid,
            ),
        )
        else HTTPStatus.SERVICE_UNAVAILABLE
    )


def add_failures(app: FastAPI, pages: Pages) -> None:
    """Add the handlers of everything that a route may raise."""
    _add_refusals(app, pages)
    _add_misuse(app, pages)
    _add_breakdowns(app, pages)


def _answer(pages: Pages, request: Request, status: int, error: str) -> Response:
    # A sentence quotes what was sent, which may be a card number that was pasted into the wrong field.
    sentence = redact(error).text
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": sentence}, status)
    return pages.write_failure(HTTPStatus(status), sentence)


def _add_refusals(app: FastAPI, pages: Pages) -> None:
    @app.exception_handler(SignInRequired)
    async def nobody(request: Request, error: SignInRequired) -> Response:
        if request.url.path.startswith("/api/") or request.method not in SAFE_METHODS:
            refusal = _answer(pages, request, HTTPStatus.UNAUTHORIZED, str(error))
            refusal.headers["WWW-Authenticate"] = "Bearer"
            return refusal
        return RedirectResponse(sign_in_address(request), HTTPStatus.SEE_OTHER)

    @app.exception_handler(PermissionMissing)
    @app.exception_handler(ScopeTooNarrow)
    async def not_permitted(request: Request, error: Exception) -> Response:
        return _answer(pages, request, HTTPStatus.FORBIDDEN, str(error))


def _add_misuse(app: FastAPI, pages: Pages) -> None:
    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        if error.detail == HTTPStatus(error.status_code).phrase:
            asked = f"{request.method} {shortened(request.url.path, 200)}"
            sentence = f"Received {asked}, which the console does not answer; start from the board."
            return _answer(pages, request, error.status_code, sentence)
        return _answer(pages, request, error.status_code, str(error.detail))

    @app.exception_handler(RequestValidationError)
    async def misread(request: Request, error: RequestValidationError) -> Response:
        return _answer(pages, request, HTTPStatus.UNPROCESSABLE_ENTITY, _misread_sentence(request, error.errors()[0]))


def _misread_sentence(request: Request, first: Mapping[str, Any]) -> str:
    """Say which part of a request was misread: of the address, a form, or the body of a call of the API."""
    part, *path = first["loc"]
    sent = "body" if request.url.path.startswith("/api/") else "form"
    where = sent if part == "body" else "address"
    if first["type"] == "json_invalid":
        return f"Received a body that is no JSON ({first['ctx']['error']} at character {path[0]}); send a JSON object."
    name = ".".join(str(one) for one in path)
    if first["type"] == "missing":
        return f"Received no {name}; add it to the {where}." if name else f"Received no {sent}; send one."
    received = quoted(first.get("input", ""), 100)
    return f"Received {received} as {name or 'the ' + sent}: {what_is_valid(first)}; correct it in the {where}."


def _add_breakdowns(app: FastAPI, pages: Pages) -> None:
    @app.exception_handler(ConsoleError)
    async def not_done(request: Request, error: ConsoleError) -> Response:
        missing, busy = isinstance(error, ChannelNotSetUp), isinstance(error, NotAvailable)
        status = HTTPStatus.NOT_FOUND if missing else HTTPStatus.CONFLICT if busy else HTTPStatus.SERVICE_UNAVAILABLE
        return _answer(pages, request, status, fault_of(error))

    @app.exception_handler(StoreError)
    async def not_stored(request: Request, error: StoreError) -> Response:
        return _answer(pages, request, _status_of(error), fault_of(error))

    @app.exception_handler(FigureError)
    async def no_figures(request: Request, error: FigureError) -> Response:
        asked = isinstance(error, FigureQueryInvalid)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if asked else HTTPStatus.SERVICE_UNAVAILABLE
        return _answer(pages, request, status, fault_of(error))

    @app.exception_handler(DBAPIError)
    async def unreachable(request: Request, error: DBAPIError) -> Response:
        sentence = "The database does not answer; see that it runs, or ask `groundswell doctor`."
        if is_damage(error.orig):
            sentence = "The database's file is damaged; `groundswell doctor` says where, and a backup must be restored."
        return _answer(pages, request, HTTPStatus.SERVICE_UNAVAILABLE, sentence)

    @app.exception_handler(Exception)
    async def failed(request: Request, _error: Exception) -> Response:
        sentence = "The console failed at this page; its log says why. Go back to the board, or try again."
        response = _answer(pages, request, HTTPStatus.INTERNAL_SERVER_ERROR, sentence)
        # This answer is written outside the guard.
        response.headers.update(SECURITY_HEADERS)
        return response
