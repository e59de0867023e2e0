"""Long words: a text without one holds no key or token, unless a word announces it."""

from __future__ import annotations

from string import ascii_letters, digits

_LETTERS_TO_NUL = bytes(0 if chr(code) in ascii_letters else 32 for code in range(256))
_TOKEN_TO_NUL = bytes(0 if chr(code) in ascii_letters + digits + "_-.~+/=$:@%" else 32 for code in range(256))
"""Replacing bytes and looking for a number of equal ones takes a twentieth of the time of a pattern."""

_LONG_WORD = bytes(25)


def has_long_word(text: str) -> bool:
    """Return whether a text has 25 letters in a row, as a key without digits has; words of that length are rare."""
    return _LONG_WORD in text.encode("utf-8", "surrogatepass").translate(_LETTERS_TO_NUL)


def has_long_run(text: str, length: int) -> bool:
    """Return whether a text has so many letters, digits and signs of tokens in a row."""
    return bytes(length) in text.encode("utf-8", "surrogatepass").translate(_TOKEN_TO_NUL)
