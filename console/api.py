"""The same as JSON: listings with the keys of the command line, and the pages' own records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import Connection, Engine

from console.format import hour_start, stamp
from console.pages.why import in_utc
from models.segment import Segment
from pipelines.past.explain import ask, ask_of_spike, segment_of
from pipelines.settings import MiningSettings
from store.board import now_of, snapshot, theme_page
from store.board.series import HourlySeries


def api_routes(engine: Engine, mining: MiningSettings) -> APIRouter:
    """Make the routes under `/api`; `mining` says what is counted."""
    router = APIRouter(prefix="/api", default_response_class=Response)

    def listing(read: Callable[[Connection], list[dict[str, Any]]]) -> Response:
        with snapshot(engine) as connection:
            return _json(read(connection))

    @router.get("/themes")
    def themes(members: bool = False) -> Response:  # noqa: FBT001, FBT002 - a flag in a URL
        """List the themes, as `groundswell themes list --json` does; `members` adds the ids of their tickets."""
        from store.listings import list_themes

        return listing(lambda connection: list_themes(connection, members=members))

    @router.get("/themes/{theme_id}")
    def theme(theme_id: int, days: Annotated[int, Query(ge=1, le=60)] = 8) -> Response:
        """Describe one theme as on its page, with observed and expected tickets per hour of the last `days` days."""
        with snapshot(engine) as connection:
            page = theme_page(connection, now_of(connection), theme_id, days)
        shown = {
            name: _plain(getattr(page, name)) for name in page.__dataclass_fields__ if name not in ("theme", "series")
        }
        about = asdict(page.theme)
        return _json({"id": about.pop("theme_id"), **about, "hours": _hours(page.series), **shown})

    @router.get("/spikes")
    def spikes() -> Response:
        """List the spikes with their causes, as `groundswell spikes list --json` does."""
        from store.listings import list_spikes

        return listing(list_spikes)

    @router.get("/themes/{theme_id}/why")
    def why(theme_id: int, at: datetime | None = None, segment: Annotated[str, Query(max_length=500)] = "") -> Response:
        """Explain why a theme signalled at a time, or why not, as `groundswell spikes explain --theme --at --json` does.

        `at` defaults to the last mined epoch; `segment` is written as `region=BR,payment_method=pix`.
        """
        with snapshot(engine) as connection:
            return _json(ask(connection, mining, theme_id, in_utc(at), segment_of(segment)).as_json())

    @router.get("/spikes/{spike_id}/why")
    def why_spike(spike_id: int) -> Response:
        """Explain why a spike opened, as `groundswell spikes explain ID --json` does."""
        with snapshot(engine) as connection:
            return _json(ask_of_spike(connection, mining, spike_id).as_json())

    @router.get("/alerts")
    def alerts() -> Response:
        """List the alerts with their reasons, as `groundswell alerts list --json` does."""
        from store.listings import list_alerts

        return listing(list_alerts)

    @router.get("/launches")
    def launches() -> Response:
        """List the launches as they are planned now, as `groundswell launches list --json` does."""
        from store.listings import list_launches

        return listing(list_launches)

    @router.get("/changes")
    def changes() -> Response:
        """List the recorded changes, as `groundswell changes list --json` does."""
        from store.listings import list_changes

        return listing(list_changes)

    return router


def _hours(series: HourlySeries) -> list[dict[str, Any]]:
    return [
        {
            "start": stamp(hour_start(hour.hour)),
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


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_UTC_Z), media_type="application/json")
