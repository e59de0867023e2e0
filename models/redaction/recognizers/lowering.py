"""Letters as recognizers compare them: in lower case and without marks."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import NamedTuple

from models.redaction.linear_pattern import LinearPattern
from models.redaction.marks import CARD_MARK, EXPIRY_MARK, OTHER_MARK

_LATIN_1, _LETTERS = range(0x100), (*range(0xC0, 0x180), *range(0x400, 0x480))
_MARKS = CARD_MARK + EXPIRY_MARK + OTHER_MARK
_CHARACTERS = (  # ASCII, Latin-1 but for what is folded, further Latin, Russian, quotation marks and currencies
    r"\x00-~\u{a1}-\u{a9}\u{ab}\u{ac}\u{ae}-\u{b1}\u{b4}\u{b6}\u{bb}\u{bf}-\u{17e}"
    r"\u{400}-\u{47f}\u{2018}-\u{201f}\u{2026}\u{20a0}-\u{20bf}"
)
_USUAL = LinearPattern(f"^[{_CHARACTERS}{_MARKS}]*$")
_BEYOND_LATIN_1 = LinearPattern("[\u0100-\u017e\u0400-\u047f]")
UNUSUAL_SIGN = f"[^{_CHARACTERS}]"
"""A pattern for `LinearPattern` of what `sign_text` does not read, and of what covers findings."""


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


class SignText(NamedTuple):
    """A text as signs are looked for in it by `LinearPattern`, twice: in lower case, and without the accents of letters, too."""

    lower: str
    flat: str


def sign_text(text: str) -> SignText | None:
    """Return a text as signs are looked for in it, with the same length.

    None for a text with a character that is neither ASCII, nor a letter up to U+017F or of Russian, nor a sign that is usual in such
    texts, nor covers a finding: signs for it would have to be of other scripts. In the flat one, signs beyond Latin-1, such as
    quotation marks, may have become question marks.
    """
    if not text.isascii() and not _USUAL.occurs_in(text):
        return None
    return usual_sign_text(text)


def usual_sign_text(text: str) -> SignText:
    """Return the same for a text that has no other character (`UNUSUAL_SIGN`)."""
    if text.isascii():
        lower = text.lower()
        return SignText(lower, lower)
    lower = lowered(text)
    try:
        latin = lower.encode("latin-1")
    except UnicodeEncodeError:
        if _BEYOND_LATIN_1.occurs_in(lower):
            return SignText(lower, lower.translate(_bare_letters()))
        latin = lower.encode("latin-1", "replace")
    # Translating bytes takes a tenth of the time.
    return SignText(lower, latin.translate(_bare_bytes()).decode("latin-1"))


@cache
def _bare_letters() -> dict[int, str]:
    found = {code: unicodedata.normalize("NFD", chr(code)) for code in _LETTERS}
    # The dotless letter of Turkish is an i, too.
    return {code: parts[0] for code, parts in found.items() if len(parts) > 1} | {0x131: "i"}


@cache
def _bare_bytes() -> bytes:
    bare = _bare_letters()
    return bytes(ord(bare[code]) if code in bare else code for code in _LATIN_1)
