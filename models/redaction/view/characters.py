"""Characters: the many ways to write a digit, a space or a dash become the one that recognizers search for."""

from __future__ import annotations

import re
import unicodedata

from models.redaction.view.view import View

_PLAIN = (
    "\xc0-\u017e\u0180-\u024f\u0391-\u03ce\u0400-\u0482\u048a-\u052f\u05d0-\u05ea\u2018-\u201f\u2026\u20ac\u3001\u3002"
    "\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff\uac00-\ud7a3"
)
"""Letters and signs that fold to themselves; most texts beyond ASCII have no others."""

_NEEDS_FOLDING = re.compile(rf"[^\t\n\r -~{_PLAIN}]")
_ONE = "\u4e00"
_DASH_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])[\u30fc\uff70\u4e00](?=[0-9])")
"""The mark of long vowels and the numeral one, which are written in Japanese and Chinese where others write a dash."""

_INVISIBLE = frozenset({"Cc", "Cf", "Mn", "Me"})
_FILLERS = frozenset("\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
"""Letters and signs without a shape."""

_PUNCTUATION = dict.fromkeys("\u00b7\u2022\u2219\u22c5\u30fb\u0387", ".") | {
    "\u2044": "/",
    "\u2215": "/",
    "\u2212": "-",
}
_PRIVATE = range(0xE000, 0xF900)


class _Table(dict[int, str | None]):
    """Folds each code point once, when it first occurs; folding all 1.1 million at import would take a tenth of a second."""

    def __missing__(self, code: int) -> str | None:
        self[code] = folded = _fold_character(chr(code))
        return folded


def _fold_character(character: str) -> str | None:
    """Fold a character to another one, or to None if it is invisible."""
    category = unicodedata.category(character)
    if (category in _INVISIBLE and not character.isspace()) or character in _FILLERS:
        return None
    digit = unicodedata.digit(character, None)
    plain = _PUNCTUATION.get(character) or unicodedata.normalize("NFKC", character)
    if digit is not None:
        plain = str(digit)
    elif category == "Pd":
        plain = "-"
    elif character.isspace():
        plain = character if character in "\n\t" else " "  # a tab divides cells, also next to digits of another script
    elif ord(character) in _PRIVATE:
        plain = "\ufffd"  # private characters mark what the recognizers found
    return plain if len(plain) == 1 and (plain.isascii() or plain == "\ufffd") else character


_table = _Table()


def folded(view: View) -> View:
    """Fold digits of every script, full-width forms, spaces and dashes to ASCII; leave out what is invisible.

    Follows Unicode NFKC (UAX 15) one character at a time, so that each position corresponds to one in the original.
    """
    text = view.text
    if not _NEEDS_FOLDING.search(text) and _ONE not in text:
        return view
    plain = _DASH_BETWEEN_DIGITS.sub("-", text.translate(_table))
    if len(plain) == len(text):
        return View(plain, view.starts, view.ends)
    kept = [at for at, character in enumerate(text) if _table[ord(character)] is not None]
    if view.starts is None or view.ends is None:
        return View(plain, kept, [at + 1 for at in kept])
    return View(plain, [view.starts[at] for at in kept], [view.ends[at] for at in kept])
