"""Hints: parts of words without which some recognizers find nothing, looked for in one pass over all recognizers."""

from __future__ import annotations

from models.redaction.blobs import has_blob
from models.redaction.recognizers import RECOGNIZERS
from models.redaction.recognizers.digit_words import has_ideographs, has_number_words
from models.redaction.recognizers.hint_words import HintWords
from models.redaction.recognizers.lowering import lowered
from models.redaction.recognizers.secret_shape import has_long_word

REACH = 120
"""Characters between a digit and a word that says what it is; more than any recognizer looks for."""


_WITH_DIGIT = HintWords(hint for one in RECOGNIZERS for hint in one.hints)
_WITHOUT_DIGIT = HintWords(hint for one in RECOGNIZERS if not one.needs_digit for hint in one.hints)


def has_hint(text: str, *, with_digit: bool) -> bool:
    """Return whether a recognizer may find something because of a word, or of a word so long that it is a key.

    `with_digit` is whether the text has a digit; without one, recognizers that need a digit are left out.
    """
    hints = _WITH_DIGIT if with_digit else _WITHOUT_DIGIT
    return has_long_word(text) or hints.occur_in(lowered(text))


def has_hint_near(text: str, digits: bytes) -> bool:
    """Return whether a recognizer may find something because of a word near the digits of a text, which are `digits`."""
    first, last = text.find(chr(digits[0])), text.rfind(chr(digits[-1]))
    return has_hint(text[max(0, first - REACH) : last + REACH], with_digit=True)


def needs_no_digit(text: str) -> bool:
    """Return whether something may be found in a text although it has neither a digit nor `@`."""
    return is_spelled(text) or has_hint(text, with_digit=False)


def is_spelled(text: str) -> bool:
    """Return whether a text may have digits in words or in an encoding."""
    return has_blob(text) or has_number_words(text) or has_ideographs(text)
