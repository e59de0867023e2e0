"""Decoding of records: bytes of JSON become an object whose texts every database can store."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from datetime import date, time
from typing import Any

import orjson

from models.redaction import excerpt
from stream.raw import RefusalReason, RefusedEvent

MAX_BYTES = 1_048_576
"""An event larger than this is an attachment or a mistake; Kafka's own default limit is the same."""

DEEPEST = 64
"""Levels of nesting that are read; redaction stores no deeper ones, and no event of ours has ten."""

LARGEST_EXACT = 2**53
"""Beyond it a number with a decimal point no longer distinguishes neighbouring integers."""

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
_NUL_ESCAPE = b"\\u0000"


def decode(content: bytes | Mapping[str, Any]) -> dict[str, Any] | RefusedEvent:
    """Read one record as an object, or refuse it.

    JSON that strict readers refuse only for its characters is read: bytes that are no UTF-8 and halves of surrogate pairs become
    U+FFFD, NUL becomes a space, control characters inside texts are kept. NaN becomes null. Of repeated keys the last one
    counts, as in most readers of JSON. Integers beyond 64 bits become texts of their digits.
    """
    if not isinstance(content, bytes):
        return cleaned_object(content)
    if len(content) > MAX_BYTES:
        return RefusedEvent(RefusalReason.TOO_LARGE, too_large(len(content)), excerpt(content))
    try:
        found = orjson.loads(content)
        strict = _NUL_ESCAPE not in content and not _is_rounded(found)
    except orjson.JSONDecodeError as error:
        found, strict = _read_leniently(content, f"{error.msg} at character {error.pos}"), False
    else:
        found = found if strict else _read_leniently(content, "")
    if isinstance(found, RefusedEvent):
        return found
    if isinstance(found, dict):
        return found if strict else cleaned_object(found)
    return RefusedEvent(
        RefusalReason.NOT_JSON,
        f"received JSON of type {type(found).__name__}; valid is one JSON object per line",
        excerpt(content),
    )


def decode_json(content: bytes) -> Any | RefusedEvent:
    """Read any JSON document as `decode` reads records, without its limit of bytes."""
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as error:
        why = f"{error.msg} at character {error.pos}"
        found = _read_leniently(content, why)
        if isinstance(found, RefusedEvent):
            detail = f"received a body that is not JSON ({why}); valid is one JSON document"
            return RefusedEvent(RefusalReason.NOT_JSON, detail, excerpt(content))
        return _cleaned(found, DEEPEST)


def cleaned_object(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of a decoded object without what databases and JSON writers refuse."""
    return {_key(key): _cleaned(part, DEEPEST) for key, part in value.items()}


def cleaned_text(text: str) -> str:
    """Replace NUL by a space and join surrogate pairs; half a pair becomes U+FFFD."""
    if text.isascii():
        return text.replace("\0", " ")
    if not _UNSTORABLE.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\0", " ")


def too_large(size: int) -> str:
    """Write the sentence that refuses a record of `size` bytes."""
    return f"received an event of {size:,} bytes; valid are at most {MAX_BYTES:,}; send attachments by reference"


def _read_leniently(content: bytes, why: str) -> Any:
    """Read with the standard library, which is slower and accepts more; `why` is what a strict reader says."""
    try:
        return json.loads(_text(content), strict=False, parse_int=_integer)
    except RecursionError:
        return RefusedEvent(RefusalReason.INVALID, _DEEP, excerpt(content))
    except ValueError as error:
        detail = f"received a line that is not JSON ({why or error}); valid is one JSON object per line"
        return RefusedEvent(RefusalReason.NOT_JSON, detail, excerpt(content))


_DEEP = "the event is nested deeper than a thousand levels; send such content by reference"


def _text(content: bytes) -> str:
    try:
        # Some writers encode each half of a surrogate pair by itself; `cleaned_text` joins them.
        text = content.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        text = content.decode("utf-8", "replace")
    return text.removeprefix("\ufeff")


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= 18 else _exact(digits)


def _exact(digits: str) -> int | str:
    # JSON writers refuse integers beyond 64 bits, and Python refuses to read very long ones.
    return digits if len(digits) > 20 or not -(2**63) <= int(digits) < 2**64 else int(digits)


def _is_rounded(found: Any) -> bool:
    """Return whether an identity was read as a number with a decimal point, as orjson reads integers beyond 64 bits."""
    if not isinstance(found, dict):
        return False
    return any(isinstance(found.get(name), float) and abs(found[name]) >= LARGEST_EXACT for name in ("id", "subject"))


def _cleaned(value: Any, levels: int) -> Any:
    if isinstance(value, str):
        return cleaned_text(value)
    # A check against an abstract class takes longer than all others together.
    if isinstance(value, dict | list | tuple) or (value is not None and isinstance(value, Mapping)):
        # What is deeper is neither cleaned nor stored: redaction replaces it.
        return _cleaned_parts(value, levels - 1) if levels else value
    if isinstance(value, int):
        return value if isinstance(value, bool) or -(2**63) <= value < 2**64 else _digits(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    return value if value is None else _plain(value)


def _cleaned_parts(value: Mapping[Any, Any] | list[Any] | tuple[Any, ...], levels: int) -> Any:
    if isinstance(value, list | tuple):
        return [_cleaned(part, levels) for part in value]
    return {_key(key): _cleaned(part, levels) for key, part in value.items()}


def _key(key: object) -> str:
    return key if isinstance(key, str) and key.isidentifier() else cleaned_text(str(key))


def _digits(value: int) -> str:
    # Python writes integers of up to 4,300 digits.
    return str(value) if value.bit_length() < 10_000 else f"a number of {value.bit_length():,} bits"


def _plain(value: object) -> str:
    """Write a value that JSON does not know, as readers of other formats may hand on: times, decimals, bytes."""
    if isinstance(value, date | time):
        return value.isoformat()
    return cleaned_text(value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value))
