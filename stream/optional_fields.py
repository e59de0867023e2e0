"""Optional fields of a ticket: a value that a field cannot take keeps the ticket and moves to its `custom`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, get_args

from pydantic import ValidationError

from models.event import NEEDED, TicketData, TicketEvent
from models.redaction import redact, redact_value
from models.text import plain_value
from stream.identity import has_replaced_number

MOVED = "data."
"""Before the field's name in `custom` where the sender has a custom value of that name."""

SHOWN = 40
"""Characters of a value that a summary quotes."""

DISTINCT = 1_000
"""Different values that are counted one by one; beyond it those of a field are counted together."""

TEXTS = ("title", "body")
STRUCTURED = (*TEXTS, "tags", "custom", "links")
"""Fields whose values differ from ticket to ticket: only the kind of what was received is counted."""

_WRITTEN = frozenset(
    ("title", "body", "requester", "language", "vendor", "team", "business_line", "user_type", "product", "payment_method", "region",
     "platform", "app_version", "priority")
)  # fmt: skip
"""Fields of text whose numbers are read as texts."""

AMBIGUOUS = ("direction", "demand", "mail", "links")
"""Words that other systems use for things of their own: what does not fit is a custom value, and nothing is reported."""

OPTIONAL = tuple(name for name in TicketData.model_fields if name != "custom")

_BLANKED = frozenset(OPTIONAL) - frozenset(TEXTS)
"""Fields that a blank text leaves unset."""


class FieldIssue(StrEnum):
    """Why a value is not in its field."""

    UNKNOWN_VALUE = "unknown_value"
    WRONG_TYPE = "wrong_type"
    TOO_LONG = "too_long"
    LIKE_A_CARD = "like_a_card"


@dataclass(frozen=True, slots=True, order=True)
class FieldNote:
    """A value that was left out of its field. `value` is redacted; it is empty where values differ from ticket to ticket."""

    field: str
    value: str
    issue: FieldIssue


_SPELLINGS: Mapping[str, Mapping[str, str]] = {
    "channel": {
        "inapp": "in_app", "app": "in_app", "in_app_chat": "in_app", "mobile_app": "in_app",
        "chat": "im_chat", "live_chat": "im_chat", "livechat": "im_chat", "web_chat": "im_chat", "messaging": "im_chat",
        "native_messaging": "im_chat", "instant_messaging": "im_chat", "im": "im_chat",
        "mail": "email", "e_mail": "email",
        "voice": "phone", "call": "phone", "phone_call": "phone", "telephone": "phone",
        "web": "web_form", "webform": "web_form", "form": "web_form", "contact_form": "web_form", "web_widget": "web_form",
        "help_center": "web_form", "helpcenter": "web_form", "portal": "web_form", "web_portal": "web_form",
        "social_media": "social",
        "rest_api": "api", "web_service": "api",
    },
    "handled_by": {
        "bot": "ai", "chatbot": "ai", "ai_agent": "ai", "virtual_agent": "ai",
        "agent": "human", "human_agent": "human", "person": "human",
        "bpo": "vendor", "outsourcer": "vendor",
    },
    "author_role": {
        "customer": "requester", "end_user": "requester", "enduser": "requester", "user": "requester", "client": "requester",
        "contact": "requester", "visitor": "requester",
        "staff": "agent", "admin": "agent", "operator": "agent", "support": "agent", "support_agent": "agent",
        "ai": "bot", "chatbot": "bot", "virtual_agent": "bot",
    },
}  # fmt: skip
"""Other words for the same value, as helpdesks write it."""

_NARROWER: Mapping[str, Mapping[str, str]] = {
    "channel": {
        **dict.fromkeys(
            ("whatsapp", "telegram", "messenger", "facebook_messenger", "fb_messenger", "line", "wechat", "viber", "imessage",
             "apple_messages", "instagram_dm", "discord", "slack", "kakaotalk", "zalo", "sms", "text_message"),
            "im_chat",
        ),
        **dict.fromkeys(
            ("twitter", "x", "facebook", "instagram", "youtube", "tiktok", "reddit", "linkedin", "app_store", "google_play"),
            "social",
        ),
    },
}  # fmt: skip
"""Names of one service: the field takes what kind of channel it is, and `custom` keeps the name."""


