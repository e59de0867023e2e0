"""Hints: parts of words without which some recognizers find nothing, looked for in one pass over all recognizers."""

from __future__ import annotations

from models.redaction.blobs import has_blob
from models.redaction.recognizers import RECOGNIZERS
from models.redaction.recognizers.digit_words import has_ideographs, has_number_words

REACH = 120
"""Characters between a digit and a word that says what it is; more than any recognizer looks for."""

_WITH_DIGIT = tuple({hint for one in RECOGNIZERS for hint in one.hints})
_WITHOUT_DIGIT = tuple({hint for one in RECOGNIZERS for hint in one.hints if not one.needs_digit})


def has_hint(text: str, *, with_digit: bool) -> bool:
    """Return whether a recognizer may find something because of a word.

    `with_digit` is whether the text has a digit; without one, recognizers that need a digit are left out.
    """
    lowered = text.lower()
    # A generator would take longer than the search.
    for hint in _WITH_DIGIT if with_digit else _WITHOUT_DIGIT:  # noqa: SIM110
        if hint in lowered:
            return True
    return False


def has_hint_near(text: str, digits: bytes) -> bool:
    """Return whether a recognizer may find something because of a word near the digits of a text, which are `digits`."""
    first, last = text.find(chr(digits[0])), text.rfind(chr(digits[-1]))
    return has_hint(text[max(0, first - REACH) : last + REACH], with_digit=True)


def needs_no_digit(text: str) -> bool:
    """Return whether something may be found in a text although it has neither a digit nor `@`."""
    return has_blob(text) or has_number_words(text) or has_hint(text, with_digit=False) or has_ideographs(text)
