"""Signing in and out: the printed link of a single user; name and password, and invitations, of people."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access import LinkSignIn, PeopleSignIn, needs, public
from console.access.identity import is_secure
from console.access.provider import COOKIE, SECONDS, Provider, ProviderFailed, person_identified
from console.access.sign_in import SignInRefused, TooManyAttempts, accept_invitation, sign_in_person
from console.form import InvitationFields, SignInFields, fault_of
from console.pages.page import Pages
from models.access import Permission, Person
from store.accounts.invitations import InvitationInvalid, invited_person
from store.accounts.sessions import LENGTH, end_session, start_session
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
        if sign_in.provider is not None:
            _add_provider(router, pages, sign_in, sign_in.provider)

    @router.post("/sign-out")
    def sign_out(request: Request, person: Annotated[Person, needs(Permission.LOOK, narrows=True)]) -> Response:
        with pages.engine.begin() as connection:
            end_session(connection, request.cookies.get(sign_in.cookie(request), ""))
            record(connection, at=pages.clock(), actor=person.name, action="signed out", subject=person.name)
        answer = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        # Browsers take a cookie that begins with `__Host-` from an answer with `Secure` only, also one that ends it.
        answer.delete_cookie(sign_in.cookie(request), secure=is_secure(request), httponly=True, samesite="lax")
        return answer

    return router


def _add_link(router: APIRouter, pages: Pages, sign_in: LinkSignIn) -> None:
    @router.get("/sign-in", dependencies=[public()])
    def open_link(
        request: Request,
        token: Annotated[str, Query(max_length=200)] = "",
        to: Annotated[str, Query(alias="next", max_length=600)] = "/",
    ) -> Response:
        if not sign_in.opens(token):
            wrong = HTTPStatus.FORBIDDEN if token else HTTPStatus.OK
            return _page(pages, "sign_in_link.html", status=wrong, wrong=bool(token), to=local_path(to))
        answer = RedirectResponse(local_path(to), HTTPStatus.SEE_OTHER)
        answer.set_cookie(sign_in.cookie(request), sign_in.secret, httponly=True, samesite="lax")
        return answer


def _add_form(router: APIRouter, pages: Pages, sign_in: PeopleSignIn) -> None:
    @router.get("/sign-in", dependencies=[public()])
    def ask(to: Annotated[str, Query(alias="next", max_length=600)] = "/") -> HTMLResponse:
        return _page(pages, "sign_in.html", provider=sign_in.provider, to=local_path(to), fault=None, name="")

    @router.post("/sign-in", dependencies=[public()])
    def check(request: Request, fields: Annotated[SignInFields, Form()]) -> Response:
        to, address = local_path(fields.next), request.client.host if request.client else ""
        try:
            token = sign_in_person(pages.engine, fields.name, fields.password, address=address, at=pages.clock())
        except TooManyAttempts as error:
            refusal = _page(
                pages,
                "sign_in.html",
                provider=sign_in.provider,
                status=HTTPStatus.TOO_MANY_REQUESTS,
                to=to,
                fault=str(error),
                name="",
            )
            refusal.headers["Retry-After"] = str(error.seconds)
            return refusal
        except SignInRefused as error:
            return _page(
                pages,
                "sign_in.html",
                provider=sign_in.provider,
                status=HTTPStatus.FORBIDDEN,
                to=to,
                fault=str(error),
                name=fields.name,
            )
        return with_session(RedirectResponse(to, HTTPStatus.SEE_OTHER), sign_in, request, token)


def _add_invitations(router: APIRouter, pages: Pages, sign_in: PeopleSignIn) -> None:
    @router.get("/invitation/{token}", dependencies=[public()])
    def ask(token: str) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            try:
                name = invited_person(connection, token, pages.clock())
            except InvitationInvalid as error:
                return pages.write_failure(HTTPStatus.GONE, fault_of(error))
        return _page(pages, "invitation.html", name=name, fault=None)

    @router.post("/invitation/{token}", dependencies=[public()])
    def accept(token: str, request: Request, fields: Annotated[InvitationFields, Form()]) -> Response:
        try:
            session = accept_invitation(pages.engine, token, fields.password, fields.again, at=pages.clock())
        except InvitationInvalid as error:
            return pages.write_failure(HTTPStatus.GONE, fault_of(error))
        except SignInRefused as error:
            with snapshot(pages.engine) as connection:
                name = invited_person(connection, token, pages.clock())
            return _page(pages, "invitation.html", status=HTTPStatus.UNPROCESSABLE_ENTITY, name=name, fault=str(error))
        return with_session(RedirectResponse("/", HTTPStatus.SEE_OTHER), sign_in, request, session)


def _add_provider(router: APIRouter, pages: Pages, sign_in: PeopleSignIn, provider: Provider) -> None:
    def back(request: Request) -> str:
        return str(request.base_url.replace(path="/sign-in/return"))

    @router.get("/sign-in/provider", dependencies=[public()])
    def begin(request: Request, to: Annotated[str, Query(alias="next", max_length=600)] = "/") -> Response:
        try:
            address, kept = provider.begin(back(request), local_path(to))
        except ProviderFailed as error:
            return pages.write_failure(HTTPStatus.BAD_GATEWAY, str(error))
        answer = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        answer.set_cookie(COOKIE, kept, max_age=SECONDS, httponly=True, samesite="lax", secure=is_secure(request))
        return answer

    @router.get("/sign-in/return", dependencies=[public()])
    def finish(request: Request) -> Response:
        try:
            who, to = provider.finish(back(request), str(request.url), request.cookies.get(COOKIE, ""))
            with pages.engine.begin() as connection:
                now = pages.clock()
                found = person_identified(connection, who, at=now)
                token = start_session(connection, found.name, at=now)
                record(connection, at=now, actor=found.name, action="signed in", subject=found.name)
        except ProviderFailed as error:
            return pages.write_failure(HTTPStatus.FORBIDDEN, str(error))
        answer = RedirectResponse(local_path(to), HTTPStatus.SEE_OTHER)
        answer.delete_cookie(COOKIE, secure=is_secure(request), httponly=True, samesite="lax")
        return with_session(answer, sign_in, request, token)


def with_session(answer: Response, sign_in: PeopleSignIn, request: Request, token: str) -> Response:
    """Set the cookie of a session."""
    answer.set_cookie(
        sign_in.cookie(request),
        token,
        max_age=int(LENGTH.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=is_secure(request),
    )
    return answer


def _page(pages: Pages, template: str, *, status: HTTPStatus = HTTPStatus.OK, **values: object) -> HTMLResponse:
    return HTMLResponse(pages.templates.get_template(template).render(person=None, **values), status_code=status)