def numbers_as_texts(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data with numbers in fields of text as texts: 4111.1 and "4111.1" must be redacted alike."""
    found = {name: _as_text(value) if name in _WRITTEN else value for name, value in data.items()}
    if isinstance(found.get("tags"), list):
        found["tags"] = [_as_text(tag) for tag in found["tags"]]
    return found


def normalized(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a ticket event with blank values left out and known spellings of fixed values replaced."""
    found = dict(data)
    custom = found.get("custom")
    if custom is not None and not isinstance(custom, Mapping):
        found["custom"] = {} if _is_blank(custom) else {f"{MOVED}custom": custom}
    elif "custom" in found and custom is None:
        del found["custom"]
    for name in ("mail", "links"):
        if name in found and found[name] is None:
            del found[name]
    for name in [name for name, value in found.items() if name in _BLANKED and _is_blank(value)]:
        del found[name]
    for name in _SPELLINGS:
        if name in found:
            _spell(name, found)
    return found


def parsed_ticket(envelope: Mapping[str, Any], data: Mapping[str, Any]) -> TicketEvent:
    """Validate a ticket event, a second time without what did not fit optional fields. Raises `ValidationError`."""
    try:
        return TicketEvent.model_validate({**envelope, "data": data})
    except ValidationError as error:
        lenient = move_to_custom(data, error, str(envelope.get("type")))
        if lenient is None:
            raise
    return TicketEvent.model_validate({**envelope, "data": lenient})


def move_to_custom(data: Mapping[str, Any], error: ValidationError, kind: str) -> dict[str, Any] | None:
    """Return the data with each value that did not fit its optional field moved to `custom`.

    `error` is that of the whole event of type `kind`. None where something is wrong that an event of this type needs.
    """
    needed = NEEDED.get(kind, ("", ""))[0]  # type: ignore[call-overload]
    wrong: dict[str, set[Any]] = {}
    for one in error.errors(include_url=False, include_context=False):
        where = one["loc"]
        if len(where) < 2 or where[0] != "data" or where[1] not in OPTIONAL or where[1] == needed:
            return None
        wrong.setdefault(str(where[1]), set()).add(where[2] if len(where) > 2 else None)
    moved = dict(data)
    for name, elements in wrong.items():
        _move(moved, name, elements)
    return moved


def field_notes(event: TicketEvent) -> Iterator[FieldNote]:
    """Yield what is not in its field, as the event itself says it: the same on every way that the event takes.

    A value in `custom` under the name of a field that is unset is one that the field could not take. A custom value of the
    sender's own that the field could take is none.
    """
    data = event.data
    for key, value in data.custom.items():
        name = key.removeprefix(MOVED)
        if name in AMBIGUOUS:
            continue
        if (name in OPTIONAL or key == f"{MOVED}custom") and not _is_set(data, name):
            issue = _issue(name, value)
            if issue is not None:
                yield FieldNote(name, _shown(value) if issue is FieldIssue.UNKNOWN_VALUE else "", issue)
    if has_replaced_number(event.subject):
        yield FieldNote("subject", "", FieldIssue.LIKE_A_CARD)


def count_notes(counter: Counter[FieldNote], notes: Mapping[FieldNote, int] | Iterable[FieldNote]) -> None:
    """Add notes to a counter that stays small, however many different values a field receives."""
    for note, number in Counter(notes).items():
        known = note in counter or len(counter) < DISTINCT
        counter[note if known else FieldNote(note.field, "", note.issue)] += number


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


def _is_blank(value: Any) -> bool:
    return isinstance(value, str) and not value.strip()


def _spell(name: str, data: dict[str, Any]) -> None:
    value = data[name]
    if not isinstance(value, str):
        return
    plain = "_".join(value.lower().replace("-", " ").replace("_", " ").replace("/", " ").split())
    if plain in _NARROWER.get(name, {}):
        data[name] = _NARROWER[name][plain]
        _keep(data, name, value)
    elif plain in _values(name):
        data[name] = plain
    else:
        data[name] = _SPELLINGS[name].get(plain, value)


@cache
def _values(name: str) -> frozenset[str]:
    literal, _ = get_args(TicketData.model_fields[name].annotation)
    return frozenset(get_args(literal))


def _move(data: dict[str, Any], name: str, elements: set[Any]) -> None:
    value = data.pop(name)
    if value is None:
        return
    if name == "tags" and isinstance(value, list | tuple) and None not in elements:
        data["tags"] = [tag for at, tag in enumerate(value) if at not in elements]
        value = [value[at] for at in sorted(elements) if value[at] is not None]
        if not value:
            return
    if name == "requester":
        # Who wrote is hashed or not stored at all: not even a part of it goes to `custom`.
        value = f"[{type(value).__name__}]"
    _keep(data, name, redact_value(plain_value(value)))


def _keep(data: dict[str, Any], name: str, value: Any) -> None:
    custom = dict(data.get("custom") or {})
    custom[name if custom.get(name, value) == value else MOVED + name] = value
    data["custom"] = custom


def _is_set(data: TicketData, name: str) -> bool:
    return getattr(data, name) not in (None, "", ()) and name not in ("custom", "tags")


def _issue(name: str, value: Any) -> FieldIssue | None:
    """Return why a field cannot take a value; None where it can."""
    try:
        TicketData.model_validate({name: value})
    except ValidationError as error:
        kind = error.errors(include_url=False, include_context=False)[0]["type"]
        if kind == "string_too_long":
            return FieldIssue.TOO_LONG
        typed = name in STRUCTURED or not isinstance(value, str | int | float)
        return FieldIssue.WRONG_TYPE if typed else FieldIssue.UNKNOWN_VALUE
    return None


def _shown(value: Any) -> str:
    text = redact(" ".join(str(value).split())).text
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
