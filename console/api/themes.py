"""One theme as JSON; the listing of themes is that of the board."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response

from console.api.answer import answer
from console.api.theme_answers import SegmentAnswer, SimilarAnswer, TicketsAnswer
from console.pages.page import Pages
from console.pages.theme import USUAL_SPAN, Days, Looker, PageNumber, Words, note_tickets, verdict_of
from console.parameters import ThemeNumber
from models.bucket import hour_start
from models.redaction import redact
from models.segment import Segment
from models.times import rfc3339
from store.board import ThemePage, now_of, snapshot, theme_page, theme_tickets, theme_within
from store.board.series import HourlySeries
from store.board.similar_themes import similar_themes
from store.board.theme_segments import theme_segments


def add_themes(router: APIRouter, pages: Pages) -> None:
    """Add the routes of one theme."""

    @router.get("/themes/{theme_id}")
    def theme(theme_id: ThemeNumber, person: Looker, days: Days = USUAL_SPAN) -> Response:
        """Describe one theme as on its page, with observed and expected tickets per hour of the last `days` days.

        `verdict` says in one sentence whether the detector signals the theme now; `groups` are its spikes by event, each cause once.
        """
        with snapshot(pages.engine) as connection:
            page = theme_page(connection, now_of(connection), theme_id, days, person.scope)
        pages.looks.note(person, f"theme {theme_id}", len(page.quotes))
        return answer(_described(page))

    @router.get("/themes/{theme_id}/tickets", response_model=TicketsAnswer, response_class=JSONResponse)
    def tickets(theme_id: ThemeNumber, person: Looker, q: Words = "", page: PageNumber = 1) -> Response:
        """List the tickets of a theme, newest first, 50 a page; `q` chooses those of the newest 5,000 that hold each of its words."""
        with snapshot(pages.engine) as connection:
            listed = theme_within(connection, theme_id, person.scope)
            found = theme_tickets(connection, listed, person.scope, redact(q).text, page)
        note_tickets(pages, person, found, theme_id)
        return answer(TicketsAnswer.of(found).model_dump())

    _add_parts(router, pages)


def _add_parts(router: APIRouter, pages: Pages) -> None:
    @router.get("/themes/{theme_id}/segments", response_model=list[SegmentAnswer], response_class=JSONResponse)
    def segments(theme_id: ThemeNumber, person: Looker) -> Response:
        """Say where a theme's tickets of the last week come from, those dimensions first whose shares changed most."""
        with snapshot(pages.engine) as connection:
            theme_within(connection, theme_id, person.scope)
            found = theme_segments(connection, now_of(connection), theme_id, person.scope)
        return answer([SegmentAnswer.of(one).model_dump() for one in found])

    @router.get("/themes/{theme_id}/similar", response_model=list[SimilarAnswer], response_class=JSONResponse)
    def similar(theme_id: ThemeNumber, person: Looker) -> Response:
        """List the themes that are most like one, the most similar first."""
        with snapshot(pages.engine) as connection:
            listed = theme_within(connection, theme_id, person.scope)
            found = similar_themes(connection, now_of(connection), listed, person.scope)
        return answer([SimilarAnswer.of(one).model_dump() for one in found])


def _described(page: ThemePage) -> dict[str, Any]:
    apart = ("theme", "series", "transitions", "groups", "segments", "similar", "digests")
    shown = {name: _plain(getattr(page, name)) for name in page.__dataclass_fields__ if name not in apart}
    shown["transitions"] = [one.as_json() for one in page.transitions]
    shown["groups"] = [
        {"spikes": [one.spike_id for one in group.spikes], "incidents": group.incidents, "causes": _plain(group.causes)}
        for group in page.groups
    ]
    shown["segments"] = [SegmentAnswer.of(one).model_dump() for one in page.segments]
    shown["similar"] = [SimilarAnswer.of(one).model_dump() for one in page.similar]
    shown["digests"] = [one.as_json() for one in page.digests]
    about = asdict(page.theme)
    return {
        "id": about.pop("theme_id"), **about, "verdict": verdict_of(page).as_json(), "hours": _hours(page.series), **shown,
    }  # fmt: skip


def _hours(series: HourlySeries) -> list[dict[str, Any]]:
    return [
        {
            "start": rfc3339(hour_start(hour.hour)),
            "observed": hour.observed,
            "expected": None if hour.band is None else hour.band.mean,
            "low": None if hour.band is None else hour.band.low,
            "high": None if hour.band is None else hour.band.high,
            "launch_id": None if hour.band is None else hour.band.launch_id,
        }
        for hour in series
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, Segment):
        return value.as_dict()
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    if is_dataclass(value):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    return value
