"""Vocabularies: words of many languages that say what a number near them is."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from models.redaction.linear_pattern import LinearPattern, literal

REACH = 48
"""Characters before a number in which a word can announce it."""

REACH_AFTER = 24
"""Characters after a number in which a word can say what it is."""

_LONGEST_PHRASE = 4
_TOKEN = re.compile(r"[^\W\d_]+")
_SHORTEST_STEM = 3
_FIRST_WITHOUT_CASE = "\u0590"
"""From here on are scripts in which words take prefixes or are written without spaces: their words are looked for anywhere."""

_CUT = re.compile(
    r"[\ue000-\uf8ff]|\[[A-Z_]{2,11}\]|[0-9]{5,}|\n\s*\n|[!?]|[.;](?=\s+\S+\s+\S*[^\W\d_])|(?<=[^\W\d_]{5})[.;](?=\s+[^\W\d_])"
)
"""Ends what can announce a number: another finding, its placeholder, another long number, a blank line, a sentence."""

_MAY_CUT = LinearPattern(r"[!?\[.;]|[0-9]{5}|\n\s*\n")
_IN_CODE = re.compile(r"[0-9][A-Za-z]{1,12}\Z")
"""Letters between digits: part of a code such as 1Z9PH3, and no word."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """A word near a number: its label, and how many words are between it and the number."""

    label: str
    gap: int


class Vocabulary:
    """Words by label, found by case-insensitive comparison without accents.

    A word ending with `*` is the beginning of a word. Up to four words in a row are a phrase.
    """

    def __init__(self, words: Mapping[str, Iterable[str]]) -> None:
        """Take the words of each label; of a word with two labels the first one counts."""
        self._exact: dict[str, str] = {}
        self._stems: dict[str, str] = {}
        self._anywhere: dict[str, str] = {}
        for label, group in words.items():
            for word in group if label != "joining" else ():
                plain = plain_letters(word.removesuffix("*"))
                kind = self._anywhere if plain[:1] >= _FIRST_WITHOUT_CASE else self._exact
                (self._stems if word.endswith("*") and kind is self._exact else kind).setdefault(plain, label)
        self._stem_beginnings = {stem[:_SHORTEST_STEM] for stem in self._stems}
        self._in_ascii = LinearPattern(*self.signs())
        phrases = [phrase.split() for phrase in self._exact if " " in phrase]
        self._phrase_ends = {True: {words[-1] for words in phrases}, False: {words[0] for words in phrases}}

    def signs(self, skip: frozenset[str] = frozenset()) -> list[str]:
        """Return patterns for `LinearPattern`, one of which occurs where `last` and `first` find a word with a label not to `skip`.

        They are for texts in lower case without accents (`plain_letters`), in the letters of Latin, Greek and Cyrillic.
        """
        exact = [_phrase_pattern(word) for word, label in self._exact.items() if label not in skip]
        stems = [_phrase_pattern(word) for word, label in self._stems.items() if label not in skip]
        words = [f"(?:{'|'.join(exact)})(?:[^a-z]|$)"] if exact else []
        return [f"(?:^|[^a-z])(?:{'|'.join([*words, *stems])})"] if exact or stems else []

    def last(self, text: str, skip: frozenset[str] = frozenset()) -> Announcement | None:
        """Return the last word or phrase in a text with a label not to `skip`, the longest of those that end at the same place."""
        return self._found(text, skip, from_end=True)

    def first(self, text: str, skip: frozenset[str] = frozenset()) -> Announcement | None:
        """Return the first word or phrase in a text with a label not to `skip`."""
        return self._found(text, skip, from_end=False)

    def _found(self, text: str, skip: frozenset[str], *, from_end: bool) -> Announcement | None:
        plain = plain_letters(text)
        if plain.isascii() and not self._in_ascii.occurs_in(plain):
            return None
        tokens = _TOKEN.findall(plain)
        found = self._spelled(tokens, skip, from_end=from_end)
        if self._anywhere and not plain.isascii():
            other = self._contained(" ".join(tokens), skip, from_end=from_end)
            if other and (found is None or other.gap <= found.gap):
                return other
        return found

    def _spelled(self, tokens: list[str], skip: frozenset[str], *, from_end: bool) -> Announcement | None:
        count, phrase_ends = len(tokens), self._phrase_ends[from_end]
        for gap in range(count):
            # Most words are neither a word with a label nor part of a phrase.
            is_phrase = tokens[count - gap - 1 if from_end else gap] in phrase_ends
            for length in range(min(_LONGEST_PHRASE, count - gap) if is_phrase else 1, 0, -1):
                at = count - gap - length if from_end else gap
                phrase = tokens[at] if length == 1 else " ".join(tokens[at : at + length])
                label = self._exact.get(phrase)
                if (label is None or label in skip) and length == 1:
                    label = self._label_of_stem(phrase)
                if label is not None and label not in skip:
                    return Announcement(label, gap)
        return None

    def _label_of_stem(self, token: str) -> str | None:
        if token[:_SHORTEST_STEM] not in self._stem_beginnings:
            return None
        for length in range(len(token), _SHORTEST_STEM - 1, -1):
            label = self._stems.get(token[:length])
            if label is not None:
                return label
        return None

    def _contained(self, text: str, skip: frozenset[str], *, from_end: bool) -> Announcement | None:
        best: tuple[int, int, str] | None = None
        for word, label in self._anywhere.items():
            at = text.rfind(word) if from_end else text.find(word)
            if at < 0 or label in skip:
                continue
            end = at + len(word)
            key = (end, len(word), label) if from_end else (-at, len(word), label)
            if best is None or key > best:
                best = key
        if best is None:
            return None
        rest = text[best[0] :] if from_end else text[: -best[0]]
        return Announcement(best[2], len(rest.split()))


def _phrase_pattern(phrase: str) -> str:
    # The dotless letter of Turkish is an i where signs are looked for.
    return "[^a-z]+".join(literal(word.replace("\u0131", "i")) for word in _TOKEN.findall(phrase))


@cache
def vocabulary(name: str) -> Vocabulary:
    """Read the vocabulary of one class of recognizers from `words/NAME.toml`, once."""
    return Vocabulary(word_lists(name))


@cache
def word_lists(name: str) -> Mapping[str, list[str]]:
    """Read the lists of words in `words/NAME.toml`, once."""
    return forms(name)


def forms(name: str) -> dict[str, Any]:
    """Read the tables of `words/NAME.toml`."""
    return tomllib.loads((files("models.redaction") / "words" / f"{name}.toml").read_text(encoding="utf-8"))


class _Marks(dict[int, int | None]):
    """Leaves out marks of letters; each character is looked up in the Unicode database when it first occurs."""

    def __missing__(self, code: int) -> int | None:
        self[code] = found = None if unicodedata.category(chr(code)).startswith("M") else code
        return found


_marks = _Marks()


def plain_letters(text: str) -> str:
    """Return a text in lower case without accents, vowel signs and other marks of letters."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFD", text.lower()).translate(_marks)


