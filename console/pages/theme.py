"""A theme's page and the list of its tickets, for people with a limited scope too."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console.access import needs
from console.access.needs import Decider
from console.form import KnownIssueFields, known_issue_of
from console.labels.precision import theme_measured
from console.pages.page import Pages
from console.parameters import ThemeNumber
from console.zone import zone_of
from models.access import Permission, Person
from models.redaction import redact, redact_value
from models.spikes.explain.plain_verdict import EpisodeCounts, PlainVerdict, verdict_of_theme
from models.theme import KnownIssue
from store.board import ThemePage, now_of, snapshot, theme_page, theme_tickets, theme_within
from store.board.theme_tickets import NEWEST, PAGE_ROWS, TicketPage
from store.decisions import Decision, clear_known_issue, flag_known_issue
from store.sop_links import sops_of_themes

SPANS = (1, 3, 8, 28)
"""Days of the timeline that the page offers."""

USUAL_SPAN = 8
"""A week, and the same weekday before it."""

MOST_PAGES = NEWEST // PAGE_ROWS

LONGEST_WHY = 2_000

Days = Annotated[int, Query(ge=1, le=60, description="Days of the timeline.")]
Words = Annotated[str, Query(max_length=200, description="Words that a ticket's text must hold, in any case.")]
PageNumber = Annotated[int, Query(ge=1, le=MOST_PAGES)]
Looker = Annotated[Person, needs(Permission.LOOK, narrows=True)]


def theme_routes(pages: Pages) -> APIRouter:
    """Make the routes of a theme's page and of its tickets."""
    router = APIRouter(prefix="/themes/{theme_id}", default_response_class=HTMLResponse)

    @router.get("")
    def show(theme_id: ThemeNumber, person: Looker, days: Days = USUAL_SPAN) -> HTMLResponse:
        return write_theme(pages, person, theme_id, days)

    @router.get("/tickets")
    def tickets(theme_id: ThemeNumber, person: Looker, q: Words = "", page: PageNumber = 1) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            theme = theme_within(connection, theme_id, person.scope)
            # What is typed is shown again, and texts are stored redacted.
            found = theme_tickets(connection, theme, person.scope, redact(q).text, page)
            first = (page - 1) * PAGE_ROWS + 1
            answer = pages.write(
                connection, "theme_tickets.html", now_of(connection), person=person, theme=theme, found=found, first=first
            )  # fmt: skip
        note_tickets(pages, person, found, theme_id)
        return answer

    _add_flagging(router, pages)
    return router


def _add_flagging(router: APIRouter, pages: Pages) -> None:
    @router.post("/known-issue")
    def flag(theme_id: ThemeNumber, fields: Annotated[KnownIssueFields, Form()], person: Decider) -> Response:
        form = known_issue_of(fields)
        if isinstance(form, str):
            sent, wrong = redact_value(fields.model_dump()), HTTPStatus.UNPROCESSABLE_ENTITY
            return write_theme(pages, person, theme_id, status=wrong, sent=sent, fault=form)
        why = " ".join(fields.why.split())[:LONGEST_WHY] or None
        with pages.engine.begin() as connection:
            decision = flag_known_issue(
                connection,
                theme_id,
                KnownIssue(title=form.title, jira=form.jira or None, workaround=form.workaround or None),
                actor=person.name,
                at=pages.clock(),
                why=why,
            )
        pages.effects.take()
        return _to_decision(decision)

    @router.get("/known-issue", dependencies=[needs(Permission.LOOK)])
    def back(theme_id: ThemeNumber) -> Response:
        # A reload after a refused form asks for its address.
        return RedirectResponse(f"/themes/{theme_id}#known-issue", HTTPStatus.SEE_OTHER)

    @router.post("/known-issue/clear")
    def clear(theme_id: ThemeNumber, person: Decider) -> Response:
        with pages.engine.begin() as connection:
            decision = clear_known_issue(connection, theme_id, actor=person.name, at=pages.clock())
        pages.effects.take()
        return _to_decision(decision)


def _to_decision(decision: Decision) -> RedirectResponse:
    return RedirectResponse(f"/decisions/{decision.decision_id}", HTTPStatus.SEE_OTHER)


def write_theme(
    pages: Pages,
    person: Person,
    theme_id: int,
    days: int = USUAL_SPAN,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    **values: object,
) -> HTMLResponse:
    """Write a theme's page; `values` are for the block of actions, such as the fields that were sent and what is wrong with them."""
    with snapshot(pages.engine) as connection:
        now = now_of(connection)
        page = theme_page(connection, now, theme_id, days, person.scope)
        shown = {"sent": {}, "fault": None, **values}
        answer = pages.write(
            connection, "theme.html", now, person=person, status=status, page=page, days=days, spans=SPANS,
            verdict=verdict_of(page), zone=zone_of(person.time_zone), zone_name=person.time_zone or "UTC",
            scope_text=person.scope.in_words(),
            precision=theme_measured(connection, now, page.theme.theme_id, person),
            procedures=sops_of_themes(connection, [page.theme.theme_id]).get(page.theme.theme_id, []), **shown,
        )  # fmt: skip
    pages.looks.note(person, f"theme {theme_id}", len(page.quotes))
    return answer


def verdict_of(page: ThemePage) -> PlainVerdict:
    """Say in one sentence whether the detector signals the theme now."""
    spike = next(iter(page.open_spikes), None)
    counts = None
    if spike is not None:
        counts = EpisodeCounts(
            observed=spike.observed,
            expected=spike.expected,
            p_value=spike.p_value,
            kind=spike.kind,
            segment=spike.segment,
        )
    return verdict_of_theme(counts, None if spike is None else spike.gate, ever=bool(page.spikes))


def note_tickets(pages: Pages, person: Person, found: TicketPage, theme_id: int) -> None:
    """Note in the audit log that a person was shown these tickets; what they searched for is not noted."""
    read = sum(1 for row in found.rows if row.title or row.body)
    kind = "search in" if found.text else "tickets of"
    pages.looks.note(person, f"{kind} theme {theme_id}, page {found.page}", read)
