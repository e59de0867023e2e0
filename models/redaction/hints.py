"""Hints: parts of words without which some recognizers find nothing, looked for in one pass over all recognizers."""

from __future__ import annotations

from collections.abc import Iterable

from models.redaction.blobs import has_blob
from models.redaction.kinds import SensitiveKind
from models.redaction.recognizers import RECOGNIZERS
from models.redaction.recognizers.digit_words import has_ideographs, has_number_words
from models.redaction.recognizers.hint_words import HintWords, patterns_of
from models.redaction.recognizers.lowering import lowered, without_marks
from models.redaction.recognizers.secret_shape import has_long_word

REACH = 120
"""Characters between a digit and a word that says what it is; more than any recognizer looks for."""

NONE: frozenset[SensitiveKind] = frozenset()


class _KindHints:
    """Hints of recognizers, and of which kinds each of them is."""

    def __init__(self, hints: Iterable[tuple[str, SensitiveKind]]) -> None:
        """Take the hints with their kinds; a hint that contains another one is looked for by the other one."""
        viewed = [(without_marks(hint), kind) for hint, kind in hints]
        self._words = HintWords(hint for hint, _ in viewed)
        self._by_word = {word: frozenset(kind for hint, kind in viewed if word in hint) for word in self._words.words}

    @property
    def patterns(self) -> list[str]:
        """Patterns for `LinearPattern`, one of which occurs in every text in lower case that has a hint."""
        return patterns_of(self._words.words)

    def kinds(self, text: str) -> frozenset[SensitiveKind]:
        """Return the kinds of which a hint is in a text."""
        found = [self._by_word[word] for word in self._words.all_in(lowered(text))]
        return NONE.union(*found) if found else NONE


_WITH_DIGIT = _KindHints((hint, one.kind) for one in RECOGNIZERS for hint in (*one.hints, *one.hints_with_digit))
_WITHOUT_DIGIT = _KindHints((hint, one.kind) for one in RECOGNIZERS if not one.needs_digit for hint in one.hints)


def hint_patterns(*, with_digit: bool) -> list[str]:
    """Return patterns for `LinearPattern`, one of which occurs in every text in lower case with a hint that counts."""
    return (_WITH_DIGIT if with_digit else _WITHOUT_DIGIT).patterns


def hinted_kinds(text: str, *, with_digit: bool) -> frozenset[SensitiveKind]:
    """Return what recognizers may find because of a word.

    `with_digit` is whether the text has a digit; without one, recognizers that need a digit are left out.
    """
    return (_WITH_DIGIT if with_digit else _WITHOUT_DIGIT).kinds(text)


def hinted_near(text: str, digits: bytes) -> frozenset[SensitiveKind]:
    """Return what recognizers may find because of a word near the digits of a text, which are `digits`."""
    if len(text) <= 2 * REACH:
        return hinted_kinds(text, with_digit=True)
    first, last = text.find(chr(digits[0])), text.rfind(chr(digits[-1]))
    return hinted_kinds(text[max(0, first - REACH) : last + REACH], with_digit=True)


def needs_no_digit(text: str) -> bool:
    """Return whether something may be found in a text although it has neither a digit nor `@`."""
    return is_spelled(text) or has_long_word(text) or bool(hinted_kinds(text, with_digit=False))


def is_spelled(text: str) -> bool:
    """Return whether a text may have digits in words or in an encoding."""
    return has_blob(text) or has_number_words(text) or has_ideographs(text)
