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

from console.pages.why import in_utc
from models.bucket import hour_start
from models.segment import Segment
from models.times import rfc3339
from pipelines.past.decision_path import PathRules, path_of_alert, signals_of
from pipelines.past.explain import ask, ask_of_spike, segment_of
from pipelines.settings import MiningSettings
from store.board import now_of, snapshot, theme_page
from store.board.series import HourlySeries
from store.demand import list_demand
from store.incident_listings import describe_incident, list_incidents
from store.known_issue_records import known_issue, known_issues_of
from store.listings import list_alerts, list_changes, list_launches, list_spikes, list_themes


def api_routes(engine: Engine, mining: MiningSettings, rules: Callable[[], PathRules]) -> APIRouter:
    """Make the routes under `/api`; `mining` are the settings that the database is mined with, `rules` those of decisions now."""
    router = APIRouter(prefix="/api", default_response_class=Response)
    _add_themes(router, engine)
    _add_explanations(router, engine, mining, rules)
    _add_incidents(router, engine)
    _add_known_issues(router, engine)
    for name, read in (
        ("spikes", list_spikes),
        ("alerts", list_alerts),
        ("incidents", list_incidents),
        ("launches", list_launches),
        ("changes", list_changes),
        ("demand", list_demand),
    ):
        _add_listing(router, engine, name, read)
    return router


def _add_known_issues(router: APIRouter, engine: Engine) -> None:
    @router.get("/known-issues")
    def issues(closed: bool = False) -> Response:  # noqa: FBT001, FBT002 - a flag in a URL
        """List the known issues, as `groundswell known-issues list --json` does; `closed` adds the closed ones."""
        with snapshot(engine) as connection:
            return _json([one.as_json() for one in known_issues_of(connection, closed=closed)])

    @router.get("/known-issues/{issue_id}")
    def issue(issue_id: int) -> Response:
        """Describe one known issue with its tickets and history, as `groundswell known-issues show ID --json` does."""
        with snapshot(engine) as connection:
            return _json(known_issue(connection, issue_id).as_full_json())


def _add_themes(router: APIRouter, engine: Engine) -> None:
    @router.get("/themes")
    def themes(members: bool = False) -> Response:  # noqa: FBT001, FBT002 - a flag in a URL
        """List the themes, as `groundswell themes list --json` does; `members` adds the ids of their tickets."""
        with snapshot(engine) as connection:
            return _json(list_themes(connection, members=members))

    @router.get("/themes/{theme_id}")
    def theme(theme_id: int, days: Annotated[int, Query(ge=1, le=60)] = 8) -> Response:
        """Describe one theme as on its page, with observed and expected tickets per hour of the last `days` days."""
        with snapshot(engine) as connection:
            page = theme_page(connection, now_of(connection), theme_id, days)
        shown = {
            name: _plain(getattr(page, name))
            for name in page.__dataclass_fields__
            if name not in ("theme", "series", "transitions")
        }
        shown["transitions"] = [one.as_json() for one in page.transitions]
        about = asdict(page.theme)
        return _json({"id": about.pop("theme_id"), **about, "hours": _hours(page.series), **shown})


def _add_explanations(
    router: APIRouter, engine: Engine, mining: MiningSettings, rules: Callable[[], PathRules]
) -> None:
    @router.get("/alerts/{alert_id}/why")
    def why_alert(alert_id: int) -> Response:
        """Show every stage of the decision about an alert, as `groundswell alerts why ID --json` does."""
        with snapshot(engine) as connection:
            return _json(path_of_alert(connection, rules(), alert_id).as_json())

    @router.get("/themes/{theme_id}/why")
    def why(theme_id: int, at: datetime | None = None, segment: Annotated[str, Query(max_length=500)] = "") -> Response:
        """Explain why a theme signalled at a time, or why not, as `groundswell spikes explain --theme --at --json` does.

        `at` defaults to the last mined epoch; `segment` is written as `region=BR,payment_method=pix`. `signals` are those of the theme
        then, each with every stage of its decision, as `groundswell alerts why --theme --at --json` shows them.
        """
        with snapshot(engine) as connection:
            answer = ask(connection, mining, theme_id, in_utc(at), segment_of(segment))
            signals = signals_of(connection, rules(), theme_id, answer, in_utc(at))
            return _json({**answer.as_json(), "signals": [one.as_json() for one in signals]})

    @router.get("/spikes/{spike_id}/why")
    def why_spike(spike_id: int) -> Response:
        """Explain why a spike opened, as `groundswell spikes explain ID --json` does."""
        with snapshot(engine) as connection:
            return _json(ask_of_spike(connection, mining, spike_id).as_json())


def _add_incidents(router: APIRouter, engine: Engine) -> None:
    @router.get("/incidents/{incident_id}")
    def incident(incident_id: int) -> Response:
        """Describe one incident with its signals and its timeline, as `groundswell incidents show ID --json` does."""
        with snapshot(engine) as connection:
            return _json(describe_incident(connection, incident_id))


def _add_listing(
    router: APIRouter, engine: Engine, name: str, read: Callable[[Connection], list[dict[str, Any]]]
) -> None:
    @router.get(f"/{name}", name=name, description=f"List the {name}, as `groundswell {name} list --json` does.")
    def listing() -> Response:
        with snapshot(engine) as connection:
            return _json(read(connection))


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


def _json(value: Any) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_UTC_Z), media_type="application/json")
