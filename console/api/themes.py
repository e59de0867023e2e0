"""Themes as JSON."""

from __future__ import annotations

from dataclasses import asdict, is_dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import Response

from console.access import needs
from console.api.answer import answer
from console.pages.page import Pages
from models.access import Permission, Person
from models.bucket import hour_start
from models.segment import Segment
from models.times import rfc3339
from store.board import now_of, snapshot, theme_page
from store.board.series import HourlySeries
from store.listings import list_themes


def add_themes(router: APIRouter, pages: Pages) -> None:
    """Add the routes of themes."""

    @router.get("/themes", dependencies=[needs(Permission.LOOK)])
    def themes(members: bool = False) -> Response:  # noqa: FBT001, FBT002 - a flag in a URL
        """List the themes, as `groundswell themes list --json` does; `members` adds the ids of their tickets."""
        with snapshot(pages.engine) as connection:
            return answer(list_themes(connection, members=members))

    @router.get("/themes/{theme_id}")
    def theme(
        theme_id: int, person: Annotated[Person, needs(Permission.LOOK)], days: Annotated[int, Query(ge=1, le=60)] = 8
    ) -> Response:
        """Describe one theme as on its page, with observed and expected tickets per hour of the last `days` days."""
        with snapshot(pages.engine) as connection:
            page = theme_page(connection, now_of(connection), theme_id, days)
        pages.looks.note(person, f"theme {theme_id}", len(page.quotes))
        shown = {
            name: _plain(getattr(page, name))
            for name in page.__dataclass_fields__
            if name not in ("theme", "series", "transitions")
        }
        shown["transitions"] = [one.as_json() for one in page.transitions]
        about = asdict(page.theme)
        return answer({"id": about.pop("theme_id"), **about, "hours": _hours(page.series), **shown})


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
