"""Recognise the system that JSON values come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stream.connectors.chat import Chat, is_conversation
from stream.connectors.chat_rows import conversation_of
from stream.connectors.cloudevents import CloudEvents
from stream.connectors.contract import Connector
from stream.connectors.freshdesk import Freshdesk
from stream.connectors.intercom import Intercom
from stream.connectors.jira import Jira
from stream.connectors.zendesk import Zendesk

SURE = 0.7
"""Confidence from which on nobody has to be asked."""

LOOKED_AT = 50
"""Values, and elements of each list in them, that are looked at."""

_ISSUE_KEY = re.compile(r"^[A-Za-z][A-Za-z0-9_]*-\d+$")
_ZENDESK_KEYS = frozenset({
    "raw_subject", "requester_id", "submitter_id", "assignee_id", "ticket_form_id", "brand_id", "group_id", "has_incidents",
    "satisfaction_rating", "custom_fields", "via", "generated_timestamp", "allow_channelback", "is_public", "metric_set",
})  # fmt: skip
_ZENDESK_PARTS = frozenset(
    {
        "ticket_metric_events",
        "ticket_events",
        "ticket_metrics",
        "metric_sets",
        "deleted_tickets",
        "ticket_audits",
        "satisfaction_ratings",
        "suspended_tickets",
        "audits",
    }
)
_FRESHDESK_KEYS = frozenset(
    {"responder_id", "description_text", "fr_escalated", "cc_emails", "product_id", "source_additional_info"}
)


@dataclass(frozen=True, slots=True)
class JsonKind:
    """A system that values may come from: its connector's name, how sure that is in [0, 1], and what it was seen by."""

    name: str
    confidence: float
    evidence: str


CONNECTORS: Mapping[str, Callable[[str], Connector]] = {
    "cloudevents": lambda _: CloudEvents(), "zendesk": Zendesk, "jira": Jira, "freshdesk": Freshdesk, "intercom": Intercom,
    "chat": lambda _: Chat(),
}  # fmt: skip
"""By the name of a system, what makes its connector for an account; an empty account is none."""


def json_connector(name: str, account: str = "") -> Connector:
    """Make the connector of a system. Raises KeyError for a name that is none."""
    return CONNECTORS[name](account)


def json_kinds(values: Sequence[Any]) -> list[JsonKind]:
    """Return the systems that the first values of a file may come from, the likeliest first; empty where none is.

    The confidence is the mean over the values: a file in which every value is of one system is sure.
    """
    looked = [value for value in values[:LOOKED_AT] if isinstance(value, Mapping)]
    kinds = [_kind(name, [judge(value) for value in looked]) for name, judge in _JUDGES.items()] if looked else []
    return sorted((kind for kind in kinds if kind.confidence > 0), key=lambda kind: -kind.confidence)


def _kind(name: str, verdicts: Sequence[tuple[float, str]]) -> JsonKind:
    best = max(verdicts)
    return JsonKind(name, sum(confidence for confidence, _ in verdicts) / len(verdicts), best[1])


