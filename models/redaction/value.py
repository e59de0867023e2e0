"""The redaction of an event's data: every string in it, at any depth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, overload

from models.redaction.divided import may_be_divided, may_be_in_items, redacted_across, redacted_items
from models.redaction.keep import ANYWHERE, Place
from models.redaction.named import announced, pair_of, redacted_by_name
from models.redaction.redactor import Redactor, holds_card, strict_redactor

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
            found[name] = _custom(value, redactor, source, counts)
        else:
            found |= _Walk(redactor, Place(name, source), counts).fields({name: value}, DEEPEST)
    title, body = found.get("title"), found.get("body")
    if isinstance(title, str) and isinstance(body, str) and may_be_divided(title, body):
        found["title"], found["body"], across = redacted_across(title, body, redactor, Place("body", source))
        counts.update(one.kind.value for one in across)
    return found


def _custom(custom: Mapping[str, Any], redactor: Redactor, source: str, counts: Counter[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, part in custom.items():
        found |= _Walk(redactor, Place(f"custom.{key}", source), counts).fields({key: part}, DEEPEST - 1)
    if _has_card(found):
        for key, part in found.items():
            walk = _Walk(redactor, Place(f"custom.{key}", source), counts)
            found[key] = walk.named(key, part, near_card=True)
    return found


def _has_card(fields: Mapping[Any, object]) -> bool:
    return any(isinstance(value, str) and "[CARD]" in value for value in fields.values())


@dataclass(frozen=True, slots=True)
class _Walk:
    """The redaction of one JSON value."""

    redactor: Redactor
    place: Place
    counts: Counter[str]

    def fields(self, value: Mapping[Any, object], levels: int) -> dict[Any, object]:
        pair = pair_of(value)
        found = {
            self.value(key, levels - 1): self.value(
                self.named(pair[1] if pair is not None and key == pair[0] else key, item), levels - 1
            )
            for key, item in value.items()
        }
        if _has_card(found):
            return {key: self.named(key, item, near_card=True) for key, item in found.items()}
        return found

    def named(self, name: object, value: object, *, near_card: bool = False) -> object:
        """Redact a value as its name says, and nothing else of it."""
        if not isinstance(name, str) or not isinstance(value, str | int | float) or isinstance(value, bool):
            return value
        label = announced(name, near_card=near_card)
        if not label:
            return value
        text, found = redacted_by_name(label, str(value), self.redactor, self.place, near_card=near_card)
        self.counts.update(one.kind.value for one in found)
        return text if found else value

    def value(self, value: object, levels: int) -> object:
        if isinstance(value, str):
            return self._text(value) if self.redactor.may_hold(value, self.place) else value
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
        items = [self.value(item, levels - 1) for item in value]
        if may_be_in_items(items):
            kept, found = redacted_items([str(item) for item in items], self.redactor, self.place)
            self.counts.update(one.kind.value for one in found)
            return kept
        return items

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
