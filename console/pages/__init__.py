"""The pages: the first one, the board, themes, incidents, known issues, and what is not demand; others are added by the application."""

from collections.abc import Callable

from fastapi import APIRouter

from console.notification import NotificationParts
from console.overview import OverviewReader
from console.pages.alert import alert_routes
from console.pages.board import board_routes
from console.pages.decide import decide_routes
from console.pages.decided import decided_routes
from console.pages.demand import demand_routes
from console.pages.digest import digest_routes
from console.pages.incident import incident_routes
from console.pages.incident_actions import incident_action_routes
from console.pages.issue_actions import issue_action_routes
from console.pages.known_issue import known_issue_routes
from console.pages.map import map_routes
from console.pages.now import now_routes
from console.pages.page import Pages
from console.pages.silence import silence_page_routes
from console.pages.spike import spike_routes
from console.pages.theme import theme_routes
from console.pages.views import view_routes
from pipelines.past.decision_path import PathRules
from pipelines.settings import MiningSettings

__all__ = ["Pages", "page_routes", "signal_routes"]


def page_routes(pages: Pages, overview: OverviewReader, *, owners: tuple[str, ...]) -> APIRouter:
    """Make the routes of the pages that need nothing else.

    `overview` reads the first page. `owners` are the audiences that may own a theme.
    """
    router = APIRouter()
    router.include_router(now_routes(pages, overview))
    router.include_router(board_routes(pages))
    # Before the page of a theme, whose path would take `map` for a number.
    router.include_router(map_routes(pages))
    router.include_router(view_routes(pages))
    router.include_router(theme_routes(pages))
    router.include_router(decide_routes(pages, owners=owners))
    router.include_router(decided_routes(pages))
    router.include_router(demand_routes(pages))
    return router


def signal_routes(
    pages: Pages, rules: Callable[[], PathRules], *, mining: MiningSettings, notification: NotificationParts
) -> APIRouter:
    """Make the routes of what signalled and of what reached people; `rules` are those of decisions now."""
    router = APIRouter()
    router.include_router(alert_routes(pages, rules))
    router.include_router(spike_routes(pages))
    router.include_router(incident_routes(pages))
    router.include_router(incident_action_routes(pages))
    router.include_router(digest_routes(pages))
    # Before the page of one, whose address `new` would be.
    router.include_router(issue_action_routes(pages, notification))
    router.include_router(known_issue_routes(pages, notification))
    router.include_router(silence_page_routes(pages, mining=mining, notification=notification))
    return router
