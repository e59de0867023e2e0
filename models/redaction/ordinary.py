"""Ordinary texts: those that nothing has to be searched in, or for few kinds only, which most texts of tickets are."""

from __future__ import annotations

from models.redaction.hints import NONE
from models.redaction.kinds import SensitiveKind
from models.redaction.linear_pattern import LinearPattern
from models.redaction.recognizers.lowering import UNUSUAL_SIGN, usual_sign_text
from models.redaction.signs import signed_kinds

_READ_OTHERWISE = LinearPattern(
    UNUSUAL_SIGN,
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\\<>=^×÷]",
    # A plus that is not before a telephone number: it may be a space of a URL.
    r"[^\s(:,]\+|\+(?:[^(0-9]|\(?$|\([^0-9])",
    # An escape, a track, a reply mark.
    r"%[0-9A-Za-z^]|&[#A-Za-z]|\n[ \t]*\|",
    # A full stop in brackets, as in addresses that nobody is to follow.
    r"[\[({][.:][\])}]",
    # Three digits in base64 (`blobs.has_blob`), and as hexadecimal bytes.
    "[MNO][DTjz][AEIMQUYcgk][wxyz0-5]",
    r"3[0-9][ :,\-]{0,2}(?:0[xX])?3[0-9][ :,\-]{0,2}(?:0[xX])?3[0-9]",
)
"""What may be read as something else than it is written as."""


def is_ordinary(text: str) -> bool:
    """Return whether a text is sure to be returned as it is by cleaning, `models.text.to_plain` and `redact`.

    False says nothing: such a text has to be searched.
    """
    return "&" not in text and possible_kinds(text) == NONE


def possible_kinds(text: str) -> frozenset[SensitiveKind] | None:
    """Return the kinds that may be found in a text which is read as it is written; None where every kind may be found."""
    if _READ_OTHERWISE.occurs_in(text) or ("|" in text and "\n" in text):
        return None
    try:
        return signed_kinds(text, usual_sign_text(text))
    except UnicodeEncodeError:
        return None  # half a surrogate pair, in which no pattern is looked for
