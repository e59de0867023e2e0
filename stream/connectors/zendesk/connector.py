"""The Zendesk connector: what kind a payload is decides which reader takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stream.connectors.contract import Answer, Payload, PayloadError, answer, shown, split_pages, unknown_record
from stream.connectors.values import identity, mapping, text
from stream.connectors.zendesk.audits import audit_events
from stream.connectors.zendesk.tickets import (
    comment_events,
    deleted_event,
    metric_events,
    metrics_events,
    rating_events,
    ticket_events,
)
from stream.connectors.zendesk.webhooks import PREFIX, bridge_events, webhook_events

Reader = Callable[[str, Mapping[str, Any]], Iterator[dict[str, Any]]]

PAGES = (
    "tickets", "comments", "ticket_metrics", "metric_sets", "ticket_metric_events", "ticket_events", "audits", "ticket_audits",
    "satisfaction_ratings", "deleted_tickets", "suspended_tickets", "results",
)  # fmt: skip
"""Keys of pages of the export and the API whose items concern tickets."""

OTHER_PAGES = (
    "users", "groups", "organizations", "brands", "ticket_fields", "ticket_forms", "macros", "views", "triggers", "sla_policies",
    "automations", "tags", "articles", "activities", "job_statuses",
)  # fmt: skip
"""Keys of pages that hold no tickets: they give no events."""

VALID = (
    "valid are a page of tickets, comments, metrics, audits or ticket events, one of these by itself, an event webhook, "
    "or an EventBridge event"
)


class Zendesk:
    """Reads Zendesk's JSON. `account` names the account in the events' source, where several feed one database."""

    name = "zendesk"

    def __init__(self, account: str = "") -> None:
        self._source = f"/zendesk/{account}" if account else "/zendesk"

    def events(self, payload: Payload) -> Answer:
        """Return the events of a page, a record, a webhook or an EventBridge event; see `Connector`."""
        return answer(payload, self._read)

    def elements(self, payload: Payload) -> Iterator[Payload]:
        """Split a page into pages of one element."""
        return iter([payload]) if _record_reader(payload) or _envelope(payload) else split_pages(payload, PAGES)

    def _read(self, payload: Payload) -> Iterator[dict[str, Any]]:
        if text(payload.get("type")).startswith(PREFIX):
            yield from webhook_events(self._source, payload)
        elif (event := _envelope(payload)) is not None:
            yield from bridge_events(self._source, event)
        elif (reader := _record_reader(payload)) is not None:
            yield from reader(self._source, payload)
        elif any(isinstance(payload.get(name), list) for name in PAGES):
            for name in PAGES:
                yield from self._page(name, payload)
        elif isinstance(payload.get("ticket"), Mapping):
            yield from ticket_events(self._source, payload["ticket"])
        elif not any(name in payload for name in OTHER_PAGES):
            raise unknown_record(payload, "Zendesk", VALID)

    def _page(self, name: str, payload: Payload) -> Iterator[dict[str, Any]]:
        items = payload.get(name)
        for item in items if isinstance(items, list) else ():
            if not isinstance(item, Mapping):
                raise PayloadError(f"received {shown(item)!r} in {name}; valid are objects")
            yield from self._item(name, item, payload)

    def _item(self, page: str, item: Mapping[str, Any], payload: Payload) -> Iterator[dict[str, Any]]:
        if page == "comments":
            ticket = mapping(payload.get("ticket")) or {"id": payload.get("ticket_id")}
            yield from comment_events(self._source, item, ticket)
        elif page == "deleted_tickets":
            yield deleted_event(self._source, item)
        elif page == "results":
            if text(item.get("result_type")) in ("ticket", ""):
                yield from ticket_events(self._source, item)
        elif page in READERS:
            yield from READERS[page](self._source, item)


READERS: Mapping[str, Reader] = {
    "tickets": ticket_events, "ticket_metrics": metrics_events, "metric_sets": metrics_events,
    "ticket_metric_events": metric_events, "ticket_events": audit_events, "audits": audit_events, "ticket_audits": audit_events,
    "satisfaction_ratings": rating_events,
}  # fmt: skip
"""By the key of a page, what reads its items; suspended tickets are no tickets yet."""


def _bare_comment(source: str, comment: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    return comment_events(source, comment, {})


def _record_reader(payload: Payload) -> Reader | None:
    """Return what reads a record that is sent by itself, by the keys that only its kind has."""
    keys = payload.keys()
    if identity(payload.get("ticket_id")) is not None:
        return _ticket_part_reader(payload)
    # An export nests comments and metrics in a ticket: `comments` alone does not make it a page.
    if "id" in keys and "created_at" in keys and keys & {"subject", "raw_subject", "description", "status", "via"}:
        return ticket_events
    return None


def _ticket_part_reader(payload: Payload) -> Reader | None:
    keys = payload.keys()
    if keys & {"child_events", "events"} and keys & {"created_at", "timestamp"}:
        return audit_events
    if {"metric", "time"} <= keys:
        return metric_events
    if keys & {"reply_time_in_minutes", "full_resolution_time_in_minutes", "reopens"}:
        return metrics_events
    if "score" in keys:
        return rating_events
    return _bare_comment if keys & {"body", "html_body", "plain_body"} else None


def _envelope(payload: Payload) -> Mapping[str, Any] | None:
    for name in ("detail", "input"):
        event = mapping(payload.get(name)).get("ticket_event")
        if isinstance(event, Mapping):
            return event
    event = payload.get("ticket_event")
    return event if isinstance(event, Mapping) else None
