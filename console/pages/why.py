"""Why a theme signalled at a time, or why it did not; and why an episode opened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from console.access import needs
from console.pages.page import Pages
from console.parameters import AlertNumber, LocalTime, SpikeNumber, ThemeNumber, in_zone
from console.zone import zone_of
from models.access import Permission, Person
from models.bucket import start_of
from pipelines.past.decision_path import (
    PathRules,
    SignalPath,
    path_of_alert,
    plain_verdict_of,
    signals_of,
)
from pipelines.past.explain import PastExplanation, ask, ask_of_spike, segment_of
from pipelines.settings import MiningSettings
from store.board import now_of, snapshot
from store.board.theme_names import theme_names


def why_routes(pages: Pages, mining: MiningSettings, rules: Callable[[], PathRules]) -> APIRouter:
    """Make the routes; `mining` says which segments are counted, `rules` are those of decisions now."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/themes/{theme_id}/why")
    def of_theme(
        theme_id: ThemeNumber,
        person: Annotated[Person, needs(Permission.LOOK)],
        at: LocalTime = None,
        segment: Annotated[str, Query(max_length=500)] = "",
    ) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            time = in_zone(at, zone_of(person.time_zone))
            answer = ask(connection, mining, theme_id, time, segment_of(segment))
            signals = signals_of(connection, rules(), theme_id, answer, time)
            return _written(pages, connection, answer, signals, person)

    @router.get("/alerts/{alert_id}/why")
    def of_alert(alert_id: AlertNumber, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            path, now = path_of_alert(connection, rules(), alert_id), now_of(connection)
            name = theme_names(connection, [path.theme_id]).name(path.theme_id)
            return pages.write(connection, "alert_why.html", now, person=person, path=path, theme_name=name)

    @router.get("/spikes/{spike_id}/why")
    def of_spike(spike_id: SpikeNumber, person: Annotated[Person, needs(Permission.LOOK)]) -> HTMLResponse:
        with snapshot(pages.engine) as connection:
            answer = ask_of_spike(connection, mining, spike_id)
            return _written(pages, connection, answer, (), person)

    return router


def _written(
    pages: Pages, connection: Connection, answer: PastExplanation, signals: Sequence[SignalPath], person: Person
) -> HTMLResponse:
    where = ",".join(f"{name}={value}" for name, value in answer.why.segment.pairs)
    at = f"{start_of(answer.why.end).astimezone(zone_of(person.time_zone)):%Y-%m-%dT%H:%M}"
    return pages.write(
        connection,
        "why.html",
        now_of(connection),
        person=person,
        answer=answer,
        plain=plain_verdict_of(signals, answer),
        windows=answer.why.windows,
        at=at,
        where=where,
        signals=signals,
    )
