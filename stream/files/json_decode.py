"""Decode one JSON value as leniently as it is unambiguous: half a surrogate pair, foreign bytes and NaN do not cost a ticket."""

from __future__ import annotations

import json
import re
from typing import Any

import orjson

_SURROGATE = re.compile("[\ud800-\udfff]")
FALLBACK = "cp1252"
"""What bytes in a string are read as that are not UTF-8, where nothing else is known of the file."""


class NotJson(ValueError):
    """Bytes that are not one JSON value; the message says why, with nothing of the content."""


def decode(content: bytes, fallback: str = FALLBACK) -> Any:
    """Decode one value. Raises `NotJson`.

    Halves of surrogate pairs are joined, and half a pair becomes U+FFFD; bytes that are not UTF-8 are read in `fallback`, or become
    U+FFFD where the value is UTF-8 otherwise; control characters inside texts are kept; NaN and infinities become null; integers
    beyond 64 bits become texts of their digits, because an identity must not be rounded.
    """
    try:
        found = orjson.loads(content)
        if not _is_rounded(found):
            return found
        reason = ""
    except orjson.JSONDecodeError as error:
        reason = f"{error.msg} at character {error.pos}"
    try:
        lenient = json.loads(_text(content, fallback), strict=False, parse_int=_integer, parse_constant=lambda _: None)
        return _mended(lenient)
    except (ValueError, RecursionError) as error:
        raise NotJson(reason if isinstance(error, ValueError) else "it is nested too deep") from error


def _text(content: bytes, fallback: str) -> str:
    try:
        # Some writers encode each half of a surrogate pair by itself; they are joined afterwards.
        return content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        lenient = content.decode(errors="surrogateescape")
    foreign = sum("\udc80" <= character <= "\udcff" for character in lenient)
    # Valid UTF-8 by accident is rare: with as many valid as foreign characters, the foreign ones are damage.
    if sum(character > "\x7f" for character in lenient) >= 2 * foreign:
        return content.decode(errors="replace")
    return content.decode(fallback, errors="replace")


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= 18 else digits


def _is_rounded(found: Any) -> bool:
    """Whether an identity was read as a number with a decimal point, as orjson reads integers beyond 64 bits."""
    if not isinstance(found, dict):
        return False
    return any(
        isinstance(found.get(name), float) and abs(found[name]) >= 2**53
        for name in ("id", "subject", "ticket_id", "key")
    )


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _joined(value)
    if isinstance(value, dict):
        return {_joined(key): _mended(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mended(item) for item in value]
    return value


def _joined(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") if _SURROGATE.search(text) else text
