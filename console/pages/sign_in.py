"""Signing in and out: the printed link of a single user; name and password, and invitations, of people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access import LinkSignIn, PeopleSignIn, needs, public
from console.access.sign_in import SignInRefused, TooManyAttempts, accept_invitation, sign_in_person
from console.form import InvitationFields, SignInFields
from console.pages.page import Pages
from models.access import Permission, Person
from store.accounts.invitations import InvitationInvalid, invited_person
from store.accounts.sessions import LENGTH, end_session
from store.audit import record
from store.board import snapshot

LONGEST_NEXT = 500


def sign_in_address(request: Request) -> str:
    """Return the address of the page to sign in, from which the person comes back to what was asked for."""
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return "/sign-in" if asked == "/" else f"/sign-in?{urlencode({'next': asked[:LONGEST_NEXT]})}"


def local_path(text: str) -> str:
    """Return a path of the console, `/` where the text is an address elsewhere: a link to sign in must not lead away."""
    harmless = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if harmless and "\\" not in text else "/"


def sign_in_routes(pages: Pages, sign_in: LinkSignIn | PeopleSignIn) -> APIRouter:
    """Make the routes of signing in and out."""
    router = APIRouter(default_response_class=HTMLResponse)
    if isinstance(sign_in, LinkSignIn):
        _add_link(router, pages, sign_in)
    else:
        _add_form(router, pages, sign_in)
        _add_invitations(router, pages, sign_in)

    @router.post("/sign-out")
    def sign_out(request: Request, person: Annotated[Person, needs(Permission.LOOK, narrows=True)]) -> Response:
        with pages.engine.begin() as connection:
            end_session(connection, request.cookies.get(sign_in.cookie, ""))
            record(connection, at=pages.clock(), actor=person.name, action="signed out", subject=person.name)
        answer = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        answer.delete_cookie(sign_in.cookie)
        return answer

    return router


def _add_link(router: APIRouter, pages: Pages, sign_in: LinkSignIn) -> None:
    @router.get("/sign-in", dependencies=[public()])
    def open_link(
        token: Annotated[str, Query(max_length=200)] = "", to: Annotated[str, Query(alias="next", max_length=600)] = "/"
    ) -> Response:
        if not sign_in.opens(token):
            wrong = HTTPStatus.FORBIDDEN if token else HTTPStatus.OK
            return _page(pages, "sign_in_link.html", status=wrong, wrong=bool(token), to=local_path(to))
        answer = RedirectResponse(local_path(to), HTTPStatus.SEE_OTHER)
        answer.set_cookie(sign_in.cookie, sign_in.secret, httponly=True, samesite="lax")
        return answer


def _add_form(router: APIRouter, pages: Pages, sign_in: PeopleSignIn) -> None:
    @router.get("/sign-in", dependencies=[public()])
    def ask(to: Annotated[str, Query(alias="next", max_length=600)] = "/") -> HTMLResponse:
        return _page(pages, "sign_in.html", to=local_path(to), fault=None, name="")

    @router.post("/sign-in", dependencies=[public()])
    def check(request: Request, fields: Annotated[SignInFields, Form()]) -> Response:
        to, address = local_path(fields.next), request.client.host if request.client else ""
        try:
            token = sign_in_person(pages.engine, fields.name, fields.password, address=address, at=pages.clock())
        except TooManyAttempts as error:
            refusal = _page(
                pages, "sign_in.html", status=HTTPStatus.TOO_MANY_REQUESTS, to=to, fault=str(error), name=""
            )
            refusal.headers["Retry-After"] = str(error.seconds)
            return refusal
        except SignInRefused as error:
            return _page(pages, "sign_in.html", status=HTTPStatus.FORBIDDEN, to=to, fault=str(error), name=fields.name)
        return with_session(RedirectResponse(to, HTTPStatus.SEE_OTHER), sign_in, token)


def _add_invitations(router: APIRouter, pages: Pages, sign_in: PeopleSignIn) -> None:
    @router.get("/invitation/{token}", dependencies=[public()])
    def ask(token: str) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            try:
                name = invited_person(connection, token, pages.clock())
            except InvitationInvalid as error:
                return pages.write_failure(HTTPStatus.GONE, _sentence(error))
        return _page(pages, "invitation.html", name=name, fault=None)

    @router.post("/invitation/{token}", dependencies=[public()])
    def accept(token: str, fields: Annotated[InvitationFields, Form()]) -> Response:
        try:
            session = accept_invitation(pages.engine, token, fields.password, fields.again, at=pages.clock())
        except InvitationInvalid as error:
            return pages.write_failure(HTTPStatus.GONE, _sentence(error))
        except SignInRefused as error:
            with snapshot(pages.engine) as connection:
                name = invited_person(connection, token, pages.clock())
            return _page(pages, "invitation.html", status=HTTPStatus.UNPROCESSABLE_ENTITY, name=name, fault=str(error))
        return with_session(RedirectResponse("/", HTTPStatus.SEE_OTHER), sign_in, session)


def with_session(answer: Response, sign_in: PeopleSignIn, token: str) -> Response:
    """Set the cookie of a session."""
    answer.set_cookie(
        sign_in.cookie, token, max_age=int(LENGTH.total_seconds()), httponly=True, samesite="lax", secure=sign_in.secure
    )
    return answer


def _page(pages: Pages, template: str, *, status: HTTPStatus = HTTPStatus.OK, **values: object) -> HTMLResponse:
    return HTMLResponse(pages.templates.get_template(template).render(person=None, **values), status_code=status)


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[0].upper()}{text[1:]}."
