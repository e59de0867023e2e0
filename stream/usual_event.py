"""Ticket events as connectors write them, admitted in one walk: the same result as the long way, in a fifth of its time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import ValidationError

from models.event import TicketData, TicketEvent, TicketEventType
from models.redaction import Place, is_ordinary, redact_fields
from models.redaction.divided import may_be_divided, may_be_in_items
from models.redaction.linear_pattern import LinearPattern
from models.redaction.named import announced
from models.redaction.redactor import strict_redactor
from models.text import plain_value, to_plain
from stream.admission_rules import AdmissionRules
from stream.decoding import cleaned_object, cleaned_text
from stream.identity import SUSPECT_PATTERNS, sensitive_parts
from stream.optional_fields import normalized, numbers_as_texts, parsed_ticket

_ENVELOPE = frozenset(("specversion", "id", "source", "type", "time", "subject", "data"))
_TYPES = frozenset(str(kind.value) for kind in TicketEventType)
_FIELDS = frozenset(TicketData.model_fields)
_TEXTS = _FIELDS - {"requester", "into"}
_VARIED = frozenset(("title", "body", "requester"))
"""Fields whose values hardly ever repeat."""

_SHORT = 32
"""Characters of values that repeat: names of channels, regions, tags."""

_LONGEST_LIST = 256
_BETWEEN = "\n"
"""Between texts that are looked at together: what is not in all of them is in none, since no sign of a text is lost by it."""

_VISIBLE = LinearPattern(r"^[!-~]+\n[!-~]+\n[!-~]+$")
"""Visible ASCII, without spaces: identities of other characters are left to the long way."""

_MAY_BE_REPLACED = LinearPattern(*SUSPECT_PATTERNS)


class _UnusualError(Exception):
    """The event has something that only the long way decides."""


def usual_event(content: Mapping[str, Any], rules: AdmissionRules | None = None) -> TicketEvent | None:
    """Return the redacted event of a decoded one; None for one that is not as usual, which `stream.validation` decides on.

    An event that is returned is the one that cleaning, redaction and validation give one after the other. Nothing is refused here.
    """
    if type(content) is not dict or content.keys() != _ENVELOPE or not _is_named(content, rules):
        return None
    if rules is not None and rules.redactor.looks_for_names():
        return None  # ordinary words can be names
    try:
        settled = _Settling(rules, content["source"]).data(content["data"])
        return parsed_ticket(content, normalized(settled))
    except (_UnusualError, ValidationError, ArithmeticError, TypeError):
        return None


def _is_named(content: Mapping[str, Any], rules: AdmissionRules | None) -> bool:
    if not (
        type(content["type"]) is str
        and content["type"] in _TYPES
        and type(content["time"]) is str
        and type(content["data"]) is dict
        and type(content["source"]) is str
        and type(content["subject"]) is str
        and type(content["id"]) is str
    ):
        return False
    source, subject, event_id = content["source"], content["subject"], content["id"]
    names = f"{source}\n{subject}\n{event_id}"
    if not _VISIBLE.occurs_in(names):
        return False
    if (rules is None or rules.identities.observe is None) and not _MAY_BE_REPLACED.occurs_in(names):
        return True
    if sensitive_parts(source):
        return False
    if rules is None:
        return not sensitive_parts(subject) and not sensitive_parts(event_id)
    stored = rules.identities.stored
    kept: bool = stored(subject, "subject", source) == subject and stored(event_id, "id", source) == event_id
    return kept


class _Settling:
    """Cleans the data of a ticket, makes it plain text and redacts it."""

    def __init__(self, rules: AdmissionRules | None, source: str) -> None:
        self._rules = rules
        self._redactor = strict_redactor() if rules is None else rules.redactor
        self._source = source
        self._is_quiet = False
        """Whether nothing is in any of the texts that hardly ever repeat."""

    def data(self, data: Mapping[str, Any]) -> dict[str, Any]:
        varied = [
            value for name, value in data.items() if type(value) is str and (name in _VARIED or len(value) > _SHORT)
        ]
        self._is_quiet = is_ordinary(_BETWEEN.join(varied))
        settled: dict[str, Any] = {}
        for name, value in data.items():
            if type(value) is str and name in _TEXTS:
                settled[name] = value if self._is_ordinary(name, value) else self._redacted(name, value)
            else:
                settled[name] = self._value(name, value)
        if may_be_divided(settled.get("title"), settled.get("body")):
            raise _UnusualError
        return settled

    def _is_ordinary(self, name: str, text: str) -> bool:
        if name in _VARIED or len(text) > _SHORT:
            return self._is_quiet or is_ordinary(text)
        return _is_ordinary_value(text)

    def _value(self, name: str, value: Any) -> Any:
        if name not in _FIELDS and not (type(name) is str and _is_ordinary_value(name) and not announced(name)):
            raise _UnusualError
        if type(value) is str:
            return self._text(name, value)
        if value is None or type(value) is bool:
            return value
        if name == "tags" and type(value) is list:
            return self._list(name, value)
        if name == "custom" and type(value) is dict:
            return self._custom(value)
        return self._other(name, value)

    def _text(self, name: str, text: str) -> str:
        if name == "into":
            raise _UnusualError
        ordinary = self._is_ordinary(name, text)
        if name == "requester":
            return self._requester(text, ordinary=ordinary)
        return text if ordinary else self._redacted(name, text)

    def _redacted(self, place: str, text: str) -> str:
        return self._redactor.redact(to_plain(cleaned_text(text)), Place(place, self._source)).text

    def _requester(self, text: str, *, ordinary: bool) -> str:
        # A requester is hashed, not redacted: see `stream.validation`.
        plain = text if ordinary else to_plain(cleaned_text(text))
        return plain if self._rules is None or not plain.strip() else self._rules.requester(plain)

    def _list(self, name: str, values: list[Any]) -> Any:
        if not all(type(value) is str for value in values):
            return self._other(name, values)
        # Nothing in all of them together is nothing in any of them.
        together = " ".join(values)
        if len(together) < _LONGEST_LIST and _is_ordinary_value(together):
            return list(values)
        return self._other(name, values) if may_be_in_items(values) else [self._item(name, value) for value in values]

    def _item(self, name: str, text: str) -> str:
        return text if _is_ordinary_value(text) else self._redacted(name, text)

    def _custom(self, custom: dict[Any, Any]) -> Any:
        if not all(type(value) is str for value in custom.values()):
            return self._other("custom", custom)
        if not all(type(name) is str and _is_ordinary_value(name) for name in custom):
            raise _UnusualError
        if any(map(announced, custom)):
            return self._other("custom", custom)
        settled = {name: self._item(f"custom.{name}", value) for name, value in custom.items()}
        # Next to a card number more names announce something.
        return self._other("custom", custom) if any("[CARD]" in value for value in settled.values()) else settled

    def _other(self, name: str, value: Any) -> Any:
        """Settle a value in the general way, at the depth that it has in the event."""
        if name in ("requester", "into", "links"):
            raise _UnusualError
        cleaned = cleaned_object({"data": {name: value}})["data"]
        return redact_fields(plain_value(numbers_as_texts(cleaned)), self._redactor, self._source)[name]


@lru_cache(maxsize=4096)
def _is_ordinary_value(text: str) -> bool:
    return is_ordinary(text)
