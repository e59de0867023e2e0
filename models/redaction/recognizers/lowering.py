"""Letters as recognizers compare them: in lower case and without marks."""

from __future__ import annotations

import unicodedata
from functools import cache

from models.redaction.linear_pattern import LinearPattern

_LATIN_1, _LETTERS = range(0x100), (*range(0xC0, 0x180), *range(0x400, 0x480))
_BEYOND_LATIN_1 = LinearPattern("[\u0100-\u017f\u0400-\u047f]")


def lowered(text: str) -> str:
    """Return a text in lower case and of the same length: the few letters that become two characters stay as they are.

    The capital I with a dot of Turkish becomes an i, as its readers expect.
    """
    if text.isascii():
        return text.lower()
    text = text.replace("\u0130", "i")
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def without_marks(text: str) -> str:
    """Return a pattern or word without the marks above and below letters that the view of a text leaves out, as in Hindi and Thai."""
    return "".join(letter for letter in text if unicodedata.category(letter) != "Mn")


def flat(text: str) -> str:
    """Return a text in lower case, of the same length, in which letters up to U+017F and of Russian have lost their accents.

    Signs beyond Latin-1, such as quotation marks, may become question marks.
    """
    lower = lowered(text)
    if lower.isascii():
        return lower
    if _BEYOND_LATIN_1.occurs_in(lower):
        return lower.translate(_bare_letters())
    # Translating bytes takes a tenth of the time.
    return lower.encode("latin-1", "replace").translate(_bare_bytes()).decode("latin-1")


@cache
def _bare_letters() -> dict[int, str]:
    found = {code: unicodedata.normalize("NFD", chr(code)) for code in _LETTERS}
    return {code: parts[0] for code, parts in found.items() if len(parts) > 1}


@cache
def _bare_bytes() -> bytes:
    bare = _bare_letters()
    return bytes(ord(bare[code]) if code in bare else code for code in _LATIN_1)
