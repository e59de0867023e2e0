"""E-mail addresses."""

from __future__ import annotations

import re

from models.redaction.span import Span

# RFC 5322 also allows `&` before the @, which no provider gives out, and which divides the parameters of a URL.
# The lengths are those of RFC 5321; they also keep the search linear on a text that is one long word.
_ADDRESS = re.compile(
    r"[\w.!#$%'*+/=?^`{|}~-]{1,64}@(?:\w(?:[\w-]{0,61}\w)?\.){1,8}(?:xn--[a-z0-9-]{2,59}|[^\W\d_]{2,24})",
    re.IGNORECASE,
)


def email_spans(text: str) -> list[Span]:
    """Find addresses of the form local@host.domain in a folded text; letters of every script count."""
    if "@" not in text:
        return []
    return [match.span() for match in _ADDRESS.finditer(text)]
