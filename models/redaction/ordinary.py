"""Ordinary texts: those that nothing has to be searched in, or for few kinds only, which most texts of tickets are."""

from __future__ import annotations

import re
from string import ascii_letters

from models.redaction.blobs import has_hex_blob
from models.redaction.hints import NONE, REACH, hinted_kinds, hinted_near, is_spelled
from models.redaction.kinds import SensitiveKind
from models.redaction.recognizers.account import account_spans, may_be_short_account
from models.redaction.recognizers.card import has_run
from models.redaction.recognizers.doubtful_card import has_doubtful_shape
from models.redaction.recognizers.iban import has_iban_shape
from models.redaction.recognizers.issuers import SHORTEST
from models.redaction.recognizers.national_id import (
    FEWEST_OF_LETTERED,
    may_hold_national_id,
)
from models.redaction.recognizers.lowering import sign_text
from models.redaction.recognizers.phone import FEWEST_DIGITS, may_hold_phone
from models.redaction.recognizers.secret_shape import has_long_run, has_secret_shape
from models.redaction.recognizers.token import SHORTEST as SHORTEST_TOKEN

_LETTERS_OF_TWO_BYTES = b"\xc3\xc4\xc5\xd0\xd1" + bytes(range(0x80, 0xC0))
"""UTF-8 of U+00C0 to U+017F and U+0400 to U+047F, Latin and Cyrillic: all fold to themselves but for the long s."""

_SIGNS = b"\xc2\xe2"
"""The first bytes of the signs of U+0080 to U+00BF and U+2000 to U+2FFF, most of which fold to others."""

_HARMLESS = ascii_letters.encode() + b" \t\n\r!\"#$%'()*,-./:;?]`{}~" + _LETTERS_OF_TWO_BYTES + _SIGNS
_MISREAD = re.compile(
    "[\u017f\u00d7\u00f7\u0080-\u00a2\u00a4\u00a6-\u00bf\u2000-\u2017\u2020-\u2025\u2027-\u20ab\u20ad-\u20b8\u20ba-\u2fff]"
)
"""Of these, letters and signs that are folded: not currencies (£ ¥ € ₹), quotation marks and the ellipsis."""

_PERCENT = re.compile(r"%[0-9A-Za-z^]")
"""What may be an escape or a track, and no share."""

_UNUSUAL = re.compile(
    # Currencies and quotation marks are as harmless as letters.
    "[^\\t\\n\\r -~\xa1\xa3\xa5\xbf\xc0-\u017e\u0400-\u047f\u2018-\u201f\u2026\u20ac\u20b9\xd7\xf7]|[\\\\<>=^]"
    # A plus that is not before a telephone number: it may be a space of a URL.
    r"|(?<=[^\s(:,])\+|\+(?!\(?[0-9])"
    # An escape, a reply mark, a placeholder next to which a number has a meaning.
    r"|%[0-9A-Fa-f]{2}|&[#A-Za-z]|\n[ \t]*+\||\[(?:CARD|EXPIRY)"
    # A full stop in brackets, as in addresses that nobody is to follow.
    r"|[\[({][.:][\])}]"
)
"""What may be read as something else, or begins what is found without a digit."""

_NO_DIGITS = bytes(code for code in range(256) if chr(code) not in "0123456789")
_OF_DIGITS = frozenset((SensitiveKind.PHONE, SensitiveKind.ACCOUNT, SensitiveKind.NATIONAL_ID))
_OF_LETTERED = frozenset((SensitiveKind.NATIONAL_ID, SensitiveKind.ACCOUNT))
_OF_SECRETS = frozenset(
    (SensitiveKind.TOKEN, SensitiveKind.CRYPTO, SensitiveKind.IP, SensitiveKind.DEVICE, SensitiveKind.ACCOUNT)
)
_OF_ADDRESSES = frozenset((SensitiveKind.EMAIL, SensitiveKind.UPI, SensitiveKind.PASSWORD, SensitiveKind.TOKEN))
_OF_LONG_RUNS = frozenset((SensitiveKind.TOKEN, SensitiveKind.CRYPTO, SensitiveKind.PASSWORD))
_OF_PHONES = frozenset((SensitiveKind.PHONE,))
_OF_CARDS = frozenset((SensitiveKind.CARD,))
_OF_ACCOUNTS = frozenset((SensitiveKind.ACCOUNT,))
_OF_IBANS = frozenset((SensitiveKind.IBAN,))


def is_ordinary(text: str) -> bool:
    """Return whether a text is sure to be returned as it is by cleaning, `models.text.to_plain` and `redact`.

    False says nothing: such a text has to be searched.
    """
    return "&" not in text and possible_kinds(text) == NONE


def possible_kinds(text: str) -> frozenset[SensitiveKind] | None:
    """Return the kinds that may be found in a text which is read as it is written; None where every kind may be found.

    Deleting bytes takes a fifth of the time of one search by a regular expression: what is left are digits and the few other
    characters that something can begin with.
    """
    signs = text.encode("utf-8", "surrogatepass").translate(None, _HARMLESS)
    if signs and not signs.isdigit():
        if _UNUSUAL.search(text):
            return None
        signs = signs.translate(None, _NO_DIGITS)
    if "\n" in text and "|" in text:
        return None  # a line may be quoted, and a number go on in it
    if ("%" in text and _PERCENT.search(text)) or (not text.isascii() and _MISREAD.search(text)):
        return None
    if is_spelled(text):
        return None
    # All of a short text is near its digits, so that one search is enough.
    is_short = bool(signs) and len(text) <= 2 * REACH
    kinds = hinted_kinds(text, with_digit=is_short) | _kinds_of_signs(text)
    if not signs:
        return kinds
    if not is_short:
        kinds |= hinted_near(text, signs)
    numbers = _kinds_of_numbers(text, signs)
    return None if numbers is None else kinds | numbers


def _kinds_of_signs(text: str) -> frozenset[SensitiveKind]:
    """Return the kinds that a text's signs may be part of without a digit."""
    kinds = NONE
    if "@" in text:
        kinds |= _OF_ADDRESSES
    if "_" in text and has_long_run(text, SHORTEST_TOKEN):
        kinds |= _OF_LONG_RUNS
    if "+" in text:
        kinds |= _OF_PHONES
    return kinds


def _kinds_of_numbers(text: str, signs: bytes) -> frozenset[SensitiveKind] | None:
    """Return the kinds that the digits of a text, which are `signs`, may be part of without a hint; None if they may be any."""
    first, digits, kinds = text.find(chr(signs[0])), len(signs), NONE
    if digits >= SHORTEST and (has_run(text, first) or has_hex_blob(text)):
        return None
    if digits >= FEWEST_DIGITS and may_hold_phone(text, sign_text(text)):
        kinds = _OF_DIGITS
    if digits > 1 and has_iban_shape(text, first):
        kinds |= _OF_IBANS
    if has_doubtful_shape(text, first, digits):
        kinds |= _OF_CARDS
    if has_secret_shape(text, first):
        kinds |= _OF_SECRETS
    if digits >= FEWEST_OF_LETTERED and may_hold_national_id(sign_text(text)):
        kinds |= _OF_LETTERED
    return _with_short_numbers(text, kinds) if digits >= FEWEST_OF_LETTERED else kinds


def _with_short_numbers(text: str, kinds: frozenset[SensitiveKind]) -> frozenset[SensitiveKind]:
    """Add the kinds of a few digits, which hundreds of words make an id or an account: to look for words before them is faster."""
    if not kinds >= _OF_ACCOUNTS and may_be_short_account(text) and account_spans(text):
        kinds |= _OF_ACCOUNTS
    return kinds
