"""Why and why not, as JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response

from console.access import needs
from console.api.answer import answer
from console.pages.page import Pages
from console.parameters import AlertNumber, Instant, SpikeNumber, ThemeNumber
from models.access import Permission
from pipelines.past.decision_path import PathRules, path_of_alert, signals_of
from pipelines.past.explain import ask, ask_of_spike, segment_of
from pipelines.settings import MiningSettings
from store.board import snapshot


def add_explanations(router: APIRouter, pages: Pages, mining: MiningSettings, rules: Callable[[], PathRules]) -> None:
    """Add the routes of explanations; `mining` says which segments are counted, `rules` are those of decisions now."""

    @router.get("/alerts/{alert_id}/why", dependencies=[needs(Permission.LOOK)])
    def why_alert(alert_id: AlertNumber) -> Response:
        """Show every stage of the decision about an alert, as `groundswell alerts why ID --json` does."""
        with snapshot(pages.engine) as connection:
            return answer(path_of_alert(connection, rules(), alert_id).as_json())

    @router.get("/themes/{theme_id}/why", dependencies=[needs(Permission.LOOK)])
    def why(
        theme_id: ThemeNumber, at: Instant | None = None, segment: Annotated[str, Query(max_length=500)] = ""
    ) -> Response:
        """Explain why a theme signalled at a time, or why not, as `groundswell spikes explain --theme --at --json` does.

        `at` defaults to the last mined epoch; `segment` is written as `region=BR,payment_method=pix`. `signals` are those of the theme
        then, each with every stage of its decision, as `groundswell alerts why --theme --at --json` shows them.
        """
        with snapshot(pages.engine) as connection:
            found = ask(connection, mining, theme_id, at, segment_of(segment))
            signals = signals_of(connection, rules(), theme_id, found, at)
            return answer({**found.as_json(), "signals": [one.as_json() for one in signals]})

    @router.get("/spikes/{spike_id}/why", dependencies=[needs(Permission.LOOK)])
    def why_spike(spike_id: SpikeNumber) -> Response:
        """Explain why a spike opened, as `groundswell spikes explain ID --json` does."""
        with snapshot(pages.engine) as connection:
            return answer(ask_of_spike(connection, mining, spike_id).as_json())