def _items(value: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    items = value.get(name)
    yield from (item for item in (items[:LOOKED_AT] if isinstance(items, list) else ()) if isinstance(item, Mapping))


def _cloudevents(value: Mapping[str, Any]) -> tuple[float, str]:
    if {"specversion", "type", "source"} <= value.keys():
        return 1.0, "specversion, type and source"
    if {"type", "subject", "time", "data"} <= value.keys():
        # Validation says what is missing of an event; a mapping of columns would say nothing.
        return 0.8, "type, subject, time and data"
    found = any("specversion" in item for name in ("events", "records") for item in _items(value, name))
    return (1.0, "a batch of events with specversion") if found else (0.0, "")


def _zendesk(value: Mapping[str, Any]) -> tuple[float, str]:
    detail = value.get("detail", value.get("input", value))
    if str(value.get("type", "")).startswith("zen:event-type:"):
        return 1.0, "the type of an event webhook"
    if isinstance(detail, Mapping) and isinstance(detail.get("ticket_event"), Mapping):
        return 1.0, "ticket_event"
    if found := sorted(_ZENDESK_PARTS & value.keys()):
        return 1.0, found[0]
    ticket = value.get("ticket")
    items = [*_items(value, "tickets"), *_items(value, "results"), *([ticket] if isinstance(ticket, Mapping) else [])]
    return max(_zendesk_ticket(item) for item in items) if items else max(_zendesk_part(value), _zendesk_ticket(value))


def _zendesk_part(value: Mapping[str, Any]) -> tuple[float, str]:
    for keys in ({"ticket_id", "author_id"}, {"ticket_id", "instance_id", "metric"}):
        if keys <= value.keys():
            return 0.9, " and ".join(sorted(keys))
    found = any("author_id" in item and "public" in item for item in _items(value, "comments"))
    return (0.9, "comments with author_id") if found and "id" not in value else (0.0, "")


def _zendesk_ticket(ticket: Mapping[str, Any]) -> tuple[float, str]:
    if not {"id", "created_at"} <= ticket.keys() or not ticket.keys() & {"subject", "raw_subject", "description"}:
        return 0.0, ""
    if ticket.keys() & _FRESHDESK_KEYS:
        return 0.0, ""
    found = sorted(_ZENDESK_KEYS & ticket.keys())
    # The four fields alone are a ticket of some system; a field of Zendesk's makes it Zendesk's.
    return (min(1.0, 0.8 + 0.05 * len(found)), ", ".join(found[:3])) if found else (0.5, "id, created_at and subject")


def _jira(value: Mapping[str, Any]) -> tuple[float, str]:
    if "webhookEvent" in value:
        return 1.0, "webhookEvent"
    if isinstance(value.get("fields"), Mapping) and _ISSUE_KEY.match(str(value.get("key", ""))):
        return 1.0, "key and fields"
    if "issueKey" in value and ("requestFieldValues" in value or "comments" in value):
        return 1.0, "issueKey"
    issue = value.get("issue")
    items = [*_items(value, "issues"), *_items(value, "values"), *([issue] if isinstance(issue, Mapping) else [])]
    for item in items:
        if isinstance(item.get("fields"), Mapping) and "key" in item:
            return 1.0, "issues with key and fields"
        if "requestFieldValues" in item or "completedCycles" in item or "ongoingCycle" in item:
            return 1.0, "requests of Jira Service Management"
    return 0.0, ""


def _freshdesk(value: Mapping[str, Any]) -> tuple[float, str]:
    inner = [one for name in ("helpdesk_ticket", "freshdesk_webhook") if isinstance(one := value.get(name), Mapping)]
    if inner:
        return 1.0, "helpdesk_ticket"
    for item in (value, *_items(value, "tickets"), *_items(value, "results")):
        found = sorted(_FRESHDESK_KEYS & item.keys())
        if found and "created_at" in item:
            return 0.95, ", ".join(found[:3])
    return 0.0, ""


def _intercom(value: Mapping[str, Any]) -> tuple[float, str]:
    if value.get("type") == "notification_event" and "topic" in value:
        return 1.0, "the topic of a webhook"
    for item in (value, *_items(value, "conversations"), *_items(value, "data")):
        if "conversation_parts" in item or (
            item.get("type") == "conversation" and isinstance(item.get("source"), Mapping)
        ):
            return 1.0, "conversation_parts" if "conversation_parts" in item else "a conversation with its source"
    return 0.0, ""


def _chat(value: Mapping[str, Any]) -> tuple[float, str]:
    if is_conversation(value) and "fields" not in value and not _ZENDESK_KEYS & value.keys():
        return 0.9, "a conversation with its turns"
    if conversation_of(value) is not None:
        return 0.85, "a turn with its conversation and author"
    found = any(
        is_conversation(item)
        for name in ("chats", "conversations", "sessions", "transcripts")
        for item in _items(value, name)
    )
    return (0.9, "conversations with their turns") if found else (0.0, "")


_JUDGES: Mapping[str, Callable[[Mapping[str, Any]], tuple[float, str]]] = {
    "cloudevents": _cloudevents, "zendesk": _zendesk, "jira": _jira, "freshdesk": _freshdesk, "intercom": _intercom,
    "chat": _chat,
}  # fmt: skip
