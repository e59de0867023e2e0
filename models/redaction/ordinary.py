"""Ordinary texts: those that nothing has to be searched in, which most texts of tickets are."""

from __future__ import annotations

import re
from string import ascii_letters

from models.redaction.blobs import has_hex_blob
from models.redaction.hints import REACH, has_hint, has_hint_near, is_spelled
from models.redaction.recognizers.account import account_spans, may_be_short_account
from models.redaction.recognizers.card import has_run
from models.redaction.recognizers.doubtful_card import has_doubtful_shape
from models.redaction.recognizers.iban import has_iban_shape
from models.redaction.recognizers.issuers import SHORTEST
from models.redaction.recognizers.national_id import (
    FEWEST_OF_LETTERED,
    has_lettered_shape,
    may_be_short_id,
    national_id_spans,
)
from models.redaction.recognizers.phone import FEWEST_DIGITS, has_phone_shape
from models.redaction.recognizers.secret_shape import has_secret_shape

_LETTERS_OF_TWO_BYTES = b"\xc3\xc4\xc5\xd0\xd1" + bytes(range(0x80, 0xC0))
"""UTF-8 of U+00C0 to U+017F and U+0400 to U+047F, Latin and Cyrillic: all fold to themselves but for the long s."""

_SIGNS = b"\xc2\xe2"
"""The first bytes of the signs of U+0080 to U+00BF and U+2000 to U+2FFF, most of which fold to others."""

_HARMLESS = ascii_letters.encode() + b" \t\n\r!\"#$%'()*,-./:;?]^`{|}~" + _LETTERS_OF_TWO_BYTES + _SIGNS
_MISREAD = re.compile(
    "[\u017f\u00d7\u00f7\u0080-\u00a2\u00a4\u00a6-\u00bf\u2000-\u2017\u2020-\u2025\u2027-\u20ab\u20ad-\u20b8\u20ba-\u2fff]"
)
"""Of these, letters and signs that are folded: not currencies (£ ¥ € ₹), quotation marks and the ellipsis."""

_PERCENT = re.compile(r"%[0-9A-Za-z^]")
"""What may be an escape or a track, and no share."""


def is_ordinary(text: str) -> bool:
    """Return whether a text is sure to be returned as it is by cleaning, `models.text.to_plain` and `redact`.

    Deleting bytes takes a fifth of the time of one search by a regular expression: what is left are digits and the few other
    characters that something can begin with. False says nothing: such a text has to be searched.
    """
    signs = text.encode("utf-8", "surrogatepass").translate(None, _HARMLESS)
    if signs and not signs.isdigit():
        return False
    if ("%" in text and _PERCENT.search(text)) or (not text.isascii() and _MISREAD.search(text)):
        return False
    # All of a short text is near its digits, so that one search is enough.
    is_short = bool(signs) and len(text) <= 2 * REACH
    if is_spelled(text) or has_hint(text, with_digit=is_short):
        return False
    return not signs or not (_may_hold_number(text, signs) or (not is_short and has_hint_near(text, signs)))


def _may_hold_number(text: str, signs: bytes) -> bool:
    """Return whether the digits of a text, which are `signs`, may be part of something sensitive."""
    first, digits = text.find(chr(signs[0])), len(signs)
    if (digits >= FEWEST_DIGITS and has_phone_shape(text, first)) or (
        digits >= SHORTEST and (has_run(text, first) or has_hex_blob(text))
    ):
        return True
    if (digits > 1 and has_iban_shape(text, first)) or has_doubtful_shape(text, first, digits):
        return True
    if has_secret_shape(text, first) or (digits >= FEWEST_OF_LETTERED and has_lettered_shape(text, first)):
        return True
    if digits < FEWEST_OF_LETTERED:
        return False
    # Hundreds of words make an id or an account of a few digits: to look for the words before the digits is faster.
    return (may_be_short_id(text) and bool(national_id_spans(text))) or (
        may_be_short_account(text) and bool(account_spans(text))
    )
