"""The shapes of addresses, device ids, codes and tokens: a text without one of them holds none, unless a word announces it."""

from __future__ import annotations

import re
from string import ascii_letters, digits

_PAIR = r"[0-9A-Fa-f]{2}[:\-]"
_ALNUM = "[0-9A-Za-z]"
_AROUND = "|".join(rf"(?={_ALNUM}{{{after}}})(?<={_ALNUM}{{{8 - after}}})" for after in range(1, 7))
_SHAPE = re.compile(
    r"[0-9](?:"
    r"(?:\.[0-9]{1,3}){3}"  # an address of version 4
    rf"|[0-9A-Fa-f]?[:\-](?:{_PAIR}){{2}}|(?<={_PAIR}{_PAIR}{_PAIR}[0-9])|(?<={_PAIR}{_PAIR}{_PAIR}[0-9A-Fa-f][0-9])"  # a MAC address
    r"|[0-9A-Fa-f]{0,3}:[0-9A-Fa-f]{1,4}:[0-9A-Fa-f]{1,4}:"  # an address of version 6
    r"|[0-9A-Fa-f]{0,3}\.[0-9A-Fa-f]{4}"  # a MAC address in three groups
    r"|(?<=G-[0-9])[0-9]{5}"  # a code of Google
    # Eight letters and digits in a row. One of the first two is in each of them, and in few other words.
    rf"|(?:(?={_ALNUM}{{4}})|(?<={_ALNUM}{{5}}))(?:(?={_ALNUM}{{7}})|(?<={_ALNUM}{{8}})|{_AROUND}))"
)
"""All of them contain a digit: to look at digits is faster than to look at words."""

_LETTERS_TO_NUL = bytes(0 if chr(code) in ascii_letters else 32 for code in range(256))
_TOKEN_TO_NUL = bytes(0 if chr(code) in ascii_letters + digits + "_-.~+/=$:@%" else 32 for code in range(256))
"""Replacing bytes and looking for a number of equal ones takes a twentieth of the time of a pattern."""

_LONG_WORD = bytes(25)


def has_secret_shape(text: str, start: int) -> bool:
    """Return whether a text has the shape of an address, a device id or a token; no digit comes before `start`."""
    return _SHAPE.search(text, start) is not None or "::" in text


def has_long_word(text: str) -> bool:
    """Return whether a text has 25 letters in a row, as a key without digits has; words of that length are rare."""
    return _LONG_WORD in text.encode("utf-8", "surrogatepass").translate(_LETTERS_TO_NUL)


def has_long_run(text: str, length: int) -> bool:
    """Return whether a text has so many letters, digits and signs of tokens in a row."""
    return bytes(length) in text.encode("utf-8", "surrogatepass").translate(_TOKEN_TO_NUL)
