"""The redaction of an event's data: every string in it, at any depth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, overload

from models.redaction.redactor import holds_card, may_hold, redact

DEEPEST = 64
"""Levels that are stored; payloads have far fewer, and JSON writers refuse a few hundred."""
TOO_DEEP = "[NESTED]"


@overload
def redact_value(value: Mapping[str, Any], counts: Counter[str] | None = None) -> dict[str, Any]: ...
@overload
def redact_value(value: object, counts: Counter[str] | None = None) -> object: ...
def redact_value(value: object, counts: Counter[str] | None = None) -> object:
    """Redact the strings of a JSON value in objects (keys too) and in lists, and numbers that are card numbers.

    Returns a new value and does not change the given one; adds what was replaced to `counts`. Values deeper
    than 64 levels become `[NESTED]`: they are neither read nor stored.
    """
    return _walk(value, Counter() if counts is None else counts, DEEPEST)


def _walk(value: object, counts: Counter[str], levels: int) -> object:
    if isinstance(value, str):
        return _text(value, counts) if may_hold(value) else value
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, counts)
    # A check against an abstract class takes longer than all others together.
    if isinstance(value, dict | list | tuple) or isinstance(value, Mapping):  # noqa: SIM101
        return _nested(value, counts, levels)
    return value


def _nested(
    value: Mapping[object, object] | list[object] | tuple[object, ...], counts: Counter[str], levels: int
) -> object:
    if levels == 0:
        counts["NESTED"] += 1
        return TOO_DEEP
    if not isinstance(value, list | tuple):
        pairs = value.items()
        return {_walk(key, counts, levels - 1): _walk(item, counts, levels - 1) for key, item in pairs}
    return [_walk(item, counts, levels - 1) for item in value]


def _text(text: str, counts: Counter[str]) -> str:
    redacted = redact(text)
    counts.update(redacted.counts)
    return redacted.text


def _number(number: float, counts: Counter[str]) -> object:
    """Redact a card number that was sent as a JSON number, which is as secret as one in quotes."""
    if abs(number) < 1e11 or not holds_card(f"{abs(number):.0f}"):
        return number
    counts["CARD"] += 1
    return "[CARD]"
