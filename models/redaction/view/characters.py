"""Folding: the many ways to write a character become the one that the finders search for."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_PLAIN = (
    "\xc0-\u017e\u0180-\u024f\u0391-\u03ce\u0400-\u0482\u048a-\u052f\u05d0-\u05ea\u2018-\u201f\u2026\u20ac\u3001\u3002"
    "\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
)
"""Letters and signs that fold to themselves; most texts beyond ASCII have no others."""

_NEEDS_FOLDING = re.compile(
    rf"[^\t\n\r -~{_PLAIN}]|%[2-7][0-9A-Fa-f]|&(?:nbsp|#160|#[xX][aA]0);|[0-9]\+[0-9]|\n[ \t]*>"
)

_MAY_NEED_FOLDING = re.compile(rf"[^\t\n\r -$'-*,-=?-~{_PLAIN}]")
"""A character with which one of the above can begin or which it contains: a set of characters is searched fastest."""

_WRITTEN = re.compile(
    r"(?P<percent>%[2-7][0-9A-Fa-f])|(?P<space>%[cC]2%[aA]0|&(?:nbsp|#160|#[xX][aA]0);|(?<=[0-9])\+(?=[0-9]))|"
    r"(?P<quote>\n[ \t]*(?:>[ \t]?)+)"
)
"""What stands for another character: percent-encoding (RFC 3986) and spaces in URLs, references, and the marks of quoted lines."""
_INVISIBLE = frozenset({"Cc", "Cf", "Mn", "Me"})
_PUNCTUATION = dict.fromkeys("\u00b7\u2022\u2219\u22c5\u30fb\u0387", ".") | {
    "\u2044": "/",
    "\u2215": "/",
    "\u2212": "-",
}
_PRIVATE = range(0xE000, 0xF900)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as the finders read it.

    `origin[i]` is the position of character i in the original, and `ends[i]` is where it ends there. Both are None when both texts
    have the same positions.
    """

    text: str
    origin: list[int] | None
    ends: list[int] | None = None

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span in the original of the folded characters [start, end); start < end."""
        if self.origin is None:
            return start, end
        return self.origin[start], self.origin[end - 1] + 1 if self.ends is None else self.ends[end - 1]


class _Table(dict[int, str | None]):
    """Folds each code point once, when it first occurs; folding all 1.1 million at import would take a tenth of a second."""

    def __missing__(self, code: int) -> str | None:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str | None:
    """Fold a character to another one, or to None if it is invisible."""
    category = unicodedata.category(character)
    if category in _INVISIBLE and not character.isspace():
        return None
    digit = unicodedata.digit(character, None)
    plain = _PUNCTUATION.get(character) or unicodedata.normalize("NFKC", character)
    if digit is not None:
        plain = str(digit)
    elif category == "Pd":
        plain = "-"
    elif character.isspace():
        plain = "\n" if character == "\n" else " "
    elif ord(character) in _PRIVATE:
        plain = "\ufffd"  # private characters mark what the finders found
    return plain if len(plain) == 1 and (plain.isascii() or plain == "\ufffd") else character


_table = _Table()


def fold(text: str) -> Folded:
    """Fold digits of every script, full-width forms, spaces and dashes to ASCII; leave out what is invisible.

    Follows Unicode NFKC (UAX 15) one character at a time, so that each position corresponds to one in the original. What URLs,
    character references and quoted lines put in the place of a character is folded to that character.
    """
    if not _MAY_NEED_FOLDING.search(text) or not _NEEDS_FOLDING.search(text):
        return Folded(text, None)
    if _WRITTEN.search(text):
        return _fold_written(text)
    folded = text.translate(_table)
    if len(folded) == len(text):
        return Folded(folded, None)
    origin = [at for at, character in enumerate(text) if _table[ord(character)] is not None]
    return Folded(folded, origin)


def _fold_written(text: str) -> Folded:
    """Fold a text in which some characters are written with several others."""
    pieces: list[str] = []
    origin: list[int] = []
    ends: list[int] = []

    def add(character: str, start: int, end: int) -> None:
        folded = _table[ord(character)]
        if folded is not None:
            pieces.append(folded)
            origin.append(start)
            ends.append(end)

    done = 0
    for found in _WRITTEN.finditer(text):
        for at in range(done, found.start()):
            add(text[at], at, at + 1)
        character = chr(int(found["percent"][1:], 16)) if found["percent"] else " " if found["space"] else "\n"
        add(character, *found.span())
        done = found.end()
    for at in range(done, len(text)):
        add(text[at], at, at + 1)
    return Folded("".join(pieces), origin, ends)
