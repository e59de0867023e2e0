"""Hints: parts of words without which some recognizers find nothing, looked for in one pass over all recognizers."""

from __future__ import annotations

from models.redaction.recognizers import RECOGNIZERS

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
