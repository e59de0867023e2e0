"""Intercom's JSON: conversations with their parts, lists of them, and webhooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from stream.connectors.contract import Answer, Payload, PayloadError, answer, split_pages
from stream.connectors.values import (
    enumerated,
    filled,
    first_text,
    identity,
    instant,
    mapping,
    needed_identity,
    needed_time,
    objects,
    text,
    ticket_event,
)

PAGES = ("conversations", "data")
ROLES = {
    "user": "requester",
    "lead": "requester",
    "contact": "requester",
    "admin": "agent",
    "team": "agent",
    "bot": "bot",
}
CHANNELS = {
    "conversation": "im_chat", "push": "in_app", "facebook": "social", "twitter": "social", "instagram": "social", "email": "email",
    "phone_call": "phone", "phone_switch": "phone", "sms": "im_chat", "whatsapp": "im_chat", "in_app": "in_app",
}  # fmt: skip
"""Intercom's type of a source to our channel; others are kept as they are."""

OUTBOUND = frozenset({"admin_initiated", "campaigns_initiated", "automated", "operator_initiated"})
"""How a conversation began that the customer did not begin."""

TOPICS = {
    "conversation.admin.closed": "ticket.solved", "conversation.admin.opened": "ticket.reopened",
    "conversation.deleted": "ticket.deleted", "conversation_part.redacted": "ticket.redacted",
    "conversation.admin.assigned": "ticket.reassigned",
}  # fmt: skip
"""Webhooks that say that something happened to a conversation; the others bring its parts."""


class Intercom:
    """Reads Intercom's JSON. `account` names the workspace in the events' source, where several feed one database."""

    name = "intercom"

    def __init__(self, account: str = "") -> None:
        self._source = f"/intercom/{account}" if account else "/intercom"

    def events(self, payload: Payload) -> Answer:
        """Return the events of a conversation, a list of them or a webhook; see `Connector`."""
        return answer(payload, self._read)

    def elements(self, payload: Payload) -> Iterator[Payload]:
        """Split a list into lists of one conversation."""
        return iter([payload]) if "topic" in payload or _is_conversation(payload) else split_pages(payload, PAGES)

    def _read(self, payload: Payload) -> Iterator[dict[str, Any]]:
        if "topic" in payload:
            yield from self._webhook(text(payload["topic"]), payload)
        elif _is_conversation(payload):
            yield from self._conversation(payload)
        else:
            found = [name for name in PAGES if isinstance(payload.get(name), list)]
            if not found:
                raise PayloadError(
                    "received an object that is no conversation of Intercom; valid is one with source and created_at"
                )
            for item in (item for name in found for item in payload[name]):
                if not isinstance(item, Mapping) or not _is_conversation(item):
                    raise PayloadError(
                        "received an item of a list that is no conversation; valid is one with source and created_at"
                    )
                yield from self._conversation(item)

    def _webhook(self, topic: str, payload: Payload) -> Iterator[dict[str, Any]]:
        item = mapping(mapping(payload.get("data")).get("item"))
        if not topic.startswith("conversation"):
            return
        subject = needed_identity(item.get("conversation_id", item.get("id")), "the conversation's id in data.item")
        if topic in TOPICS:
            yield ticket_event(
                self._source, subject, TOPICS[topic], needed_time(payload.get("created_at"), "the webhook's created_at")
            )
        if topic != "conversation.deleted" and _is_conversation(item):
            # A webhook names what happened: the state that the conversation has now is not an event of its own.
            yield from self._conversation({**item, "state": None})

    def _conversation(self, item: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        subject = needed_identity(item.get("id"), "the conversation's id")
        created = needed_time(item.get("created_at"), "the conversation's created_at")
        every = objects(mapping(item.get("conversation_parts")).get("conversation_parts"))
        parts = [part for part in every if text(part.get("body")).strip()]
        data = _data(item)
        if not data["body"].strip():
            # Some conversations have an empty first message: what the customer said first is the problem.
            data["body"] = next((text(part["body"]) for part in parts if _role(part) == "requester"), "")
        yield ticket_event(self._source, subject, "ticket.created", created, data=data)
        for part in parts:
            said = {
                "body": text(part["body"]),
                **filled(author_role="agent" if part.get("part_type") == "note" else _role(part)),
                **({"public": False} if part.get("part_type") == "note" else {}),
            }
            time = needed_time(part.get("created_at"), "the part's created_at")
            yield ticket_event(self._source, subject, "comment.added", time, data=said, key=identity(part.get("id")))
        yield from self._outcomes(subject, item, max(created, instant(item.get("updated_at")) or created))

    def _outcomes(self, subject: str, item: Mapping[str, Any], last: datetime) -> Iterator[dict[str, Any]]:
        if text(item.get("state")) == "closed":
            solved = instant(mapping(item.get("statistics")).get("last_close_at")) or last
            yield ticket_event(self._source, subject, "ticket.solved", solved)
        rating = mapping(item.get("conversation_rating"))
        score = rating.get("rating")
        if isinstance(score, int) and not isinstance(score, bool) and 1 <= score <= 5:
            time = instant(rating.get("created_at")) or last
            yield ticket_event(self._source, subject, "ticket.rated", time, data={"csat": score}, key=str(score))


def _is_conversation(payload: Payload) -> bool:
    return isinstance(payload.get("source"), Mapping) and "created_at" in payload and "id" in payload


def _role(part: Mapping[str, Any]) -> str | None:
    return ROLES.get(text(mapping(part.get("author")).get("type")))


def _data(item: Mapping[str, Any]) -> dict[str, Any]:
    source = mapping(item.get("source"))
    contacts = list(objects(mapping(item.get("contacts")).get("contacts")))
    channel = enumerated(source.get("type"))
    role = _role(source)
    return {
        "title": first_text(item.get("title"), source.get("subject")),
        "body": text(source.get("body")),
        **filled(
            channel=CHANNELS.get(channel, channel),
            direction="outbound" if text(source.get("delivered_as")) in OUTBOUND else None,
            author_role=role if role in ("agent", "bot") else None,
            handled_by="ai" if item.get("ai_agent_participated") is True else None,
            priority="high" if text(item.get("priority")) == "priority" else None,
            tags=[name for tag in objects(mapping(item.get("tags")).get("tags")) if (name := text(tag.get("name")))],
            requester=next((one for contact in contacts if (one := identity(contact.get("id")))), None),
            team=first_text(item.get("team_assignee_id")),
            custom=filled(fields=dict(_attributes(item))),
        ),
    }


def _attributes(item: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in mapping(item.get("custom_attributes")).items():
        if isinstance(value, str | int | float) and value != "":
            yield str(name), value
