"""Ordinary texts: those that nothing has to be searched in, which most texts of tickets are."""

from __future__ import annotations

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

_HARMLESS = ascii_letters.encode() + b" \t\n\r!\"#$'()*,-./:;?]^`{|}~" + _LETTERS_OF_TWO_BYTES
_MISREAD = "\u017f\u00d7\u00f7"
"""Of these, a letter that is folded to another one, and signs that are no letters."""


def is_ordinary(text: str) -> bool:
    """Return whether a text is sure to be returned as it is by cleaning, `models.text.to_plain` and `redact`.

    Deleting bytes takes a fifth of the time of one search by a regular expression: what is left are digits and the few other
    characters that something can begin with. False says nothing: such a text has to be searched.
    """
    signs = text.encode("utf-8", "surrogatepass").translate(None, _HARMLESS)
    if signs and not signs.isdigit():
        return False
    if not text.isascii() and any(sign in text for sign in _MISREAD):
        return False
    # All of a short text is near its digits, so that one search is enough.
    is_short = bool(signs) and len(text) <= 2 * REACH
    if is_spelled(text) or has_hint(text, with_digit=is_short):
        return False
    return not signs or not (_may_hold_number(text, signs) or (not is_short and has_hint_near(text, signs)))


def _may_hold_number(text: str, signs: bytes) -> bool:
    """Return whether the digits of a text, which are `signs`, may be part of something sensitive."""
    first, digits = text.find(chr(signs[0])), len(signs)
    if digits >= FEWEST_DIGITS and has_phone_shape(text, first):
        return True
    if digits >= SHORTEST and (has_run(text, first) or has_hex_blob(text)):
        return True
    if digits > 1 and has_iban_shape(text, first):
        return True
    if has_doubtful_shape(text, first, digits) or has_secret_shape(text, first):
        return True
    if digits < FEWEST_OF_LETTERED:
        return False
    if has_lettered_shape(text, first):
        return True
    # Hundreds of words make an id or an account of a few digits: to look for the words before the digits is faster.
    return (may_be_short_id(text) and bool(national_id_spans(text))) or (
        may_be_short_account(text) and bool(account_spans(text))
    )
