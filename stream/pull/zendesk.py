"""Zendesk: the incremental export of tickets by cursor, and that of ticket events (comments and changes) by time.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ : what changed in the last minute is
withheld, so nothing is passed over that is still being written; the cursor of the last page is where the next pull begins; the export
by time repeats the items of the second at which a page ends.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import orjson

from stream.pull.client import PullClient, PullPace, make_auth
from stream.pull.errors import PullUnanswered, PullUnconfigured
from stream.pull.page import PulledPage
from stream.pull.settings import ZendeskPullSettings

TICKETS = "/api/v2/incremental/tickets/cursor.json"
EVENTS = "/api/v2/incremental/ticket_events.json"
PER_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class _Place:
    """How far both exports were read: the cursor of tickets, and the second of ticket events."""

    tickets: str | None
    events: int

    def written(self) -> str:
        return orjson.dumps(asdict(self)).decode()


class ZendeskPull:
    """Pages of one account; see `PulledSystem`."""

    def __init__(self, settings: ZendeskPullSettings, pace: PullPace) -> None:
        """Raises `PullUnconfigured` where address or token is missing."""
        if not settings.url:
            raise PullUnconfigured("zendesk", "url")
        if settings.token is None:
            raise PullUnconfigured("zendesk", "token")
        auth = make_auth(settings.email, settings.token.get_secret_value(), suffix="/token")
        self._client = PullClient("zendesk", settings.url, auth, pace)
        self._comments = settings.comments
        self.system = self._client.system
        self.site = self._client.site

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def pages(self, cursor: str | None, since: datetime) -> Iterator[PulledPage]:
        """Yield the pages of tickets, then those of ticket events; a comment so finds its ticket. See `PulledSystem`."""
        start = int(since.timestamp())
        place = _Place(**orjson.loads(cursor)) if cursor else _Place(None, start)
        for payload, following in self._tickets(place.tickets, start):
            place = replace(place, tickets=following)
            yield PulledPage([payload], place.written())
        if not self._comments:
            return
        for payload, second in self._events(place.events):
            place = replace(place, events=second)
            yield PulledPage([payload], place.written())

    def _tickets(self, cursor: str | None, start: int) -> Iterator[tuple[Mapping[str, Any], str | None]]:
        ended = False
        while not ended:
            where: dict[str, str | int] = {"start_time": start} if cursor is None else {"cursor": cursor}
            page = self._client.get(TICKETS, {**where, "include": "metric_sets", "per_page": PER_PAGE})
            tickets, following = page.get("tickets"), page.get("after_cursor")
            if not isinstance(tickets, list):
                raise PullUnanswered(self.site, TICKETS, "its answer has no tickets")
            ended = page.get("end_of_stream") is not False
            if not ended and (following is None or following == cursor):
                raise PullUnanswered(self.site, TICKETS, "its answer has no new cursor")
            # An empty last page may bring no cursor; then the one that asked for it is asked with again.
            cursor = following if isinstance(following, str) else cursor
            yield {"tickets": tickets}, cursor

    def _events(self, second: int) -> Iterator[tuple[Mapping[str, Any], int]]:
        ended = False
        while not ended:
            page = self._client.get(EVENTS, {"start_time": second, "include": "comment_events"})
            events, end = page.get("ticket_events"), page.get("end_time")
            if not isinstance(events, list):
                raise PullUnanswered(self.site, EVENTS, "its answer has no ticket_events")
            following = end if isinstance(end, int) else second
            ended = page.get("end_of_stream") is True or len(events) < PER_PAGE or not isinstance(end, int)
            # More than a page within one second: the export cannot go on by time, so the second is left behind.
            second = following if ended or following > second else second + 1
            yield {"ticket_events": events}, second
