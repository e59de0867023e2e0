"""Parts of words, one of which a text has to contain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from models.redaction.recognizers.hint_filter import HintFilter
from models.redaction.recognizers.lowering import without_marks
from models.redaction.span import Span

_LONG = 17
_MANY = 40
_NUMBER = re.compile(r"[0-9]+")


_CONFIRMED = {
    hint: re.compile(pattern)
    for hint, pattern in {
        "cid": r"cid(?!e)",
        "exp": r"exp(?![acelopru])",
        "good": r"good(?:[ _](?:thru|through|until|till|up|to)|[^a-z]{0,12}[0-9])",
        "mail": r"mail[\s\S]{6}|[\s\S]{8}mail",
        "pass": r"pass(?!e[dn]|i|po|ag)",
        "pin": r"pin(?![egik])",
        "rim": r"p(?:e|é)?rim(?!a)",
        "scad": r"(?<!ca)scad",
        "tan": r"tan(?![a-z])",
        "valid": r"(?<!in)valid(?!at)",
    }.items()
}
"""Parts that are in many ordinary words, and how they have to continue: "express", "happening" and "standard" announce nothing."""


class HintWords:
    """Parts of words in lower case; those in other letters than ASCII are looked for only in texts that have such letters."""

    __slots__ = ("_ascii", "_filter", "_of_word", "_others")

    def __init__(self, words: Iterable[str]) -> None:
        """Take the words; one that contains another one is not looked for."""
        viewed = {without_marks(word) for word in words}
        least = sorted(word for word in viewed if not any(other in word and other != word for other in viewed))
        self._ascii = tuple(word for word in least if word.isascii())
        self._filter: HintFilter | None = None
        self._of_word = lru_cache(4096)(self._search)
        self._others = tuple(word for word in least if not word.isascii())

    def occur_in(self, lower: str) -> bool:
        """Return whether one of the words is in a text in lower case."""
        # The values of most fields are single words, and the same again and again: a channel, a country, a product.
        return self._of_word(lower) if len(lower) < _LONG and lower.isalpha() else self._search(lower)

    def _search(self, lower: str) -> bool:
        # A generator would take longer than the search.
        for word in self._candidates(lower) if len(self._ascii) > _MANY else self._ascii:
            if word in lower and (word not in _CONFIRMED or _CONFIRMED[word].search(lower)):
                return True
        if lower.isascii():
            return False
        for word in self._others:  # noqa: SIM110
            if word in lower:
                return True
        return False

    def _candidates(self, lower: str) -> list[str]:
        if self._filter is None:
            self._filter = HintFilter(self._ascii)
        return self._filter.candidates(lower)

    def regions(self, lower: str, reach: int) -> list[Span]:
        """Return the parts of a text that are at most so many characters from one of the words, in order and without overlap."""
        return _joined(sorted(self._places(lower)), reach, len(lower))

    def _places(self, lower: str) -> Iterator[Span]:
        for word in self._ascii if lower.isascii() else (*self._ascii, *self._others):
            at = lower.find(word)
            while at >= 0:
                yield at, at + len(word)
                at = lower.find(word, at + len(word))


def near_digits(text: str, reach: int) -> list[Span]:
    """Return the parts of a text that are at most so many characters from a digit, in order and without overlap.

    A pattern of many words takes as long as all others together; few texts have digits in many places.
    """
    return _joined((match.span() for match in _NUMBER.finditer(text)), reach, len(text))


def _joined(places: Iterable[Span], reach: int, length: int) -> list[Span]:
    regions: list[Span] = []
    for start, end in places:
        first, last = max(0, start - reach), min(length, end + reach)
        if regions and first <= regions[-1][1]:
            regions[-1] = regions[-1][0], max(last, regions[-1][1])
        else:
            regions.append((first, last))
    return regions
