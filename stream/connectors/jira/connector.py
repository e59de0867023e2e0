"""The Jira connector: what kind a payload is decides which reader takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stream.connectors.contract import Answer, Payload, PayloadError, answer, shown, split_pages, unknown_record
from stream.connectors.jira.changes import history_events
from stream.connectors.jira.issues import comment_events, creation, issue_events, request_events
from stream.connectors.jira.service_levels import is_service_level, service_level_events
from stream.connectors.links import issue_links, link_events
from stream.connectors.values import instant, mapping, needed_identity, needed_time, objects, text, ticket_event

PAGES = ("issues", "comments", "values")
"""Keys of pages of searches, of comments and of the requests of Jira Service Management."""

VALID = "valid are a page of issues, an issue, a webhook, a request of Jira Service Management, or its service levels"


class Jira:
    """Reads Jira's JSON. `account` names the site in the events' source, where several feed one database."""

    name = "jira"

    def __init__(self, account: str = "") -> None:
        self._source = f"/jira/{account}" if account else "/jira"

    def events(self, payload: Payload) -> Answer:
        """Return the events of a page, a record or a webhook; see `Connector`."""
        return answer(payload, self._read)

    def elements(self, payload: Payload) -> Iterator[Payload]:
        """Split a page into pages of one element; the service levels of a request stay together."""
        whole = "webhookEvent" in payload or _is_issue(payload) or _is_service_level_page(payload)
        return iter([payload]) if whole else split_pages(payload, PAGES)

    def _read(self, payload: Payload) -> Iterator[dict[str, Any]]:
        if "webhookEvent" in payload:
            yield from self._webhook(text(payload["webhookEvent"]).removeprefix("jira:"), payload)
        elif _is_issue(payload):
            yield from issue_events(self._source, payload)
        elif "issueKey" in payload and "requestFieldValues" in payload:
            yield from request_events(self._source, payload)
        elif _is_service_level_page(payload):
            yield from service_level_events(self._source, payload)
        elif any(isinstance(payload.get(name), list) for name in PAGES):
            yield from self._page(payload)
        elif isinstance(payload.get("issue"), Mapping):
            # The automation rules of Jira send an issue with or without its comment, and name no event.
            yield from issue_events(self._source, payload["issue"])
            if isinstance(payload.get("comment"), Mapping):
                yield from comment_events(self._source, payload["comment"], payload["issue"])
        else:
            raise unknown_record(payload, "Jira", VALID)

    def _page(self, payload: Payload) -> Iterator[dict[str, Any]]:
        for name in PAGES:
            items = payload.get(name)
            for item in items if isinstance(items, list) else ():
                if not isinstance(item, Mapping):
                    raise PayloadError(f"received {shown(item)!r} in {name}; valid are objects")
                yield from self._item(name, item, payload)

    def _item(self, page: str, item: Mapping[str, Any], payload: Payload) -> Iterator[dict[str, Any]]:
        if page == "comments":
            # A page of one issue's comments does not name the issue; an export of them does.
            key = next((one[name] for one in (item, payload) for name in ("issueKey", "key") if name in one), None)
            yield from comment_events(self._source, item, mapping(payload.get("issue")) or {"key": key})
        elif page == "issues" or _is_issue(item):
            yield from issue_events(self._source, item)
        elif "issueKey" in item:
            yield from request_events(self._source, item)

    def _webhook(self, name: str, payload: Payload) -> Iterator[dict[str, Any]]:
        issue, comment = mapping(payload.get("issue")), mapping(payload.get("comment"))
        if name in ("issue_created", "issue_updated", "issue_deleted"):
            yield from self._issue_webhook(name, payload, issue)
        elif name == "comment_deleted":
            # The ticket's text is erased as a whole: single comments cannot be, and a deleted text must not be kept.
            subject = needed_identity(issue.get("key"), "the issue's key")
            yield ticket_event(
                self._source,
                subject,
                "ticket.redacted",
                needed_time(payload.get("timestamp"), "the webhook's timestamp"),
            )
        if comment and name != "comment_deleted":
            yield from comment_events(self._source, comment, issue)

    def _issue_webhook(self, name: str, payload: Payload, issue: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        fields = mapping(issue.get("fields"))
        subject = needed_identity(issue.get("key"), "the issue's key")
        if name == "issue_created":
            yield creation(self._source, issue)
            created = needed_time(fields.get("created"), "the issue's fields.created")
            yield from link_events(self._source, subject, created, issue_links(fields))
            return
        time = instant(payload.get("timestamp")) or needed_time(fields.get("updated"), "the webhook's timestamp")
        if name == "issue_deleted":
            yield ticket_event(self._source, subject, "ticket.deleted", time)
            return
        items = mapping(payload.get("changelog")).get("items")
        if any(text(item.get("field")).lower() == "key" for item in objects(items)):
            yield creation(self._source, issue)
        yield from link_events(self._source, subject, time, issue_links(fields))
        yield from history_events(self._source, issue, time, items)


def _is_issue(payload: Payload) -> bool:
    return isinstance(payload.get("fields"), Mapping) and ("key" in payload or "id" in payload)


def _is_service_level_page(payload: Payload) -> bool:
    values = list(objects(payload.get("values")))
    return bool(values) and all(is_service_level(value) for value in values)
