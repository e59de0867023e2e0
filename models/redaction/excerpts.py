"""Excerpts: the beginning of a refused input, as a log line or a quarantine row may quote it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from models.redaction.redactor import redact
from models.text import to_plain

READ = 65_536
"""Characters that are redacted before the text is cut, so that no number is cut in half and left unrecognised."""

BRIEF = 4_096
"""Characters of an input that its excerpt is made of, of which a twentieth is shown."""

HALF = 256
"""Characters before a cut that may be the beginning of something sensitive."""

_HALVED = re.compile(r"[\W\d_]*\Z")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    """Replace control characters (NUL too) and lone surrogates, which databases refuse, by U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def shortened(value: object, limit: int) -> str:
    """Return a value as text of at most `limit` characters: redacted before it is cut, because half a number is not recognised."""
    return printable(redact(beginning(str(value), READ)).text)[:limit]


def quoted(value: object, limit: int = 60) -> str:
    """Return a received value in quotes, as an error message may show it: redacted, then cut to `limit` characters."""
    return repr(shortened(value, limit))


def listed(names: Iterable[object], limit: int = 20) -> str:
    """Join names for a message, such as those of columns: each redacted, at most `limit` of them, and how many more there are."""
    given = list(names)
    first = ", ".join(shortened(name, 60) for name in given[:limit])
    return f"{first} and {len(given) - limit:,} more" if len(given) > limit else first


def excerpt(raw: bytes | str, limit: int = 200) -> str:
    """Quote the beginning of an input, decoded, redacted and printable, in at most `limit` characters."""
    read = min(max(BRIEF, 20 * limit), READ)
    text = raw[: read * 4].decode("utf-8", errors="replace") if isinstance(raw, bytes) else raw
    quoted = printable(redact(to_plain(beginning(text, read))).text)
    return quoted if len(quoted) <= limit and len(text) <= read else quoted[: max(limit - 1, 0)] + "…"


def beginning(text: str, size: int) -> str:
    """Return the first characters of a text, without the last word and the digits before it: the cut may have halved a number.

    What redaction makes of them may be so short that the place of the cut is shown.
    """
    if len(text) <= size:
        return text
    whole = (text[:size].rsplit(None, 1) or [""])[0]
    whole = whole if len(whole) > size - HALF else text[: max(size - HALF, 0)]
    return whole[:-HALF] + _HALVED.sub("", whole[-HALF:])
