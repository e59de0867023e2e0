"""Excerpts: the beginning of a refused input, as a log line or a quarantine row may quote it."""

from __future__ import annotations

import re

from models.redaction.text import redact
from models.text import to_plain

READ = 65_536
"""Characters that are redacted before the text is cut, so that no number is cut in half and left unrecognised."""

_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    """Replace control characters (NUL too) and lone surrogates, which databases refuse, by U+FFFD."""
    return _UNPRINTABLE.sub("\ufffd", text)


def excerpt(raw: bytes | str, limit: int = 200) -> str:
    """Quote the beginning of an input, decoded, redacted and printable, in at most `limit` characters."""
    text = raw[: READ * 4].decode("utf-8", errors="replace") if isinstance(raw, bytes) else raw
    quoted = printable(redact(to_plain(text[:READ])).text)
    return quoted if len(quoted) <= limit and len(text) <= READ else quoted[: max(limit - 1, 0)] + "…"
