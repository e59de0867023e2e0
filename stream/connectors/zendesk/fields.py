"""The fields of a Zendesk ticket: the same by export (integers, lower case) and by webhook (strings, upper case)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stream.connectors.values import enumerated, filled, first_text, identity, mapping, objects, text, texts

CHANNELS = {
    "web": "web_form", "web_form": "web_form", "web_widget": "web_form", "help_center": "web_form", "helpcenter": "web_form",
    "email": "email", "mail": "email",
    "phone": "phone", "voice": "phone", "voicemail": "phone", "phone_call_inbound": "phone", "phone_call_outbound": "phone",
    "api": "api", "web_service": "api",
    "chat": "im_chat", "native_messaging": "im_chat", "messaging": "im_chat", "web_messaging": "im_chat",
    "chat_transcript": "im_chat", "sms": "im_chat", "whatsapp": "im_chat", "line": "im_chat", "wechat": "im_chat",
    "telegram": "im_chat", "viber": "im_chat", "kakaotalk": "im_chat", "sunshine_conversations_api": "im_chat",
    "mobile": "in_app", "mobile_sdk": "in_app", "sdk": "in_app", "ios_sdk": "in_app", "android_sdk": "in_app",
    "iphone": "in_app", "android": "in_app", "in_app": "in_app",
    "twitter": "social", "twitter_dm": "social", "twitter_favorite": "social", "twitter_like": "social", "x": "social",
    "facebook": "social", "facebook_post": "social", "facebook_messenger": "social", "messenger": "social",
    "instagram_dm": "social", "instagram": "social", "google_business_messages": "social", "any_channel": "social",
}  # fmt: skip
"""Zendesk's channel to ours; others are kept as they are, and end up in `custom`."""

OUTBOUND = frozenset({"phone_call_outbound", "outbound"})
"""Channels on which an agent addressed the customer first."""

INTERNAL = frozenset({"side_conversation"})
"""Channels by which agents write tickets to each other."""

BOTS = frozenset({"answer_bot", "ai_agent", "bot"})
"""Channels on which a machine answers."""

NAMED_CHANNELS = frozenset(CHANNELS) | OUTBOUND | INTERNAL | BOTS
"""Channels whose names for people, such as "Mobile SDK", are recognized."""

DONE = frozenset({"solved", "closed", "archived"})
GONE = frozenset({"deleted", "scrubbed"})
WAITING = {"pending": "requester", "hold": "third_party", "on-hold": "third_party", "on_hold": "third_party"}
"""Statuses in which a ticket waits for somebody else than the agent, and for whom."""

MERGED_TAG = "closed_by_merge"
"""Zendesk sets it on each ticket that was merged into another one."""

SCORES = {"good": 5, "good_with_comment": 5, "bad": 1, "bad_with_comment": 1}
"""Zendesk's two-valued satisfaction on our scale from 1 to 5."""


def ticket_data(ticket: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `data` of a ticket's creation."""
    channel = enumerated(mapping(ticket.get("via")).get("channel"))
    group = mapping(ticket.get("group"))
    requester = mapping(ticket.get("requester"))
    data = filled(
        channel=CHANNELS.get(channel, channel),
        priority=enumerated(ticket.get("priority")),
        tags=texts(ticket.get("tags")),
        team=first_text(group.get("name"), ticket.get("group_id"), group.get("id")),
        requester=identity(ticket.get("requester_id")) or identity(requester.get("id")),
        language=first_text(ticket.get("locale"), requester.get("locale")),
        handled_by="ai" if channel in BOTS else None,
        direction="outbound" if channel in OUTBOUND else None,
        author_role="agent" if channel in INTERNAL else None,
        custom=_custom(ticket),
    )
    return {
        "title": first_text(ticket.get("subject"), ticket.get("raw_subject")),
        "body": text(ticket.get("description")),
        **data,
    }


def custom_fields(value: object) -> dict[str, Any]:
    """Return a ticket's own fields by their number, without the empty ones."""
    pairs = ((identity(field.get("id")), field.get("value")) for field in objects(value))
    return {name: found for name, found in pairs if name and found not in (None, "", [], False)}


def csat(rating: Mapping[str, Any]) -> int | None:
    """Return a satisfaction rating on the scale from 1 to 5; None where there is none."""
    score = rating.get("score", rating.get("rating"))
    if isinstance(score, int) and not isinstance(score, bool):
        return score if 1 <= score <= 5 else None
    word = enumerated(score)
    return int(word) if word in {"1", "2", "3", "4", "5"} else SCORES.get(word)


def author_role(comment: Mapping[str, Any], ticket: Mapping[str, Any]) -> str | None:
    """Return who wrote a comment; None where neither comment nor ticket say so. A private comment is an agent's note."""
    author = mapping(comment.get("author"))
    role, channel = enumerated(author.get("role")), enumerated(mapping(comment.get("via")).get("channel"))
    if channel in ("answer_bot", "ai_agent", "bot") or role == "bot":
        return "bot"
    if is_private(comment) or author.get("is_staff") is True or role in ("agent", "admin"):
        return "agent"
    if author.get("is_staff") is False or role == "end-user":
        return "requester"
    known = ticket.get("requester_id", mapping(ticket.get("requester")).get("id"))
    number, requester = identity(comment.get("author_id")) or identity(author.get("id")), identity(known)
    if number is None or requester is None:
        return None
    return "requester" if number == requester else "agent"


def is_private(comment: Mapping[str, Any]) -> bool:
    """Return whether a comment is an internal note, which the requester does not see."""
    return comment.get("public", comment.get("is_public")) is False


def _custom(ticket: Mapping[str, Any]) -> dict[str, Any]:
    return filled(
        type=enumerated(ticket.get("type")),
        brand=first_text(mapping(ticket.get("brand")).get("name"), ticket.get("brand_id")),
        organization=first_text(mapping(ticket.get("organization")).get("name"), ticket.get("organization_id")),
        form=first_text(ticket.get("ticket_form_id"), ticket.get("form_id")),
        external_id=first_text(ticket.get("external_id")),
        problem=first_text(ticket.get("problem_id")),
        fields=custom_fields(ticket.get("custom_fields", ticket.get("fields"))),
    )
