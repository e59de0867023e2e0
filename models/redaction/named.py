"""Values that their names announce: a field `cvv` with 737 in it is a security code as much as the words "cvv: 737" are.

Which names announce something follows from the recognizers themselves: a name is tried with typical values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from models.redaction.keep import ANYWHERE, Place
from models.redaction.redactor import Redactor, SensitiveFinding, replaced, strict_redactor

LONGEST_NAME = 64
LONGEST_VALUE = 256
"""Longer texts are sentences, which say themselves what is in them."""

_PROBES = ("737", "4821", "482913", "12/29", "k7Hq2-Wz9x", "12345678", "1234567890", "078-05-1120", "10.11.12.13")
"""Values of the kinds that nothing but a word announces: codes, dates, passwords, accounts."""

_NEAR_CARD = "[CARD] is in another field of the same record. "
"""So far away that a date or number without a word of its own is not taken for the card's."""

_NAMES = ("name", "label", "title", "field", "key", "question", "header", "field_name", "fieldName")
_VALUES = ("value", "answer", "text", "content", "val")
_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|[_\-./\s]+")


@lru_cache(maxsize=8192)
def announced(name: str, *, near_card: bool = False) -> str:
    """Return the words of a name that can make a value sensitive, empty for one that cannot.

    `near_card`: whether a card number is in a field next to it: an expiry date or a PIN is one only there.
    """
    if not name or len(name) > LONGEST_NAME:
        return ""
    label, redactor = " ".join(_WORDS.sub(" ", name).split()), strict_redactor()
    before = _NEAR_CARD if near_card else ""
    for probe in _PROBES:
        if _in_value(redactor, f"{before}{label}: ", probe) and not redactor.findings(probe):
            return label
    return ""


def redacted_by_name(
    label: str, text: str, redactor: Redactor, place: Place = ANYWHERE, *, near_card: bool = False
) -> tuple[str, list[SensitiveFinding]]:
    """Redact a value that its name announces; returns the text and what was found in it."""
    if len(text) > LONGEST_VALUE:
        return text, []
    found = _in_value(redactor, f"{_NEAR_CARD if near_card else ''}{label}: ", text, place)
    return replaced(text, found), found


def pair_of(value: Mapping[object, object]) -> tuple[str, str] | None:
    """Return the key of the value of an object such as `{"name": "CVV", "value": "737"}`, and the name that it has; None for others."""
    name = next((one for key in _NAMES if isinstance(one := value.get(key), str)), None)
    key = next((key for key in _VALUES if key in value), None)
    return None if name is None or key is None or len(value) > 12 else (key, name)


def _in_value(redactor: Redactor, before: str, value: str, place: Place = ANYWHERE) -> list[SensitiveFinding]:
    """Find what is sensitive in a value after some words, at its positions in the value."""
    size = len(before)
    return [
        SensitiveFinding(one.start - size, one.end - size, one.kind, one.reason, one.doubtful)
        for one in redactor.findings(before + value, place)
        if one.start >= size
    ]
