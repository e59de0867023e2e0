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

    Half a surrogate pair becomes U+FFFD; bytes that are not UTF-8 are read in `fallback`, or become U+FFFD where the value is
    UTF-8 otherwise; NaN and infinities become null.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        reason = f"{error.msg} at character {error.pos}"
    try:
        return _mended(json.loads(_text(content, fallback), parse_constant=lambda _: None))
    except (ValueError, RecursionError) as error:
        raise NotJson(reason if isinstance(error, ValueError) else "it is nested too deep") from error


def _text(content: bytes, fallback: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        lenient = content.decode(errors="surrogateescape")
    foreign = sum("\udc80" <= character <= "\udcff" for character in lenient)
    # Valid UTF-8 by accident is rare: with as many valid as foreign characters, the foreign ones are damage.
    if sum(character > "\x7f" for character in lenient) >= 2 * foreign:
        return content.decode(errors="replace")
    return content.decode(fallback, errors="replace")


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_SURROGATE.sub("\ufffd", key): _mended(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mended(item) for item in value]
    return value
