"""The redaction of an event's data: every string in it, at any depth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, overload

from models.redaction.keep import ANYWHERE, Place
from models.redaction.redactor import Redactor, holds_card, may_hold, strict_redactor

DEEPEST = 64
"""Levels that are stored; payloads have far fewer, and JSON writers refuse a few hundred."""
TOO_DEEP = "[NESTED]"


@overload
def redact_value(
    value: Mapping[str, Any],
    counts: Counter[str] | None = None,
    redactor: Redactor | None = None,
    place: Place = ANYWHERE,
) -> dict[str, Any]: ...
@overload
def redact_value(
    value: object, counts: Counter[str] | None = None, redactor: Redactor | None = None, place: Place = ANYWHERE
) -> object: ...
def redact_value(
    value: object, counts: Counter[str] | None = None, redactor: Redactor | None = None, place: Place = ANYWHERE
) -> object:
    """Redact the strings of a JSON value in objects (keys too) and in lists, and numbers that are card numbers.

    Returns a new value and does not change the given one; adds what was replaced to `counts`. Values deeper
    than 64 levels become `[NESTED]`: they are neither read nor stored. Without a redactor, everything that is sensitive is replaced.
    """
    walk = _Walk(redactor or strict_redactor(), place, Counter() if counts is None else counts)
    return walk.value(value, DEEPEST)


def redact_fields(
    data: Mapping[str, Any], redactor: Redactor, source: str, counts: Counter[str] | None = None
) -> dict[str, Any]:
    """Redact the fields of an event's data, each at its own place: values of `custom` by their names, too.

    Adds what was replaced to `counts`.
    """
    counts = Counter() if counts is None else counts
    found: dict[str, Any] = {}
    for name, value in data.items():
        if name == "custom" and isinstance(value, Mapping):
            found[name] = {}
            for key, part in value.items():
                walk = _Walk(redactor, Place(f"custom.{key}", source), counts)
                found[name] |= walk.fields({key: part}, DEEPEST - 1)
        else:
            found |= _Walk(redactor, Place(name, source), counts).fields({name: value}, DEEPEST)
    return found


@dataclass(frozen=True, slots=True)
class _Walk:
    """The redaction of one JSON value."""

    redactor: Redactor
    place: Place
    counts: Counter[str]

    def fields(self, value: Mapping[Any, object], levels: int) -> dict[Any, object]:
        pairs = value.items()
        return {self.value(key, levels - 1): self.value(item, levels - 1) for key, item in pairs}

    def value(self, value: object, levels: int) -> object:
        if isinstance(value, str):
            return self._text(value) if may_hold(value) else value
        if value is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return self._number(value)
        # A check against an abstract class takes longer than all others together.
        if isinstance(value, dict | list | tuple) or isinstance(value, Mapping):  # noqa: SIM101
            return self._nested(value, levels)
        return value

    def _nested(self, value: Mapping[object, object] | list[object] | tuple[object, ...], levels: int) -> object:
        if levels == 0:
            self.counts["NESTED"] += 1
            return TOO_DEEP
        if not isinstance(value, list | tuple):
            return self.fields(value, levels)
        return [self.value(item, levels - 1) for item in value]

    def _text(self, text: str) -> str:
        redacted = self.redactor.redact(text, self.place)
        self.counts.update(redacted.counts)
        return redacted.text

    def _number(self, number: float) -> object:
        """Redact a card number that was sent as a JSON number, which is as secret as one in quotes."""
        if abs(number) < 1e11 or not holds_card(digits := f"{abs(number):.0f}"):
            return number
        if not self.redactor.findings(digits, self.place):
            return number
        self.counts["CARD"] += 1
        return "[CARD]"
