"""Parts of words, one of which a text has to contain."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from models.redaction.linear_pattern import LinearPattern, literal
from models.redaction.recognizers.lowering import without_marks
from models.redaction.span import Span

if TYPE_CHECKING:
    from ahocorasick_rs import AhoCorasick

_NUMBER = re.compile(r"[0-9]+")

_CONFIRMED = {
    "cid": r"cid(?:[^e]|$)",
    "exp": r"exp(?:[^acelopru]|$)",
    "good": r"good(?:[ _](?:thru|through|until|till|up|to)|[^a-z]{0,12}[0-9])",
    "mail": r"mail(?s:.{6})|^(?s:.{8}.*)mail",
    "pass": r"pass(?:[^aeip]|a[^g]|e[^dn]|p[^o]|[aep]?$)",
    "pin": r"pin(?:[^egik]|$)",
    "rim": r"p(?:e|é)?rim(?:[^a]|$)",
    "scad": r"(?:^|^a|[^a]|[^c]a)scad",
    "sess": r"(?:^|[^s])sess",
    "sid": r"sid(?:[^e]|$)",
    "sig": r"sig(?:[^hn]|$)",
    "tan": r"tan(?:[^a-z]|$)",
    "valid": r"(?:^|^n|[^n]|[^i]n)valid(?:[^a]|a[^t]|a?$)",
}
"""Parts that are in many ordinary words, and how they have to continue: "express", "happening" and "standard" announce nothing.

The patterns mean the same to `re` and to `LinearPattern`.
"""


@cache
def _confirmed() -> dict[str, re.Pattern[str]]:
    return {word: re.compile(pattern) for word, pattern in _CONFIRMED.items()}


class HintWords:
    """Parts of words in lower case, looked for in one pass (Aho and Corasick, "Efficient string matching", 1975)."""

    __slots__ = ("_automaton", "_in_ascii", "words")

    def __init__(self, words: Iterable[str]) -> None:
        """Take the words; one that contains another one, which counts wherever it is, is not looked for."""
        viewed = {without_marks(word) for word in words}
        sure = viewed - _CONFIRMED.keys()
        self.words = tuple(
            sorted(word for word in viewed if not any(other in word and other != word for other in sure))
        )
        """The words that are looked for, as they are in the view of a text."""

        self._automaton: AhoCorasick | None = None
        self._in_ascii = LinearPattern(*patterns_of(filter(str.isascii, self.words)))

    def occur_in(self, lower: str) -> bool:
        """Return whether one of the words is in a text in lower case."""
        if lower.isascii():
            return self._in_ascii.occurs_in(lower)
        return next(self.all_in(lower), None) is not None

    def all_in(self, lower: str) -> Iterator[str]:
        """Yield those of the words that are in a text in lower case, each once."""
        confirmed = _confirmed()
        for number in {found[0] for found in self._found(lower)}:
            word = self.words[number]
            if word not in confirmed or confirmed[word].search(lower):
                yield word

    def regions(self, lower: str, reach: int) -> list[Span]:
        """Return the parts of a text that are at most so many characters from one of the words, in order and without overlap."""
        return _joined(sorted(found[1:] for found in self._found(lower)), reach, len(lower))

    def _found(self, lower: str) -> list[tuple[int, int, int]]:
        if self._automaton is None:
            # Made when it is first used: commands that redact nothing do not need it.
            from ahocorasick_rs import AhoCorasick, Implementation

            self._automaton = AhoCorasick(self.words, implementation=Implementation.DFA)
        try:
            return self._automaton.find_matches_as_indexes(lower, overlapping=True)
        except UnicodeEncodeError:
            # Half a surrogate pair; what replaces it is one character, too.
            readable = lower.encode("utf-8", "replace").decode()
            return self._automaton.find_matches_as_indexes(readable, overlapping=True)


def patterns_of(words: Iterable[str]) -> list[str]:
    """Return patterns for `LinearPattern`, one of which occurs where one of the words counts."""
    return [_CONFIRMED.get(word) or literal(word) for word in words]


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
