"""Hints: parts of words without which some recognizers find nothing, looked for in one pass over all recognizers."""

from __future__ import annotations

from collections.abc import Iterable

from models.redaction.blobs import has_blob
from models.redaction.recognizers import RECOGNIZERS, Recognizer
from models.redaction.recognizers.digit_words import has_ideographs, has_number_words
from models.redaction.recognizers.lowering import lowered, without_marks
from models.redaction.recognizers.secret_shape import has_long_word

REACH = 120
"""Characters between a digit and a word that says what it is; more than any recognizer looks for."""


def _split(recognizers: Iterable[Recognizer]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the hints in ASCII characters and the others, without those that contain another one."""
    hints = {without_marks(hint) for one in recognizers for hint in one.hints}
    least = sorted(hint for hint in hints if not any(other in hint and other != hint for other in hints))
    return tuple(hint for hint in least if hint.isascii()), tuple(hint for hint in least if not hint.isascii())


_WITH_DIGIT = _split(RECOGNIZERS)
_WITHOUT_DIGIT = _split(one for one in RECOGNIZERS if not one.needs_digit)


def has_hint(text: str, *, with_digit: bool) -> bool:
    """Return whether a recognizer may find something because of a word, or of a word so long that it is a key.

    `with_digit` is whether the text has a digit; without one, recognizers that need a digit are left out.
    """
    if has_long_word(text):
        return True
    lower = lowered(text)
    ascii_hints, other_hints = _WITH_DIGIT if with_digit else _WITHOUT_DIGIT
    # A generator would take longer than the search.
    for hint in ascii_hints:
        if hint in lower:
            return True
    if lower.isascii():
        return False
    for hint in other_hints:  # noqa: SIM110
        if hint in lower:
            return True
    return False


def has_hint_near(text: str, digits: bytes) -> bool:
    """Return whether a recognizer may find something because of a word near the digits of a text, which are `digits`."""
    first, last = text.find(chr(digits[0])), text.rfind(chr(digits[-1]))
    return has_hint(text[max(0, first - REACH) : last + REACH], with_digit=True)


def needs_no_digit(text: str) -> bool:
    """Return whether something may be found in a text although it has neither a digit nor `@`."""
    return has_blob(text) or has_number_words(text) or has_hint(text, with_digit=False) or has_ideographs(text)
