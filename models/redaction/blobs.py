"""Blobs: texts that are encoded as a whole, in base64 (RFC 4648) or as hexadecimal bytes."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass

_DIGITS = re.compile(r"[MNO][DTjz][AEIMQUYcgk][wxyz0-5]")
"""Three digits in base64: where a number with its groups is encoded, some three of its digits are in one quantum."""

_BASE64 = re.compile(r"[A-Za-z0-9+/_\-]{16,}(?:\r?\n[A-Za-z0-9+/_\-]{4,})*={0,2}")
_QUANTUM = 4
"""Characters of base64 that encode three bytes."""

_SPACES = re.compile(r"\s+")
_URL_SAFE = str.maketrans("-_", "+/")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0[xX])?(?:[0-9a-fA-F]{2}(?:, ?0[xX]|[ ,]0[xX]|[ :,\-])?){12,}")
_HEX_NOISE = re.compile(r"0[xX]|[^0-9a-fA-F]")
_HEX_DIGITS = re.compile(r"3[0-9][ :,\-]{0,2}(?:0[xX])?3[0-9][ :,\-]{0,2}(?:0[xX])?3[0-9]")
"""Three digits as bytes, as every number with its groups has them."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")


@dataclass(frozen=True, slots=True)
class Blob:
    """Encoded characters [start, end) of a text, and what they say."""

    start: int
    end: int
    decoded: str


def has_blob(text: str) -> bool:
    """Return whether a text may have digits in base64: a fast answer."""
    return _DIGITS.search(text) is not None


def has_hex_blob(text: str) -> bool:
    """Return whether a text may have digits as hexadecimal bytes: a fast answer."""
    return _HEX_DIGITS.search(text) is not None


def blobs(text: str) -> Iterator[Blob]:
    """Yield what a text says in base64 and in hexadecimal bytes, where it may hold a number. Linear in the length of the text."""
    if has_blob(text):
        for match in _BASE64.finditer(text):
            yield from _base64(match)
    if has_hex_blob(text):
        for match in _HEX.finditer(text):
            decoded = _hexadecimal(match.group())
            if decoded:
                yield Blob(match.start(), match.start() + len(match.group().rstrip(" ,:-")), decoded)


def _base64(match: re.Match[str]) -> Iterator[Blob]:
    """Decode from the quantum in which digits were found, since words may be written directly before the blob."""
    start, end = match.span()
    written = _SPACES.sub("", match.group()).rstrip("=").translate(_URL_SAFE)
    tried: set[int] = set()
    for digits in _DIGITS.finditer(written):
        skipped = digits.start() % 4
        if skipped in tried:
            continue
        tried.add(skipped)
        quanta = written[skipped:]
        quanta = quanta[:-1] if len(quanta) % 4 == 1 else quanta
        decoded = b64decode(quanta + "=" * (-len(quanta) % 4)).decode("utf-8", "replace")
        yield Blob(start + skipped, end, decoded)
        if len(tried) == _QUANTUM:
            return


def _hexadecimal(written: str) -> str:
    digits = _HEX_NOISE.sub("", written)
    decoded = bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "replace")
    return "" if _UNPRINTABLE.search(decoded) else decoded
