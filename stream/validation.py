"""Validation at the edge: a raw record becomes a redacted event, or is refused with one clear sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from pydantic import ValidationError

from models.event import EVENT_TYPES, ChangeEvent, Event, LaunchEvent, TicketEvent
from models.redaction import excerpt, holds_card, redact, redact_value
from models.text import plain_value
from stream.raw import Raw, RefusalReason, RefusedEvent

MAX_BYTES = 1_048_576
"""An event larger than this is an attachment or a mistake; Kafka's own default limit is the same."""

DEEPEST = 200
"""Levels of nesting; JSON readers and writers give up at a few hundred, and no event of ours has ten."""

AHEAD = timedelta(hours=1)
"""Events further ahead of the clock are refused: one wrong date must not move the watermark."""


def admit(raw: Raw, now: datetime) -> Event | RefusedEvent:
    """Decode, redact and validate one record.

    Redaction comes before validation, so that an error message can only quote redacted input. An event that was admitted before is
    returned as it is.
    """
    if isinstance(raw.content, TicketEvent | LaunchEvent | ChangeEvent):
        return raw.content
    decoded = _decode(raw.content)
    if isinstance(decoded, RefusedEvent):
        return decoded
    for name in ("id", "source", "subject"):
        if holds_card(str(decoded.get(name, ""))):
            return RefusedEvent(
                RefusalReason.CARD, f"the event's {name} holds a card number; identities must not", _excerpt(decoded)
            )
    return _validate(decoded, now)


def _decode(content: bytes | Mapping[str, Any] | RefusedEvent) -> Mapping[str, Any] | RefusedEvent:
    if isinstance(content, RefusedEvent):
        return content
    decoded = _parse(content) if isinstance(content, bytes) else content
    if not isinstance(decoded, RefusedEvent) and _holds_nul(decoded):
        return RefusedEvent(RefusalReason.NUL, _NUL, _excerpt(decoded))
    return decoded


def _parse(content: bytes) -> Mapping[str, Any] | RefusedEvent:
    if len(content) > MAX_BYTES:
        return RefusedEvent(RefusalReason.TOO_LARGE, too_large(len(content)), excerpt(content[:4096]))
    try:
        decoded = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        detail = f"received a line that is not JSON ({error.msg} at character {error.pos}); valid is one JSON object per line"
        return RefusedEvent(RefusalReason.NOT_JSON, detail, excerpt(content))
    if isinstance(decoded, dict):
        return RefusedEvent(RefusalReason.INVALID, _DEEP, excerpt(content)) if _is_deep(decoded) else decoded
    got = type(decoded).__name__
    return RefusedEvent(
        RefusalReason.NOT_JSON, f"received JSON of type {got}; valid is one JSON object per line", excerpt(content)
    )


_NUL = "the event holds a NUL character, which no ticket text has and PostgreSQL cannot store; remove it at the source"


def too_large(size: int) -> str:
    """Write the sentence that refuses a record of `size` bytes."""
    return f"received an event of {size:,} bytes; valid are at most {MAX_BYTES:,}; send attachments by reference"


_DEEP = f"the event is nested deeper than {DEEPEST} levels; send such content by reference"


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [part for one in level if isinstance(one, dict | list) for part in _parts(one)]
        if not level:
            return False
    return True


def _parts(value: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


def _holds_nul(value: Any) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, Mapping):
        return any(_holds_nul(part) for pair in value.items() for part in pair)
    return isinstance(value, list) and any(_holds_nul(part) for part in value)


def _validate(decoded: Mapping[str, Any], now: datetime) -> Event | RefusedEvent:
    kind = decoded.get("type")
    model = _model(kind)
    if model is None:
        got = redact(kind).text[:80] if isinstance(kind, str) else f"of {type(kind).__name__}"
        return RefusedEvent(
            RefusalReason.UNKNOWN_TYPE,
            f"received the event type {got!r}; valid are {', '.join(EVENT_TYPES)}",
            _excerpt(decoded),
        )
    try:
        event = model.model_validate({**decoded, "data": _redacted(decoded.get("data", {}))})
    except ValidationError as error:
        return RefusedEvent(RefusalReason.INVALID, _sentence(error), _excerpt(decoded))
    except (ArithmeticError, TypeError):
        # A validator received what it was not written for: one bad record must not end the stream.
        return RefusedEvent(
            RefusalReason.INVALID, "the event holds a value of a kind that its field cannot take", _excerpt(decoded)
        )
    if event.time > now + AHEAD:
        detail = f"received the time {event.time.isoformat()}, more than an hour ahead of the clock; correct it at the source"
        return RefusedEvent(RefusalReason.FUTURE, detail, _excerpt(decoded))
    return event


def _redacted(data: Any) -> Any:
    # Plain text comes first: a card number whose digits are in separate elements is found in the text, not in the HTML.
    data = plain_value(data)
    # A requester known by an address would become a placeholder like all others; it is hashed, never stored as it is.
    if isinstance(data, dict) and "requester" in data:
        rest = {name: value for name, value in data.items() if name != "requester"}
        return {**redact_value(rest), "requester": data["requester"]}
    return redact_value(data)


def _model(kind: object) -> type[TicketEvent | LaunchEvent | ChangeEvent] | None:
    if kind not in EVENT_TYPES:
        return None
    return {"launch.planned": LaunchEvent, "change.recorded": ChangeEvent}.get(str(kind), TicketEvent)  # type: ignore[return-value]


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the event"
    if first["type"] == "missing":
        return f"{where} is missing; every event of its type needs it"
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "value_error":
        return redact(message if where == "the event" else f"{where}: {message}").text
    # Redacted before it is cut: half a card number is not recognised as one.
    got = redact(str(redact_value(plain_value(first.get("input"))))).text[:80]
    return f"received {where} = {got!r}; {redact(message[:1].lower() + message[1:]).text}"


def _excerpt(decoded: Mapping[str, Any]) -> str:
    return excerpt(orjson.dumps(redact_value(plain_value(decoded)), default=str))
