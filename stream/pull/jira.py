"""Jira: the search by JQL, in the order in which issues were updated.

https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issue-search/

An issue that is updated while pages are read moves to the end, and those after it move up by one: paging by number alone would pass one
over. So a new search begins at the newest `updated` as soon as that has moved on, and pages by number overlap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from stream.pull.client import PullClient, PullPace, make_auth
from stream.pull.errors import PullRefused, PullUnanswered, PullUnconfigured
from stream.pull.page import PulledPage
from stream.pull.settings import JiraPullSettings

PER_PAGE = 100
OVERLAP = 10
"""Issues that two pages by number share: as many may be updated between two requests."""

ADVANCED = timedelta(minutes=5)
"""How far a page has to lead before a new search begins at its end. JQL compares minutes."""


class JiraPull:
    """Pages of one site; see `PulledSystem`. The cursor is the newest `updated` that was stored."""

    def __init__(self, settings: JiraPullSettings, pace: PullPace) -> None:
        """Raises `PullUnconfigured` where address or token is missing."""
        if not settings.url:
            raise PullUnconfigured("jira", "url")
        if settings.token is None:
            raise PullUnconfigured("jira", "token")
        self._client = PullClient(
            "jira", settings.url, make_auth(settings.email, settings.token.get_secret_value()), pace
        )
        self._settings = settings
        self._clock = pace.clock
        self.system = self._client.system
        self.site = self._client.site

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def pages(self, cursor: str | None, since: datetime) -> Iterator[PulledPage]:
        """Yield the issues updated from the cursor on; see `PulledSystem`."""
        place = datetime.fromisoformat(cursor) if cursor else since
        going = True
        while going:
            going, begun = False, place
            for issues in self._search(begun):
                place = max([place, *(time for issue in issues if (time := _updated(issue)) is not None)])
                yield PulledPage(list(self._payloads(issues)), place.isoformat())
                if place - begun >= ADVANCED:
                    going = True
                    break

    def _search(self, since: datetime) -> Iterator[Sequence[Mapping[str, Any]]]:
        """Yield the pages of one search. Minutes before now are the same in every time zone, which a date in JQL is not."""
        minutes = max(1, -((since - self._clock()) // timedelta(minutes=1)) + 1)
        own = f"({self._settings.jql.strip()}) AND " if self._settings.jql.strip() else ""
        jql = f'{own}updated >= "-{minutes}m" ORDER BY updated ASC, key ASC'
        asked: dict[str, str | int] = {"jql": jql, "fields": "*all", "expand": "changelog", "maxResults": PER_PAGE}
        yield from self._by_token(asked) if self._settings.api == "cloud" else self._by_number(asked)

    def _by_token(self, asked: Mapping[str, str | int]) -> Iterator[Sequence[Mapping[str, Any]]]:
        path, token = "/rest/api/3/search/jql", ""
        while True:
            page = self._client.get(path, {**asked, "nextPageToken": token} if token else asked)
            yield _listed(page, "issues", self.site, path)
            following = page.get("nextPageToken")
            if page.get("isLast") is True or not isinstance(following, str) or following == token:
                return
            token = following

    def _by_number(self, asked: Mapping[str, str | int]) -> Iterator[Sequence[Mapping[str, Any]]]:
        path, start = "/rest/api/2/search", 0
        while True:
            page = self._client.get(path, {**asked, "startAt": start})
            issues = _listed(page, "issues", self.site, path)
            yield issues
            total = page.get("total")
            if not issues or (isinstance(total, int) and start + len(issues) >= total):
                return
            start += max(1, len(issues) - OVERLAP)

    def _payloads(self, issues: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
        yield {"issues": list(issues)}
        for issue in issues:
            if _has_more_comments(issue):
                yield from self._comments(issue)
            if self._settings.service_levels:
                yield from self._service_levels(issue)

    def _comments(self, issue: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """Yield all comments of an issue; a search brings only some of many."""
        version = 3 if self._settings.api == "cloud" else 2
        path, start = f"/rest/api/{version}/issue/{issue.get('key')}/comment", 0
        while True:
            page = self._client.get(path, {"startAt": start, "maxResults": PER_PAGE, "orderBy": "created"})
            comments = _listed(page, "comments", self.site, path)
            yield {"issue": issue, "comments": list(comments)}
            start += len(comments)
            total = page.get("total")
            if not comments or not isinstance(total, int) or start >= total:
                return

    def _service_levels(self, issue: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        key = issue.get("key")
        try:
            page = self._client.get(f"/rest/servicedeskapi/request/{key}/sla", {"limit": 50})
        except PullRefused:
            return  # An issue that is no request of a service desk has none.
        if page.get("values"):
            yield {**page, "issueKey": key}


def _listed(page: Mapping[str, Any], name: str, site: str, path: str) -> Sequence[Mapping[str, Any]]:
    found = page.get(name)
    if not isinstance(found, list):
        raise PullUnanswered(site, path, f"its answer has no {name}")
    return found


def _updated(issue: Any) -> datetime | None:
    fields = issue.get("fields") if isinstance(issue, dict) else None
    try:
        time = datetime.fromisoformat(fields["updated"]) if isinstance(fields, dict) else None
    except (KeyError, TypeError, ValueError):
        return None
    return None if time is None or time.tzinfo is None else time.astimezone(UTC)


def _has_more_comments(issue: Any) -> bool:
    fields = issue.get("fields") if isinstance(issue, dict) else None
    comment = fields.get("comment") if isinstance(fields, dict) else None
    if not isinstance(comment, dict):
        return False
    total, held = comment.get("total"), comment.get("comments")
    return isinstance(total, int) and isinstance(held, list) and total > len(held)
