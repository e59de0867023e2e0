"""Digests: their archive, and one of them as it was published, with the themes it is about and what changed since the one before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse, Response
from pydantic import BeforeValidator

from alerts.digest.formats import DigestFormat
from console.access import needs
from console.digest_changes import DigestChange, changes_of
from console.digest_files import DOWNLOADS, written_form
from console.guard import SECURITY_HEADERS
from console.pages.page import Pages
from console.paging import PageAsked, SearchText, ThemeAsked, absent, turning
from console.zone import zone_of
from models.access import Permission, Person
from models.redaction import quoted
from store.board import now_of, snapshot
from store.board.digests import KINDS, DigestQuery, ListedDigest, digest_audiences, digest_list, digest_of
from store.digests import StoredDigest, load_previous

POLICY = "Content-Security-Policy"

DOCUMENT_HEADERS = {
    POLICY: (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    ),
    "X-Frame-Options": "SAMEORIGIN",
}
"""A digest holds quotes of tickets: its document has an origin of its own, runs no script and loads nothing."""

DayAsked = Annotated[date | None, Query(), BeforeValidator(absent)]


def digest_routes(pages: Pages) -> APIRouter:
    """Make the routes of digests; they show all tickets, so that a limited scope is refused."""
    router = APIRouter(prefix="/digests", default_response_class=HTMLResponse)
    _add_list(router, pages)
    _add_page(router, pages)
    _add_files(router, pages)
    return router


def _add_list(router: APIRouter, pages: Pages) -> None:
    @router.get("")
    def listed(
        person: Annotated[Person, needs(Permission.LOOK)],
        audience: SearchText = "",
        kind: SearchText = "",
        since: DayAsked = None,
        until: DayAsked = None,
        theme: ThemeAsked = None,
        page: PageAsked = 1,
    ) -> HTMLResponse:
        query = DigestQuery(
            audience=audience, kind=kind, since=_start(since, person), until=_start(until, person, days=1), theme=theme, page=page
        )  # fmt: skip
        filters = {"audience": audience, "kind": kind, "since": since, "until": until, "theme": theme}
        with snapshot(pages.engine) as connection:
            found = digest_list(connection, query)
            return pages.write(
                connection, "digests.html", now_of(connection), person=person, found=found, query=query, since=since, until=until,
                turning=turning("/digests", filters, found), kinds=KINDS, audiences=digest_audiences(connection),
            )  # fmt: skip


def _start(day: date | None, person: Person, *, days: int = 0) -> datetime | None:
    """Return when a day of the viewer begins, or so many days later; None where that is beyond the calendar."""
    try:
        return (
            None
            if day is None
            else datetime.combine(day + timedelta(days=days), time(), zone_of(person.time_zone)).astimezone(UTC)
        )
    except OverflowError:
        return None


def _add_page(router: APIRouter, pages: Pages) -> None:
    @router.get("/{digest}")
    def show(digest: str, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            stored = found_digest(digest_of(connection, digest), digest)
            before = load_previous(connection, stored.audience, stored.window, stored.kind)
            answer = pages.write(
                connection, "digest.html", now_of(connection), person=person, digest=stored, digest_id=digest,
                facts=stored.facts or {}, before=None if before is None else listed_digest(before),
                changes=changes_between(stored, before), downloads=[(form.value, name) for form, (name, _) in DOWNLOADS.items()],
            )  # fmt: skip
        pages.looks.note(person, f"digest {digest}", max(len(quoted_in(stored)), 1))
        answer.headers[POLICY] = f"{SECURITY_HEADERS[POLICY]}; frame-src 'self'"
        return answer


def _add_files(router: APIRouter, pages: Pages) -> None:
    @router.get("/{digest}/document")
    def document(digest: str, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            stored = found_digest(digest_of(connection, digest), digest)
        pages.looks.note(person, f"digest {digest}", max(len(quoted_in(stored)), 1))
        return HTMLResponse(stored.html, headers=DOCUMENT_HEADERS)

    @router.get("/{digest}/download")
    def download(digest: str, person: Annotated[Person, needs(Permission.LOOK)], form: DigestFormat) -> Response:
        if form not in DOWNLOADS:
            valid = ", ".join(DOWNLOADS)
            raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"Received the form {form}; valid are {valid}.")
        with snapshot(pages.engine) as connection:
            stored = found_digest(digest_of(connection, digest), digest)
        content = written_form(stored, form)
        pages.looks.note(person, f"digest {digest}", max(len(quoted_in(stored)), 1))
        name = f"digest-{digest}{form.suffix}"
        return Response(
            content, media_type=DOWNLOADS[form][1], headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )  # fmt: skip


def found_digest(stored: StoredDigest | None, name: str) -> StoredDigest:
    """Return a digest that was found; answers 404 where there is none."""
    if stored is None:
        sentence = (
            f"Received the digest {quoted(name, 100)}, which does not exist; the page of digests shows those that do."
        )
        raise HTTPException(HTTPStatus.NOT_FOUND, sentence)
    return stored


def listed_digest(stored: StoredDigest) -> ListedDigest:
    """Return a digest without its content."""
    return ListedDigest(stored.audience, stored.window, stored.kind)


def quoted_in(stored: StoredDigest) -> set[str]:
    """Return the tickets that a digest quotes."""
    return {ticket for item in (stored.facts or {}).get("items", ()) for ticket in item.get("evidence", ())}


def changes_between(stored: StoredDigest, before: StoredDigest | None) -> tuple[DigestChange, ...]:
    """Compare a digest with the one before, by theme; nothing where one of them has no facts."""
    now: Mapping[str, Any] | None = stored.facts
    then: Mapping[str, Any] | None = None if before is None else before.facts
    return () if now is None or then is None else changes_of(now, then)
