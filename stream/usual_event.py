"""Ticket events as connectors write them, admitted in one walk: the same result as the long way, in a fifth of its time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from string import ascii_letters
from typing import Any

from pydantic import ValidationError

from models.event import TicketData, TicketEvent, TicketEventType
from models.redaction import is_ordinary, redact, redact_value
from models.text import plain_value, to_plain
from stream.decoding import cleaned_object, cleaned_text
from stream.optional_fields import normalized, numbers_as_texts, parsed_ticket

_ENVELOPE = frozenset(("specversion", "id", "source", "type", "time", "subject", "data"))
_TYPES = frozenset(str(kind.value) for kind in TicketEventType)
_FIELDS = frozenset(TicketData.model_fields)
_VARIED = frozenset(("title", "body", "requester"))
"""Fields whose values hardly ever repeat."""

_SHORT = 32
"""Characters of values that repeat: names of channels, regions, tags."""

_IN_IDENTITIES = ascii_letters.encode() + b"!\"#$'()*,-./:;<=>?[\\]^_`{|}~"
"""What an identity may have in addition to digits, to be sure that it is stored as it is."""

_FEWEST_OF_CARD = 14
"""Digits of the shortest card number that `stream.identity` finds, that of Diners Club in groups."""


class _UnusualError(Exception):
    """The event has something that only the long way decides."""


def usual_event(content: Mapping[str, Any]) -> TicketEvent | None:
    """Return the redacted event of a decoded one; None for one that is not as usual, which `stream.validation` decides on.

    An event that is returned is the one that cleaning, redaction and validation give one after the other. Nothing is refused here.
    """
    if type(content) is not dict or content.keys() != _ENVELOPE or not _is_named(content):
        return None
    try:
        return parsed_ticket(content, normalized(_settled_data(content["data"])))
    except (_UnusualError, ValidationError, ArithmeticError, TypeError):
        return None


def _is_named(content: Mapping[str, Any]) -> bool:
    return (
        type(content["type"]) is str
        and content["type"] in _TYPES
        and type(content["time"]) is str
        and type(content["data"]) is dict
        and _is_plain_identity(content["subject"])
        and _is_plain_identity(content["id"])
        and _is_plain_identity(content["source"])
    )


def _is_plain_identity(value: Any) -> bool:
    """Return whether an identity is sure to be stored as it is: visible ASCII, without spaces, with fewer digits than a card."""
    if type(value) is not str or not value.isascii():
        return False
    digits = value.encode().translate(None, _IN_IDENTITIES)
    return not digits or (digits.isdigit() and len(digits) < _FEWEST_OF_CARD)


def _settled_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of a ticket, cleaned, in plain text and redacted."""
    settled: dict[str, Any] = {}
    for name, value in data.items():
        if name not in _FIELDS and not (type(name) is str and is_ordinary(name)):
            raise _UnusualError
        if type(value) is str:
            settled[name] = _settled_text(name, value)
        elif value is None or type(value) is bool:
            settled[name] = value
        elif name == "tags" and type(value) is list:
            settled[name] = _settled_list(name, value)
        elif name == "custom" and type(value) is dict:
            settled[name] = _settled_custom(value)
        else:
            settled[name] = _settled_other(name, value)
    return settled


def _settled_text(name: str, text: str) -> str:
    if name == "into":
        raise _UnusualError
    if is_ordinary(text) if name in _VARIED or len(text) > _SHORT else _is_ordinary_value(text):
        return text
    plain = to_plain(cleaned_text(text))
    # A requester is hashed, not redacted: see `stream.validation`.
    return plain if name == "requester" else redact(plain).text


_is_ordinary_value = lru_cache(maxsize=4096)(is_ordinary)


def _settled_list(name: str, values: list[Any]) -> Any:
    if all(type(value) is str for value in values):
        return [_settled_text(name, value) for value in values]
    return _settled_other(name, values)


def _settled_custom(custom: dict[Any, Any]) -> Any:
    if not all(type(value) is str for value in custom.values()):
        return _settled_other("custom", custom)
    if not all(type(name) is str and is_ordinary(name) for name in custom):
        raise _UnusualError
    return {name: _settled_text("custom", value) for name, value in custom.items()}


def _settled_other(name: str, value: Any) -> Any:
    """Settle a value in the general way, at the depth that it has in the event."""
    if name in ("requester", "into"):
        raise _UnusualError
    cleaned = cleaned_object({"data": {name: value}})["data"]
    return redact_value(plain_value(numbers_as_texts(cleaned)))[name]
