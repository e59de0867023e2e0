"""Ordinary texts: those that nothing has to be searched in, which most texts of tickets are."""

from __future__ import annotations

from string import ascii_letters

from models.redaction.hints import has_hint
from models.redaction.recognizers.card import SHORTEST, has_run
from models.redaction.recognizers.iban import has_iban_shape
from models.redaction.recognizers.phone import FEWEST_DIGITS, has_phone_shape

_LETTERS_OF_TWO_BYTES = b"\xc3\xc4\xc5\xd0\xd1" + bytes(range(0x80, 0xC0))
"""UTF-8 of U+00C0 to U+017F and U+0400 to U+047F, Latin and Cyrillic: all fold to themselves but for the long s."""

_HARMLESS = ascii_letters.encode() + b" \t\n\r!\"#$'()*,-./:;?]^_`{|}~" + _LETTERS_OF_TWO_BYTES
_LONG_S = "\u017f"


def is_ordinary(text: str) -> bool:
    """Return whether a text is sure to be returned as it is by cleaning, `models.text.to_plain` and `redact`.

    Deleting bytes takes a fifth of the time of one search by a regular expression: what is left are digits and the few other
    characters that something can begin with. False says nothing: such a text has to be searched.
    """
    signs = text.encode("utf-8", "surrogatepass").translate(None, _HARMLESS)
    if not signs:
        return _LONG_S not in text and not has_hint(text, with_digit=False)
    if not signs.isdigit() or _LONG_S in text:
        return False
    first = text.find(chr(signs[0]))
    if len(signs) >= FEWEST_DIGITS and has_phone_shape(text, first):
        return False
    if len(signs) >= SHORTEST and has_run(text, first):
        return False
    return not (len(signs) > 1 and has_iban_shape(text, first)) and not has_hint(text, with_digit=True)
