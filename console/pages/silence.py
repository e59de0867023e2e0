"""Silences: their list, what each has hidden, and a form that shows what a new one would have hidden before it is added."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access import needs
from console.form import fault_of
from console.notification import NotificationParts
from console.pages.page import Pages
from console.paging import PageAsked, SearchText, turning
from console.parameters import SilenceNumber
from console.silence_form import SilenceFields, draft_of
from models.access import Permission, Person
from models.redaction import redact_value
from pipelines.past.explain import SegmentUnreadable, SegmentUnwatched
from pipelines.settings import MiningSettings
from pipelines.silencing import SilenceInvalid, SilencePreview, add_silence, preview_silence
from store.board import now_of, snapshot
from store.board.paging import ROWS, ListPage, offset_of
from store.board.theme_names import theme_names
from store.errors import ThemeUnknown
from store.silence_listings import describe_silence, list_silences
from store.silences import end_silence

REFUSALS = (SilenceInvalid, ThemeUnknown, SegmentUnreadable, SegmentUnwatched)
"""What a person can correct in the form."""

STATES: Mapping[str, tuple[str, ...]] = {
    "in force": ("active", "review"), "planned": ("pending",), "over": ("ended",), "all": ("active", "review", "pending", "ended"),
}  # fmt: skip
"""Choices of the list, with the states of silences that each shows."""


def silence_page_routes(pages: Pages, *, mining: MiningSettings, notification: NotificationParts) -> APIRouter:
    """Make the routes of silences."""
    router = APIRouter(prefix="/silences", default_response_class=HTMLResponse)
    _add_list(router, pages)
    _add_form(router, pages, mining, notification)
    _add_page(router, pages)
    return router


def _add_list(router: APIRouter, pages: Pages) -> None:
    @router.get("")
    def listed(
        person: Annotated[Person, needs(Permission.LOOK)], state: SearchText = "in force", page: PageAsked = 1
    ) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            wanted = STATES.get(state, STATES["all"])
            rows = [one for one in list_silences(connection, pages.clock(), ended=True) if one["state"] in wanted]
            rows.sort(key=lambda one: -one["id"])
            found = ListPage(tuple(rows[offset_of(page) : offset_of(page) + ROWS]), len(rows), page)
            return pages.write(
                connection, "silences.html", now_of(connection), person=person, found=found, state=state, states=tuple(STATES),
                turning=turning("/silences", {"state": state}, found), names=_names(connection, found.rows),
            )  # fmt: skip


def _add_form(router: APIRouter, pages: Pages, mining: MiningSettings, notification: NotificationParts) -> None:
    def shown(fields: SilenceFields, person: Person, *, fault: str | None = None) -> HTMLResponse:
        preview: SilencePreview | None = None
        with snapshot(pages.engine) as connection:
            if fields.asked and fault is None:
                try:
                    rules = notification.silencing_rules(mining, pages.clock())
                    preview = preview_silence(connection, draft_of(fields, person), rules)
                except REFUSALS as error:
                    fault = fault_of(error)
            hidden = () if preview is None else preview.hidden or ()
            return pages.write(
                connection, "silence_new.html", now_of(connection), person=person, sent=redact_value(fields.model_dump()),
                fault=fault, preview=preview, audiences=[one.name for one in notification.ownership.audiences],
                names=theme_names(connection, [one.theme_id for one in hidden]),
                status=HTTPStatus.UNPROCESSABLE_ENTITY if fault else HTTPStatus.OK,
            )  # fmt: skip

    @router.get("/new")
    def form(person: Annotated[Person, needs(Permission.RESPOND)], theme: SearchText = "") -> HTMLResponse:
        return shown(SilenceFields(themes=theme), person)

    @router.post("/new")
    def preview(
        fields: Annotated[SilenceFields, Form()], person: Annotated[Person, needs(Permission.RESPOND)]
    ) -> HTMLResponse:
        """Show what the silence would have hidden; nothing is added. The form is long, so that it is no address."""
        return shown(fields.model_copy(update={"asked": True}), person)

    @router.post("")
    def add(fields: Annotated[SilenceFields, Form()], person: Annotated[Person, needs(Permission.RESPOND)]) -> Response:
        try:
            with pages.engine.begin() as connection:
                rules = notification.silencing_rules(mining, pages.clock())
                made = add_silence(connection, draft_of(fields, person), rules)
        except REFUSALS as error:
            return shown(fields, person, fault=fault_of(error))
        return RedirectResponse(f"/silences/{made.silence_id}", HTTPStatus.SEE_OTHER)


def _add_page(router: APIRouter, pages: Pages) -> None:
    @router.get("/{silence_id}")
    def show(silence_id: SilenceNumber, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            one = describe_silence(connection, silence_id, pages.clock())
            themes = [signal["theme_id"] for signal in one["signals"]]
            return pages.write(
                connection, "silence.html", now_of(connection), person=person, one=one, signals=one["signals"][-ROWS:][::-1],
                names=theme_names(connection, [*themes, *_theme_ids(one)]),
            )  # fmt: skip

    @router.post("/{silence_id}/end")
    def end(silence_id: SilenceNumber, person: Annotated[Person, needs(Permission.RESPOND)]) -> Response:
        now: datetime = pages.clock()
        with pages.engine.begin() as connection:
            end_silence(connection, silence_id, ends_at=now, actor=person.name, at=now)
        return RedirectResponse(f"/silences/{silence_id}", HTTPStatus.SEE_OTHER)

    @router.get("/{silence_id}/end", dependencies=[needs(Permission.LOOK)])
    def back(silence_id: SilenceNumber) -> Response:
        # A reload after the form asks for its address.
        return RedirectResponse(f"/silences/{silence_id}", HTTPStatus.SEE_OTHER)


def _names(connection: Any, rows: tuple[Any, ...]) -> Any:
    return theme_names(connection, [theme for one in rows for theme in _theme_ids(one)])


def _theme_ids(one: Mapping[str, Any]) -> list[int]:
    return [theme for theme in one["matchers"]["themes"] if isinstance(theme, int)]
