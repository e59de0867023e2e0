"""Validation at the edge: a raw record becomes a redacted event, or is refused with one clear sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from pydantic import ValidationError

from models.event import EVENT_TYPES, ChangeEvent, Event, LaunchEvent, TicketEvent, TicketLink
from models.invalid_value import what_is_valid
from models.redaction import excerpt, quoted, redact, redact_fields, redact_value, shortened
from models.redaction.redactor import strict_redactor
from models.text import plain_value
from stream.admission_rules import AdmissionRules
from stream.decoding import MAX_BYTES, decode, too_large
from stream.identity import Identities, plain_identity, sensitive_parts
from stream.optional_fields import normalized, numbers_as_texts, parsed_ticket
from stream.raw import Raw, RefusalReason, RefusedEvent
from stream.usual_event import usual_event

__all__ = ["AHEAD", "MAX_BYTES", "admit", "refused_as_future", "too_large"]

AHEAD = timedelta(hours=1)
"""Events further ahead of the clock are refused: one wrong date must not move the watermark."""

LINKED = "ticket"
"""The key of the identity in a link to another ticket."""

IDENTITIES = ("source", "id", "subject")
"""The source comes first: what its ids are like depends on it."""


def admit(raw: Raw, now: datetime, rules: AdmissionRules | None = None) -> Event | RefusedEvent:
    """Decode, redact and validate one record.

    Redaction comes before validation, so that an error message can only quote redacted input. Only what an event of its type
    cannot be without refuses it; a value that an optional field cannot take moves to `custom`, where
    `stream.optional_fields.field_notes` finds it. Texts are redacted by `rules`, what identities must not contain is replaced by
    a keyed hash, and the requester is hashed. Without rules, which a person's own entry has not, texts are redacted strictly, an
    event with a card number or an address in an identity is refused, and the requester stays. An event that was admitted before
    is returned as it is.
    """
    if isinstance(raw.content, TicketEvent | LaunchEvent | ChangeEvent | RefusedEvent):
        return raw.content
    if not isinstance(raw.content, bytes) and (usual := usual_event(raw.content, rules)) is not None:
        return _unless_future(usual, now)
    decoded = decode(raw.content)
    if isinstance(decoded, RefusedEvent):
        return decoded
    if isinstance(raw.content, bytes) and (usual := usual_event(decoded, rules)) is not None:
        return _unless_future(usual, now)
    refusal = _name(decoded, rules)
    return _validate(decoded, now, rules) if refusal is None else refusal


def _name(decoded: dict[str, Any], rules: AdmissionRules | None) -> RefusedEvent | None:
    """Write the identities of an event as they are stored, in place; refuse what cannot be replaced."""
    data = decoded.get("data")
    links = link_objects(data)
    if isinstance(data, dict) and ("into" in data or links):
        decoded["data"] = data = {**data, **({"links": links} if links else {})}
    named = [(LINKED, link) for link in links]
    for name, holder in [*((name, decoded) for name in IDENTITIES), ("into", data), *named]:
        if not isinstance(holder, dict) or name not in holder:
            continue
        plain = plain_identity(holder[name])
        if isinstance(plain, str) and rules is not None:
            plain = _stored(plain, name, decoded, rules.identities)
        elif isinstance(plain, str) and sensitive_parts(plain):
            detail = f"the {name} that was received contains a card number, an address or a telephone number; give one without"
            return RefusedEvent(RefusalReason.CARD, detail, _excerpt(decoded))
        holder[name] = plain
    return None


def link_objects(data: Any) -> list[dict[str, Any]]:
    """Return copies of the links to other tickets in the data of an event; none where what is there are no such links."""
    links = data.get("links") if isinstance(data, dict) else None
    if not isinstance(links, list) or not all(
        isinstance(one, dict) and one.keys() >= {"kind", LINKED} for one in links
    ):
        return []
    return [{name: one[name] for name in _LINK_KEYS if name in one} for one in links]


_LINK_KEYS = tuple(TicketLink.model_fields)


def _stored(identity: str, name: str, decoded: Mapping[str, Any], identities: Identities) -> str:
    if name == "source":
        return identities.storable(identity)
    source = decoded.get("source")
    # Another ticket is named as this one is.
    return identities.stored(identity, "into" if name == LINKED else name, source if isinstance(source, str) else "")


def _validate(decoded: Mapping[str, Any], now: datetime, rules: AdmissionRules | None) -> Event | RefusedEvent:
    kind = decoded.get("type")
    model = _model(kind)
    if model is None:
        got = quoted(kind, 80) if isinstance(kind, str) else f"of {type(kind).__name__}"
        return RefusedEvent(
            RefusalReason.UNKNOWN_TYPE,
            f"received the event type {got}; valid are {', '.join(EVENT_TYPES)}",
            _excerpt(decoded),
        )
    try:
        event = _parsed(model, decoded, rules)
    except ValidationError as error:
        return RefusedEvent(RefusalReason.INVALID, _sentence(error), _excerpt(decoded))
    except (ArithmeticError, TypeError):
        # A validator received what it was not written for: one bad record must not end the stream.
        return RefusedEvent(
            RefusalReason.INVALID, "the event holds a value of a kind that its field cannot take", _excerpt(decoded)
        )
    return _unless_future(event, now)


def _unless_future(event: Event, now: datetime) -> Event | RefusedEvent:
    return refused_as_future(event) if event.time > now + AHEAD else event


def refused_as_future(event: Event) -> RefusedEvent:
    """Refuse an event whose time is too far ahead of the clock."""
    # A number that was taken for a time, a card's for example, must not be readable from it: minutes are enough.
    minute = event.time.replace(second=0, microsecond=0)
    detail = f"received the time {minute.isoformat(timespec='minutes')}, more than an hour ahead of the clock; correct it at the source"
    quotation = event.model_copy(update={"time": minute}).model_dump_json(exclude_unset=True)
    return RefusedEvent(RefusalReason.FUTURE, detail, excerpt(quotation))


def _parsed(
    model: type[TicketEvent | LaunchEvent | ChangeEvent], decoded: Mapping[str, Any], rules: AdmissionRules | None
) -> Event:
    """Validate an event, a second time without what did not fit optional fields. Raises `ValidationError`."""
    data = _redacted(decoded.get("data"), str(decoded.get("source")), rules)
    if model is not TicketEvent:
        # People write plans and changes: a mistake in one is reported to them, but null means that they wrote nothing.
        given = {name: value for name, value in data.items() if value is not None} if isinstance(data, dict) else data
        return model.model_validate({**decoded, "data": {} if given is None else given})
    if data is None or isinstance(data, dict):
        return parsed_ticket(decoded, normalized(data or {}))
    return TicketEvent.model_validate({**decoded, "data": data})


def _redacted(data: Any, source: str, rules: AdmissionRules | None) -> Any:
    # Plain text comes first: a card number whose digits are in separate elements is found in the text, not in the HTML.
    redactor = strict_redactor() if rules is None else rules.redactor
    if not isinstance(data, dict):
        return redact_value(plain_value(data))
    plain = plain_value(numbers_as_texts(data))
    # A requester known by an address would become a placeholder like all others; it is hashed, never stored as it is. The ticket
    # that this one was merged into is an identity.
    kept = {
        "requester": _requester(plain.get("requester"), rules),
        "into": data.get("into"),
        "links": link_objects(data),
    }
    if "links" in data and not kept["links"]:
        del kept["links"]
    rest = redact_fields({name: value for name, value in plain.items() if name not in kept}, redactor, source)
    return {**rest, **{name: value for name, value in kept.items() if name in data}}


def _requester(requester: Any, rules: AdmissionRules | None) -> Any:
    if rules is None or not isinstance(requester, str) or not requester.strip():
        return requester
    return rules.requester(requester)


def _model(kind: object) -> type[TicketEvent | LaunchEvent | ChangeEvent] | None:
    if kind not in EVENT_TYPES:
        return None
    return {"launch.planned": LaunchEvent, "change.recorded": ChangeEvent}.get(str(kind), TicketEvent)  # type: ignore[return-value]


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False)[0]
    # A field of `custom` may have any name, a card number too.
    where = shortened(".".join(str(part) for part in first["loc"]), 80) or "the event"
    if first["type"] == "missing":
        return f"{where} is missing; every event of its type needs it"
    message = what_is_valid(first)
    if first["type"] == "value_error":
        return redact(message if where == "the event" else f"{where}: {message}").text
    got = quoted(redact_value(plain_value(first.get("input"))), 80)
    return f"received {where} = {got}; {redact(message).text}"


def _excerpt(decoded: Mapping[str, Any]) -> str:
    data = decoded.get("data")
    if isinstance(data, dict) and data.get("requester"):
        # A name is found by no pattern: who wrote is left out of what is quoted.
        decoded = {**decoded, "data": {**data, "requester": "[REQUESTER]"}}
    return excerpt(orjson.dumps(redact_value(plain_value(decoded)), default=str))
