"""The same as JSON: listings with the keys of the command line, and the pages' own records."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import Response

from console.api.alerts import add_alerts
from console.api.board import add_board
from console.api.decisions import add_decisions
from console.api.digests import add_digests
from console.api.explanations import add_explanations
from console.api.incidents import add_incidents
from console.api.known_issues import add_known_issues
from console.api.listings import add_listings
from console.api.now import add_now
from console.api.people import add_people
from console.api.spikes import add_spikes
from console.api.theme_map import add_theme_map
from console.api.themes import add_themes
from console.notification import NotificationParts
from console.overview import OverviewReader
from console.pages.page import Pages
from pipelines.past.decision_path import PathRules
from pipelines.settings import MiningSettings

__all__ = ["api_routes"]


def api_routes(
    pages: Pages,
    overview: OverviewReader,
    mining: MiningSettings,
    rules: Callable[[], PathRules],
    notification: NotificationParts,
) -> APIRouter:
    """Make the routes under `/api`.

    `overview` reads the first page, `mining` are the settings that the database is mined with, `rules` those of decisions now,
    and `notification` says when a known issue is stale.
    """
    router = APIRouter(prefix="/api", default_response_class=Response)
    add_now(router, pages, overview)
    # Before the route of a theme, whose path would take `map` for a number.
    add_theme_map(router, pages)
    add_board(router, pages)
    add_themes(router, pages)
    add_decisions(router, pages)
    add_explanations(router, pages, mining, rules)
    add_incidents(router, pages)
    add_known_issues(router, pages, notification)
    add_listings(router, pages)
    add_people(router, pages)
    add_alerts(router, pages, rules)
    add_spikes(router, pages)
    add_digests(router, pages)
    return router
