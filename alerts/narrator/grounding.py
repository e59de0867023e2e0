"""Grounding: whether a text says only what its facts say.

A language model invents numbers, and follows orders that a ticket contains. So its text is used only where each number, date and name
in it occurs in the facts, and where it says nothing that only a ticket says. The check reads words, not meanings: it finds an invented
figure or address for certain, and not a true figure in a false sentence. It is therefore strict: in doubt the rules' text is used.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any, Self

_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?:]\s+$|^\s*$")

_FORBIDDEN = re.compile(r"[@<>`\[\]{}|\\]|://|www\.|[\u200b-\u200f\u202a-\u202e\u2066-\u2069]|[^\S ]")
"""Markup, addresses, invisible characters, and lines: a paragraph has none."""

LONGEST_QUOTE = 3
"""Words in a row that a text may share with a ticket and not with the facts."""


@dataclass(frozen=True)
class CarefulWords:
    """Words that need care.

    Parameters
    ----------
    strict: words that state a number, a date, or how it is and why; they must be in the facts as they are.
    addressing: words of a text that turns to its reader, or follows an order; a report has none of them, whatever the facts say.
    beginning: words that a sentence may begin with although the facts do not have them; any other with a capital letter is a name.
    """

    strict: frozenset[str]
    addressing: frozenset[str]
    beginning: frozenset[str]

    @classmethod
    def shipped(cls) -> Self:
        """Read the words that are part of this package."""
        text = files("alerts.narrator").joinpath("vocabulary.toml").read_text(encoding="utf-8")
        words = {name: frozenset(listed.split()) for name, listed in tomllib.loads(text).items()}
        return cls(words["number"] | words["time"] | words["claim"], words["addressing"], words["beginning"])


@dataclass(frozen=True)
class Grounding:
    """What a text may say.

    Parameters
    ----------
    facts: figures and sentences as plain JSON; every text and number in it, at any depth, is a fact.
    quotes: texts of tickets, which are no facts.
    """

    facts: Mapping[str, Any]
    quotes: Sequence[str] = ()

    @cached_property
    def _vocabulary(self) -> CarefulWords:
        return CarefulWords.shipped()

    @cached_property
    def _text(self) -> str:
        return "\n".join(_texts(self.facts))

    @cached_property
    def _numbers(self) -> frozenset[str]:
        found = _NUMBER.findall(self._text)
        times = [one.rpartition(":")[0] for one in found if one.count(":") > 1]
        return frozenset(_plain(one) for one in (*found, *times))

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(_folded(one) for one in _WORD.findall(self._text))

    def problem(self, text: str, longest: int) -> str | None:
        """Return why a text is not used, as a short sentence without its content; None where it may be used.

        `longest` is the most characters that it may have.
        """
        if not text.strip():
            return "the text is empty"
        if len(text) > longest:
            return f"the text has {len(text)} characters, and {longest} are allowed"
        if _FORBIDDEN.search(text):
            return "the text has markup, an address or several lines"
        if any(unicodedata.category(one) in ("No", "Nl") for one in text):
            return "the text has numbers that are not of digits"
        for check in (self._numbers_known, self._words_known, self._names_known, self._not_quoted):
            if (found := check(text)) is not None:
                return found
        return None

    def _numbers_known(self, text: str) -> str | None:
        unknown = [one for one in _NUMBER.findall(text) if _plain(one) not in self._numbers]
        return f"{len(unknown)} of its numbers are not in the facts" if unknown else None

    def _words_known(self, text: str) -> str | None:
        words = {_folded(one) for one in _WORD.findall(text)}
        if words & self._vocabulary.addressing:
            return "it turns to its reader"
        strict = words & self._vocabulary.strict
        unknown = strict - self._words
        return f"{len(unknown)} of its numbers, dates or claims in words are not in the facts" if unknown else None

    def _names_known(self, text: str) -> str | None:
        """A word with a capital letter, or not of Latin letters, is a name, unless sentences commonly begin with it."""
        unknown = 0
        for found in _WORD.finditer(text):
            word = found.group()
            begins = _SENTENCE_END.search(text[: found.start()]) is not None
            common = begins and word[1:].islower() and _folded(word) in self._vocabulary.beginning
            named = any(one.isupper() for one in word) and not (common or (begins and len(word) == 1))
            if (named or not _latin(word)) and _folded(word) not in self._words:
                unknown += 1
        return f"{unknown} of its names are not in the facts" if unknown else None

    def _not_quoted(self, text: str) -> str | None:
        length = LONGEST_QUOTE + 1
        said = _runs(text, length) - _runs(self._text, length)
        quoted = {run for quote in self.quotes for run in _runs(quote, length)}
        return "it repeats the words of a ticket" if said & quoted else None


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, Mapping):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Sequence):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield f"{value}"


def _plain(number: str) -> str:
    """Write a number without separators of thousands, and without zeros that say nothing: 1,234.50 is 1234.5."""
    plain = number.translate(_DIGITS)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", plain):
        plain = plain.replace(",", "")
    whole, point, rest = plain.partition(".")
    if point and rest.isdigit():
        rest = rest.rstrip("0")
        plain = f"{whole}.{rest}" if rest else whole
    return plain.lstrip("0") or "0"


class _Digits(dict[int, str]):
    """Decimal digits of every script as those of ASCII, for `str.translate`."""

    def __missing__(self, key: int) -> str:
        value = unicodedata.decimal(chr(key), None)
        return chr(key) if value is None else str(value)


_DIGITS = _Digits()


def _folded(word: str) -> str:
    return unicodedata.normalize("NFKC", word).casefold().removesuffix("'s").removesuffix("’s")


def _latin(word: str) -> bool:
    return all("LATIN" in unicodedata.name(one, "") for one in word if one.isalpha())


def _runs(text: str, length: int) -> set[tuple[str, ...]]:
    words = [_folded(one) for one in _WORD.findall(text)]
    return {tuple(words[at : at + length]) for at in range(len(words) - length + 1)}