class Labels:
    """The labels of the places of one text: what has the same surroundings is looked up once, since long texts repeat themselves."""

    __slots__ = ("_known", "_label")

    def __init__(self, label: Callable[..., str | None]) -> None:
        """Take the function of the text and the start of a number, and of its end where what follows counts, too."""
        self._label = label
        self._known: dict[tuple[str, str | None], str | None] = {}

    def at(self, view: str, start: int, end: int | None = None) -> str | None:
        """Return the label of the number that begins at a position, by the text around it."""
        around = view[max(0, start - REACH) : start], None if end is None else view[end : end + REACH]
        if around not in self._known:
            self._known[around] = self._label(view, start) if end is None else self._label(view, start, end)
        return self._known[around]


def in_view(word: str) -> str:
    """Return a word as it is in the view of a text, in which combining marks and invisible characters are left out."""
    return "".join(character for character in word if unicodedata.category(character) not in {"Mn", "Me", "Cf"})


def before(view: str, start: int, reach: int = REACH) -> str:
    """Return the text before a position that can announce what is there."""
    window = view[max(0, start - reach) : start]
    if _IN_CODE.search(window):
        return ""
    if window.isascii() and not _MAY_CUT.occurs_in(window):
        return window
    end = 0
    for cut in _CUT.finditer(window):
        end = cut.end()
    return window[end:]


def after(view: str, end: int, reach: int = REACH_AFTER) -> str:
    """Return the text after a position that can say what is before it."""
    window = view[end : end + reach]
    if window.isascii() and not _MAY_CUT.occurs_in(window):
        return window
    cut = _CUT.search(window)
    return window[: cut.start()] if cut else window
