"""The business review of a week as a file, of the tickets of whoever asks for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import Response
from pydantic import BeforeValidator

from alerts.digest.formats import DigestFormat
from alerts.digest.title import EARLIEST_DAY, LATEST_DAY
from alerts.review.form import stored_review
from console.access import needs
from console.digest_files import DOWNLOADS, written_form
from console.pages.page import Pages
from console.paging import absent
from models.access import Permission, Person
from pipelines.business_review.audience import ReviewScope
from pipelines.business_review.build import ReviewRules, review_within
from pipelines.business_review.publish import review_week
from pipelines.handling.cost_file import read_costs
from pipelines.handling.errors import CostsInvalid
from pipelines.handling.settings import FigureSettings
from store.board import snapshot
from store.epochs import read_mined_until

WeekAsked = Annotated[
    date | None,
    Query(ge=EARLIEST_DAY, le=LATEST_DAY, description="A day of the week, in UTC."),
    BeforeValidator(absent),
]


def review_routes(pages: Pages, settings: FigureSettings, refresh: Callable[[], object]) -> APIRouter:
    """Make the route of the review. It holds the tickets of the person's scope.

    refresh: brings the figures up to date.
    """
    router = APIRouter()

    @router.get("/figures/review")
    def download(
        person: Annotated[Person, needs(Permission.LOOK, narrows=True)],
        week: WeekAsked = None,
        form: DigestFormat = DigestFormat.PDF,
    ) -> Response:
        if form not in DOWNLOADS:
            raise HTTPException(
                HTTPStatus.UNPROCESSABLE_ENTITY, f"Received the form {form}; valid are {', '.join(DOWNLOADS)}."
            )
        refresh()
        rules = _rules(settings)
        with snapshot(pages.engine) as connection:
            known = read_mined_until(connection)
            window = None if known is None else review_week(week, known)
            scope = ReviewScope(person.scope)
            review = None if window is None else review_within(connection, person.name, scope, window, rules)
        if review is None or review.is_empty:
            raise HTTPException(
                HTTPStatus.NOT_FOUND,
                "No ticket of yours is known of this week, so that there is no review; ask for another one by ?week=DAY.",
            )
        content = written_form(stored_review(review), form)
        name = f"review-{review.window.start:%Y-%m-%d}{form.suffix}"
        return Response(
            content, media_type=DOWNLOADS[form][1], headers={"Content-Disposition": f'attachment; filename="{name}"'}
        )  # fmt: skip

    return router


def _rules(settings: FigureSettings) -> ReviewRules:
    try:
        return ReviewRules(settings.containment, read_costs(settings.costs))
    except CostsInvalid:
        # Whoever reads a page cannot mend the file: themes are then ranked by handling time, as without one.
        return ReviewRules(settings.containment)
